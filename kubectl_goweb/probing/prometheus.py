"""Asking a Prometheus: at a URL, or inside the cluster through the API server. What it answers is read in promql."""

from __future__ import annotations

import base64
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode

from msgspec import Struct

from kubectl_goweb.errors import ApiError
from kubectl_goweb.kube.access import Secret
from kubectl_goweb.objects import Service
from kubectl_goweb.objects.text import plain
from kubectl_goweb.probing.promql import PromError, Sample, samples

_SECONDS = 5.0
_QUERY = "/api/v1/query"
_LABELS = ("app.kubernetes.io/name", "app", "k8s-app")
_PORTS = ("web", "http-web", "http", "")
_PORT = 9090
Ask = Callable[[str], tuple[Sample, ...]]
"""An instant query. PromError when it cannot be answered."""


class Getter(Protocol):
    def get(self, path: str, query: Mapping[str, str], *, accept: str) -> bytes: ...


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


def at_url(url: str, login: Login) -> Ask:
    """A Prometheus that can be reached from here."""

    def ask(promql: str) -> tuple[Sample, ...]:
        if not url.startswith(("http://", "https://")):
            raise PromError(f"{url!r} is no http URL")
        target = f"{url.rstrip('/')}{_QUERY}?{urlencode({'query': promql})}"
        request = urllib.request.Request(target, headers=dict(login.header()))  # noqa: S310  # checked above
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310  # checked above
                return samples(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                if error.code in (400, 422, 503):
                    return samples(error.read())  # which raises what it says
                raise PromError(f"{url} answered {error.code}") from error
        except (OSError, ValueError) as error:
            raise PromError(f"{url} cannot be asked: {getattr(error, 'reason', None) or error}") from error

    return ask


def in_cluster(connection: Getter, service: Service) -> Ask:
    """A Prometheus behind a Service, through the API server's proxy."""
    ports = {port.name: port.port for port in service.spec.ports}
    port = next((ports[name] for name in _PORTS if name in ports), _PORT)
    path = f"/api/v1/namespaces/{service.namespace}/services/{service.name}:{port}/proxy{_QUERY}"

    def ask(promql: str) -> tuple[Sample, ...]:
        try:
            return samples(connection.get(path, {"query": promql}, accept="*/*"))
        except ApiError as error:
            raise PromError(plain(error.sentence)) from error

    return ask


def is_prometheus(service: Service) -> bool:
    """Whether a Service leads to a Prometheus: by its labels, and a port that Prometheus has."""
    labels = service.metadata.labels
    named = any(labels.get(key) == "prometheus" for key in _LABELS) or service.name.startswith("prometheus")
    ports = [port for port in service.spec.ports if port.port == _PORT or port.name in ("web", "http-web")]
    return named and bool(ports)
