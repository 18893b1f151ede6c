"""From an Access to an open socket: name, TCP, proxy, TLS; and a sentence for each of these that fails. What is said
on the socket lives in wire.
"""

from __future__ import annotations

import binascii
import errno
import socket
import ssl
from urllib.parse import SplitResult, unquote, urlsplit

from kubectl_goweb.errors import UnreachableError
from kubectl_goweb.kube import tls
from kubectl_goweb.kube.access import Access, ClientCertificate
from kubectl_goweb.kube.wire import BrokenError, ClosedError, Wire

CONNECT_SECONDS = 10.0
_ASK = "kubectl cluster-info"


def dial(
    access: Access,
    context: ssl.SSLContext | None,
    certificate: ClientCertificate | None,
    *,
    timeout: float = CONNECT_SECONDS,
) -> socket.socket:
    """A socket on which HTTP can be spoken with the access's server; `context` is None for http. `timeout` seconds
    for each step. UnreachableError with the reason.
    """
    sock = _reach(access, timeout)
    if context is None:
        return sock
    try:
        return context.wrap_socket(sock, server_hostname=_plain(tls.server_name(access, access.hostname)))
    except ssl.SSLCertVerificationError as error:
        sock.close()
        raise tls.verification_failed(error, access, _peer_certificate(access, timeout)) from error
    except TimeoutError as error:
        sock.close()
        raise silent(access, f"the TLS handshake within {timeout:g} s") from error
    except ssl.SSLError as error:
        sock.close()
        raise tls.handshake_failed(error, access, certificate) from error
    except OSError as error:
        sock.close()
        raise unreachable(error, access) from error


def _reach(access: Access, timeout: float) -> socket.socket:
    """TCP to the server, through the proxy when there is one."""
    host, port = access.hostname, access.port
    if access.proxy_url is None:
        try:
            return _connected(host, port, timeout)
        except OSError as error:
            raise unreachable(error, access) from error
    proxy = urlsplit(access.proxy_url.value)
    place = f"the proxy {proxy.scheme}://{proxy.netloc.rpartition('@')[2]} on the way to {access.place}"
    hint = "check proxy-url in the kubeconfig, HTTPS_PROXY and NO_PROXY"
    try:
        sock = _connected(proxy.hostname or "", proxy.port or (1080 if "socks" in proxy.scheme else 80), timeout)
    except OSError as error:
        raise UnreachableError(f"{place} cannot be reached: {reason(error)}", hint=hint) from error
    try:
        fault = (
            _socks_tunnel(sock, proxy, host, port)
            if "socks" in proxy.scheme
            else _http_tunnel(sock, proxy, host, port, timeout)
        )
    except (OSError, ClosedError, BrokenError) as error:
        why = "it closed the connection" if isinstance(error, ClosedError) else reason(error)
        fault = f"did not open a tunnel: {why}"
    if fault:
        sock.close()
        raise UnreachableError(f"{place} {fault}", hint=hint)
    return sock


def _connected(host: str, port: int, timeout: float) -> socket.socket:
    # Bytes are taken, but typeshed does not know.
    sock = socket.create_connection((_plain(host), port), timeout)  # type: ignore[arg-type]
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
    return sock


def _plain(host: str) -> str | bytes:
    """Bytes where that says the same: for a str, Python loads its tables of international names, which takes 2 ms."""
    return host.encode() if host and host.isascii() else host


def _http_tunnel(sock: socket.socket, proxy: SplitResult, host: str, port: int, timeout: float) -> str:
    """CONNECT; why not when the proxy says no, empty when it says yes."""
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if proxy.username is not None:
        pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
        lines.append(f"Proxy-Authorization: Basic {binascii.b2a_base64(pair, newline=False).decode()}")
    wire = Wire(sock, silence=timeout)
    wire.send(("\r\n".join(lines) + "\r\n\r\n").encode())
    head = wire.head()
    return "" if head.status == 200 else f"refused: {head.status} {head.reason}".rstrip()


def _socks_tunnel(sock: socket.socket, proxy: SplitResult, host: str, port: int) -> str:
    """SOCKS 5 (RFC 1928, 1929), the name resolved by the proxy; why not when it says no."""
    name, password = unquote(proxy.username or "").encode(), unquote(proxy.password or "").encode()
    sock.sendall(b"\x05\x02\x00\x02" if name else b"\x05\x01\x00")
    version, method = _received(sock, 2)
    if version != 5:
        return "does not speak SOCKS 5"
    if method == 2 and name:
        sock.sendall(b"\x01" + bytes([len(name)]) + name + bytes([len(password)]) + password)
        if _received(sock, 2)[1] != 0:
            return "refused the user name or password"
    elif method != 0:
        return "wants a login that the proxy-url does not give"
    address = host.encode("idna")
    sock.sendall(b"\x05\x01\x00\x03" + bytes([len(address)]) + address + port.to_bytes(2, "big"))
    _version, answer, _reserved, kind = _received(sock, 4)
    if answer != 0:
        return f"could not reach it (SOCKS answer {answer})"
    length = {1: 4, 4: 16}.get(kind) or _received(sock, 1)[0]
    _received(sock, length + 2)
    return ""


def _received(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = sock.recv(count - len(data))
        if not piece:
            raise ClosedError
        data += piece
    return data


def _peer_certificate(access: Access, timeout: float) -> bytes | None:
    """The certificate that was not accepted, fetched once more without judging it, to say what is wrong with it."""
    try:
        with tls.unverified().wrap_socket(
            _reach(access, timeout), server_hostname=tls.server_name(access, access.hostname)
        ) as sock:
            return sock.getpeercert(binary_form=True)
    except (OSError, UnreachableError):
        return None  # then the reason is told without its dates


def unreachable(error: OSError, access: Access) -> UnreachableError:
    """The sentence for a connection that cannot be opened or was lost."""
    place = access.place
    if isinstance(error, socket.gaierror):
        return UnreachableError(
            f"there is no address for {access.hostname!r}, the server of {place}: {reason(error)}",
            hint=f"is the name right, and the network or VPN up? try: {_ASK}",
        )
    if isinstance(error, TimeoutError):
        return UnreachableError(
            f"no connection to {place}: nothing answers", hint=f"is the network or VPN up? try: {_ASK}"
        )
    if isinstance(error, ConnectionRefusedError):
        return UnreachableError(f"connection refused by {place}", hint=f"is the cluster running? try: {_ASK}")
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return UnreachableError(
            f"{place} closed the connection", hint=f"is the API server restarting? try again, or: {_ASK}"
        )
    return UnreachableError(f"no connection to {place}: {reason(error)}", hint=f"is the network or VPN up? try: {_ASK}")


def silent(access: Access, what: str) -> UnreachableError:
    """The sentence for a server that took the connection and then said nothing; `what` it should have answered."""
    return UnreachableError(
        f"{access.place} did not answer {what}",
        hint="the API server or the way to it hangs; try: kubectl get --raw /readyz",
    )


def reason(error: Exception) -> str:
    """Why, in the system's words."""
    if isinstance(error, TimeoutError):
        return "it does not answer"
    if isinstance(error, OSError) and error.errno == errno.ECONNREFUSED:
        return "connection refused"
    return ((error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__).lower()
