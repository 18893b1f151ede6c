"""Proxies on the way to the server: CONNECT, SOCKS 5, and the sentence for each that says no."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kubectl_goweb.errors import UnreachableError
from kubectl_goweb.kube.access import Access, Secret
from kubectl_goweb.kube.connection import Connection
from tests.kube.pki import Pki
from tests.kube.tiny_server import TinyServer, response, tls

NODES = "/api/v1/nodes"


class Proxy:
    """A proxy for one connection at a time that writes down how it was greeted."""

    def __init__(self, kind: str, *, answer: bytes = b"", wants_login: bool = False) -> None:
        self.greetings: list[bytes] = []
        self._kind, self._answer, self._wants_login = kind, answer, wants_login
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client:
                target = self._http(client) if self._kind == "http" else self._socks(client)
                if target is not None:
                    with socket.create_connection(target) as server:
                        _join(client, server)

    def _http(self, client: socket.socket) -> tuple[str, int] | None:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = client.recv(4096)
            if not piece:
                return None
            head += piece
        self.greetings.append(head)
        if self._answer:
            client.sendall(self._answer)
            return None
        host, _, port = head.split()[1].decode().rpartition(":")
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return host, int(port)

    def _socks(self, client: socket.socket) -> tuple[str, int] | None:
        if self._answer:
            client.recv(100)
            client.sendall(self._answer)
            return None
        self.greetings.append(client.recv(2 + 2))
        client.sendall(b"\x05\x02" if self._wants_login else b"\x05\x00")
        if self._wants_login:
            login = client.recv(600)
            self.greetings.append(login)
            good = login == b"\x01\x03ana\x02pw"
            client.sendall(b"\x01\x00" if good else b"\x01\x01")
            if not good:
                return None
        request = client.recv(300)
        length = request[4]
        client.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        return request[5 : 5 + length].decode(), int.from_bytes(request[5 + length : 7 + length], "big")


def _join(one: socket.socket, other: socket.socket) -> None:
    def copy(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return  # the other direction has closed both

    back = threading.Thread(target=copy, args=(other, one), daemon=True)
    back.start()
    copy(one, other)
    back.join(10)


@contextmanager
def cluster(pki: Pki) -> Iterator[TinyServer]:
    with TinyServer(lambda _: response({"kind": "NodeList"}), tls(pki.signed("server"))) as server:
        yield server


def through(server: TinyServer, proxy_url: str, pki: Pki) -> Connection:
    ca = pki.authority("ca").certificate.read_text()
    return Connection(Access(server=server.url, context="kind", ca=ca, proxy_url=Secret(proxy_url)))


def test_http_proxy_is_asked_for_a_tunnel_with_its_login(pki: Pki) -> None:
    with cluster(pki) as server, Proxy("http") as proxy:
        with through(server, f"http://ana:p%40w@127.0.0.1:{proxy.port}", pki) as connection:
            assert connection.get(NODES)
        head = proxy.greetings[0].decode()
    assert head.startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n")
    assert "Proxy-Authorization: Basic YW5hOnBAdw==\r\n" in head
    assert "proxy-authorization" not in server.asked[0].headers


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_socks_proxy_is_spoken_to(scheme: str, pki: Pki) -> None:
    with (
        cluster(pki) as server,
        Proxy("socks") as proxy,
        through(server, f"{scheme}://127.0.0.1:{proxy.port}", pki) as connection,
    ):
        assert connection.get(NODES)


def test_socks_proxy_is_given_its_login(pki: Pki) -> None:
    with (
        cluster(pki) as server,
        Proxy("socks", wants_login=True) as proxy,
        through(server, f"socks5://ana:pw@127.0.0.1:{proxy.port}", pki) as connection,
    ):
        assert connection.get(NODES)


@pytest.mark.parametrize(
    ("kind", "answer", "sentence"),
    [
        ("http", b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "refused: 407 Proxy Authentication Required"),
        ("http", b"SSH-2.0\r\n", "did not open a tunnel: its answer is not http"),
        ("socks", b"HTTP/1.1 400 Bad\r\n", "does not speak SOCKS 5"),
        ("socks", b"\x05\xff", "wants a login that the proxy-url does not give"),
    ],
)
def test_proxy_that_says_no_is_told_without_its_password(kind: str, answer: bytes, sentence: str, pki: Pki) -> None:
    with cluster(pki) as server, Proxy(kind, answer=answer) as proxy:
        url = f"{'http' if kind == 'http' else 'socks5'}://ana:secret@127.0.0.1:{proxy.port}"
        with through(server, url, pki) as connection, pytest.raises(UnreachableError) as caught:
            connection.get(NODES)
    assert sentence in caught.value.sentence
    assert f"127.0.0.1:{proxy.port} on the way to 127.0.0.1:{server.port} (context kind)" in caught.value.sentence
    assert "secret" not in caught.value.sentence
    assert "proxy-url" in caught.value.hint


def test_socks_login_that_is_wrong_is_told(pki: Pki) -> None:
    with (
        cluster(pki) as server,
        Proxy("socks", wants_login=True) as proxy,
        through(server, f"socks5://ana:no@127.0.0.1:{proxy.port}", pki) as connection,
        pytest.raises(UnreachableError, match="refused the user name or password"),
    ):
        connection.get(NODES)


def test_dead_proxy_is_told(pki: Pki) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with (
        cluster(pki) as server,
        through(server, f"http://127.0.0.1:{port}", pki) as connection,
        pytest.raises(UnreachableError, match="cannot be reached: connection refused"),
    ):
        connection.get(NODES)
