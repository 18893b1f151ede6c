"""One probe's result: the value that every source of truth about a target gives, whoever measured it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from kubectl_goweb.status.verdicts import Answer


class ProbeKind(StrEnum):
    HTTP = "http"
    TCP = "tcp"
    GRPC = "grpc"
    EXEC = "exec"
    """A command in the container: only the kubelet can run it."""


class Way(StrEnum):
    """How a target was reached. Durations of different ways cannot be compared."""

    DIRECT = "direct"
    API_PROXY = "API proxy"
    PORT_FORWARD = "port-forward"
    NODE = "node"
    """By the kubelet of the Pod's own node."""


class Source(StrEnum):
    """Who measured."""

    US = "us"
    KUBELET = "kubelet"
    PROMETHEUS = "prometheus"


class Phase(StrEnum):
    """The steps of a probe, as blackbox_exporter names them."""

    RESOLVE = "resolve"
    CONNECT = "connect"
    TLS = "tls"
    PROCESSING = "processing"
    """From the request sent to the answer's head."""
    TRANSFER = "transfer"


class Reason(StrEnum):
    """Why a probe ended as it did. Stable: scripts may compare them."""

    OK = "ok"

    RESOLVE_FAILED = "resolve-failed"
    RESOLVE_TIMEOUT = "resolve-timeout"
    REFUSED = "refused"
    WRONG_PORT = "wrong-port"
    """Refused, while another port that the container declares answers; or a port that it does not declare."""
    NO_ROUTE = "no-route"
    CONNECT_TIMEOUT = "connect-timeout"
    RESET = "reset"
    """The connection was cut."""
    CLOSED = "closed"
    """The connection was ended in good order, without an answer."""

    TLS_TIMEOUT = "tls-timeout"
    TLS_NAME = "tls-name"
    TLS_EXPIRED = "tls-expired"
    TLS_NOT_YET_VALID = "tls-not-yet-valid"
    TLS_UNKNOWN_CA = "tls-unknown-ca"
    TLS_VERSION = "tls-version"
    TLS_CLIENT_CERTIFICATE = "tls-client-certificate"
    """The server wants a client certificate."""
    TLS_FAILED = "tls-failed"
    TLS_EXPIRES_SOON = "tls-expires-soon"
    TLS_TO_PLAIN_PORT = "tls-to-plain-port"
    """TLS was spoken to a port that does not speak it."""
    PLAIN_TO_TLS_PORT = "plain-to-tls-port"
    """Plain text was spoken to a port that wants TLS."""
    TLS_FORBIDDEN = "tls-forbidden"
    TLS_REQUIRED = "tls-required"

    PROCESSING_TIMEOUT = "processing-timeout"
    TRANSFER_TIMEOUT = "transfer-timeout"
    NOT_HTTP = "not-http"
    BODY_CUT = "body-cut"
    """The body ended before its declared length, or could not be unpacked."""
    REDIRECT_PERMANENT = "redirect-permanent"
    """301 or 308 where an answer was expected."""
    REDIRECT_TEMPORARY = "redirect-temporary"
    """302, 303 or 307 where an answer was expected."""
    REDIRECT_LOOP = "redirect-loop"
    STATUS = "status"
    BODY_MISMATCH = "body-mismatch"
    HEADER_MISMATCH = "header-mismatch"

    NOT_GRPC = "not-grpc"
    GRPC_UNIMPLEMENTED = "grpc-unimplemented"
    """The server has no health service."""
    GRPC_UNKNOWN_SERVICE = "grpc-unknown-service"
    GRPC_NOT_SERVING = "grpc-not-serving"
    GRPC_STATUS = "grpc-status"

    NOT_ALLOWED = "not-allowed"
    """The API server does not let us look: says nothing about the target."""
    NOT_SEEN = "not-seen"
    """The way to the target failed, or the target cannot be probed from here: says nothing about the target."""
    NO_ENDPOINTS = "no-endpoints"
    """A Service with nothing behind it."""

    @property
    def is_timeout(self) -> bool:
        return self.value.endswith("-timeout")


class Durations(Answer, frozen=True, gc=False):
    """Seconds by phase, summed over redirects; None where the way does not let us see a phase."""

    total: float
    resolve: float | None = None
    connect: float | None = None
    tls: float | None = None
    processing: float | None = None
    transfer: float | None = None

    def of(self, phase: Phase) -> float | None:
        seconds: float | None = getattr(self, phase.value)
        return seconds


class TlsFacts(Answer, frozen=True, gc=False):
    """What the handshake showed."""

    version: str
    cipher: str
    expires: datetime | None
    """The server certificate's notAfter."""
    subject: str = ""
    verified: bool = False


class ProbeResult(Answer, frozen=True, gc=False):
    """One target at one moment, as one source saw it."""

    target: str
    """The target's key."""
    kind: ProbeKind
    success: bool | None
    """None: cannot tell."""
    reason: Reason
    detail: str
    """One sentence, empty when all is well."""
    code: int | None
    """HTTP or gRPC status; None without an answer."""
    durations: Durations
    at: datetime
    """When it began."""
    way: Way
    source: Source
    address: str = ""
    """What was asked: address and port, or the API path."""
    attempts: int = 1
    """How often it was tried in a row for this result; the durations are the last one's."""
    tls: TlsFacts | None = None
    redirects: int = 0
    http_version: str = ""
    content_length: int | None = None
    """As declared by the answer; None when it declares none."""
    body_length: int | None = None
    body_mismatch: bool = False
    warning: str = ""
    """Something worth knowing although it succeeded, such as a redirect that counts as success for the kubelet."""
