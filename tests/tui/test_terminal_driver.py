"""Whether the terminal is still there."""

from __future__ import annotations

import os
import pty
import threading

from kubectl_goweb.tui.terminal_driver import UntilHungUp

ASKS = 20_000


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
