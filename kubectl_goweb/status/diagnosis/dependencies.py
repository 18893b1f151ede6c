"""Who stands behind an address that does not answer: the Service, its endpoints, the workload behind it."""

from __future__ import annotations

from msgspec import Struct

from kubectl_goweb.objects import FeedState, Kind, Service
from kubectl_goweb.status.diagnosis.aliases import EXTERNAL
from kubectl_goweb.status.diagnosis.case import Case
from kubectl_goweb.status.diagnosis.mechanisms import Reason
from kubectl_goweb.status.diagnosis.names import Asked, Trap, asked, host_refused, is_headless, trap
from kubectl_goweb.status.diagnosis.reasons import Told
from kubectl_goweb.status.endpoints import selects
from kubectl_goweb.status.paths import DNS_NAMESPACE, end_of, namespaces_of
from kubectl_goweb.status.policies import Connection, End, egress_policies, judged, may_be_asked, may_resolve
from kubectl_goweb.status.routes import port_number
from kubectl_goweb.status.verdicts import Evidence, Ref

_OF_NETWORK = (Reason.DNS, Reason.REFUSED, Reason.TIMEOUT, Reason.UNREACHABLE, Reason.RESET, Reason.TLS)


class Behind(Struct, frozen=True, gc=False):
    refs: tuple[Ref, ...]
    evidence: tuple[Evidence, ...]
    trap: Trap | None = None
    """Why the name leads nowhere, when the Service is only a name."""


def behind(case: Case, told: Told) -> Behind | None:
    """What the cluster knows of the address in an error's words; None when that is nothing."""
    if told.reason not in _OF_NETWORK:
        return None
    known = [one for one in (_cut(case, told), _behind_service(case, told)) if one is not None]
    if not known:
        return None
    return Behind(
        tuple(ref for one in known for ref in one.refs),
        tuple(evidence for one in known for evidence in one.evidence),
        next((one.trap for one in known if one.trap), None),
    )


def _address(told: Told) -> tuple[str, str]:
    """Host and port; the port is empty where none is told."""
    host, _, port = told.target.removeprefix("http://").removeprefix("https://").rpartition(":")
    return (host, port) if host else (port, "")


def _cut(case: Case, told: Told) -> Behind | None:
    """The NetworkPolicy that keeps the Pods from what does not answer them."""
    feed = case.snapshot.feeds.get(Kind.NETWORK_POLICY)
    pod = next((one for one in case.raw.values() if one.status.pod_ip), None)
    if feed is None or feed.state is not FeedState.LIVE or pod is None:
        return None
    source, policies = end_of(pod, case.snapshot), case.snapshot.network_policies.values()
    if told.reason is Reason.DNS:
        is_here = source.namespace == DNS_NAMESPACE
        if not may_resolve(source, policies, namespaces_of(case.snapshot), here=is_here):
            return _named(egress_policies(source, policies), "egress", "DNS (UDP 53)")
        return None
    host, port = _address(told)
    if told.reason not in (Reason.TIMEOUT, Reason.UNREACHABLE) or not port.isdecimal():
        return None
    service = _service(case, host.strip("[]"))
    for target, number in _targets(case, service, host.strip("[]"), int(port)):
        result = judged(Connection(source, target, number), policies)
        # In another namespace than the one that is seen it may be a Pod or a Service.
        is_known = target.namespace or not case.snapshot.namespace
        if not is_known and may_be_asked(Connection(source, target, number), policies, namespaces_of(case.snapshot)):
            continue
        if not result.allowed:
            what = f"svc/{service.name} ({told.target}, port {number} of its Pods)" if service else told.target
            return _named(result.policies, result.direction, what)
    return None


def _targets(case: Case, service: Service | None, host: str, port: int) -> list[tuple[End, int]]:
    """The Pods behind a Service's address or name, else the address itself."""
    if service is None:
        pod = next((one for one in case.snapshot.pods.values() if one.status.pod_ip == host), None)
        if pod is not None:
            return [(end_of(pod, case.snapshot), port)]
        return [(End(host), port)] if ":" in host or host.replace(".", "").isdecimal() else []
    chosen = next((one for one in service.spec.ports if one.port == port), None)
    target = (chosen.target_port or chosen.port) if chosen else port
    found = []
    for pod in case.snapshot.pods.values():
        if pod.namespace == service.namespace and selects(service.spec.selector, pod.metadata.labels):
            number = port_number(pod, target)
            if number is not None:
                found.append((end_of(pod, case.snapshot), number))
    return found


