"""The control plane as the API server tells of it: its own health endpoints with their checks, and what the other parts
leave behind. What that means is said in status.controlplane.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import wait
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic
from typing import Protocol

from msgspec import structs

from kubectl_goweb.errors import ApiError, UnreachableError
from kubectl_goweb.hands import Hands
from kubectl_goweb.kube.connection import Connection, Relayed
from kubectl_goweb.kube.reading import Ask, read
from kubectl_goweb.objects import EndpointSlice, Feed, FeedState, Kind, Snapshot
from kubectl_goweb.objects.facts import Checked, Plane, ServerFacts

_MOST = 64 * 1024
_SOON = 1.0
"""Seconds in which an API server that is well has told so."""
_SYSTEM = "kube-system"
_ASKS = (
    Ask(Kind.LEASE, _SYSTEM),
    Ask(Kind.DEPLOYMENT, _SYSTEM),
    Ask(Kind.DAEMON_SET, _SYSTEM),
    # Only what nobody has placed yet: not all Pods of a large cluster.
    Ask(Kind.POD, fields="spec.nodeName=,status.phase=Pending"),
    Ask(Kind.VALIDATING_WEBHOOK_CONFIGURATION),
    Ask(Kind.MUTATING_WEBHOOK_CONFIGURATION),
)


_STATIC = Ask(Kind.POD, _SYSTEM, labels="tier=control-plane")
"""The parts that kubeadm runs as static Pods."""
_DNS = (_SYSTEM, "kube-dns")


class Getter(Protocol):
    def get(self, path: str, *, accept: str) -> bytes: ...


class Relay(Protocol):
    def relay(self, path: str, query: Mapping[str, str], *, timeout: float, most: int) -> Relayed: ...


def check(connection: Relay, path: str, *, timeout: float = 10.0) -> Checked:
    """`/livez` or `/readyz`, whatever the answer; status 0 with the reason when there is none."""
    begun = monotonic()
    try:
        got = connection.relay(path, {"verbose": ""}, timeout=timeout, most=_MOST)
    except TimeoutError:
        return Checked(0, f"{path} did not answer within {timeout:g} s", monotonic() - begun)
    except ApiError as error:
        return Checked(0, error.sentence, monotonic() - begun)
    return Checked(got.head.status, got.body.decode("utf-8", "replace"), got.processing, _date(got.head.headers))


def why_silent(connection: Relay) -> Checked:
    """The first of them that tells why an API server says nothing else, else `/readyz`. `/livez` has one check of etcd
    and `/readyz` another one as well; where etcd is gone each takes two seconds, one after the other.
    """
    alive = check(connection, "/livez")
    return alive if alive.status == 0 or alive.is_etcd_down else check(connection, "/readyz")


@contextmanager
def checks(connection: Relay) -> Iterator[Callable[[], tuple[Checked, Checked]]]:
    """`/livez` and `/readyz`, as the given function returns them. They are asked before anything else, so that nothing
    of ours slows them down; but where etcd is gone each waits some seconds for it, and the rest goes on meanwhile.
    """
    with Hands(2, "health") as hands:
        livez, readyz = (hands.submit(check, connection, path) for path in ("/livez", "/readyz"))
        wait((livez, readyz), timeout=_SOON)
        yield lambda: (livez.result(), readyz.result())


def _date(headers: Mapping[str, str]) -> datetime | None:
    """By the server's clock (RFC 9110, 5.6.7)."""
    try:
        return datetime.strptime(headers.get("date", ""), "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    except ValueError:
        return None


def server_facts(connection: Connection) -> ServerFacts:
    """What this connection has seen of the API server so far."""
    shown = connection.served_certificate
    return ServerFacts(None if shown is None else shown.not_after, connection.throttled)


_STORAGE = re.compile(rb"^apiserver_storage_size_bytes(?:{[^}]*})? (\S+)$", re.MULTILINE)
_REFUSED = re.compile(rb"^apiserver_flowcontrol_rejected_requests_total{[^}]*} (\S+)$", re.MULTILINE)

_WEBHOOK = re.compile(
    rb'^apiserver_admission_webhook_admission_duration_seconds_(sum|count){[^}]*name="([^"]*)"[^}]*} (\S+)$',
    re.MULTILINE,
)


def measured(connection: Getter, known: ServerFacts) -> ServerFacts:
    """With what the API server's own metrics say: some megabytes, which few people may read; unchanged without them.
    https://kubernetes.io/docs/reference/instrumentation/metrics/
    """
    try:
        text = connection.get("/metrics", accept="text/plain")
    except ApiError:
        return known
    sizes, refused = ([float(number) for number in found.findall(text)] for found in (_STORAGE, _REFUSED))
    took: dict[str, dict[bytes, float]] = {}
    for which, name, number in _WEBHOOK.findall(text):
        mine = took.setdefault(name.decode(), {})
        mine[which] = mine.get(which, 0.0) + float(number)
    webhooks = {name: mine[b"sum"] / mine[b"count"] for name, mine in took.items() if mine.get(b"count")}
    return structs.replace(known, storage=max(sizes, default=None), refused=sum(refused), webhooks=webhooks)


def plane(connection: Connection, now: Callable[[], datetime]) -> Plane:
    """One look at all of it, with as little as tells it. Never raises for what fails: that is what it tells."""
    with checks(connection) as told:
        try:
            seen = read(connection, _ASKS, now)
            pods = {**seen.pods, **read(connection, [_STATIC], now).pods}
            slices = _behind(seen, connection, now)
            seen = structs.replace(seen, pods=pods, endpoint_slices=slices, feeds=_told(seen, now))
        except ApiError as error:
            state = FeedState.FAILED if isinstance(error, UnreachableError) else FeedState.DENIED
            seen = Snapshot(feeds={ask.kind: Feed(state, now(), error.sentence) for ask in _ASKS})
        livez, readyz = told()
    return Plane(livez, readyz, seen, now(), server_facts(connection))


def _behind(seen: Snapshot, connection: Connection, now: Callable[[], datetime]) -> dict[str, EndpointSlice]:
    """What is behind the Services of the webhooks, and of the cluster's DNS."""
    services = {_DNS} | {
        (service.namespace, service.name)
        for configuration in (*seen.validating_webhooks.values(), *seen.mutating_webhooks.values())
        for webhook in configuration.webhooks
        if (service := webhook.client_config.service) is not None
    }
    found: dict[str, EndpointSlice] = {}
    for namespace, name in sorted(services):
        labels = f"kubernetes.io/service-name={name}"
        found.update(read(connection, [Ask(Kind.ENDPOINT_SLICE, namespace, labels)], now).endpoint_slices)
    return found


def _told(seen: Snapshot, now: Callable[[], datetime]) -> dict[Kind, Feed]:
    return {**seen.feeds, Kind.ENDPOINT_SLICE: Feed(FeedState.LIVE, now())}
