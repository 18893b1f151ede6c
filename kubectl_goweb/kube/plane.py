"""One look at the control plane with as little as tells it, for who looks again and again."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from datetime import datetime

from msgspec import structs

from kubectl_goweb.errors import GowebError, UnauthorizedError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.health_endpoints import checks, server_facts
from kubectl_goweb.kube.reading import Ask, read
from kubectl_goweb.objects import Feed, FeedState, Kind, Snapshot
from kubectl_goweb.objects.facts import Plane

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
_LISTED = 7.0
"""Seconds for all lists: what the API server says of its own health is told even when it gives no lists, or when it
gives them so slowly that whoever asked has gone.
"""


def plane(connection: Connection, now: Callable[[], datetime], *, patience: float = _LISTED) -> Plane:
    """Never raises for what fails: that is what it tells. `patience` in seconds."""
    found: queue.SimpleQueue[Snapshot] = queue.SimpleQueue()
    with checks(connection) as told:
        threading.Thread(target=lambda: found.put(_seen(connection, now)), name="plane", daemon=True).start()
        try:
            seen = found.get(timeout=patience)
        except queue.Empty:
            seen = _unseen(FeedState.FAILED, f"not read within {patience:g} s", now())
        livez, readyz = told()
    return Plane(livez, readyz, seen, now(), server_facts(connection))


def _seen(connection: Connection, now: Callable[[], datetime]) -> Snapshot:
    try:
        seen = read(connection, _ASKS, now)
        static = read(connection, [_STATIC], now)
        behind = _behind(seen, connection, now)
    except GowebError as error:
        state = FeedState.DENIED if isinstance(error, UnauthorizedError) else FeedState.FAILED
        return _unseen(state, error.sentence, now())
    feeds = {**seen.feeds, **behind.feeds}
    return structs.replace(seen, pods={**seen.pods, **static.pods}, endpoint_slices=behind.endpoint_slices, feeds=feeds)


def _unseen(state: FeedState, why: str, at: datetime) -> Snapshot:
    return Snapshot(feeds=dict.fromkeys((Kind.ENDPOINT_SLICE, *(ask.kind for ask in _ASKS)), Feed(state, at, why)))


def _behind(seen: Snapshot, connection: Connection, now: Callable[[], datetime]) -> Snapshot:
    """What is behind the Services of the webhooks, and of the cluster's DNS: EndpointSlices alone, which count as seen
    when those of all these Services could be.
    """
    services = {_DNS} | {
        (service.namespace, service.name)
        for configuration in (*seen.validating_webhooks.values(), *seen.mutating_webhooks.values())
        for webhook in configuration.webhooks
        if (service := webhook.client_config.service) is not None
    }
    pieces = [
        read(connection, [Ask(Kind.ENDPOINT_SLICE, namespace, f"kubernetes.io/service-name={name}")], now)
        for namespace, name in sorted(services)
    ]
    feeds = [piece.feeds[Kind.ENDPOINT_SLICE] for piece in pieces]
    worst = next((feed for feed in feeds if feed.state is not FeedState.LIVE), feeds[0])
    slices = {key: one for piece in pieces for key, one in piece.endpoint_slices.items()}
    return Snapshot(endpoint_slices=slices, feeds={Kind.ENDPOINT_SLICE: worst})
