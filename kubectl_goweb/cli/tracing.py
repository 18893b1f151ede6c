"""What a request would meet, gathered: the objects of its way, who asks, and, when wanted, every hop asked for real."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from msgspec import Struct, structs

from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.investigating import investigate
from kubectl_goweb.kube.reading import Ask, read
from kubectl_goweb.objects import FeedState, Kind, Pod, Snapshot
from kubectl_goweb.objects.rare import decode_one
from kubectl_goweb.objects.wants import Ask as Question
from kubectl_goweb.objects.wants import Want
from kubectl_goweb.status.live_paths import Traced
from kubectl_goweb.status.paths import end_of, hops
from kubectl_goweb.status.policies import End
from kubectl_goweb.status.routes import Route, trail, ways_in
from kubectl_goweb.status.verdicts import Ref

_KINDS = (Kind.SERVICE, Kind.ENDPOINT_SLICE, Kind.POD, Kind.INGRESS, Kind.NETWORK_POLICY)
_WORKLOADS = (Kind.DEPLOYMENT, Kind.STATEFUL_SET, Kind.DAEMON_SET)
_BUDGET = 2.0
"""Seconds for what is not in the lists."""
_DNS, _DNS_LABEL, _DNS_PORT = "kube-system", "k8s-app=kube-dns", 53


class Who(Struct, frozen=True):
    """Who asks, for NetworkPolicies; nobody in particular when both are empty."""

    pod: str = ""
    """`NAME` or `NAMESPACE/NAME`."""
    namespace: str = ""
    """Some Pod of that namespace, without labels."""


def trace(connection: Connection, route: Route, who: Who, now: Callable[[], datetime], *, live: bool = False) -> Traced:
    """Follow a request over the objects, and for real when `live` is wanted. NotFoundError when who asks is not there;
    what may not be read makes its hop unknown.
    """
    return _traced(connection, _objects(connection, route.namespace, (), now), route, who, now, live=live)


def trace_all(connection: Connection, ref: Ref, now: Callable[[], datetime]) -> tuple[Traced, ...]:
    """Every way in to an object, over the objects and for real; nobody in particular asks."""
    kinds = [Kind(ref.kind)] if ref.kind in _WORKLOADS else []
    found = _objects(connection, ref.namespace, kinds, now)
    return tuple(_traced(connection, found, one, Who(), now, live=True) for one in ways_in(ref, found))


def _objects(connection: Connection, namespace: str, more: Iterable[Kind], now: Callable[[], datetime]) -> Snapshot:
    asks = [*(Ask(kind, namespace) for kind in (*_KINDS, *more)), Ask(Kind.INGRESS_CLASS), Ask(Kind.NAMESPACE)]
    return read(connection, asks, now, namespace=namespace)


def _traced(
    connection: Connection, found: Snapshot, route: Route, who: Who, now: Callable[[], datetime], *, live: bool
) -> Traced:
    found = investigate(connection, found, lambda known: _certificate(route, known), now, budget=_BUDGET)
    source = _source(who, connection, found, route.namespace)
    told = hops(route, _with_policies_of(source, route, connection, found, now), now(), source)
    if not live:
        return Traced(route, told)
    from kubectl_goweb.probing.path_checks import checks  # only when it is asked for real
    from kubectl_goweb.probing.sending import Sender

    sender = Sender(now, connection)
    answers = checks(trail(route, found), sender, connection, _dns(connection, now), now)
    return Traced(route, told, answers, is_for_one=source is not None)


def _certificate(route: Route, snapshot: Snapshot) -> list[Want]:
    secret = trail(route, snapshot).secret
    return [Want(Question.CERTIFICATE, Kind.SECRET, f"{route.namespace}/{secret}")] if secret else []


def _source(who: Who, connection: Connection, found: Snapshot, namespace: str) -> End | None:
    if who.namespace:
        one = found.namespaces.get(who.namespace)
        labels = one.metadata.labels if one else {"kubernetes.io/metadata.name": who.namespace}
        return End(namespace=who.namespace, namespace_labels=labels)
    if not who.pod:
        return None
    where, slash, name = who.pod.removeprefix("pod/").rpartition("/")
    pod = decode_one(Kind.POD, connection.get(Kind.POD.resource.path(where if slash else namespace, name)))
    return end_of(pod, found) if isinstance(pod, Pod) else None


def _with_policies_of(
    source: End | None, route: Route, connection: Connection, found: Snapshot, now: Callable[[], datetime]
) -> Snapshot:
    """With the policies of the namespace that the request comes from."""
    if source is None or source.namespace == route.namespace:
        return found
    other = read(connection, [Ask(Kind.NETWORK_POLICY, source.namespace)], now)
    feeds = {**found.feeds, **{kind: feed for kind, feed in other.feeds.items() if feed.state != "live"}}
    return structs.replace(found, network_policies={**found.network_policies, **other.network_policies}, feeds=feeds)


def _dns(connection: Connection, now: Callable[[], datetime]) -> tuple[tuple[Pod, int], ...] | str:
    """The ready Pods of the cluster's DNS and the port on which they take streams, or why there is none.

    Every distribution labels them so: https://kubernetes.io/docs/tasks/administer-cluster/dns-custom-nameservers/
    """
    found = read(connection, [Ask(Kind.POD, _DNS, labels=_DNS_LABEL)], now)
    feed = found.feeds[Kind.POD]
    if feed.state is not FeedState.LIVE:
        return f"the Pods of the cluster's DNS cannot be seen: {feed.why}"
    if not found.pods:
        return f"there is no Pod labelled {_DNS_LABEL} in {_DNS}"
    return tuple((pod, _dns_port(pod)) for pod in found.pods.values() if pod.status.is_ready)


def _dns_port(pod: Pod) -> int:
    ports = [one for container in pod.spec.containers for one in container.ports if one.protocol == "TCP"]
    return next((one.container_port for one in ports if "dns" in one.name), _DNS_PORT)
