"""The way of a request, hop by hop: Ingress rule, certificate, Service, port, Pods, readiness, NetworkPolicies.

The first broken hop is the answer. Read from objects alone: that all are right does not prove that anything answers;
what answers is told in `live_paths`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum

from kubectl_goweb.objects import FeedState, Kind, Pod, Snapshot
from kubectl_goweb.objects.core import Container, ServicePort
from kubectl_goweb.objects.facts import named
from kubectl_goweb.objects.networking import NetworkPolicy
from kubectl_goweb.status.endpoints import service_endpoints
from kubectl_goweb.status.index import SERVICE_NAME
from kubectl_goweb.status.policies import (
    NAMESPACE_NAME,
    Connection,
    End,
    Judged,
    Namespaces,
    Port,
    egress_policies,
    judged,
    let_in,
    may_resolve,
)
from kubectl_goweb.status.routes import Route, Trail, is_host_of, port_number, trail
from kubectl_goweb.status.verdicts import Answer, Ref

DNS_NAMESPACE = "kube-system"
"""Where the cluster's DNS runs, in every distribution."""


class HopState(StrEnum):
    OK = "ok"
    BROKEN = "broken"
    UNKNOWN = "unknown"
    """What would have to be read could not be, or depends on who asks."""


class Hop(Answer, frozen=True, gc=False):
    what: str
    object: Ref | None
    state: HopState
    text: str


def hops(route: Route, snapshot: Snapshot, now: datetime, source: End | None = None) -> tuple[Hop, ...]:
    """Every hop as far as the first broken one; `source` is who asks, for the NetworkPolicies."""
    found: list[Hop] = []
    for hop in _hops(trail(route, snapshot), snapshot, now, source):
        found.append(hop)
        if hop.state is HopState.BROKEN:
            break
    return tuple(found)


def answer(found: Iterable[Hop]) -> Hop:
    """The hop that decides: the first broken one, else the first unknown one, else the last."""
    known = tuple(found)
    for state in (HopState.BROKEN, HopState.UNKNOWN):
        for hop in known:
            if hop.state is state:
                return hop
    return known[-1]


def _hops(on: Trail, snapshot: Snapshot, now: datetime, source: End | None) -> Iterator[Hop]:
    if on.has_front:
        yield from _front(on, snapshot, now)
        if on.path is None or on.path.backend.service is None:
            return
    namespace, name = on.route.namespace, on.service_name
    ref = Ref("Service", name, namespace)
    service = on.service
    if service is None:
        yield Hop("Service", ref, HopState.BROKEN, f"there is no Service {name} in namespace {namespace}")
        return
    if service.spec.type == "ExternalName":
        yield Hop("Service", ref, HopState.UNKNOWN, "ExternalName: the way leads out of the cluster by DNS")
        return
    address = "headless" if service.spec.cluster_ip == "None" else service.spec.cluster_ip or "no address"
    yield Hop("Service", ref, HopState.OK, f"{name}.{namespace}.svc is {address}")
    if on.port is None:
        has = ", ".join(_port_text(one) for one in service.spec.ports) or "none"
        yield Hop("Service port", ref, HopState.BROKEN, f"there is no port {on.port_name}; there is {has}")
        return
    yield Hop("Service port", ref, HopState.OK, f"{_port_text(on.port)} goes to {on.target} of the Pods")
    yield from _behind(on, ref, snapshot, source, on.port.protocol)


def _front(on: Trail, snapshot: Snapshot, now: datetime) -> Iterator[Hop]:
    ingress, path = on.ingress, on.path
    where = f"{on.host or '*'}{on.asked_path}"
    if ingress is None or path is None:
        yield Hop(
            "Ingress", None, HopState.BROKEN, f"no Ingress of namespace {on.route.namespace} has a rule for {where}"
        )
        return
    ref = Ref("Ingress", ingress.name, ingress.namespace)
    name = ingress.spec.ingress_class_name
    if name and _sees(snapshot, Kind.INGRESS_CLASS) and name not in snapshot.ingress_classes:
        yield Hop("Ingress class", ref, HopState.BROKEN, f"class {name} does not exist: no controller serves it")
        return
    host = on.rule.host if on.rule else ""
    yield Hop("Ingress", ref, HopState.OK, f"{host or '*'}{path.path or '/'} ({path.path_type}) answers for {where}")
    if on.secret:
        yield _certificate(on, Ref("Secret", on.secret, ingress.namespace), snapshot, now)
    if path.backend.service is None:
        yield Hop("backend", ref, HopState.UNKNOWN, "the backend is no Service")


