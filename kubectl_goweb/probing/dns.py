"""One question to a DNS server over a stream: addresses of a name. RFC 1035; over TCP a message follows its length.

Only what is needed to ask a cluster's DNS through a port-forward, where no datagram can pass.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from ipaddress import ip_address

_A, _AAAA, _IN = 1, 28, 1
_RECURSION = 0x0100
_NXDOMAIN, _MOST = 3, 65535
_POINTER = 0xC0
_LABEL = 63


class DnsError(Exception):
    """The server's answer is none, or a refusal; the text says which."""


def addresses(sock: socket.socket, name: str, *, wants_ipv6: bool = False) -> tuple[str, ...]:
    """The addresses of a fully qualified name; none when the server says that there is no such name. OSError when the
    connection fails, DnsError for an answer that is none.
    """
    asked = _AAAA if wants_ipv6 else _A
    message = question(name, asked)
    sock.sendall(struct.pack("!H", len(message)) + message)
    (length,) = struct.unpack("!H", _exactly(sock, 2))
    return answers(_exactly(sock, length), asked)


def question(name: str, kind: int, number: int = 1) -> bytes:
    """A query. DnsError for a name that DNS cannot carry."""
    labels = name.rstrip(".").encode("ascii", "replace").split(b".")
    if not name.isascii() or any(not 0 < len(label) <= _LABEL for label in labels):
        raise DnsError(f"{name!r} is no name that can be asked for")
    body = b"".join(struct.pack("!B", len(label)) + label for label in labels) + b"\0"
    return struct.pack("!6H", number, _RECURSION, 1, 0, 0, 0) + body + struct.pack("!2H", kind, _IN)


def answers(message: bytes, kind: int) -> tuple[str, ...]:
    """The addresses in an answer."""
    try:
        _, flags, questions, count, _, _ = struct.unpack_from("!6H", message)
        code = flags & 0xF
        if code == _NXDOMAIN:
            return ()
        if code:
            raise DnsError(f"the DNS server refuses to answer (code {code})")
        at = 12
        for _ in range(questions):
            at = _after_name(message, at) + 4
        return tuple(_records(message, at, count, kind))
    except (struct.error, IndexError, ValueError) as error:
        raise DnsError("the DNS server's answer cannot be read") from error


def _records(message: bytes, at: int, count: int, kind: int) -> Iterator[str]:
    for _ in range(count):
        at = _after_name(message, at)
        found, _, _, length = struct.unpack_from("!HHIH", message, at)
        at += 10
        if found == kind:
            yield str(ip_address(message[at : at + length]))
        at += length


def _after_name(message: bytes, at: int) -> int:
    while length := message[at]:
        if length & _POINTER == _POINTER:
            return at + 2
        at += length + 1
    return at + 1


def _exactly(sock: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < min(size, _MOST):
        piece = sock.recv(size - len(found))
        if not piece:
            raise DnsError("the DNS server closed the connection without an answer")
        found += piece
    return found
