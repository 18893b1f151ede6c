"""From a name and a port to a connected socket, plain or TLS, each phase measured and limited. What is said on it lives
in http, grpc and sending.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
from datetime import UTC

from msgspec import Struct

from kubectl_goweb.kube.certificates import read_der
from kubectl_goweb.probing.stopwatch import Stopwatch
from kubectl_goweb.status.probes.results import Phase, TlsFacts


def resolved(host: str, port: int, watch: Stopwatch) -> tuple[socket.AddressFamily, str]:
    """One address of a name, IPv4 preferred, as blackbox_exporter's shipped configuration does: a probe tries one.
    OSError (socket.gaierror) or TimeoutError otherwise.
    """
    with watch.measure(Phase.RESOLVE):
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            found = _looked_up(host, port, watch.left())
        else:
            return (socket.AF_INET if address.version == 4 else socket.AF_INET6), host
    return min(found, key=lambda one: one[0] != socket.AF_INET)


def _looked_up(host: str, port: int, timeout: float) -> list[tuple[socket.AddressFamily, str]]:
    """The system's answer, not awaited longer than `timeout` seconds: it cannot be interrupted, so a thread asks."""
    answers: queue.SimpleQueue[list[tuple[socket.AddressFamily, str]] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put([(family, str(address[0])) for family, _type, _protocol, _name, address in found])
        except OSError as error:
            answers.put(error)
        except UnicodeError:
            answers.put(socket.gaierror(socket.EAI_NONAME, "no name that can be asked for"))

    threading.Thread(target=ask, name=f"resolve-{host}", daemon=True).start()
    try:
        answer = answers.get(timeout=timeout)
    except queue.Empty as error:
        raise TimeoutError from error
    if isinstance(answer, OSError):
        raise answer
    return answer


def connected(family: socket.AddressFamily, address: str, port: int, watch: Stopwatch) -> socket.socket:
    """TCP to one address. OSError when it cannot be had in time."""
    with watch.measure(Phase.CONNECT):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(watch.left())
            sock.connect((address, port))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            sock.close()
            raise
    return sock


class Trust(Struct, frozen=True):
    """By whom a target's certificate may be signed, and what we show."""

    ca: str = ""
    """A file; empty means the system's authorities."""

    def context(self, *, verify: bool, protocols: tuple[str, ...]) -> ssl.SSLContext:
        """OSError (ssl.SSLError) when the file holds no certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.set_alpn_protocols([*protocols])
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif self.ca:
            context.load_verify_locations(cafile=self.ca)
        else:
            context.load_default_certs()
        return context


def secured(
    sock: socket.socket, context: ssl.SSLContext, name: str, watch: Stopwatch
) -> tuple[ssl.SSLSocket, TlsFacts]:
    """TLS on a socket, and what the handshake showed. The socket is closed when it fails."""
    with watch.measure(Phase.TLS):
        try:
            sock.settimeout(watch.left())
            wrapped = context.wrap_socket(sock, server_hostname=name or None)
        except BaseException:
            sock.close()
            raise
    der = wrapped.getpeercert(binary_form=True)
    certificate = read_der(der) if der else None
    cipher = wrapped.cipher()
    facts = TlsFacts(
        version=wrapped.version() or "",
        cipher=cipher[0] if cipher else "",
        expires=certificate.not_after.astimezone(UTC) if certificate else None,
        subject=certificate.subject if certificate else "",
        verified=context.verify_mode is ssl.CERT_REQUIRED,
    )
    return wrapped, facts
