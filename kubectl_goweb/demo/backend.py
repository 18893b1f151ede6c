"""What every connection of the demo's API server shares: the world, the one lock over it, the clock, the faults."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from kubectl_goweb.demo.bodies import JSON
from kubectl_goweb.demo.faults import Faults
from kubectl_goweb.demo.simulation import MissingError
from kubectl_goweb.demo.world import World

BOOKMARK_SECONDS = 30.0


class Backend:
    """A World whose time passes with a clock, safe to use from many threads."""

    def __init__(self, world: World, token: str, speed: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        """`speed` is simulated seconds a second; at 0 time passes only by `pass_time`."""
        self.world = world
        self.token = token
        self.bookmark_seconds = BOOKMARK_SECONDS
        """How long a watch is quiet before it sends a bookmark."""
        self.changed = threading.Condition()
        """The one lock over the world, notified at every write, fault and stop."""
        self.faults = Faults(self.changed)
        self.requests: Counter[tuple[str, str]] = Counter()
        """Requests by (verb, resource): ("list", "pods"), ("patch", "deployments/scale"), ("get", "/version")."""
        self._speed = speed
        self._monotonic = monotonic
        self._origin = (world.sim.now, monotonic())
        self._serving: object = None

    def is_served_by(self, http: object) -> bool:
        """That HTTP server is the one that runs; one that was stopped is not."""
        return self._serving is http

    # Time

    def now(self) -> datetime:
        """The simulated present."""
        begin, at = self._origin
        return begin + timedelta(seconds=(self._monotonic() - at) * self._speed)

    def advance(self) -> None:
        """Bring the world to the present and tell the streams; call with the lock held."""
        if self.world.advance(self.now()):
            self.changed.notify_all()

    def pass_time(self, seconds: float) -> None:
        """Let simulated time jump ahead."""
        with self.changed:
            begin, at = self._origin
            self._origin = (begin + timedelta(seconds=seconds), at)
            self.advance()

    def keep_time(self, http: object) -> None:
        """Let the world move as time passes, for as long as that HTTP server runs."""
        with self.changed:
            while self.is_served_by(http):
                self.advance()
                due = self.world.sim.next_due()
                wait = 1.0
                if due is not None and self._speed:
                    wait = min(wait, (due - self.now()).total_seconds() / self._speed)
                self.changed.wait(max(0.005, wait))

    # What tests do to the world

    @contextmanager
    def edit(self, resource: str, namespace: str, name: str) -> Iterator[JSON]:
        """A copy of an object to change in place; written and told to the watches when the block ends."""
        with self.changed:
            stored = self.world.sim.get(resource, namespace, name)
            if stored is None:
                raise MissingError(name)
            with self.world.sim.edit(resource, stored) as draft:
                yield draft
            self.advance()

    def create(self, resource: str, body: JSON) -> JSON:
        """Store an object as it is, without defaults or validation: hostile ones too."""
        with self.changed:
            created = self.world.sim.create(resource, body)
            self.advance()
            return created

    def remove(self, resource: str, namespace: str, name: str) -> None:
        """Take an object away at once; what it owned follows."""
        with self.changed:
            self.world.sim.remove(resource, namespace, name)
            self.advance()

    def expire_watches(self) -> None:
        """Forget every write so far: open watches end with a 410 event, and so do those that resume from before."""
        with self.changed:
            self.world.sim.forget()
            self.changed.notify_all()
