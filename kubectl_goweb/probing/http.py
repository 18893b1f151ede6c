"""HTTP probes on sockets of our own: redirects followed as the rules say, the answer read, nothing judged."""

from __future__ import annotations

import socket
from collections.abc import Callable
from urllib.parse import SplitResult, urljoin, urlsplit

from msgspec import Struct

from kubectl_goweb import __version__
from kubectl_goweb.kube.wire import BrokenError, Head, Wire, request_head
from kubectl_goweb.probing.judging import MOST_REDIRECTS, Response
from kubectl_goweb.probing.sockets import Trust, connected, resolved, secured
from kubectl_goweb.probing.stopwatch import Stopwatch
from kubectl_goweb.status.probes.results import Phase, TlsFacts
from kubectl_goweb.status.probes.targets import Redirects, Request, Rules, Target

USER_AGENT = f"kubectl-goweb/{__version__}"

Opener = Callable[[str, int, Stopwatch], socket.socket]
"""Connects to a host and port; the default resolves and connects directly."""


class BodyError(Exception):
    """The answer began, and did not end as it should: what came of it, and why."""

    def __init__(self, response: Response, why: OSError | BrokenError) -> None:
        super().__init__(str(why))
        self.response = response
        self.why = why


class Hop(Struct, frozen=True):
    """One request on the way."""

    host: str
    """To connect to."""
    port: int
    tls: bool
    authority: str
    """The Host header."""
    path: str


def exchange(target: Target, trust: Trust, watch: Stopwatch, opener: Opener | None = None) -> Response:
    """Ask, follow redirects, read the last answer. OSError, ClosedError or BrokenError when that fails: the watch's
    phase says where; BodyError when it fails in the body.
    """
    hop = first_hop(target)
    count = 0
    while True:
        response = _ask(hop, target.request, target.rules, trust, watch, opener or open_directly, count)
        onward = next_hop(hop, response, target.rules)
        if onward is None or count >= MOST_REDIRECTS:
            return response
        hop, count = onward, count + 1
        opener = opener if onward.host == target.host else None


def first_hop(target: Target) -> Hop:
    """Where a probe begins."""
    request = target.request
    authority = request.host or _authority(target.host, request.port, tls=request.tls)
    return Hop(target.host, request.port, request.tls, authority, request.path)


def next_hop(hop: Hop, response: Response, rules: Rules) -> Hop | None:
    """Where a redirect leads; None when it is none or is not to be followed."""
    if not response.location or rules.redirects is Redirects.NONE:
        return None
    try:
        place = urlsplit(response.location)
        given = place.port
    except ValueError:  # what the target sends may be anything
        return None
    if place.scheme not in ("", "http", "https"):
        return None
    if not place.netloc:
        path = urlsplit(urljoin(f"http://host{hop.path}", response.location))
        return Hop(hop.host, hop.port, hop.tls, hop.authority, _path(path))
    if not place.hostname:
        return None
    # The kubelet compares with the address it asked, everybody else with the name.
    known_as = hop.host if rules.redirects is Redirects.SAME_HOST else urlsplit(f"//{hop.authority}").hostname
    same = place.hostname == known_as
    if rules.redirects is Redirects.SAME_HOST and not same:
        return None
    tls = place.scheme == "https" if place.scheme else hop.tls
    port = given or (443 if tls else 80)
    # The Host header may name what DNS does not know, or knows as something else: the same host stays at its address.
    return Hop(hop.host if same else place.hostname, port, tls, place.netloc.rpartition("@")[2], _path(place))


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _ask(
    hop: Hop, request: Request, rules: Rules, trust: Trust, watch: Stopwatch, opener: Opener, redirects: int
) -> Response:
    sock = opener(hop.host, hop.port, watch)
    tls: TlsFacts | None = None
    try:
        if hop.tls:
            context = trust.context(verify=rules.verify_tls, protocols=("http/1.1",))
            sock, tls = secured(sock, context, urlsplit(f"//{hop.authority}").hostname or "", watch)
        wire = Wire(sock, silence=watch.left())
        with watch.measure(Phase.PROCESSING):
            wire.patience(watch.left(), watch.deadline)
            wire.send(request_head("GET", hop.path, _headers(hop, request)))
            head = wire.head()
        parts: list[bytes] = []
        try:
            with watch.measure(Phase.TRANSFER):
                _read(wire, head, rules.most_body, parts)
        except (OSError, BrokenError) as error:
            begun = Response(head.status, head.headers, b"".join(parts), head.version, tls, redirects)
            raise BodyError(begun, error) from error
        return Response(head.status, head.headers, b"".join(parts), head.version, tls, redirects)
    finally:
        sock.close()


def _read(wire: Wire, head: Head, most: int, parts: list[bytes]) -> None:
    size = 0
    for piece in wire.body(head):
        parts.append(piece)
        size += len(piece)
        if size >= most:
            return


def _headers(hop: Hop, request: Request) -> list[tuple[str, str]]:
    given = {name.lower() for name, _ in request.headers}
    headers = [("Host", hop.authority), *request.headers]
    if "user-agent" not in given:
        headers.append(("User-Agent", USER_AGENT))
    headers.append(("Connection", "close"))
    return headers


def open_directly(host: str, port: int, watch: Stopwatch) -> socket.socket:
    """Resolve and connect."""
    family, address = resolved(host, port, watch)
    return connected(family, address, port, watch)


def _authority(host: str, port: int, *, tls: bool) -> str:
    name = f"[{host}]" if ":" in host else host
    return name if port == (443 if tls else 80) else f"{name}:{port}"
