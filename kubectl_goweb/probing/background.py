"""Probes for a screen: targets go in as they come and go, histories come out; the way to each is found on the side.

probes = Background(Sender(now, connection))
probes.probe(targets)      again with every look at the cluster; returns at once
probes.known()             histories by the target's key
probes.rest()              when nobody looks: what is known is kept
probes.close()
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Protocol

from kubectl_goweb.probing.prober import Assignment, Prober, Probing
from kubectl_goweb.probing.ways import Comparing, ways
from kubectl_goweb.status.probes.history import History
from kubectl_goweb.status.probes.results import Way
from kubectl_goweb.status.probes.targets import Target

INTERVAL = 5.0


class _Sender(Probing, Comparing, Protocol):
    """Sends probes, and compares the ways they may take."""


class Background:
    """Thread-safe."""

    def __init__(self, sender: _Sender, *, interval: float = INTERVAL) -> None:
        self._sender = sender
        self._prober = Prober(sender, interval=interval)
        self._wanted: Sequence[Target] = ()
        self._ways: dict[str, Way] = {}
        self._changed = threading.Condition()
        self._is_closed = False
        self._is_new = False
        threading.Thread(target=self._assign, name="probe-ways", daemon=True).start()

    def probe(self, targets: Sequence[Target]) -> None:
        """Probe these and no others from now on."""
        with self._changed:
            if list(targets) == list(self._wanted):
                return
            self._wanted, self._is_new = targets, True
            self._changed.notify_all()

    def known(self) -> Mapping[str, History]:
        return self._prober.snapshot().histories

    def rest(self) -> None:
        """Probe nothing until the next probe(); what is known is kept."""
        with self._changed:
            self._wanted, self._is_new = (), False
            self._prober.rest()

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._prober.close()

    def _assign(self) -> None:
        """Find the ways to new targets, which takes a moment, and hand all of them on."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_new or self._is_closed)
                if self._is_closed:
                    return
                targets, self._is_new = self._wanted, False
            fresh = [target for target in targets if target.key not in self._ways]
            found = {**self._ways, **ways(fresh, None, self._sender)} if fresh else self._ways
            self._ways = {target.key: found[target.key] for target in targets}
            with self._changed:
                if targets is self._wanted:
                    self._prober.probe({one.key: Assignment(one, self._ways[one.key]) for one in targets})
