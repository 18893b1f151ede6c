"""One namespace watched after another: what a screen looks through. It never raises; the feeds tell what fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.inquiry import Inquiry
from kubectl_goweb.kube.log_tail import LogAsk
from kubectl_goweb.kube.logs import Logs
from kubectl_goweb.kube.reading import Ask
from kubectl_goweb.kube.store import Changes, Store
from kubectl_goweb.kube.watching import Timing, Watching
from kubectl_goweb.objects import Snapshot
from kubectl_goweb.objects.wants import Want

Asks = Callable[[str], Iterable[Ask]]


class _View:
    """One namespace under watch."""

    def __init__(self, connection: Connection, asks: Iterable[Ask], namespace: str, timing: Timing | None) -> None:
        self.store = Store(namespace)
        self.changes: Changes = self.store.changes()
        self._watching = Watching(connection, asks, self.store, timing=timing)
        self._watching.start()

    def retry_now(self) -> None:
        self._watching.retry_now()

    def close(self) -> None:
        self._watching.close()
        self.store.close()


class Live:
    """Thread-safe. `asks` gives the lists to watch for a namespace; empty means all namespaces."""

    def __init__(self, connection: Connection, asks: Asks, namespace: str, *, timing: Timing | None = None) -> None:
        self._connection = connection
        self._asks = asks
        self._timing = timing
        self._lock = threading.Lock()
        self._closed = False
        self._view = _View(connection, asks(namespace), namespace, timing)
        self._inquiry = Inquiry(connection, lambda: datetime.now(UTC), self._wake)

    def next(self, timeout: float) -> Snapshot | None:
        """The newest state that was not given yet; None after `timeout` seconds without a change, and once closed."""
        with self._lock:
            view = self._view
        found = view.changes.next(timeout)
        return found and self._inquiry.told(found)

    def suspect(self, wants: Iterable[Want]) -> None:
        """Look closer at these, and at nothing else, from now on. Returns at once; what is learnt comes with next()."""
        self._inquiry.ask(wants)

    def restart(self, namespace: str) -> None:
        """Look at this namespace from now on. Who waits in next() is woken."""
        with self._lock:
            if self._closed:
                return
            old = self._view
            self._view = _View(self._connection, self._asks(namespace), namespace, self._timing)
        old.close()

    def logs(self, ask: LogAsk) -> Logs:
        """Read logs over the same connection."""
        return Logs(self._connection, ask, timing=self._timing)

    def retry_now(self) -> None:
        """Whatever waits before it tries again tries now."""
        with self._lock:
            view = self._view
        view.retry_now()

    def close(self) -> None:
        """Stop, and wake who waits in next()."""
        with self._lock:
            self._closed = True
            view = self._view
        self._inquiry.close()
        view.close()

    def _wake(self) -> None:
        with self._lock:
            view = self._view
        view.store.wake()
