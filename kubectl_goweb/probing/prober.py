"""Many targets probed again and again in the background, each with its history.

How a screen uses it:

    prober = Prober(Sender(now, connection), interval=5.0)
    prober.probe({target.key: Assignment(target, way), ...})    again whenever the Pods change; histories are kept
    seen = prober.snapshot()                                    cheap, from any thread; `seen.histories[key]`
    prober.wait(seen.version, timeout=1.0)                      until there is something newer
    prober.close()

Probing never raises: what goes wrong is a result. A target that is still being probed when its turn comes misses it.
"""

from __future__ import annotations

import heapq
import threading
from collections import deque
from collections.abc import Mapping
from time import monotonic
from typing import Protocol

from msgspec import Struct

from kubectl_goweb.probing.scheduling import first_due, next_due
from kubectl_goweb.status.probes.history import History
from kubectl_goweb.status.probes.results import ProbeResult, Way
from kubectl_goweb.status.probes.targets import Target

HANDS = 256
"""Threads at most; they are started when all others are busy, and most of a probe is waiting."""
_SPARE = 8
"""Threads that wait for work; one more ends when it has done its own."""


class Probing(Protocol):
    """Sends one probe."""

    def probe(self, target: Target, way: Way) -> ProbeResult: ...


class Assignment(Struct, frozen=True):
    """A target, and the way to it."""

    target: Target
    way: Way


class ProberSnapshot(Struct, frozen=True):
    """Everything known at one moment."""

    version: int
    """Higher with every result."""
    assignments: Mapping[str, Assignment]
    histories: Mapping[str, History]
    lag: float
    """Seconds the last probe began later than its turn."""
    missed: int
    """Turns that were not taken, since the beginning."""


class Prober:
    """Thread-safe."""

    def __init__(self, sender: Probing, *, interval: float, hands: int = HANDS) -> None:
        """`interval` in seconds. Nothing is probed before probe()."""
        self._sender = sender
        self._interval = interval
        self._most_hands = hands
        lock = threading.RLock()
        self._changed = threading.Condition(lock)
        self._handed_out = threading.Condition(lock)
        self._assignments: dict[str, Assignment] = {}
        self._histories: dict[str, History] = {}
        self._due: list[tuple[float, str]] = []
        self._scheduled: set[str] = set()
        self._busy: set[str] = set()
        self._jobs: deque[tuple[str, float]] = deque()
        self._hands = 0
        self._idle = 0
        self._version = 0
        self._lag = 0.0
        self._missed = 0
        self._closed = False
        self._clock = threading.Thread(target=self._keep_time, name="prober", daemon=True)
        self._clock.start()

    def probe(self, assignments: Mapping[str, Assignment]) -> None:
        """From now on probe these, by key. Histories of targets that stay are kept, others are forgotten."""
        with self._changed:
            self._assignments = dict(assignments)
            self._histories = {key: self._histories.get(key, History()) for key in assignments}
            now = monotonic()
            for key in assignments:
                if key not in self._scheduled:
                    self._scheduled.add(key)
                    heapq.heappush(self._due, (first_due(key, now, self._interval), key))
            self._changed.notify_all()

    def rest(self) -> None:
        """Probe nothing until the next probe(); what is known is kept."""
        with self._changed:
            self._assignments = {}

    def snapshot(self) -> ProberSnapshot:
        with self._changed:
            return ProberSnapshot(
                self._version, dict(self._assignments), dict(self._histories), self._lag, self._missed
            )

    def wait(self, version: int, timeout: float) -> bool:
        """Whether there is something newer than that version, waiting for it at most `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._version > version or self._closed, timeout)

    def close(self) -> None:
        """Probe no more. A probe under way ends by itself, within its timeout."""
        with self._changed:
            self._closed = True
            self._handed_out.notify_all()
            self._changed.notify_all()

    def _keep_time(self) -> None:
        """Hand out each target when its turn comes."""
        with self._changed:
            while not self._closed:
                now = monotonic()
                if not self._due or self._due[0][0] > now:
                    self._changed.wait(self._due[0][0] - now if self._due else None)
                    continue
                due, key = heapq.heappop(self._due)
                if key not in self._assignments:
                    self._scheduled.discard(key)
                    continue
                following, missed = next_due(due, now, self._interval)
                heapq.heappush(self._due, (following, key))
                self._missed += missed
                if key in self._busy:
                    self._missed += 1
                    continue
                self._busy.add(key)
                self._hand_out(key, due)

    def _hand_out(self, key: str, due: float) -> None:
        self._jobs.append((key, due))
        if self._idle < len(self._jobs) and self._hands < self._most_hands:
            self._hands += 1
            threading.Thread(target=self._work, name=f"probe-{self._hands}", daemon=True).start()
        self._handed_out.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                if self._idle < _SPARE:
                    self._idle += 1
                    self._handed_out.wait_for(lambda: self._jobs or self._closed)
                    self._idle -= 1
                if self._closed or not self._jobs:
                    self._hands -= 1
                    return
                key, due = self._jobs.popleft()
                assignment = self._assignments.get(key)
                self._lag = max(0.0, monotonic() - due)
            result = None if assignment is None else self._sender.probe(assignment.target, assignment.way)
            with self._changed:
                self._busy.discard(key)
                history = self._histories.get(key)
                if result is not None and history is not None:
                    self._histories[key] = history.with_result(result)
                    self._version += 1
                    self._changed.notify_all()
