"""Whether anything listens at a port of a Pod, as the API server finds out when it passes a request on.

https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/#manually-constructing-apiserver-proxy-urls
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from kubectl_goweb.errors import ForbiddenError, ServerError
from kubectl_goweb.kube.connection import Relayed
from kubectl_goweb.objects.text import plain

_TIMEOUT = 1.5
"""Seconds."""
_MOST = 4096
_ON_THE_WAY = "error trying to reach service"
"""How the API server begins what it says when it could not pass a request on, or got no HTTP back."""
_NO_CONNECTION = ("i/o timeout", "no route to host", "network is unreachable", "no such host")


class Relay(Protocol):
    def relay(self, path: str, query: Mapping[str, str] = ..., *, timeout: float, most: int) -> Relayed: ...


class _Status(msgspec.Struct, frozen=True):
    kind: str = ""
    message: str = ""


# Made at import, in one thread; see objects.decoding.decoders.
_STATUS = msgspec.json.Decoder(_Status)


def listens(connection: Relay, namespace: str, pod: str, port: int) -> bool:
    """Whether the connection is taken, whatever is answered then. ForbiddenError when the user may not ask;
    ServerError when the API server itself cannot get there.
    """
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}:{port}/proxy/"
    try:
        got = connection.relay(path, timeout=_TIMEOUT, most=_MOST)
    except TimeoutError as error:
        raise ServerError(f"nothing was heard of port {port} of {pod} within {_TIMEOUT:g} s") from error
    said = _said(got.body)
    if said is not None and got.head.status in (401, 403):
        raise ForbiddenError(plain(said, 200), verb="get", resource="pods/proxy")
    text = said or got.body.decode("utf-8", "replace")
    if got.head.status < 500 or _ON_THE_WAY not in text:
        return True
    if "connection refused" in text:
        return False
    if any(words in text for words in _NO_CONNECTION):
        raise ServerError(plain(text, 200))
    return True  # it was cut, or is no HTTP: somebody took it


def _said(body: bytes) -> str | None:
    """The sentence of a Status, which is the API server's own; None when the Pod has answered."""
    try:
        status = _STATUS.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return status.message if status.kind == "Status" else None
