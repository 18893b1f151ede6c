"""What stands before the workload's Pods: Services, Ingresses and their certificates, NetworkPolicies, and quotas."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_goweb.objects import Kind, Service
from kubectl_goweb.objects.networking import Ingress, NetworkPolicy
from kubectl_goweb.status import selection
from kubectl_goweb.status.ages import duration
from kubectl_goweb.status.changes.model import PastChange, Sight, Topic, listed
from kubectl_goweb.status.endpoints import selects
from kubectl_goweb.status.verdicts import Ref


def services(sight: Sight) -> tuple[Service, ...]:
    """Those that select its Pods; one of its own name counts too, which may select them no more."""
    labels = _labels(sight)
    return tuple(
        one
        for one in sight.snapshot.services.values()
        if one.namespace == sight.ref.namespace
        and (one.name == sight.ref.name or (one.spec.selector and selects(one.spec.selector, labels)))
    )


def ingresses(sight: Sight) -> tuple[Ingress, ...]:
    """Those that lead to one of its Services."""
    names = {one.name for one in services(sight)}
    return tuple(
        one
        for one in sight.snapshot.ingresses.values()
        if one.namespace == sight.ref.namespace and names & set(_backends(one))
    )


def policies(sight: Sight) -> tuple[NetworkPolicy, ...]:
    """Those that select its Pods."""
    labels = _labels(sight)
    return tuple(
        one
        for one in sight.snapshot.network_policies.values()
        if one.namespace == sight.ref.namespace and selection.selects(one.spec.pod_selector, labels)
    )


def certificates(sight: Sight) -> tuple[str, ...]:
    """The keys of the TLS Secrets of its Ingresses."""
    found = (
        f"{one.namespace}/{tls.secret_name}" for one in ingresses(sight) for tls in one.spec.tls if tls.secret_name
    )
    return tuple(dict.fromkeys(found))


def front_changes(sight: Sight) -> Iterator[PastChange]:
    fronts = (
        *((Kind.SERVICE, one.key) for one in services(sight)),
        *((Kind.INGRESS, one.key) for one in ingresses(sight)),
        *((Kind.NETWORK_POLICY, one.key) for one in policies(sight)),
        *limits(sight),
    )
    for kind, key in fronts:
        found = sight.written(kind, key)
        for write in found.metadata.writes(sight.since) if found else ():
            if found is None or write.time is None or not write.spec:
                continue
            done = "created" if sight.was_created(found, write) else f"written: {listed(write.spec)}"
            ref = Ref(kind, found.name, found.namespace)
            topic = Topic.LIMIT if kind in (Kind.RESOURCE_QUOTA, Kind.LIMIT_RANGE) else Topic.NETWORK
            yield PastChange(topic, ref, write.time, f"{kind} {found.name} {done}", "managedFields", write.manager)
    for key in certificates(sight):
        yield from _certificate(sight, key)


def limits(sight: Sight) -> tuple[tuple[Kind, str], ...]:
    """What may refuse its Pods: quotas and limit ranges of its namespace."""
    found = (
        *((Kind.RESOURCE_QUOTA, one) for one in sight.snapshot.quotas.values()),
        *((Kind.LIMIT_RANGE, one) for one in sight.snapshot.limit_ranges.values()),
    )
    return tuple((kind, one.key) for kind, one in found if one.namespace == sight.ref.namespace)


def _certificate(sight: Sight, key: str) -> Iterator[PastChange]:
    """A Secret that was written; a certificate that began or ceased to hold."""
    namespace, _, name = key.partition("/")
    ref = Ref(Kind.SECRET, name, namespace)
    held = sight.snapshot.facts.certificates.get(key)
    details = () if held is None else (f"holds for {listed(held.names)} from {held.not_before} until {held.not_after}",)
    found = sight.written(Kind.SECRET, key)
    writes = [one for one in found.metadata.writes(sight.since) if one.data] if found else []
    for write in writes:
        done = "created" if found and sight.was_created(found, write) else "written"
        text = f"certificate {name} {done}: {listed(write.data)}"
        at = write.time or sight.now
        yield PastChange(Topic.CERTIFICATE, ref, at, text, "managedFields", write.manager, details)
    if held is None:
        return
    if not writes and sight.is_recent(held.not_before):
        text = f"certificate {name} is a new one: it holds since then"
        yield PastChange(Topic.CERTIFICATE, ref, held.not_before, text, "notBefore", "", details)
    if sight.is_recent(held.not_after):
        text = f"certificate {name} expired after {duration((held.not_after - held.not_before).total_seconds())}"
        yield PastChange(Topic.CERTIFICATE, ref, held.not_after, text, "notAfter", "", details)


def _labels(sight: Sight) -> dict[str, str]:
    key, snapshot = sight.key, sight.snapshot
    found = snapshot.deployments.get(key) if sight.ref.kind == Kind.DEPLOYMENT else None
    other = snapshot.stateful_sets.get(key) if sight.ref.kind == Kind.STATEFUL_SET else snapshot.daemon_sets.get(key)
    one = found or other
    return one.spec.template.metadata.labels if one else {}


def _backends(one: Ingress) -> Iterator[str]:
    backends = [path.backend for rule in one.spec.rules if rule.http for path in rule.http.paths]
    if one.spec.default_backend is not None:
        backends.append(one.spec.default_backend)
    for backend in backends:
        if backend.service is not None:
            yield backend.service.name
