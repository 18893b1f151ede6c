"""A connection to a port of a Pod through the API server: `kubectl port-forward` for one socket.

The kubernetes package speaks the protocol; logging in and opening the socket is ours, so that every kind of login and
proxy works here, too. It is imported with this module, which only `Connection.forward` imports.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from typing import Any

import websocket
from kubernetes.stream.ws_client import PortForward

from kubectl_goweb.errors import UnreachableError
from kubectl_goweb.kube import dial
from kubectl_goweb.kube.answers import asked, refusal
from kubectl_goweb.kube.call import impersonation
from kubectl_goweb.kube.means import Means
from kubectl_goweb.kube.tls import tls_context

_PROTOCOL = "v4.channel.k8s.io"


class _Quiet(PortForward):
    """Its thread ends the connection where the package's would print a traceback over the screen, and sees at once what
    the Pod says first.
    """

    def _proxy(self) -> None:
        try:
            # The handshake may have read more than its own end: the greeting of a Pod that speaks first. What TLS has
            # unpacked wakes no select(), on which the package waits; the answer to a ping does.
            sock = self.websocket.sock
            if isinstance(sock, ssl.SSLSocket) and sock.pending():
                self.websocket.ping()
            super()._proxy()  # type: ignore[no-untyped-call]  # the package has no types
        except (OSError, RuntimeError, ValueError, websocket.WebSocketException):
            for port in self.local_ports.values():
                port.python.close()  # whoever reads sees the end


class Forward:
    """One open way to a port; `socket` is the end to speak on. close() ends it.

    That the Pod has closed its end is not passed on by this protocol: a probe sees silence.
    """

    def __init__(self, forward: _Quiet, port: int) -> None:
        self._forward = forward
        self._port = port
        wrapper: Any = forward.socket(port)  # type: ignore[no-untyped-call]  # the package has no types
        # In the package's wrapper TLS cannot be spoken; its descriptor is a socket like any other.
        self.socket = socket.socket(fileno=wrapper.detach())

    @property
    def complaint(self) -> str:
        """What the kubelet said against the connection, such as `connection refused`; empty when nothing."""
        return str(self._forward.error(self._port) or "")  # type: ignore[no-untyped-call]  # the package has no types

    def close(self) -> None:
        self.socket.close()


def open_forward(means: Means, path: str, port: int, timeout: float) -> Forward:
    """`timeout` is in seconds for each step of opening. ApiError with a sentence."""
    access = means.access
    credential = means.credentials.current()
    secure = access.server.startswith("https://")
    context = tls_context(access, credential.certificate) if secure else None
    sock = dial.dial(access, context, credential.certificate, timeout=timeout)
    headers = [f"User-Agent: {means.user_agent}"]
    if credential.authorization is not None:
        headers.append(f"Authorization: {credential.authorization.value}")
    headers += [f"{name}: {value}" for name, value in impersonation(access.impersonation)]
    url = f"{'wss' if secure else 'ws'}://{access.server.split('://', 1)[1]}{path}?ports={port}"
    about = asked("GET", path, {})
    try:
        sock.settimeout(timeout)
        stream = websocket.create_connection(
            url, timeout=timeout, socket=sock, header=headers, subprotocols=[_PROTOCOL], suppress_origin=True
        )
    except websocket.WebSocketBadStatusException as error:
        sock.close()
        body = error.resp_body if isinstance(error.resp_body, bytes) else b""
        found: Mapping[str, str] = error.resp_headers or {}
        raise refusal(error.status_code, found, body, about, access) from error
    except TimeoutError as error:
        sock.close()
        raise dial.silent(access, f"within {timeout:g} s when asked to {about}") from error
    except (OSError, ssl.SSLError, websocket.WebSocketException) as error:
        sock.close()
        raise UnreachableError(f"cannot {about} at {access.place}: {error}", hint="is a proxy in between?") from error
    stream.settimeout(None)
    return Forward(_Quiet(stream, [port]), port)  # type: ignore[no-untyped-call]  # the package has no types
