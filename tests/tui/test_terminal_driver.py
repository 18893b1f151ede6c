"""Whether the terminal is still there."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import threading
from pathlib import Path
from time import monotonic

from kubectl_goweb.tui.terminal_driver import UntilHungUp

ASKS = 20_000
ENDED_BY_A_TIMER = """
import os
import traceback
from datetime import UTC, datetime
from signal import SIGTERM
from kubectl_goweb.cli.signals import EndedError
from kubectl_goweb.settings import Settings
from kubectl_goweb.tui.opening import open_cockpit
from tests.tui.shop import snapshot
from tests.tui.sources import SESSION, Given


def now():
    if any(frame.name == "_run_timer" for frame in traceback.extract_stack()):
        raise EndedError(SIGTERM)  # as a signal does that comes just then
    return datetime.now(UTC)


try:
    open_cockpit(Given(snapshot()), SESSION, Settings(), now)
except EndedError:
    os.write(1, b"ended")
"""


def test_threads_may_ask_at_once_whether_the_terminal_is_there() -> None:
    ours, its = pty.openpty()
    left: list[str] = []
    event = UntilHungUp(its, lambda: left.append("left"))
    failed: list[RuntimeError] = []

    def ask() -> None:
        try:
            for _ in range(ASKS):
                event.is_set()
        except RuntimeError as error:
            failed.append(error)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failed, "one who leaves and the one who reads ask at once: an error here and the program never ends"
    assert not event.is_set()
    os.close(ours)
    assert event.is_set()
    assert left == ["left"]
    os.close(its)


def test_who_is_ended_in_the_midst_of_a_timer_gives_the_terminal_back_and_ends() -> None:
    # The timer's task ends with what the signal raises, and whoever waits for that task passes it on: out of the loop,
    # past Textual's own end.
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(Path(__file__).parents[2])
        os.environ["TERM"] = "xterm-256color"
        os.execv(sys.executable, [sys.executable, "-c", ENDED_BY_A_TIMER])
    try:
        told = _read(terminal, b"ended")
        assert b"\x1b[?1049l" in told, "the screen that was there before"
        deadline = monotonic() + 20
        while (ended := os.waitpid(pid, os.WNOHANG)) == (0, 0) and monotonic() < deadline:
            select.select([terminal], [], [], 0.1)
        assert ended == (pid, 0)
        pid = 0
    finally:
        if pid:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(terminal)


def _read(terminal: int, text: bytes) -> bytes:
    """What is written, up to that."""
    read, deadline = b"", monotonic() + 30
    while text not in read and monotonic() < deadline:
        if select.select([terminal], [], [], 1.0)[0]:
            read += os.read(terminal, 1 << 16)
    assert text in read, read[-300:]
    return read
