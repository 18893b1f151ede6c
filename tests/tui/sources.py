"""A Source that a test feeds, and a program over it."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from textual.pilot import Pilot

from kubectl_goweb.kube.log_tail import LogAsk, LogState, Stream, Target
from kubectl_goweb.kube.logs import LogBatch
from kubectl_goweb.objects import Snapshot
from kubectl_goweb.settings import Settings
from kubectl_goweb.tui.app import GowebApp
from kubectl_goweb.tui.source import Session
from tests.tui.shop import NOW

SESSION = Session(context="prod-eu", version="v1.34.4", user="ana", namespace="shop")


class GivenLogs:
    """Logs that a test writes."""

    def __init__(self, ask: LogAsk) -> None:
        self.ask = ask
        self.runs: Mapping[Target, str] = {}
        self._batches: queue.SimpleQueue[LogBatch | None] = queue.SimpleQueue()

    def follow(self, runs: Mapping[Target, str]) -> None:
        self.runs = runs

    def write(self, *lines: tuple[Target, str, str], **states: LogState) -> None:
        """Lines, and the state of every container, `FOLLOWING` unless said otherwise by its Pod's name."""
        streams = {one: Stream(states.get(one.pod, LogState.FOLLOWING), NOW) for one in self.runs}
        self._batches.put(LogBatch(lines, streams))

    def next(self, timeout: float) -> LogBatch | None:
        try:
            return self._batches.get(timeout=timeout)
        except queue.Empty:
            return None

    def close(self) -> None:
        self._batches.put(None)


class Given:
    """Gives what it was given. `shown` waits until that is on the screen: only then somebody asks for more."""

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        self._condition = threading.Condition()
        self._pending = snapshot
        self._is_asked = False
        self._is_closed = False
        self.restarts: list[str] = []

    def give(self, snapshot: Snapshot) -> None:
        with self._condition:
            self._pending = snapshot
            self._is_asked = False
            self._condition.notify_all()

    def next(self, timeout: float) -> Snapshot | None:
        with self._condition:
            if self._pending is None:
                self._is_asked = True
                self._condition.notify_all()
                self._condition.wait_for(lambda: self._pending is not None or self._is_closed, timeout)
            snapshot, self._pending = self._pending, None
            return snapshot

    def restart(self, namespace: str) -> None:
        self.restarts.append(namespace)

    def logs(self, ask: LogAsk) -> GivenLogs:
        self.reader = GivenLogs(ask)
        return self.reader

    def close(self) -> None:
        with self._condition:
            self._is_closed = True
            self._condition.notify_all()

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    def wait_until_asked(self) -> None:
        with self._condition:
            assert self._condition.wait_for(lambda: self._is_asked, 20), "nobody asked for more"


class Clock:
    """Stands still until told."""

    def __init__(self, now: datetime = NOW) -> None:
        self.time = now

    def __call__(self) -> datetime:
        return self.time


def program(
    source: Given,
    *,
    session: Session = SESSION,
    settings: Settings | None = None,
    clock: Callable[[], datetime] | None = None,
    keymap: dict[str, str] | None = None,
) -> GowebApp:
    return GowebApp(source, session, settings or Settings(), clock or Clock(), zone=UTC, keymap=keymap)


async def shown(pilot: Pilot[None], source: Given) -> None:
    """Wait until the newest Snapshot is on the screen."""
    await asyncio.to_thread(source.wait_until_asked)
    await pilot.pause()


async def until(pilot: Pilot[None], met: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for a state of the screen that no event announces."""
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "it never came to that"
        await pilot.pause(0.02)


def screen_text(app: GowebApp) -> str:
    """What is on the screen now, line by line."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)