def _certificate(on: Trail, ref: Ref, snapshot: Snapshot, now: datetime) -> Hop:
    key, facts = f"{ref.namespace}/{ref.name}", snapshot.facts
    held = facts.certificates.get(key)
    if facts.is_absent(Kind.SECRET, key):
        return Hop("certificate", ref, HopState.BROKEN, f"Secret {ref.name} does not exist")
    if held is None:
        why = facts.unseen.get(named(Kind.SECRET, key), "it was not looked at")
        return Hop("certificate", ref, HopState.UNKNOWN, f"Secret {ref.name}: {why}")
    names = ", ".join(held.names) or held.subject
    until = f"{held.not_after:%Y-%m-%d %H:%M} UTC"
    if held.not_after <= now:
        return Hop("certificate", ref, HopState.BROKEN, f"Secret {ref.name}: the certificate expired at {until}")
    if held.not_before > now:
        from_then = f"{held.not_before:%Y-%m-%d %H:%M} UTC"
        return Hop("certificate", ref, HopState.BROKEN, f"Secret {ref.name}: it does not hold before {from_then}")
    if on.host and not on.host.startswith("*") and not any(is_host_of(one, on.host) for one in held.names):
        return Hop("certificate", ref, HopState.BROKEN, f"Secret {ref.name} is for {names}, not for {on.host}")
    return Hop("certificate", ref, HopState.OK, f"Secret {ref.name} is for {names}, until {until}")


def _port_text(port: ServicePort) -> str:
    return f"{port.port}" + (f" ({port.name})" if port.name else "")


def _behind(on: Trail, ref: Ref, snapshot: Snapshot, source: End | None, protocol: str) -> Iterator[Hop]:
    selector = on.service.spec.selector if on.service else {}
    if not selector:
        yield Hop("Pods", ref, HopState.UNKNOWN, "it has no selector: its endpoints are written by somebody else")
        return
    if not on.pods:
        wanted = ",".join(f"{key}={value}" for key, value in selector.items())
        yield Hop("Pods", ref, HopState.BROKEN, f"no Pod has the labels {wanted}")
        return
    numbers = {number for _, number in _asked(on)}
    if not numbers:
        yield Hop("container port", ref, HopState.BROKEN, f"no container has a port named {on.target!r}")
        return
    port = min(numbers)
    yield _container_port(on, ref, port)
    yield _ready(on, ref, snapshot)
    if source is not None and _sees(snapshot, Kind.NETWORK_POLICY):
        yield from _names(source, snapshot)
    yield _policies(on, protocol, snapshot, source)


def _container_port(on: Trail, ref: Ref, port: int) -> Hop:
    """A port that is not declared may be listened on all the same; one beside others that are declared rarely is."""
    declared = {one.container_port for pod in on.pods for c in pod.spec.containers for one in c.ports}
    if port in declared:
        return Hop("container port", ref, HopState.OK, f"port {port}, declared")
    if not declared:
        return Hop(
            "container port", ref, HopState.OK, f"port {port}; the containers declare none, which proves nothing"
        )
    has = ", ".join(str(one) for one in sorted(declared))
    text = f"port {port} is declared by no container; they declare {has}: whether anything listens there is not known"
    return Hop("container port", ref, HopState.UNKNOWN, text)


def _ready(on: Trail, ref: Ref, snapshot: Snapshot) -> Hop:
    pods, service = on.pods, on.service
    ready = [pod for pod in pods if pod.status.is_ready]
    if service is not None and _sees(snapshot, Kind.ENDPOINT_SLICE):
        pieces = [
            one
            for one in snapshot.endpoint_slices.values()
            if one.namespace == service.namespace and one.metadata.labels.get(SERVICE_NAME) == service.name
        ]
        (told,) = service_endpoints([service], pods[0].metadata.labels, {service.key: pieces})
        state = HopState.OK if told.ready else HopState.BROKEN
        return Hop("endpoints", ref, state, f"{told.ready} of {told.total} ready ({len(ready)} of {len(pods)} Pods)")
    state = HopState.OK if ready else HopState.BROKEN
    return Hop("readiness", ref, state, f"{len(ready)} of {len(pods)} Pods are ready")


