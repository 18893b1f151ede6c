"""What errors say about a target, and what greets a gRPC probe that is no gRPC server."""

from __future__ import annotations

import errno
import socket
import ssl

import pytest

from kubectl_goweb.kube.wire import BrokenError, ClosedError, NotHttpError
from kubectl_goweb.probing import grpc
from kubectl_goweb.probing.faults import fault
from kubectl_goweb.probing.grpc_health import GrpcAnswer, judge_health
from kubectl_goweb.probing.sockets import Trust
from kubectl_goweb.probing.stopwatch import Stopwatch
from kubectl_goweb.status.probes.results import Phase, Reason
from kubectl_goweb.status.probes.targets import Rules, url_target


def tls_error(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, reason)
    error.reason = reason
    return error


def refused(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError("no")
    error.verify_code, error.verify_message = code, "said so"
    return error


@pytest.mark.parametrize(
    ("error", "phase", "reason"),
    [
        (TimeoutError(), Phase.RESOLVE, Reason.RESOLVE_TIMEOUT),
        (TimeoutError(), Phase.CONNECT, Reason.CONNECT_TIMEOUT),
        (TimeoutError(), Phase.TLS, Reason.TLS_TIMEOUT),
        (socket.gaierror(socket.EAI_NONAME, "unknown"), Phase.RESOLVE, Reason.RESOLVE_FAILED),
        (OSError(errno.EHOSTUNREACH, "no route"), Phase.CONNECT, Reason.NO_ROUTE),
        (OSError(errno.EACCES, "prohibit"), Phase.CONNECT, Reason.NO_ROUTE),
        (OSError(errno.EINVAL, "blackhole"), Phase.CONNECT, Reason.NO_ROUTE),
        (OSError(errno.EMFILE, "our own trouble"), Phase.CONNECT, Reason.NOT_SEEN),
        (ConnectionRefusedError(), Phase.CONNECT, Reason.REFUSED),
        (ConnectionResetError(), Phase.PROCESSING, Reason.RESET),
        (ClosedError(), Phase.PROCESSING, Reason.CLOSED),
        (BrokenError("half a head"), Phase.TRANSFER, Reason.BODY_CUT),
        (NotHttpError(b"SSH-2.0"), Phase.PROCESSING, Reason.NOT_HTTP),
        (NotHttpError(b"\x15\x03\x01"), Phase.PROCESSING, Reason.PLAIN_TO_TLS_PORT),
        (refused(9), Phase.TLS, Reason.TLS_NOT_YET_VALID),
        (refused(10), Phase.TLS, Reason.TLS_EXPIRED),
        (refused(62), Phase.TLS, Reason.TLS_NAME),
        (refused(20), Phase.TLS, Reason.TLS_UNKNOWN_CA),
        (refused(23), Phase.TLS, Reason.TLS_FAILED),
        (tls_error("WRONG_VERSION_NUMBER"), Phase.TLS, Reason.TLS_TO_PLAIN_PORT),
        (tls_error("TLSV1_ALERT_PROTOCOL_VERSION"), Phase.TLS, Reason.TLS_VERSION),
        (tls_error("TLSV13_ALERT_CERTIFICATE_REQUIRED"), Phase.TLS, Reason.TLS_CLIENT_CERTIFICATE),
        (tls_error("SSLV3_ALERT_HANDSHAKE_FAILURE"), Phase.TLS, Reason.TLS_FAILED),
    ],
)
def test_every_error_has_its_reason(error: Exception, phase: Phase, reason: Reason) -> None:
    told = fault(error, phase, 2.0)

    assert told.reason is reason
    assert told.detail


def greeted(greeting: bytes) -> GrpcAnswer:
    """What a gRPC probe makes of a server that begins so and then waits."""
    near, far = socket.socketpair()
    with far:
        far.sendall(greeting)
        target = url_target("grpc://127.0.0.1:9000", Rules(), 1.0)
        answer, _ = grpc.check(target, Trust(), Stopwatch(1.0), lambda _host, _port, _watch: near)
    return answer


def test_who_greets_in_another_protocol_is_known_at_once() -> None:
    with pytest.raises(NotHttpError) as raised:
        greeted(b"SSH-2.0-OpenSSH_9.2\r\n")
    assert fault(raised.value, Phase.PROCESSING, 1.0).reason is Reason.NOT_HTTP


def test_who_speaks_only_http_1_speaks_no_grpc() -> None:
    told = judge_health(greeted(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "")

    assert (told.reason, told.detail) == (Reason.NOT_GRPC, "answered 400 (HTTP/1.1), which is not gRPC")
