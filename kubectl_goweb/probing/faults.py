"""What an error of a socket or of TLS says about a target: the typed reason and a sentence. No I/O happens here."""

from __future__ import annotations

import errno
import socket
import ssl

from kubectl_goweb.kube.dial import reason as said_by_system
from kubectl_goweb.kube.wire import BrokenError, ClosedError, NotHttpError
from kubectl_goweb.objects.text import plain
from kubectl_goweb.probing.judging import Judgement
from kubectl_goweb.status.probes.results import Phase, Reason

_VERIFY = {
    10: Reason.TLS_EXPIRED,
    9: Reason.TLS_NOT_YET_VALID,
    62: Reason.TLS_NAME,
    63: Reason.TLS_NAME,
    64: Reason.TLS_NAME,
    2: Reason.TLS_UNKNOWN_CA,
    18: Reason.TLS_UNKNOWN_CA,
    19: Reason.TLS_UNKNOWN_CA,
    20: Reason.TLS_UNKNOWN_CA,
    21: Reason.TLS_UNKNOWN_CA,
}
"""https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/"""
_PLAIN = (
    "WRONG_VERSION_NUMBER",
    "HTTP_REQUEST",
    "UNEXPECTED_MESSAGE",
    "RECORD_LAYER_FAILURE",
    "PACKET_LENGTH_TOO_LONG",
)
_VERSION = ("UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE", "VERSION_TOO_LOW")
_TIMEOUTS = {
    Phase.RESOLVE: (Reason.RESOLVE_TIMEOUT, "its name was not resolved"),
    Phase.CONNECT: (Reason.CONNECT_TIMEOUT, "no answer to the connection"),
    Phase.TLS: (Reason.TLS_TIMEOUT, "the TLS handshake did not end"),
    Phase.PROCESSING: (Reason.PROCESSING_TIMEOUT, "connected, but no answer came"),
    Phase.TRANSFER: (Reason.TRANSFER_TIMEOUT, "the answer began, but did not end"),
}
_TLS_ALERT = b"\x15\x03"
_NO_ROUTE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN)
_FORBIDDEN_HERE = (errno.EACCES, errno.EPERM, errno.EINVAL)
"""What connecting answers where this machine's own routes (`prohibit`, `blackhole`) or firewall forbid it."""


def fault(error: Exception, phase: Phase, timeout: float) -> Judgement:
    """Why a probe failed in a phase; `timeout` is the whole probe's, in seconds."""
    if isinstance(error, ssl.SSLError):
        return _tls_fault(error)
    if isinstance(error, TimeoutError):
        why, said = _TIMEOUTS[phase]
        return Judgement(why, f"{said} within {timeout:g} s")
    if isinstance(error, NotHttpError):
        if error.began.startswith(_TLS_ALERT):
            return Judgement(Reason.PLAIN_TO_TLS_PORT, "the port speaks TLS: it was asked in plain HTTP")
        return Judgement(Reason.NOT_HTTP, f"answered {plain(repr(error.began[:24])[1:], 60)}, which is not HTTP")
    if isinstance(error, BrokenError):
        return Judgement(Reason.BODY_CUT if phase is Phase.TRANSFER else Reason.NOT_HTTP, f"sent {error}")
    if isinstance(error, ClosedError):
        return Judgement(Reason.CLOSED, "closed the connection without an answer")
    if isinstance(error, socket.gaierror):
        return Judgement(Reason.RESOLVE_FAILED, f"its name cannot be resolved: {said_by_system(error)}")
    if isinstance(error, ConnectionRefusedError):
        return Judgement(Reason.REFUSED, "connection refused: nothing listens there")
    if isinstance(error, ConnectionResetError | BrokenPipeError | ConnectionAbortedError):
        return Judgement(Reason.RESET, f"cut the connection while {_DOING[phase]}")
    if isinstance(error, OSError) and error.errno in _NO_ROUTE:
        return Judgement(Reason.NO_ROUTE, f"cannot be reached: {said_by_system(error)}")
    if isinstance(error, OSError) and error.errno in _FORBIDDEN_HERE and phase is Phase.CONNECT:
        said = said_by_system(error)
        return Judgement(Reason.NO_ROUTE, f"a route or firewall of this machine forbids to reach it: {said}")
    return Judgement(Reason.NOT_SEEN, f"could not be asked: {said_by_system(error)}")


_DOING = {
    Phase.RESOLVE: "its name was resolved",
    Phase.CONNECT: "connecting",
    Phase.TLS: "shaking hands for TLS",
    Phase.PROCESSING: "an answer was awaited",
    Phase.TRANSFER: "the answer came",
}


def _tls_fault(error: ssl.SSLError) -> Judgement:
    if isinstance(error, ssl.SSLCertVerificationError):
        why = _VERIFY.get(error.verify_code, Reason.TLS_FAILED)
        return Judgement(why, f"its certificate is not accepted: {plain(error.verify_message.rstrip('.'))}")
    said = error.reason or ""
    if said in _PLAIN:
        return Judgement(Reason.TLS_TO_PLAIN_PORT, "the port does not speak TLS")
    if said in _VERSION:
        return Judgement(Reason.TLS_VERSION, "offers no TLS version that is accepted here (1.2 or newer)")
    if "CERTIFICATE_REQUIRED" in said or ("ALERT" in said and "CERTIFICATE" in said):
        return Judgement(Reason.TLS_CLIENT_CERTIFICATE, "wants a client certificate")
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return Judgement(Reason.CLOSED, "closed the connection in the TLS handshake")
    return Judgement(Reason.TLS_FAILED, f"TLS failed: {said.replace('_', ' ').lower() or 'no reason given'}")


_CONNECTION_REFUSED = "connection refused"


def kubelet_complaint(said: str, port: int) -> Judgement | None:
    """What a kubelet says when it cannot forward to a port; None when it says nothing."""
    if not said:
        return None
    if _CONNECTION_REFUSED in said.lower():
        return Judgement(Reason.REFUSED, f"connection refused: nothing listens on port {port}")
    return Judgement(Reason.NOT_SEEN, f"the kubelet cannot forward to port {port}: {plain(said, 200)}")
