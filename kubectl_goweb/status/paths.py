"""The way of a request, hop by hop: Ingress rule, certificate, Service, port, Pods, readiness, NetworkPolicies.

The first broken hop is the answer. Read from objects alone: that all are right does not prove that anything answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from msgspec import Struct

from kubectl_goweb.objects import FeedState, Kind, Pod, Service, Snapshot, condition
from kubectl_goweb.objects.core import ServicePort
from kubectl_goweb.objects.networking import Ingress, IngressPath, IngressRule
from kubectl_goweb.status import selection
from kubectl_goweb.status.endpoints import selects, service_endpoints
from kubectl_goweb.status.index import SERVICE_NAME
from kubectl_goweb.status.policies import Connection, End, judged
from kubectl_goweb.status.verdicts import Answer, Ref


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


class Route(Struct, frozen=True):
    """Where a request goes in."""

    namespace: str
    service: str = ""
    port: str = ""
    """Number or name; empty for the Service's first."""
    host: str = ""
    path: str = "/"
    ingress: str = ""


def hops(route: Route, snapshot: Snapshot, source: End | None = None) -> tuple[Hop, ...]:
    """Every hop as far as the first broken one; `source` is who asks, for the NetworkPolicies."""
    found: list[Hop] = []
    for hop in _hops(route, snapshot, source):
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


def _hops(route: Route, snapshot: Snapshot, source: End | None) -> Iterator[Hop]:
    name, port = route.service, route.port
    if route.host or route.ingress:
        ingress, rule, path = _rule(route, snapshot)
        yield from _front(route, ingress, rule, path, snapshot)
        if path is None or path.backend.service is None:
            return
        backend = path.backend.service
        name, port = backend.name, backend.port.name or str(backend.port.number)
    key = f"{route.namespace}/{name}"
    ref = Ref("Service", name, route.namespace)
    service = snapshot.services.get(key)
    if service is None:
        yield Hop("Service", ref, HopState.BROKEN, f"there is no Service {name} in namespace {route.namespace}")
        return
    if service.spec.type == "ExternalName":
        yield Hop("Service", ref, HopState.UNKNOWN, "ExternalName: the way leads out of the cluster by DNS")
        return
    address = "headless" if service.spec.cluster_ip == "None" else service.spec.cluster_ip or "no address"
    yield Hop("Service", ref, HopState.OK, f"{name}.{route.namespace}.svc is {address}")
    chosen = _port(service, port)
    if chosen is None:
        has = ", ".join(_port_text(one) for one in service.spec.ports) or "none"
        yield Hop("Service port", ref, HopState.BROKEN, f"there is no port {port}; there is {has}")
        return
    target = chosen.target_port or chosen.port
    yield Hop("Service port", ref, HopState.OK, f"{_port_text(chosen)} goes to {target} of the Pods")
    yield from _behind(service, target, snapshot, source, chosen.protocol)


def _front(
    route: Route, ingress: Ingress | None, rule: IngressRule | None, path: IngressPath | None, snapshot: Snapshot
) -> Iterator[Hop]:
    where = f"{route.host or '*'}{route.path}"
    if ingress is None or path is None:
        yield Hop("Ingress", None, HopState.BROKEN, f"no Ingress of namespace {route.namespace} has a rule for {where}")
        return
    ref = Ref("Ingress", ingress.name, ingress.namespace)
    name = ingress.spec.ingress_class_name
    if name and _sees(snapshot, Kind.INGRESS_CLASS) and name not in snapshot.ingress_classes:
        yield Hop("Ingress class", ref, HopState.BROKEN, f"class {name} does not exist: no controller serves it")
        return
    host = rule.host if rule else ""
    yield Hop("Ingress", ref, HopState.OK, f"{host or '*'}{path.path or '/'} ({path.path_type}) answers for {where}")
    covering = (
        tls for tls in ingress.spec.tls if not tls.hosts or any(is_host_of(one, route.host) for one in tls.hosts)
    )
    secrets = [tls.secret_name for tls in covering]
    for secret in filter(None, secrets[:1]):
        key = f"{ingress.namespace}/{secret}"
        state, text = HopState.UNKNOWN, f"Secret {secret} was not looked at"
        if snapshot.facts.is_absent(Kind.SECRET, key):
            state, text = HopState.BROKEN, f"Secret {secret} does not exist"
        elif f"{Kind.SECRET} {key}" in snapshot.facts.objects:
            state, text = HopState.OK, f"Secret {secret} is there; its dates are not read"
        yield Hop("certificate", Ref("Secret", secret, ingress.namespace), state, text)
    if path.backend.service is None:
        yield Hop("backend", ref, HopState.UNKNOWN, "the backend is no Service")


def _rule(route: Route, snapshot: Snapshot) -> tuple[Ingress | None, IngressRule | None, IngressPath | None]:
    """The rule that a controller would take: the exact host before a wildcard, the longest path."""
    best: tuple[tuple[int, int, int], Ingress, IngressRule, IngressPath] | None = None
    for ingress in snapshot.ingresses.values():
        if ingress.namespace != route.namespace or (route.ingress and ingress.name != route.ingress):
            continue
        for rule in ingress.spec.rules:
            if route.host and rule.host and not is_host_of(rule.host, route.host):
                continue
            for path in rule.http.paths if rule.http else ():
                if not _is_path(path, route.path):
                    continue
                rank = (2 * (rule.host == route.host) + bool(rule.host), len(path.path), path.path_type == "Exact")
                if best is None or rank > best[0]:
                    best = rank, ingress, rule, path
    if best is not None:
        return best[1], best[2], best[3]
    for ingress in snapshot.ingresses.values():
        named = ingress.namespace == route.namespace and ingress.name == (route.ingress or ingress.name)
        if named and ingress.spec.default_backend is not None:
            return ingress, None, IngressPath(ingress.spec.default_backend)
    return None, None, None


