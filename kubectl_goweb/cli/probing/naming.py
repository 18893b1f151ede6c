"""From the arguments of `probe` to targets: workloads, Pods, Services, Ingresses and URLs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from msgspec import Struct, structs

from kubectl_goweb.cli.looking import WORKLOADS, parse_name
from kubectl_goweb.errors import UsageError
from kubectl_goweb.kube.reading import Ask, Lister, read
from kubectl_goweb.objects import FeedState, Kind, Pod, Snapshot
from kubectl_goweb.probing.selecting import Wish, ingress_targets, pod_targets, service_targets
from kubectl_goweb.status.endpoints import selects
from kubectl_goweb.status.index import Index
from kubectl_goweb.status.probes.kubelet import UNHEALTHY
from kubectl_goweb.status.probes.targets import SCHEMES, Rules, Target, url_target
from kubectl_goweb.status.verdicts import Ref

_ALIASES = {
    "po": Kind.POD,
    "pod": Kind.POD,
    "pods": Kind.POD,
    "svc": Kind.SERVICE,
    "service": Kind.SERVICE,
    "services": Kind.SERVICE,
    "ing": Kind.INGRESS,
    "ingress": Kind.INGRESS,
    "ingresses": Kind.INGRESS,
    "ingress.networking.k8s.io": Kind.INGRESS,
    "ingresses.networking.k8s.io": Kind.INGRESS,
}


class Named(Struct, frozen=True):
    """One argument: an object by its kind (None: not said) and name, or a URL."""

    given: str
    kind: Kind | None = None
    name: str = ""
    url: str = ""


class Found(Struct, frozen=True):
    """What the arguments stand for."""

    targets: tuple[Target, ...]
    missing: tuple[str, ...]


def parse(given: str) -> Named:
    """UsageError for a kind that cannot be probed."""
    scheme = given.partition("://")[0]
    if "://" in given:
        if scheme not in SCHEMES:
            raise UsageError(f"{given!r} cannot be probed", hint=f"use one of {', '.join(f'{s}://' for s in SCHEMES)}")
        return Named(given, url=given)
    kind, slash, name = given.partition("/")
    if slash and name and (known := _ALIASES.get(kind.lower())):
        return Named(given, known, name)
    try:
        workload = parse_name(given)
    except UsageError as error:
        raise UsageError(error.sentence, hint="use NAME, deploy/NAME, pod/NAME, svc/NAME, ing/NAME or a URL") from error
    return Named(given, workload.kind, workload.name)


def needs_cluster(names: Sequence[Named]) -> bool:
    return not names or any(not name.url for name in names)


def look(
    connection: Lister, names: Sequence[Named], namespace: str, labels: str, now: Callable[[], datetime]
) -> Snapshot:
    """Everything that the names may stand for, and what the kubelets say of it."""
    kinds = {name.kind for name in names if not name.url}
    asks = [
        Ask(Kind.POD, namespace, labels),
        Ask(Kind.EVENT, namespace, fields=f"reason={UNHEALTHY}"),
        Ask(Kind.REPLICA_SET, namespace),
        Ask(Kind.NODE),
        *(Ask(kind, namespace) for kind in WORKLOADS if None in kinds or kind in kinds),
    ]
    if None in kinds or Kind.SERVICE in kinds:
        asks.append(Ask(Kind.SERVICE, namespace))
    if Kind.INGRESS in kinds or None in kinds:
        asks.append(Ask(Kind.INGRESS, namespace))
    return read(connection, asks, now, namespace=namespace)


def find(names: Sequence[Named], seen: Snapshot, wish: Wish) -> Found:
    """The targets. Without names: every Pod of the namespace that is not ending."""
    if not names:
        pods = _alive(seen.pods.values())
        return Found(tuple(target for pod in pods for target in _pod(pod, seen, wish)), ())
    targets: dict[str, Target] = {}
    missing = []
    for name in names:
        found = _url(name, wish) if name.url else _objects(name, seen, wish)
        if found is None:
            missing.append(name.given)
        targets.update((target.key, target) for target in found or ())
    return Found(tuple(targets.values()), tuple(missing))


def _url(name: Named, wish: Wish) -> Iterable[Target]:
    """A URL says its kind and port itself; path, host and headers may be given beside it."""
    if wish.port or wish.kind or wish.service or wish.tls:
        raise UsageError(
            f"{name.url!r} says itself how it is asked", hint="leave --port, --kind, --grpc-service and --tls out"
        )
    try:
        target = url_target(name.url, wish.rules or Rules(), wish.timeout or 2.0)
    except ValueError as error:
        raise UsageError(str(error)) from error
    asked = target.request
    request = structs.replace(
        asked, path=wish.path or asked.path, host=wish.host or asked.host, headers=wish.headers or asked.headers
    )
    return (structs.replace(target, request=request),)


def _objects(name: Named, seen: Snapshot, wish: Wish) -> list[Target] | None:
    """None when there is no such object."""
    ref = named(name, seen)
    if ref is None:
        return None
    key = f"{ref.namespace}/{ref.name}"
    match Kind(ref.kind):
        case Kind.SERVICE:
            return [*service_targets(seen.services[key], seen.pods.values(), wish)]
        case Kind.INGRESS:
            return [*ingress_targets(seen.ingresses[key], wish)]
        case _:
            return [target for pod in pods_of(ref, seen) for target in _pod(pod, seen, wish)]


def named(name: Named, seen: Snapshot) -> Ref | None:
    """The object meant: a bare name is a workload, else a Service, a Pod, an Ingress; None when there is none."""
    there = {
        Kind.DEPLOYMENT: seen.deployments,
        Kind.STATEFUL_SET: seen.stateful_sets,
        Kind.DAEMON_SET: seen.daemon_sets,
        Kind.SERVICE: seen.services,
        Kind.POD: seen.pods,
        Kind.INGRESS: seen.ingresses,
    }
    for kind in (name.kind,) if name.kind else there:
        if f"{seen.namespace}/{name.name}" in there[kind]:
            return Ref(kind, name.name, seen.namespace)
    return None


def pods_of(ref: Ref, seen: Snapshot) -> list[Pod]:
    """The Pods of a workload, those behind a Service, or the one Pod; none of an Ingress."""
    key = f"{ref.namespace}/{ref.name}"
    match Kind(ref.kind):
        case Kind.POD:
            return [seen.pods[key]]
        case Kind.SERVICE:
            selector = seen.services[key].spec.selector
            mine = (pod for pod in seen.pods.values() if pod.namespace == ref.namespace)
            return _alive(pod for pod in mine if selector and selects(selector, pod.metadata.labels))
        case Kind.INGRESS:
            return []
        case _:
            owners = {Kind.DEPLOYMENT: seen.deployments, Kind.STATEFUL_SET: seen.stateful_sets}
            return workload_pods(seen, owners.get(Kind(ref.kind), seen.daemon_sets)[key].metadata.uid)


def workload_pods(seen: Snapshot, uid: str) -> list[Pod]:
    """The Pods of a workload that are not ending, the old revisions first."""
    index = Index(seen)
    owned = [*index.pods.get(uid, ())]
    for replica_set in index.replica_sets.get(uid, ()):
        owned += index.pods.get(replica_set.metadata.uid, ())
    return _alive(owned)


def _alive(pods: Iterable[Pod]) -> list[Pod]:
    alive = [
        pod
        for pod in pods
        if pod.metadata.deletion_timestamp is None and pod.status.phase not in ("Succeeded", "Failed")
    ]
    return sorted(alive, key=lambda pod: (str(pod.metadata.creation_timestamp), pod.name))


def _pod(pod: Pod, seen: Snapshot, wish: Wish) -> tuple[Target, ...]:
    node = seen.nodes.get(pod.spec.node_name)
    return pod_targets(pod, wish, node.status.node_info.kubelet_version if node else "")


def unseen(seen: Snapshot) -> list[str]:
    """What could not be listed and matters for probing."""
    told = []
    for kind, feed in seen.feeds.items():
        if feed.state in (FeedState.DENIED, FeedState.FAILED) and kind is not Kind.NODE:
            told.append(f"{kind.resource.plural}: {feed.state}: {feed.why}")
    return told
