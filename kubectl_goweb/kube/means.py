"""What all requests of one connection share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

import msgspec

from kubectl_goweb.kube.access import Access
from kubectl_goweb.kube.credentials import Credentials
from kubectl_goweb.kube.patience import Patience
from kubectl_goweb.kube.pool import Pool

_LATELY = 60.0
"""Seconds."""


class Tally:
    """What happened to the requests of a connection lately. Thread-safe."""

    def __init__(self, elapsed: Callable[[], float] = monotonic) -> None:
        """`elapsed` is a clock that only goes on, in seconds."""
        self._lock = threading.Lock()
        self._elapsed = elapsed
        self._throttled: list[float] = []

    def note_throttled(self) -> None:
        with self._lock:
            self._forget()
            self._throttled.append(self._elapsed())

    @property
    def throttled(self) -> int:
        """How many were put off within the last minute."""
        with self._lock:
            self._forget()
            return len(self._throttled)

    def _forget(self) -> None:
        now = self._elapsed()
        self._throttled = [at for at in self._throttled if now - at < _LATELY]


class Means(msgspec.Struct, frozen=True):
    """What every request of a connection shares."""

    access: Access
    pool: Pool
    credentials: Credentials
    user_agent: str
    silence: float
    """Seconds the server may say nothing."""
    patience: Patience
    closing: threading.Event
    """Set when the connection is closed: waiting ends at once."""
    tally: Tally = msgspec.field(default_factory=Tally)