def is_host_of(pattern: str, host: str) -> bool:
    """`*.example.com` stands for exactly one label."""
    if pattern.startswith("*."):
        return host.partition(".")[2] == pattern[2:]
    return pattern == host


def _is_path(path: IngressPath, asked: str) -> bool:
    if path.path_type == "Exact":
        return path.path == asked
    prefix = (path.path or "/").rstrip("/")
    return asked == prefix or asked.startswith(prefix + "/") or not prefix


def _port(service: Service, wanted: str) -> ServicePort | None:
    if not wanted:
        return service.spec.ports[0] if service.spec.ports else None
    return next((one for one in service.spec.ports if wanted in (one.name, str(one.port))), None)


def _port_text(port: ServicePort) -> str:
    return f"{port.port}" + (f" ({port.name})" if port.name else "")


def _behind(
    service: Service, target: int | str, snapshot: Snapshot, source: End | None, protocol: str
) -> Iterator[Hop]:
    ref = Ref("Service", service.name, service.namespace)
    pods = [
        pod
        for pod in snapshot.pods.values()
        if pod.namespace == service.namespace and selects(service.spec.selector, pod.metadata.labels)
    ]
    if not service.spec.selector:
        yield Hop("Pods", ref, HopState.UNKNOWN, "it has no selector: its endpoints are written by somebody else")
        return
    if not pods:
        wanted = ",".join(f"{key}={value}" for key, value in service.spec.selector.items())
        yield Hop("Pods", ref, HopState.BROKEN, f"no Pod has the labels {wanted}")
        return
    numbers = {number for pod in pods if (number := port_number(pod, target)) is not None}
    if not numbers:
        yield Hop("container port", ref, HopState.BROKEN, f"no container has a port named {target!r}")
        return
    port = min(numbers)
    declared = {one.container_port for pod in pods for c in pod.spec.containers for one in c.ports}
    known = "declared" if port in declared else "not declared by any container, which proves nothing"
    yield Hop("container port", ref, HopState.OK, f"port {port}, {known}")
    yield _ready(service, pods, snapshot)
    yield _policies(pods, port, protocol, snapshot, source)


def _ready(service: Service, pods: list[Pod], snapshot: Snapshot) -> Hop:
    ref = Ref("Service", service.name, service.namespace)
    ready = [pod for pod in pods if (c := condition(pod.status.conditions, "Ready")) is not None and c.status == "True"]
    if _sees(snapshot, Kind.ENDPOINT_SLICE):
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


def _policies(pods: list[Pod], port: int, protocol: str, snapshot: Snapshot, source: End | None) -> Hop:
    if not _sees(snapshot, Kind.NETWORK_POLICY):
        return Hop("NetworkPolicy", None, HopState.UNKNOWN, "the policies cannot be read")
    policies = snapshot.network_policies.values()
    pod = pods[0]
    target = end_of(pod, snapshot)
    if source is None:
        here = [one for one in policies if one.namespace == pod.namespace]
        own = [one.name for one in here if selection.selects(one.spec.pod_selector, pod.metadata.labels)]
        if not own:
            return Hop("NetworkPolicy", None, HopState.OK, "no policy selects the Pods: they are open to all")
        return Hop("NetworkPolicy", None, HopState.UNKNOWN, f"{', '.join(own)} select the Pods: say --from whom")
    told = judged(Connection(source, target, port, protocol), policies)
    names = ", ".join(told.policies)
    if told.allowed:
        return Hop(
            "NetworkPolicy", None, HopState.OK, f"allowed by {names}" if names else "no policy has to do with it"
        )
    namespace, _, name = told.policies[0].partition("/")
    ref = Ref("NetworkPolicy", name, namespace)
    return Hop("NetworkPolicy", ref, HopState.BROKEN, f"{told.direction} is cut by {names}: none of them allows it")


def end_of(pod: Pod, snapshot: Snapshot) -> End:
    """A Pod as an end of a connection."""
    namespace = snapshot.namespaces.get(pod.namespace)
    # Every namespace is labelled with its own name by the API server.
    labels = namespace.metadata.labels if namespace else {"kubernetes.io/metadata.name": pod.namespace}
    ports = {one.name: one.container_port for c in pod.spec.containers for one in c.ports if one.name}
    return End(pod.status.pod_ip, pod.namespace, pod.metadata.labels, labels, ports)


def port_number(pod: Pod, target: int | str) -> int | None:
    """The container port that a targetPort means."""
    if isinstance(target, int) or target.isdecimal():
        return int(target)
    return next((one.container_port for c in pod.spec.containers for one in c.ports if one.name == target), None)


def _sees(snapshot: Snapshot, kind: Kind) -> bool:
    feed = snapshot.feeds.get(kind)
    return feed is not None and feed.state is FeedState.LIVE
