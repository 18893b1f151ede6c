"""The gRPC health check on a socket of our own, over HTTP/2. What is asked and what it means lives in grpc_health."""

from __future__ import annotations

import socket

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, DataReceived, ResponseReceived, StreamEnded, StreamReset, TrailersReceived
from h2.exceptions import ProtocolError

from kubectl_goweb.kube.wire import ClosedError, NotHttpError
from kubectl_goweb.probing.grpc_health import PATH, GrpcAnswer, older_http, request_message
from kubectl_goweb.probing.http import USER_AGENT, Opener, open_directly
from kubectl_goweb.probing.sockets import Trust, secured
from kubectl_goweb.probing.stopwatch import Stopwatch
from kubectl_goweb.status.probes.results import Phase, TlsFacts
from kubectl_goweb.status.probes.targets import Target

_READ = 64 * 1024


_SETTINGS_AT, _SETTINGS = 3, b"\x04"
"""A server begins with a SETTINGS frame, its type behind three bytes of length; the library would wait for as many
bytes as any other greeting happens to announce. https://www.rfc-editor.org/rfc/rfc9113#section-3.4
"""


def check(
    target: Target, trust: Trust, watch: Stopwatch, opener: Opener | None = None
) -> tuple[GrpcAnswer, TlsFacts | None]:
    """Ask the health service. OSError, ClosedError or NotHttpError (no HTTP/2) when that fails."""
    request = target.request
    sock = (opener or open_directly)(target.host, request.port, watch)
    tls: TlsFacts | None = None
    try:
        if request.tls:
            context = trust.context(verify=target.rules.verify_tls, protocols=("h2",))
            sock, tls = secured(sock, context, request.host or target.host, watch)
        with watch.measure(Phase.PROCESSING):
            return _exchange(sock, target, watch), tls
    finally:
        sock.close()


def _exchange(sock: socket.socket, target: Target, watch: Stopwatch) -> GrpcAnswer:
    connection = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
    connection.initiate_connection()
    stream = connection.get_next_available_stream_id()
    headers = [
        (":method", "POST"),
        (":scheme", "https" if target.request.tls else "http"),
        (":path", PATH),
        (":authority", target.request.host or f"{target.host}:{target.request.port}"),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
        ("user-agent", dict(target.request.headers).get("User-Agent", USER_AGENT)),
        ("grpc-timeout", f"{max(1, int(watch.left() * 1000))}m"),
    ]
    connection.send_headers(stream, headers)
    connection.send_data(stream, request_message(target.request.service), end_stream=True)
    found: dict[str, str] = {}
    body = bytearray()
    began = b""
    while True:
        sock.settimeout(watch.left())
        sock.sendall(connection.data_to_send())
        data = sock.recv(_READ)
        if not data:
            raise ClosedError
        if len(began) < _SETTINGS_AT + 1:
            began += data
            if (older := older_http(began)) is not None:
                return older
            if began[_SETTINGS_AT : _SETTINGS_AT + 1] not in (b"", _SETTINGS):
                raise NotHttpError(began[:64])
        try:
            events = connection.receive_data(data)
        except ProtocolError as error:
            raise NotHttpError(data[:64]) from error
        for event in events:
            match event:
                case ResponseReceived() | TrailersReceived():
                    found.update((str(name), str(value)) for name, value in event.headers)
                case DataReceived():
                    body += event.data
                    connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                case StreamEnded():
                    return GrpcAnswer(found, bytes(body))
                case StreamReset() | ConnectionTerminated():
                    raise ConnectionResetError