def _names(source: End, snapshot: Snapshot) -> Iterator[Hop]:
    """That who asks may resolve names at all: default-deny policies for egress often forget it."""
    policies = snapshot.network_policies.values()
    if may_resolve(source, policies, namespaces_of(snapshot), here=source.namespace == DNS_NAMESPACE):
        return
    names = egress_policies(source, policies)
    text = f"egress to port 53 is cut by {', '.join(names)}: who asks cannot resolve the Service's name"
    yield Hop("DNS", _policy(names), HopState.BROKEN, text)


def _policies(on: Trail, protocol: str, snapshot: Snapshot, source: End | None) -> Hop:
    if not _sees(snapshot, Kind.NETWORK_POLICY):
        return Hop("NetworkPolicy", None, HopState.UNKNOWN, "the policies cannot be read")
    policies = tuple(snapshot.network_policies.values())
    told = [_judged(pod, number, protocol, snapshot, source, policies) for pod, number in _asked(on)]
    cut = [one for one in told if not one.allowed]
    names = tuple(sorted({name for one in cut or told for name in one.policies}))
    listed = ", ".join(names)
    ref = _policy(names)
    if cut and source is not None and source.host_network:
        text = f"{listed} let no node in but the Pods' own, and who asks is on the network of its node"
        return Hop("NetworkPolicy", ref, HopState.UNKNOWN, text)
    if cut:
        ports = ", ".join(str(number) for number in sorted({number for _, number in _asked(on)}))
        whom = "nobody may ask them on this port" if source is None else f"none of them allows port {ports} of the Pods"
        some = f" to {len(cut)} of {len(told)} Pods" if len(cut) < len(told) else ""
        return Hop("NetworkPolicy", ref, HopState.BROKEN, f"{cut[0].direction}{some} is cut by {listed}: {whom}")
    if not names:
        free = "no policy selects the Pods: they are open to all" if source is None else "no policy has to do with it"
        return Hop("NetworkPolicy", None, HopState.OK, free)
    if source is None:
        return Hop("NetworkPolicy", ref, HopState.UNKNOWN, f"who asks decides, by {listed}: path --from POD tells")
    return Hop("NetworkPolicy", ref, HopState.OK, f"allowed by {listed}")


def _asked(on: Trail) -> Iterator[tuple[Pod, int]]:
    """The Pods that a request may come to, and the port of each."""
    for pod in on.pods:
        number = port_number(pod, on.target)
        if number is not None:
            yield pod, number


def _judged(
    pod: Pod, number: int, protocol: str, snapshot: Snapshot, source: End | None, policies: tuple[NetworkPolicy, ...]
) -> Judged:
    target = end_of(pod, snapshot)
    if source is None:
        return let_in(target, number, protocol, policies)
    return judged(Connection(source, target, number, protocol), policies)


def _policy(names: tuple[str, ...]) -> Ref | None:
    namespace, _, name = names[0].partition("/") if names else ("", "", "")
    return Ref("NetworkPolicy", name, namespace) if name else None


def end_of(pod: Pod, snapshot: Snapshot) -> End:
    """A Pod as an end of a connection."""
    namespace = snapshot.namespaces.get(pod.namespace)
    # Every namespace is labelled with its own name by the API server.
    labels = namespace.metadata.labels if namespace else {NAMESPACE_NAME: pod.namespace}
    ports = named_ports(pod.spec.containers)
    return End(pod.status.pod_ip, pod.namespace, pod.metadata.labels, labels, ports, pod.spec.host_network)


def named_ports(containers: Iterable[Container]) -> frozenset[Port]:
    """What a policy's port may mean by name."""
    return frozenset(
        Port(one.name, one.container_port, one.protocol) for c in containers for one in c.ports if one.name
    )


def namespaces_of(snapshot: Snapshot) -> Namespaces | None:
    """The labels of every namespace; None where not all of them are known."""
    if not _sees(snapshot, Kind.NAMESPACE):
        return None
    return {one.name: one.metadata.labels for one in snapshot.namespaces.values()}


def _sees(snapshot: Snapshot, kind: Kind) -> bool:
    feed = snapshot.feeds.get(kind)
    return feed is not None and feed.state is FeedState.LIVE
