"""Questions to a DNS server over a stream, and what its answers are worth."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from kubectl_goweb.probing.dns import DnsError, addresses, answers, question

NAME = "web.shop.svc.cluster.local"


def answer(asked: bytes, *found: tuple[int, bytes], code: int = 0) -> bytes:
    """The question again, and records that name it by a pointer."""
    head = struct.pack("!6H", 1, 0x8180 | code, 1, len(found), 0, 0)
    records = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 5, len(data)) + data for kind, data in found)
    return head + asked[12:] + records


@contextmanager
def server(reply: Callable[[bytes], bytes]) -> Iterator[socket.socket]:
    """The other end of a stream on which one question is answered, in two pieces."""
    ours, theirs = socket.socketpair()

    def serve() -> None:
        with theirs:
            (length,) = struct.unpack("!H", theirs.recv(2))
            message = reply(theirs.recv(length))
            theirs.sendall(struct.pack("!H", len(message)) + message[:5])
            theirs.sendall(message[5:])

    thread = threading.Thread(target=serve)
    thread.start()
    with ours:
        ours.settimeout(5)
        yield ours
    thread.join()


def test_a_question_is_written_as_rfc_1035_says() -> None:
    assert question("web.a.", 1)[12:] == b"\x03web\x01a\x00\x00\x01\x00\x01"


def test_the_addresses_of_the_kind_asked_for_are_given() -> None:
    cname = b"\x01x\x00"
    with server(lambda asked: answer(asked, (5, cname), (1, bytes([10, 9, 0, 1])), (1, bytes([10, 9, 0, 2])))) as sock:
        assert addresses(sock, NAME) == ("10.9.0.1", "10.9.0.2")
    with server(lambda asked: answer(asked, (28, bytes(15) + b"\x01"))) as sock:
        assert addresses(sock, NAME, wants_ipv6=True) == ("::1",)


def test_a_name_that_there_is_not_has_no_address() -> None:
    with server(lambda asked: answer(asked, code=3)) as sock:
        assert addresses(sock, NAME) == ()


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"\x00" * 11,
        answer(question(NAME, 1), code=2),
        answer(question(NAME, 1), code=5),
        answer(question(NAME, 1), (1, b"\x01\x02")),
        answer(question(NAME, 1), (1, bytes(4)))[:-3],
        struct.pack("!6H", 1, 0x8180, 9, 9, 0, 0),
    ],
    ids=["nothing", "no header", "failure", "refused", "half an address", "cut", "counts that lie"],
)
def test_an_answer_that_is_none_is_an_error(reply: bytes) -> None:
    with pytest.raises(DnsError):
        answers(reply, 1)


def test_a_connection_that_is_closed_is_no_answer() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(DnsError, match="closed the connection"):
            addresses(ours, NAME)


@pytest.mark.parametrize("name", ["", "a..b", "x" * 64 + ".a"])
def test_a_name_that_dns_cannot_carry_is_not_asked_for(name: str) -> None:
    with pytest.raises(DnsError):
        question(name, 1)