def _named(keys: tuple[str, ...], direction: str, what: str) -> Behind:
    refs = tuple(Ref("NetworkPolicy", name, namespace) for namespace, _, name in (key.partition("/") for key in keys))
    text = f"{direction} to {what} is allowed by none of {', '.join(keys)}"
    return Behind(refs, (Evidence("NetworkPolicy", text),))


def _behind_service(case: Case, told: Told) -> Behind | None:
    host, port = _address(told)
    host = (host_refused(told) or host).strip("[]")
    # An alias leads to an address outside, of which nothing is known here: the name that was asked for tells more.
    host = told.host if told.host and _asked(case, host) is None else host
    feed = case.snapshot.feeds.get(Kind.SERVICE)
    if not host or feed is None or feed.state is not FeedState.LIVE:
        return None
    one = _asked(case, host)
    if one is None:
        return None
    caught = trap(case, told, one, port)
    if one.service is None:
        if caught is None and case.snapshot.namespace not in ("", one.namespace):
            return None
        others = sorted(other.namespace for other in case.snapshot.services.values() if other.name == one.name)
        there = f"; there is one in {', '.join(others[:3])}: {one.name}.{others[0]}" if others else ""
        text = f"there is no Service {one.name} in namespace {one.namespace}{there}"
        return Behind((), (Evidence("Service", text),), caught or Trap(str(told.reason), text))
    service = one.service
    ref = Ref("Service", service.name, service.namespace)
    if service.spec.type == EXTERNAL:
        return Behind(
            (ref,), (Evidence("Service", f"{service.key} is an alias of {service.spec.external_name}"),), caught
        )
    ready = _ready(case, service)
    words = []
    if port.isdecimal() and service.spec.ports:
        ports = {one.port for one in service.spec.ports}
        if int(port) not in ports and not is_headless(service):
            words.append(f"has no port {port}, only {', '.join(str(one) for one in sorted(ports))}")
    if ready == 0:
        words.append("has no ready endpoint")
    seen = "is there; who answers behind it is not seen" if ready is None else f"has {ready} ready endpoints"
    text = f"{service.key} {' and '.join(words) or seen}"
    if caught is None and words:
        caught = Trap(str(told.reason), f"Service {text}{_idle(case, service) if ready == 0 else ''}")
    return Behind((ref,), (Evidence("Service", text),), caught)


def _idle(case: Case, service: Service) -> str:
    """That what stands behind a Service is scaled to 0; empty when it is not, or cannot be seen."""
    snapshot = case.snapshot
    for kind, objects in (("deploy", snapshot.deployments), ("sts", snapshot.stateful_sets)):
        for one in objects.values():
            labels = one.spec.template.metadata.labels
            if one.namespace == service.namespace and service.spec.selector and selects(service.spec.selector, labels):
                return f": {kind}/{one.name} is scaled to 0" if one.spec.replicas == 0 else ""
    return ""


def _asked(case: Case, host: str) -> Asked | None:
    """By cluster address, or by name as a Pod of this namespace would resolve it."""
    services = case.snapshot.services
    found = next((one for one in services.values() if one.spec.cluster_ip == host), None) or _of_pod(case, host)
    if found is not None:
        return Asked(found.name, found.namespace, service=found)
    return asked(host, case.ref.namespace, services) or _of_set(case, host)


def _of_set(case: Case, host: str) -> Asked | None:
    """`db-1.db` where no Service is called so, and a StatefulSet gives its members that name."""
    member, _, rest = host.partition(".")
    name = rest.partition(".")[0]
    sets = case.snapshot.stateful_sets.values() if name else ()
    is_one = any(
        (one.namespace, one.spec.service_name) == (case.ref.namespace, name) and member.startswith(f"{one.name}-")
        for one in sets
    )
    return Asked(name, case.ref.namespace, member) if is_one else None


def _of_pod(case: Case, address: str) -> Service | None:
    """The headless Service by whose name one comes to a Pod's own address."""
    pod = next((one for one in case.snapshot.pods.values() if address and one.status.pod_ip == address), None)
    if pod is None:
        return None
    return next(
        (
            one
            for one in case.snapshot.services.values()
            if one.namespace == pod.namespace
            and is_headless(one)
            and one.spec.selector
            and selects(one.spec.selector, pod.metadata.labels)
        ),
        None,
    )


def _service(case: Case, host: str) -> Service | None:
    found = _asked(case, host)
    return found.service if found else None


def _ready(case: Case, service: Service) -> int | None:
    """How many answer behind it; None where that cannot be seen."""
    if not case.index.sees(Kind.ENDPOINT_SLICE):
        return None
    return sum(
        endpoint.conditions.ready is not False
        for piece in case.index.slices.get(service.key, ())
        for endpoint in piece.endpoints or ()
    )
