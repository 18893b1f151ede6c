"""What is probed: the request, the rules by which its answer is judged, and the object it belongs to."""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import urlsplit

from kubectl_goweb.status.probes.results import ProbeKind
from kubectl_goweb.status.verdicts import Answer, Ref


class Redirects(StrEnum):
    """Which redirects are followed; at most ten, as blackbox_exporter and the kubelet do."""

    NONE = "none"
    SAME_HOST = "same-host"
    """Elsewhere counts as success with a warning: the kubelet's rule."""
    ALL = "all"


class HeaderRule(Answer, frozen=True, gc=False):
    """A header that must be there and match a regular expression."""

    name: str
    pattern: str


class Rules(Answer, frozen=True, gc=False):
    """What counts as success; the defaults are blackbox_exporter's module http_2xx."""

    name: str = "http_2xx"
    statuses: tuple[tuple[int, int], ...] = ((200, 299),)
    """Accepted HTTP statuses, as ranges with both ends."""
    body: str = ""
    """A regular expression that the body must match somewhere."""
    body_not: str = ""
    """A regular expression that the body must not match."""
    headers: tuple[HeaderRule, ...] = ()
    redirects: Redirects = Redirects.ALL
    verify_tls: bool = True
    tls: bool | None = None
    """True: the last answer must have come over TLS; False: it must not."""
    min_tls: str = ""
    """`TLSv1.2` or `TLSv1.3`."""
    expires_within: float = 0.0
    """Seconds: a certificate that ends sooner is a failure."""
    most_body: int = 4 * 1024 * 1024
    """Bytes of a body that are read."""

    def accepts(self, status: int) -> bool:
        return any(low <= status <= high for low, high in self.statuses)


KUBELET = Rules(
    name="kubelet", statuses=((200, 399),), redirects=Redirects.SAME_HOST, verify_tls=False, most_body=10 * 1024
)
"""https://kubernetes.io/docs/concepts/workloads/pods/probes/#http-probes: 200 to 399, the body is not looked at, TLS is
not verified.
"""


class Request(Answer, frozen=True, gc=False):
    """What is sent."""

    kind: ProbeKind
    port: int
    tls: bool = False
    path: str = "/"
    """HTTP: path and query."""
    host: str = ""
    """HTTP: the Host header and TLS server name, when it is not the address that is asked."""
    headers: tuple[tuple[str, str], ...] = ()
    service: str = ""
    """gRPC: the service asked about; empty for the whole server."""

    @property
    def says(self) -> str:
        """In one line: `GET :8080/api/health`, `TCP :5432`, `gRPC :9000 shop.Cart`."""
        match self.kind:
            case ProbeKind.HTTP:
                return f"GET {'https ' if self.tls else ''}:{self.port}{self.path}"
            case ProbeKind.GRPC:
                return f"gRPC :{self.port}" + (f" {self.service}" if self.service else "")
            case _:
                return f"{self.kind.upper()} :{self.port}"


class Target(Answer, frozen=True, gc=False):
    """One thing to probe."""

    key: str
    """Its identity, and how it is told: `pod/shop/web-1 GET :8080/api/health`, or the URL."""
    request: Request
    host: str
    """Name or address to connect to directly; empty when there is none yet."""
    ref: Ref | None = None
    """The Pod or Service it belongs to; None for a bare URL, which can only be reached directly."""
    rules: Rules = Rules()
    timeout: float = 2.0
    """Seconds for the whole probe."""
    container: str = ""
    other_ports: tuple[int, ...] = ()
    """The other ports that the container declares."""
    declares_port: bool = True
    """False when the container declares ports, and this is none of them."""
    roles: tuple[str, ...] = ()
    """The kubelet's probes that send this very request: `readiness`, `liveness`, `startup`."""
    unready: str = ""
    """Why there is nothing to probe, such as a Pod without an address."""


_SCHEMES = {
    "http": (ProbeKind.HTTP, False, 80),
    "https": (ProbeKind.HTTP, True, 443),
    "tcp": (ProbeKind.TCP, False, 0),
    "tls": (ProbeKind.TCP, True, 443),
    "grpc": (ProbeKind.GRPC, False, 0),
    "grpcs": (ProbeKind.GRPC, True, 443),
}
SCHEMES = tuple(_SCHEMES)


def url_target(url: str, rules: Rules, timeout: float) -> Target:
    """A target from http[s]://HOST[:PORT]/PATH, tcp://HOST:PORT, tls://HOST:PORT, grpc[s]://HOST:PORT[/SERVICE];
    without a scheme it is http, as blackbox_exporter takes it. ValueError with a sentence.
    """
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in _SCHEMES:
        raise ValueError(f"{url!r} begins with none of {', '.join(f'{scheme}://' for scheme in _SCHEMES)}")
    kind, tls, default = _SCHEMES[parts.scheme]
    port = parts.port or default
    if not parts.hostname or not port:
        raise ValueError(f"{url!r} names no host and port")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    request = Request(
        kind=kind,
        port=port,
        tls=tls,
        path=path if kind is ProbeKind.HTTP else "/",
        host=parts.netloc.rpartition("@")[2] if kind is ProbeKind.HTTP else "",
        service=parts.path.strip("/") if kind is ProbeKind.GRPC else "",
    )
    return Target(url, request, parts.hostname, rules=rules, timeout=timeout)
