"""Asking a Prometheus: at a URL, or inside the cluster through the API server. What it answers is read in promql."""

from __future__ import annotations

import base64
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode

from msgspec import Struct

from kubectl_goweb.errors import ApiError
from kubectl_goweb.kube.access import Secret
from kubectl_goweb.kube.connection import Relayed
from kubectl_goweb.objects import Service
from kubectl_goweb.objects.text import plain
from kubectl_goweb.probing.promql import PromError, Sample, UnansweredError, samples
from kubectl_goweb.probing.relaying import way_fault

_SECONDS = 5.0
_MOST = 16 * 1024 * 1024
"""Bytes of an answer that are read."""
_QUERY = "/api/v1/query"
_LABELS = ("app.kubernetes.io/name", "app", "k8s-app")
_NAME = "prometheus"
_COMPONENT = "app.kubernetes.io/component"
_PORTS = ("web", "http-web", "http", "")
_PORT = 9090
_ANSWERS = (200, 400, 422, 503)
"""With these a Prometheus answers in its own words: a result, or why there is none."""
Ask = Callable[[str], tuple[Sample, ...]]
"""An instant query. PromError when it cannot be answered."""


class Relay(Protocol):
    def relay(self, path: str, query: Mapping[str, str], *, timeout: float, most: int) -> Relayed: ...


class Prometheus(Struct, frozen=True):
    """One that can be asked."""

    place: str
    """Where it is, in few words: its URL, or its Service."""
    ask: Ask


class Login(Struct, frozen=True):
    """Bearer token, or user and password; empty for none."""

    token: Secret | None = None
    user: str = ""
    password: Secret | None = None

    def header(self) -> Mapping[str, str]:
        if self.token is not None:
            return {"Authorization": f"Bearer {self.token.value}"}
        if self.user:
            pair = f"{self.user}:{self.password.value if self.password else ''}".encode()
            return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        return {}


def secret_in(path: str) -> Secret | None:
    """The first line of a file. PromError when it cannot be read."""
    if not path:
        return None
    try:
        return Secret(Path(path).expanduser().read_text("utf-8").strip())
    except OSError as error:
        raise PromError(f"cannot read {path}: {error.strerror}") from error


def at_url(url: str, login: Login) -> Prometheus:
    """A Prometheus that can be reached from here."""

    def ask(promql: str) -> tuple[Sample, ...]:
        if not url.startswith(("http://", "https://")):
            raise UnansweredError(f"{url!r} is no http URL")
        request = urllib.request.Request(f"{url.rstrip('/')}{_QUERY}?{urlencode({'query': promql})}")  # noqa: S310  # checked above
        for name, value in login.header().items():
            request.add_unredirected_header(name, value)  # a login is for this host, not for where it sends us
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310  # checked above
                body: bytes = answer.read(_MOST)
        except urllib.error.HTTPError as error:
            with error:
                if error.code not in _ANSWERS:
                    raise UnansweredError(f"{url} answered {error.code}{_HINTS.get(error.code, '')}") from error
                body = error.read(_MOST)
        except (OSError, ValueError) as error:
            raise UnansweredError(f"{url} cannot be asked: {getattr(error, 'reason', None) or error}") from error
        return samples(body)

    return Prometheus(url, ask)


_HINTS = {401: ": it wants another login", 403: ": this login may not ask it"}
_NOT_HANDED_ON = (
    "it wants a login, which the API server's proxy does not hand on: name its URL and the login (--prometheus)"
)


def in_cluster(connection: Relay, service: Service) -> Prometheus:
    """A Prometheus behind a Service, through the API server's proxy, which hands on no login of its own."""
    ports = {port.name: port.port for port in service.spec.ports}
    port = next((ports[name] for name in _PORTS if name in ports), _PORT)
    path = f"/api/v1/namespaces/{service.namespace}/services/{service.name}:{port}/proxy{_QUERY}"
    place = f"svc/{service.name} in {service.namespace}"

    def ask(promql: str) -> tuple[Sample, ...]:
        try:
            got = connection.relay(path, {"query": promql}, timeout=_SECONDS, most=_MOST)
        except TimeoutError as error:
            raise UnansweredError(f"{place} did not answer within {_SECONDS:g} s") from error
        except ApiError as error:
            raise UnansweredError(f"{place}: {plain(error.sentence)}") from error
        status = got.head.status
        if (fault := way_fault(status, got.body)) is not None:
            raise UnansweredError(f"{place}: {fault.detail}")
        if status not in _ANSWERS:
            raise UnansweredError(f"{place} answered {status}" + (f": {_NOT_HANDED_ON}" if status == 401 else ""))
        return samples(got.body)

    return Prometheus(place, ask)


def discovered(connection: Relay, services: Iterable[Service]) -> Prometheus | None:
    """The Prometheus of the cluster; of several the first that answers. None when no Service looks like one,
    UnansweredError when none of those that do answers.
    """
    found = [in_cluster(connection, one) for one in sorted(filter(is_prometheus, services), key=_likeness)]
    if len(found) < 2:
        return next(iter(found), None)
    silent = []
    for one in found:
        try:
            one.ask("vector(1)")
        except PromError as error:
            silent.append(str(error))
        else:
            return one
    raise UnansweredError("; ".join(silent))


def is_prometheus(service: Service) -> bool:
    """Whether a Service leads to a Prometheus: by its labels or name, and a port that Prometheus has. Exporters,
    Pushgateway and Alertmanager of the same charts have other labels, components or ports.
    """
    labels = service.metadata.labels
    if labels.get(_COMPONENT, "server") not in ("server", _NAME):
        return False
    if any(labels.get(key) == _NAME for key in _LABELS):
        return any(port.port == _PORT or port.name in _PORTS for port in service.spec.ports)
    return service.name.startswith(_NAME) and any(port.port == _PORT for port in service.spec.ports)


def _likeness(service: Service) -> tuple[bool, str]:
    """Headless ones last: they are there for others' discovery."""
    return service.spec.cluster_ip == "None", service.key
