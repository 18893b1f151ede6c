"""An API server that says nothing: asked how it is, waited for as long as it may be well, and no longer."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from kubectl_goweb.errors import UnansweredError, UnreachableError
from kubectl_goweb.kube.access import Access
from kubectl_goweb.kube.connection import Connection
from tests.kube.tiny_server import STREAM, Answer, Asked, TinyServer, chunk, response

PODS = "/api/v1/namespaces/shop/pods"
OK = response({"kind": "PodList", "metadata": {}, "items": []})
WELL = response(b"[+]ping ok\n[+]etcd ok\nreadyz check passed\n", "200 OK")
NO_ETCD = response(b"[+]ping ok\n[-]etcd failed: reason withheld\nlivez check failed\n", "500 Internal Server Error")
NOT_READY = response(b"[+]etcd ok\n[-]etcd-readiness failed: reason withheld\n", "500 Internal Server Error")
HIDDEN = response(b"no", "403 Forbidden")
LONG, DOUBT = 20.0, 0.1


def silent(asked: Asked) -> Iterator[bytes]:
    """Nothing, until the client is gone."""
    asked.ending.wait(LONG)
    yield b""


class Server:
    """Silent about objects; what it says of its health is given, as are seconds after which it answers all the same."""

    def __init__(self, livez: Answer, readyz: Answer | None = None, *, after: float = LONG) -> None:
        self._health = {"/livez": livez, "/readyz": readyz or livez}
        self._after = after

    def __call__(self, asked: Asked) -> Answer:
        path = asked.target.partition("?")[0]
        if path in self._health:
            return self._health[path]
        return self._late(asked)

    def _late(self, asked: Asked) -> Iterator[bytes]:
        if not asked.ending.wait(self._after):
            yield OK


def connection(server: TinyServer, *, silence: float = LONG, said: list[str] | None = None) -> Connection:
    access = Access(server=server.url, context="kind", user="ana")
    return Connection(access, silence=silence, doubt=DOUBT, tell=None if said is None else said.append)


@pytest.mark.parametrize(
    ("livez", "readyz", "failed"), [(NO_ETCD, WELL, "etcd"), (WELL, NOT_READY, "etcd-readiness")], ids=["live", "ready"]
)
def test_a_server_without_etcd_is_not_waited_for_and_etcd_is_named(livez: bytes, readyz: bytes, failed: str) -> None:
    with TinyServer(Server(livez, readyz)) as server, connection(server) as asking:
        begun = time.monotonic()
        with pytest.raises(UnreachableError) as caught:
            asking.get(PODS)
        assert time.monotonic() - begun < LONG / 2
    assert caught.value.sentence == (
        f"cannot list pods in namespace shop: 127.0.0.1:{server.port} (context kind) runs, "
        f"but its etcd is gone or hangs (failed: {failed})"
    )
    assert "kubectl goweb nodes" in caught.value.hint


@pytest.mark.parametrize("health", [WELL, HIDDEN, None], ids=["well", "hidden", "closed"])
def test_a_server_that_may_be_well_is_waited_for(health: bytes | None) -> None:
    with TinyServer(Server(health, after=6 * DOUBT)) as server, connection(server) as asking:
        assert asking.get(PODS)
        assert any(asked.target.startswith("/livez") for asked in server.asked)


@pytest.mark.parametrize(
    ("health", "said"),
    [(WELL, ", though its /readyz is well"), (None, ", and its health check is not answered either"), (HIDDEN, "")],
    ids=["well", "closed", "hidden"],
)
def test_when_it_was_waited_for_in_vain_its_health_is_told(health: bytes | None, said: str) -> None:
    with (
        TinyServer(Server(health)) as server,
        connection(server, silence=5 * DOUBT) as asking,
        pytest.raises(UnreachableError) as caught,
    ):
        asking.get(PODS)
    assert caught.value.sentence.endswith(f"for 0.5 s when asked to list pods in namespace shop{said}")


def test_every_byte_counts_as_life() -> None:
    """A list that comes slowly is never doubted, however long it takes."""
    pieces = [b'{"kind":"PodList",', b'"metadata":{},', b'"items":[]', b"}"]

    def slowly(asked: Asked) -> Answer:
        return drip(asked) if asked.target.startswith(PODS) else NO_ETCD

    def drip(asked: Asked) -> Iterator[bytes]:
        yield STREAM
        for piece in pieces:
            asked.ending.wait(0.6 * DOUBT)
            yield chunk(piece)
        yield b"0\r\n\r\n"

    with TinyServer(slowly) as server, connection(server) as asking:
        assert asking.get(PODS) == b"".join(pieces)
        assert len(server.asked) == 1


def test_what_was_said_of_an_earlier_silence_ends_no_later_one() -> None:
    health = iter([NO_ETCD])

    def respond(asked: Asked) -> Answer:
        if not asked.target.startswith(PODS):
            return next(health, WELL)
        return silent(asked) if "first" in asked.target else late(asked)

    def late(asked: Asked) -> Iterator[bytes]:
        asked.ending.wait(4 * DOUBT)
        yield OK

    with TinyServer(respond) as server, connection(server) as asking:
        with pytest.raises(UnreachableError):
            asking.get(f"{PODS}/first")
        assert asking.get(PODS)


def test_a_write_is_never_given_up_for_it() -> None:
    with TinyServer(Server(NO_ETCD)) as server, connection(server, silence=4 * DOUBT) as asking:
        with pytest.raises(UnansweredError):
            asking.send("POST", PODS, b"{}")
        assert [one.method for one in server.asked] == ["POST"]


def test_who_waits_is_told_once_what_for() -> None:
    said: list[str] = []
    with TinyServer(Server(WELL, after=1.3)) as server, connection(server, said=said) as asking:
        assert asking.get(PODS)
        place = f"127.0.0.1:{server.port} (context kind)"
    assert sorted(said) == [f"{place} is silent, though its /readyz is well", f"waiting for {place}..."]


def test_who_waits_for_a_handshake_is_told_too() -> None:
    said: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        access = Access(server=f"https://127.0.0.1:{listener.getsockname()[1]}", insecure=True, request_timeout=1.5)
        with Connection(access, tell=said.append) as asking, pytest.raises(UnreachableError, match="TLS handshake"):
            asking.get(PODS)
    assert said == [f"waiting for {access.place}..."]
