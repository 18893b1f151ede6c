"""What the API server tells of itself and its neighbours: health endpoints with their checks, and metrics. What that
means is said in status.controlplane.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import wait
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic
from typing import Protocol

from msgspec import structs

from kubectl_goweb.errors import ApiError
from kubectl_goweb.hands import Hands
from kubectl_goweb.kube.connection import Connection, Relayed
from kubectl_goweb.objects import Pod
from kubectl_goweb.objects.facts import Checked, ServerFacts, plane_component

_MOST = 64 * 1024
_SOON = 1.0
"""Seconds in which an API server that is well has told so."""
_HEALTH_PORTS = {"kube-controller-manager": 10257, "kube-scheduler": 10259}
_HEALTH_SECONDS = 3.0


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


def component_health(connection: Relay, pods: Iterable[Pod]) -> dict[str, Checked]:
    """What `/healthz` of those that are kubeadm's controller-managers and schedulers says through the API server's
    proxy, by the Pod's key; nobody need be let in there, but by default kubeadm has them listen on 127.0.0.1 alone.
    """
    asked = {pod.key: port for pod in pods if (port := _HEALTH_PORTS.get(plane_component(pod)))}
    if not asked:
        return {}

    def ask(key: str) -> Checked:
        namespace, _, name = key.partition("/")
        path = f"/api/v1/namespaces/{namespace}/pods/https:{name}:{asked[key]}/proxy/healthz"
        return check(connection, path, timeout=_HEALTH_SECONDS)

    with Hands(min(len(asked), 6), "healthz") as hands:
        return dict(zip(asked, hands.map(ask, asked), strict=True))


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
