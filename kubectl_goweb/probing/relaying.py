"""Probes through the API server: the path to ask, and what its answer says about the target rather than about the way.
Pure.

The API server passes on whatever the target answers, and tells of its own troubles in a Status:
https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/#manually-constructing-apiserver-proxy-urls
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import msgspec

from kubectl_goweb.objects.text import plain
from kubectl_goweb.probing.judging import Judgement, Response
from kubectl_goweb.status.probes.results import Reason
from kubectl_goweb.status.probes.targets import Redirects, Target

_PLURALS = {"Pod": "pods", "Service": "services"}


class _Status(msgspec.Struct, frozen=True):
    kind: str = ""
    message: str = ""
    reason: str = ""
    code: int = 0


# Made at import, in one thread; see objects.decoding.decoders.
_STATUS = msgspec.json.Decoder(_Status)


_SAID = (
    (r"connection refused", Reason.REFUSED, "connection refused: nothing listens there"),
    (r"no endpoints available", Reason.NO_ENDPOINTS, "no endpoint is ready behind the Service"),
    (r"i/o timeout|dial.*timeout|TLS handshake timeout", Reason.CONNECT_TIMEOUT, "the API server could not connect"),
    (r"no route to host|network is unreachable", Reason.NO_ROUTE, "the API server has no route to it"),
    (r"connection reset by peer|broken pipe", Reason.RESET, "cut the connection"),
    (r"HTTP response to HTTPS client|first record does not look like a TLS", Reason.TLS_TO_PLAIN_PORT, "no TLS there"),
    (
        r'malformed HTTP response "\\x15\\x03',
        Reason.PLAIN_TO_TLS_PORT,
        "the port speaks TLS, not plain HTTP",
    ),
    (
        r"malformed HTTP|malformed MIME|readLoopPeekFailLocked: %!w\(<nil>\)",
        Reason.NOT_HTTP,
        "answered something that is not HTTP",
    ),
    (r"\bEOF\b", Reason.CLOSED, "closed the connection without an answer"),
    (r"context deadline exceeded|Timeout exceeded", Reason.PROCESSING_TIMEOUT, "connected, but no answer came"),
    (r"remote error: tls|tls: ", Reason.TLS_FAILED, "TLS failed"),
)
"""How the API server words what happened between it and the target (Go's net and net/http; `readLoopPeekFail...` when
the target spoke before it was asked).
"""


def proxy_path(target: Target) -> str | None:
    """The API path that leads to a target, without its query; None when none does."""
    prefix = _prefix(target)
    return None if prefix is None else prefix + urlsplit(target.request.path).path


def proxy_query(path: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(path).query, keep_blank_values=True))


def _prefix(target: Target) -> str | None:
    ref, request = target.ref, target.request
    if ref is None or ref.kind not in _PLURALS:
        return None
    scheme = "https:" if request.tls else ""
    return f"/api/v1/namespaces/{ref.namespace}/{_PLURALS[ref.kind]}/{scheme}{ref.name}:{request.port}/proxy"


def way_fault(status: int, body: bytes) -> Judgement | None:
    """What the API server itself says; None when the target answered."""
    if status < 400:
        return None
    try:
        said = _STATUS.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = body[:1000].decode("utf-8", "replace")
        if status in (502, 503) and text.startswith("error trying to reach service"):
            return _told(text)
        return None
    if said.kind != "Status" or not said.reason:
        return None
    if status in (401, 403):
        return Judgement(Reason.NOT_ALLOWED, f"the API server does not let us: {plain(said.message, 200)}")
    if "error trying to reach service" in said.message or "no endpoints available" in said.message:
        return _told(said.message)
    return Judgement(Reason.NOT_SEEN, f"the API server cannot ask it: {plain(said.message, 200)}")


def _told(message: str) -> Judgement:
    for pattern, reason, sentence in _SAID:
        if re.search(pattern, message):
            return Judgement(reason, sentence)
    cause = message.partition("error trying to reach service: ")[2] or message
    return Judgement(Reason.NOT_SEEN, f"the API server cannot reach it: {plain(cause, 200)}")


def seen_from_target(target: Target, response: Response) -> Response:
    """The answer as the target gave it: its redirect without the API server's prefix."""
    place = response.headers.get("location", "")
    prefix = f"{_prefix(target)}/"
    if not place.startswith(prefix):
        return response
    return msgspec.structs.replace(response, headers={**response.headers, "location": f"/{place.removeprefix(prefix)}"})


def next_path(target: Target, response: Response) -> str | None:
    """The API path and query of a redirect that is to be followed: the API server rewrites those that stay at the
    target; others lead where only the target's own network may know.
    """
    prefix = _prefix(target)
    if not response.location or target.rules.redirects is Redirects.NONE or prefix is None:
        return None
    place = urlsplit(response.location)
    if place.netloc or not place.path.startswith(f"{prefix}/"):
        return None
    return place.path + (f"?{place.query}" if place.query else "")
