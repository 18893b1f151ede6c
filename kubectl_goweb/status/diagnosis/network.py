"""What stands between a request and its Pods: Services that select nobody, ports nobody has, Ingresses to nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from kubectl_goweb.objects import Kind, Service
from kubectl_goweb.objects.apps import LabelSelector
from kubectl_goweb.objects.networking import Ingress, IngressBackend, IngressTls
from kubectl_goweb.status.diagnosis.aliases import EXTERNAL, alias_findings
from kubectl_goweb.status.diagnosis.balancers import unbalanced
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.service_ports import port_findings
from kubectl_goweb.status.diagnosis.surroundings import Surroundings
from kubectl_goweb.status.index import SERVICE_NAME
from kubectl_goweb.status.routes import is_host_of
from kubectl_goweb.status.selection import selector_text
from kubectl_goweb.status.verdicts import Confidence, Evidence, Finding, Ref, Severity


def network_findings(around: Surroundings) -> Iterator[Finding]:
    routed = {
        f"{one.namespace}/{backend.service.name}"
        for one in around.snapshot.ingresses.values()
        for _, backend in _backends(one)
        if backend.service
    }
    for service in around.snapshot.services.values():
        if service.spec.type == EXTERNAL:
            yield from alias_findings(service, around, is_routed=service.key in routed)
            continue
        if service.spec.type == "LoadBalancer" and (found := unbalanced(service, around)) is not None:
            yield found
        if service.spec.selector:
            yield from _service(service, around)
    for ingress in around.snapshot.ingresses.values():
        yield from _ingress(ingress, around)


def _service(service: Service, around: Surroundings) -> Iterator[Finding]:
    pods = around.selected(service)
    if not pods:
        if not around.workloads_behind(service):
            yield _selects_nobody(service, around)
        return
    yield from port_findings(service, pods, around)


def _selects_nobody(service: Service, around: Surroundings) -> Finding:
    """Neither a Pod nor a template has these labels; the nearest ones are told."""
    ref = Ref("Service", service.name, service.namespace)
    wanted = selector_text(LabelSelector(match_labels=service.spec.selector))
    near = _nearest_labels(service, around)
    return finding(
        Code.SERVICE_SELECTOR,
        Severity.CRITICAL,
        ref,
        f"Service {service.name} selects no Pod: none has {wanted}",
        cause="its selector is not that of any workload, so every request to it fails" + (f"; {near}" if near else ""),
        next=f"kubectl get pods -n {service.namespace} --show-labels",
        evidence=(Evidence("spec.selector", wanted),),
        since=service.metadata.creation_timestamp,
        reason="selects-nothing",
    )


def _nearest_labels(service: Service, around: Surroundings) -> str:
    """The workload that shares a name or the most labels with it."""
    best, shared = "", 0
    for one in around.templates(service.namespace):
        same = sum(one.labels.get(key) == value for key, value in service.spec.selector.items())
        same += one.ref.name == service.name
        if same > shared:
            best, shared = f"{one.ref.short} has {selector_text(LabelSelector(match_labels=dict(one.labels)))}", same
    return best


def _ingress(ingress: Ingress, around: Surroundings) -> Iterator[Finding]:
    ref = Ref("Ingress", ingress.name, ingress.namespace)
    yield from _class(ingress, ref, around)
    seen: set[str] = set()
    for where, backend in _backends(ingress):
        found = _backend(ref, where, backend, around)
        if found is not None and found.title not in seen:
            seen.add(found.title)
            yield found
    for tls in ingress.spec.tls:
        fault = _certificate_fault(ingress, tls, around)
        if fault is not None:
            severity, reason, words, cause = fault
            yield finding(
                Code.INGRESS_TLS,
                severity,
                ref,
                f"Ingress {ingress.name}, certificate for {', '.join(tls.hosts) or 'its hosts'}: {words}",
                cause=cause,
                next=f"kubectl describe secret {tls.secret_name} -n {ingress.namespace}",
                evidence=(Evidence("spec.tls.secretName", tls.secret_name),),
                reason=reason,
                related=(Ref("Secret", tls.secret_name, ingress.namespace),),
            )


_SOON = timedelta(days=7)


def _certificate_fault(
    ingress: Ingress, tls: IngressTls, around: Surroundings
) -> tuple[Severity, str, str, str] | None:
    """Severity, reason, words and cause; of dates and names only as far as the certificate was read (--deep)."""
    key, facts = f"{ingress.namespace}/{tls.secret_name}", around.snapshot.facts
    if tls.secret_name and facts.is_absent(Kind.SECRET, key):
        cause = "the controller serves its own default certificate instead, which browsers refuse"
        return Severity.CRITICAL, "missing-secret", f"Secret {tls.secret_name} does not exist", cause
    served = facts.certificates.get(key)
    if served is None:
        return None
    until = f"{served.not_after:%Y-%m-%d %H:%M} UTC"
    if served.not_after <= around.now:
        return Severity.CRITICAL, "expired", f"it expired on {until}", "browsers refuse it; renew it"
    if served.not_before > around.now:
        since = f"{served.not_before:%Y-%m-%d %H:%M} UTC"
        return Severity.CRITICAL, "not-yet-valid", f"it holds only from {since}", "its issuer's clock may be ahead"
    names = served.names or (served.subject,)
    wrong = [host for host in tls.hosts if not any(is_host_of(name, host) for name in names)]
    if wrong:
        words = f"it is for {', '.join(names)}, not for {', '.join(wrong)}"
        return Severity.CRITICAL, "wrong-name", words, "browsers refuse a certificate for another name"
    if served.not_after - around.now < _SOON:
        return Severity.WARNING, "expires-soon", f"it expires on {until}", "nobody has renewed it yet"
    return None


def _class(ingress: Ingress, ref: Ref, around: Surroundings) -> Iterator[Finding]:
    if not around.sees(Kind.INGRESS_CLASS):
        return
    classes = around.snapshot.ingress_classes
    name = ingress.spec.ingress_class_name or ingress.metadata.annotations.ingress_class
    # Controllers of before IngressClass know their own name only, so a legacy annotation proves nothing.
    if ingress.spec.ingress_class_name and name not in classes:
        yield finding(
            Code.INGRESS_CLASS,
            Severity.CRITICAL,
            ref,
            f"Ingress {ingress.name} is of class {name}, which does not exist: no controller serves it",
            cause=f"ingressClassName names no IngressClass; there is {', '.join(sorted(classes)) or 'none'}",
            next="kubectl get ingressclass",
            evidence=(Evidence("spec.ingressClassName", name),),
            reason="missing-class",
        )
    elif not name and classes and not any(one.metadata.annotations.is_default == "true" for one in classes.values()):
        yield finding(
            Code.INGRESS_CLASS,
            Severity.WARNING,
            ref,
            f"Ingress {ingress.name} names no class, and no IngressClass is the default",
            cause="most controllers serve only Ingresses of their own class",
            next="kubectl get ingressclass",
            evidence=(Evidence("spec.ingressClassName", "not set"),),
            reason="no-class",
            confidence=Confidence.LIKELY,
        )


def _backends(ingress: Ingress) -> Iterator[tuple[str, IngressBackend]]:
    if ingress.spec.default_backend is not None:
        yield "every other request", ingress.spec.default_backend
    for rule in ingress.spec.rules:
        for path in rule.http.paths if rule.http else ():
            yield f"{rule.host or '*'}{path.path or '/'}", path.backend


def _backend(ref: Ref, where: str, backend: IngressBackend, around: Surroundings) -> Finding | None:
    if backend.service is None or not around.sees(Kind.SERVICE):
        return None
    service = around.snapshot.services.get(f"{ref.namespace}/{backend.service.name}")
    related = (Ref("Service", backend.service.name, ref.namespace),)
    if service is None:
        return _broken(ref, f"{where} goes to Service {backend.service.name}, which does not exist", "missing-service",
                       "every request to it is answered with 503", related)  # fmt: skip
    port = backend.service.port
    known = [one for one in service.spec.ports if (one.name == port.name if port.name else one.port == port.number)]
    if not known:
        has = ", ".join(f"{one.port}" + (f" ({one.name})" if one.name else "") for one in service.spec.ports)
        title = f"{where} goes to port {port.name or port.number} of Service {service.name}, which has {has}"
        return _broken(ref, title, "missing-port", "every request to it is answered with 503", related)
    if not service.spec.selector and service.spec.type != EXTERNAL and not _has_endpoints(service, around):
        return finding(
            Code.SERVICE_NO_ENDPOINTS,
            Severity.CRITICAL,
            related[0],
            f"Service {service.name} has no endpoint: it has no selector, and nobody has written one",
            cause="without spec.selector its EndpointSlices are somebody else's to write: "
            f"{where} is answered with 503",
            next=f"kubectl get endpointslices -n {ref.namespace} -l {SERVICE_NAME}={service.name}",
            evidence=(Evidence("spec.selector", "none"),),
            reason="no-selector",
        )
    behind = around.workloads_behind(service)
    if behind and all(around.desired(one) == 0 for one in behind):
        return finding(
            Code.SERVICE_IDLE,
            Severity.WARNING,
            related[0],
            f"Service {service.name} is behind {ref.short} and its workload is scaled to 0",
            cause=f"{', '.join(one.short for one in behind)} has 0 replicas: {where} is answered with 503",
            next=f"kubectl scale {behind[0].short} -n {ref.namespace} --replicas=1",
            evidence=(Evidence("spec.replicas", "0"),),
            reason="scaled-to-zero",
            related=behind,
        )
    return None


def _has_endpoints(service: Service, around: Surroundings) -> bool:
    """Also when the slices were not read: absence must be seen."""
    slices = around.index.slices.get(service.key, ())
    return not around.sees(Kind.ENDPOINT_SLICE) or any(piece.endpoints for piece in slices)


def _broken(ref: Ref, title: str, reason: str, cause: str, related: tuple[Ref, ...]) -> Finding:
    return finding(
        Code.INGRESS_BACKEND,
        Severity.CRITICAL,
        ref,
        title,
        cause=cause,
        next=f"kubectl describe ingress {ref.name} -n {ref.namespace}",
        evidence=(Evidence("spec.rules.backend", related[0].short),),
        reason=reason,
        related=related,
    )
