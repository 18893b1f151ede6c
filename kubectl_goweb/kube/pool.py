"""The open connections to one server: idle ones kept for the next request, each thread its own while it works. What
is said on them lives in call.
"""

from __future__ import annotations

import ssl
import threading
from time import monotonic

from kubectl_goweb.errors import UnreachableError
from kubectl_goweb.kube.access import Access, ClientCertificate, Pem
from kubectl_goweb.kube.dial import CONNECT_SECONDS, dial
from kubectl_goweb.kube.patience import Patience
from kubectl_goweb.kube.tls import tls_context
from kubectl_goweb.kube.wire import Wire

_MOST_IDLE = 8
_IDLE_SECONDS = 60.0
"""Below the 90 s after which Go's servers usually give an idle connection up."""


class Pool:
    """Thread-safe. A wire is taken, used by one thread, and given back or dropped."""

    def __init__(self, access: Access, patience: Patience, *, silence: float) -> None:
        """KubeconfigError when the kubeconfig's CA, certificate or key cannot be used: told now rather than in every
        thread.
        """
        self._access = access
        self._patience = patience
        self._silence = silence
        self._lock = threading.Lock()
        self._idle: list[Wire] = []
        self._taken: set[Wire] = set()
        self._closed = False
        self.served: bytes | None = None
        """The certificate that the server showed last, in DER; None before, and without TLS."""
        self._certificate = access.certificate
        self._stamp = _stamp(access.certificate)
        self._context = self._made(access.certificate)

    def take(self, certificate: ClientCertificate | None) -> tuple[Wire, bool]:
        """A connection made with that client certificate, and whether it is a new one. UnreachableError when none can
        be opened.
        """
        with self._lock:
            if self._closed:
                raise UnreachableError(f"the connection to {self._access.place} is closed")
            stamp = _stamp(certificate)
            if certificate != self._certificate or stamp != self._stamp:
                self._context = self._made(certificate)
                self._certificate, self._stamp = certificate, stamp
                self._forget_idle()
            context = self._context
            while self._idle:
                wire = self._idle.pop()
                if monotonic() - wire.idle_since < _IDLE_SECONDS and not wire.is_stale():
                    self._taken.add(wire)
                    return wire, False
                wire.close()
        timeout = min(CONNECT_SECONDS, self._silence, self._access.request_timeout or CONNECT_SECONDS)
        with self._patience.reaching():
            sock = dial(self._access, context, certificate, timeout=timeout)
        if isinstance(sock, ssl.SSLSocket):
            self.served = sock.getpeercert(binary_form=True)
        wire = Wire(sock, silence=self._silence)
        with self._lock:
            if self._closed:
                wire.close()
                raise UnreachableError(f"the connection to {self._access.place} is closed")
            self._taken.add(wire)
        return wire, True

    def give(self, wire: Wire) -> None:
        """Back after an exchange that was read to its end; kept if the peer keeps it, too."""
        with self._lock:
            self._taken.discard(wire)
            if self._closed or not wire.reusable or len(self._idle) >= _MOST_IDLE:
                wire.close()
                return
            wire.idle_since = monotonic()
            self._idle.append(wire)

    def drop(self, wire: Wire) -> None:
        """After a failure, or when the rest of an answer is not wanted."""
        with self._lock:
            self._taken.discard(wire)
        wire.close()

    def forget_idle(self) -> None:
        """After the login changed: no request goes out under the old one's certificate."""
        with self._lock:
            self._forget_idle()

    def close(self) -> None:
        """Close what is idle, wake whoever reads: they see the end of their stream."""
        with self._lock:
            self._closed = True
            self._forget_idle()
            for wire in self._taken:
                wire.abort()

    def _forget_idle(self) -> None:
        for wire in self._idle:
            wire.close()
        self._idle.clear()

    def _made(self, certificate: ClientCertificate | None) -> ssl.SSLContext | None:
        return tls_context(self._access, certificate) if self._access.server.startswith("https://") else None


def _stamp(certificate: ClientCertificate | None) -> tuple[int, int]:
    """Changes when a certificate or key file does: some are renewed in place every hour."""
    if certificate is None:
        return 0, 0
    return _changed(certificate.certificate), _changed(certificate.key)


def _changed(pem: Pem) -> int:
    if pem.path is None or pem.data is not None:
        return 0
    try:
        return pem.path.stat().st_mtime_ns
    except OSError:
        return 0  # it is being replaced; loading it will tell
