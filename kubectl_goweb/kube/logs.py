"""The logs of several containers as one stream of lines, for a reader who may be slow. How one is followed lives in
log_tail, what the lines say in status.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import partial
from time import monotonic

from msgspec import Struct

from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.log_tail import LogAsk, LogState, Stream, Tail, Target
from kubectl_goweb.kube.watching import Timing

_WAITING_LINES = 20_000
"""Lines that wait to be taken; then the streams wait too."""
_INTERVAL = 0.1
"""Seconds between two batches."""


class LogBatch(Struct, frozen=True):
    """What has come since the last one."""

    lines: tuple[tuple[Target, str, str], ...]
    """Whose, when (as the kubelet writes it: RFC 3339 with nanoseconds, in UTC), what; each container's in order."""
    streams: Mapping[Target, Stream]


class Logs:
    """Thread-safe. `follow` says whose logs, `next` gives what came; it never raises, the streams tell what fails."""

    def __init__(self, connection: Connection, ask: LogAsk, *, timing: Timing | None = None) -> None:
        self._connection = connection
        self._ask = ask
        self._timing = timing or Timing()
        self._changed = threading.Condition()
        self._closed = False
        self._tails: dict[Target, Tail] = {}
        self._streams: dict[Target, Stream] = {}
        self._lines: list[tuple[Target, str, str]] = []
        self._is_new = False
        self._not_before = 0.0

    def follow(self, runs: Mapping[Target, str]) -> None:
        """Follow these containers and no others from now on. A run is a word that changes whenever the container starts
        or ends; empty when it will never start again. Returns at once.
        """
        with self._changed:
            if self._closed:
                return
            for target in [target for target in self._tails if target not in runs]:
                self._tails[target].run_is("")
                if self._tails[target].is_over:  # while many Pods come and go, those that went are forgotten
                    del self._tails[target], self._streams[target]
            for target, run in runs.items():
                tail = self._tails.get(target)
                if tail is not None:
                    tail.run_is(run)
                    continue
                self._begin(target, run)

    def _begin(self, target: Target, run: str) -> None:
        tail = Tail(
            self._connection,
            target,
            self._ask,
            run,
            partial(self._take, target),
            partial(self._say, target),
            self._timing,
        )
        self._tails[target] = tail
        self._streams[target] = Stream(LogState.CONNECTING, self._timing.now())
        self._is_new = True
        threading.Thread(target=tail.work, name=f"log {target.pod}", daemon=True).start()

    def next(self, timeout: float) -> LogBatch | None:
        """What came, as soon as there is something; None after `timeout` seconds, and once closed. For one thread."""
        if (early := self._not_before - monotonic()) > 0:
            self._timing.wait(threading.Event(), early)
        with self._changed:
            self._changed.wait_for(lambda: self._is_new or self._closed, timeout)
            if self._closed or not self._is_new:
                return None
            lines, self._lines, self._is_new = tuple(self._lines), [], False
            self._not_before = monotonic() + _INTERVAL
            self._changed.notify_all()
            return LogBatch(lines, dict(self._streams))

    def close(self) -> None:
        """End every stream and every waiting, from any thread."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            tails = list(self._tails.values())
        for tail in tails:
            tail.close()

    # --- written by the threads of the containers

    def _take(self, target: Target, at: str, text: str) -> None:
        with self._changed:
            self._changed.wait_for(lambda: len(self._lines) < _WAITING_LINES or self._closed)
            self._lines.append((target, at, text))
            if not self._is_new:
                self._is_new = True
                self._changed.notify_all()

    def _say(self, target: Target, stream: Stream) -> None:
        with self._changed:
            self._streams[target] = stream
            self._is_new = True
            self._changed.notify_all()
