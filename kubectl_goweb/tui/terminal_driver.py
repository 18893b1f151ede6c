"""Textual's driver for a terminal that may go away: a window that is closed, a connection that is lost.

Textual's own goes on reading what says "end" each time, with a third of a core and without an end, because its thread
that reads is not told: whatever it would write to the terminal first fails.
"""

from __future__ import annotations

import select
from collections.abc import Callable
from contextlib import suppress
from threading import Event
from typing import Any

from textual.drivers.linux_driver import LinuxDriver

HUNG_UP = 129
"""The exit code of a program whose terminal has gone: 128 and the number of SIGHUP."""


class TerminalDriver(LinuxDriver):
    """Stops reading and has the app leave when nobody is at the other end any more."""

    def __init__(self, app: Any, **more: Any) -> None:
        super().__init__(app, **more)
        self.exit_event = UntilHungUp(self.fileno, self._left)

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
