"""Textual's driver for a terminal that may be far away, or go away: a slow connection, a window that is closed.

Textual's own goes on reading what says "end" each time, with a third of a core and without an end, because its thread
that reads is not told: whatever it would write to the terminal first fails.
"""

from __future__ import annotations

import select
import signal
from collections.abc import Callable
from contextlib import suppress
from threading import Event
from time import monotonic
from types import FrameType
from typing import Any

from textual.drivers.linux_driver import LinuxDriver

from kubectl_goweb.tui.written import Written

HUNG_UP = 129
"""The exit code of a program whose terminal has gone: 128 and the number of SIGHUP."""


class TerminalDriver(LinuxDriver):
    """Writes no row that is there already; stops reading and has the app leave when nobody is at the other end any
    more.
    """

    def __init__(self, app: Any, **more: Any) -> None:
        super().__init__(app, **more)
        self._written = Written()
        self._is_started = False
        self.exit_event = UntilHungUp(self.fileno, self._left)

    def write(self, data: str) -> None:
        if data := self._written.fresh(data, monotonic()):
            super().write(data)

    def start_application_mode(self) -> None:
        self._is_started = True
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual's has no types
        resized = signal.getsignal(signal.SIGWINCH)
        if callable(resized):  # as Textual has just set it

            def forget(number: int, frame: FrameType | None) -> None:
                self._written.forget()
                resized(number, frame)

            signal.signal(signal.SIGWINCH, forget)

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was, and end the thread that reads; once, however often it is asked."""
        if self._is_started:
            self._is_started = False
            super().stop_application_mode()

    def _left(self) -> None:
        self._loop.call_soon_threadsafe(self._app.exit, None, HUNG_UP)


class UntilHungUp(Event):
    """Also set by the end of the terminal. Textual asks at least ten times a second, and from two threads at once when
    the program is left.
    """

    def __init__(self, terminal: int, left: Callable[[], None]) -> None:
        super().__init__()
        self._terminal = terminal
        self._left = left
        self._is_hung_up = False

    def is_set(self) -> bool:
        if super().is_set():
            return True
        if not self._is_hung_up and self._has_hung_up():
            self._is_hung_up = True
            with suppress(RuntimeError):  # the app has ended already, and its loop with it
                self._left()
        return self._is_hung_up

    def _has_hung_up(self) -> bool:
        # A poll of its own each time: one that is shared by threads fails when they ask at once. Textual swallows that
        # error, and the thread that reads would then never be told to end.
        poll = select.poll()
        poll.register(self._terminal, 0)
        return any(what & (select.POLLHUP | select.POLLNVAL) for _, what in poll.poll(0))
