"""A server that says exactly the bytes a test wants, over TLS or not, connection by connection."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BufferedReader
from typing import Any

from tests.kube.pki import Pair


@dataclass(frozen=True)
class Asked:
    """A request as the server read it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int
    """The how-manieth connection it came on, from 0."""
    certificate: str
    """The common name of the client's certificate; empty without one."""
    raw_headers: list[tuple[str, str]]
    ending: threading.Event
    """Set when the server ends: what a silent answer waits for."""


Answer = bytes | Iterable[bytes] | None
"""Bytes, or pieces of bytes (the connection is closed behind them), or None to close without a word."""


class TinyServer:
    """Answers with whatever `respond` returns; remembers what it was asked."""

    def __init__(self, respond: Callable[[Asked], Answer], context: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.connections = 0
        self._respond = respond
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self.ending = threading.Event()
        self._start(self._accept)

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> TinyServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        for sock in [self._listener, *self._open]:
            _shut(sock)
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()
        self._listener.close()

    def drop_connections(self) -> None:
        """Close every open connection, as a restarting server does."""
        for sock in list(self._open):
            _shut(sock)

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            if self.ending.is_set():
                sock.close()
                return
            number, self.connections = self.connections, self.connections + 1
            self._start(self._serve, sock, number)

    def _serve(self, sock: socket.socket, number: int) -> None:
        try:
            if self._context is not None:
                sock = self._context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
                _shake_hands(sock)
            self._open.add(sock)
            with sock.makefile("rb") as reader:
                if self._context is None and reader.peek(1)[:1] == b"\x16":
                    sock.sendall(response(b"Client sent a TLS request to a plain server.", "400 Bad Request"))
                    return
                while (request := self._read(reader, number, _common_name(sock))) is not None:
                    self.asked.append(request)
                    answer = self._respond(request)
                    if isinstance(answer, bytes):
                        sock.sendall(answer)
                        continue
                    for piece in answer or ():
                        sock.sendall(piece)
                    return
        except OSError:
            return  # the client went away, which many tests are about
        finally:
            self._open.discard(sock)
            _shut(sock)
            sock.close()

    def _read(self, reader: BufferedReader, number: int, certificate: str) -> Asked | None:
        first = reader.readline().decode("latin-1").split()
        if len(first) != 3:
            return None
        pairs = []
        while text := reader.readline().decode("latin-1").strip():
            name, _, value = text.partition(":")
            pairs.append((name.lower(), value.strip()))
        headers = dict(pairs)
        body = reader.read(int(headers.get("content-length", "0")))
        return Asked(first[0], first[1], headers, body, number, certificate, pairs, self.ending)


def tls(pair: Pair, *, client_authority: Pair | None = None, required: bool = False) -> ssl.SSLContext:
    """A server's context; with `client_authority` it asks for client certificates, with `required` it insists."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    if client_authority is not None:
        context.load_verify_locations(client_authority.certificate)
        context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
    return context


def response(body: bytes | dict[str, object], status: str = "200 OK", *, zipped: bool = False, **headers: str) -> bytes:
    """A whole answer; header names with _ for -."""
    content = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
    lines = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if zipped:
        content, lines["content-encoding"] = gzip.compress(content), "gzip"
    lines["content-length"] = str(len(content))
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + content


def refusal(code: int, reason: str, message: str, **headers: str) -> bytes:
    """A Status, as the API server sends it."""
    body: dict[str, object] = {
        "kind": "Status",
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
    return response(body, f"{code} {reason}", zipped=False, **headers)


STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """A piece of a chunked answer; an empty one ends it."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def _shake_hands(sock: ssl.SSLSocket) -> None:
    """As a good server does, let the client read why it is refused: closing with unread input would throw that away."""
    try:
        sock.do_handshake()
    except ssl.SSLError:
        socket.socket.shutdown(sock, socket.SHUT_WR)
        sock.settimeout(5)
        while socket.socket.recv(sock, 65536):
            pass
        raise


def _common_name(sock: socket.socket) -> str:
    peer = sock.getpeercert() if isinstance(sock, ssl.SSLSocket) else None
    subject: Any = peer.get("subject", ()) if peer else ()
    return next((str(value) for part in subject for name, value in part if name == "commonName"), "")


def _shut(sock: socket.socket) -> None:
    try:
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:
        return  # not connected any more
