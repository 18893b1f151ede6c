"""The standard gRPC health check as bytes and meanings: grpc.health.v1.Health/Check. Pure; HTTP/2 lives in grpc.

https://github.com/grpc/grpc/blob/master/doc/health-checking.md, and for the framing PROTOCOL-HTTP2.md beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from msgspec import Struct

from kubectl_goweb.objects.text import plain
from kubectl_goweb.probing.judging import Judgement
from kubectl_goweb.status.probes.results import Reason

PATH = "/grpc.health.v1.Health/Check"
_OK, _NOT_FOUND, _UNIMPLEMENTED = 0, 5, 12
_SERVING = 1
_HEALTH = {0: "UNKNOWN", 1: "SERVING", 2: "NOT_SERVING", 3: "SERVICE_UNKNOWN"}
_CODES = (
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
)
_FRAME = 5
"""Bytes before a message: whether it is compressed, and its length."""


class GrpcAnswer(Struct, frozen=True):
    """What came back; trailers are among the headers."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> int | None:
        """grpc-status; None when there is none: then it is not gRPC."""
        said = self.headers.get("grpc-status", "")
        return int(said) if said.isdecimal() else None


def older_http(began: bytes) -> GrpcAnswer | None:
    """The answer of a server that speaks only HTTP/1; None when these first bytes are something else."""
    if not began.startswith(b"HTTP/"):
        return None
    version, _, status = began.split(b"\r\n")[0].decode("ascii", "replace").partition(" ")
    return GrpcAnswer({":status": status[:3], "content-type": version}, b"")


def request_message(service: str) -> bytes:
    """A HealthCheckRequest (field 1, the service's name) in its frame."""
    name = service.encode()
    message = b"\x0a" + _varint(len(name)) + name if name else b""
    return b"\x00" + len(message).to_bytes(4, "big") + message


def judge_health(answer: GrpcAnswer, service: str) -> Judgement:
    """By the kubelet's rule: SERVING is success, everything else is not."""
    code, status = answer.code, answer.headers.get(":status", "")
    if code is None:
        kind = answer.headers.get("content-type", "no content type")
        return Judgement(Reason.NOT_GRPC, f"answered {status or 'nothing'} ({plain(kind, 60)}), which is not gRPC")
    message = plain(unquote(answer.headers.get("grpc-message", "")), 120)
    said = f"{_CODES[code] if code < len(_CODES) else code}" + (f": {message}" if message else "")
    what = f"service {service!r}" if service else "the server"
    if code == _UNIMPLEMENTED:
        return Judgement(Reason.GRPC_UNIMPLEMENTED, f"does not implement the gRPC health protocol ({said})")
    if code == _NOT_FOUND:
        return Judgement(Reason.GRPC_UNKNOWN_SERVICE, f"does not know {what} ({said})")
    if code != _OK:
        return Judgement(Reason.GRPC_STATUS, f"answered gRPC status {code} {said}")
    health = _health(answer.body)
    if health is None:
        return Judgement(Reason.NOT_GRPC, "answered something that is no HealthCheckResponse")
    if health != _SERVING:
        return Judgement(Reason.GRPC_NOT_SERVING, f"says that {what} is {_HEALTH.get(health, health)}")
    return Judgement(Reason.OK)


def _health(body: bytes) -> int | None:
    """Field 1 of a HealthCheckResponse; an absent one is 0, as in every protobuf."""
    if len(body) < _FRAME or body[0] != 0 or len(body) - _FRAME != int.from_bytes(body[1:_FRAME], "big"):
        return None
    message = body[_FRAME:]
    if not message:
        return 0
    return message[1] if len(message) >= 2 and message[0] == 0x08 and message[1] < 0x80 else None


def _varint(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])
