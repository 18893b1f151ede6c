"""Work side by side that nobody has to wait for."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import Future

import pytest

from kubectl_goweb.hands import Hands

LONG = 60.0
"""Seconds nobody waits for."""


def test_the_end_of_the_program_waits_for_no_hand() -> None:
    program = f"from kubectl_goweb.hands import Hands; import time; Hands(1, 'hand').submit(time.sleep, {LONG})"
    assert subprocess.run([sys.executable, "-c", program], timeout=LONG / 2).returncode == 0


def test_a_block_waits_for_its_work_in_as_many_threads_as_it_may() -> None:
    together = threading.Barrier(3)
    with Hands(3, "hand") as hands:
        done = [hands.submit(together.wait, 10) for _ in range(6)]
    assert sorted(one.result() for one in done) == [0, 0, 1, 1, 2, 2]


def test_no_more_threads_work_than_were_asked_for() -> None:
    with Hands(2, "hand") as hands:
        names = list(hands.map(lambda _: threading.current_thread().name, range(50)))
    assert set(names) <= {"hand-0", "hand-1"}


def test_threads_that_a_moment_needed_end_after_it() -> None:
    together = threading.Barrier(30)
    hands = Hands(30, "moment")
    for one in [hands.submit(together.wait, 20) for _ in range(30)]:
        one.result()

    def there() -> int:
        return sum(thread.name.startswith("moment") for thread in threading.enumerate())

    deadline = time.monotonic() + 20
    while there() > 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert there() <= 4
    assert hands.submit(int, "7").result() == 7
    hands.shutdown()
    assert there() == 0


def test_an_error_in_the_block_waits_for_nothing_and_begins_nothing_more() -> None:
    never, begun = threading.Event(), threading.Event()
    later: list[Future[None]] = []

    def work() -> None:
        begun.set()
        never.wait(LONG)

    def block() -> None:
        with Hands(1, "hand") as hands:
            hands.submit(work)
            later.append(hands.submit(pytest.fail, "it was begun"))
            begun.wait(LONG)
            raise KeyError

    began = time.monotonic()
    with pytest.raises(KeyError):
        block()
    assert time.monotonic() - began < LONG / 2
    assert later[0].cancelled()
    never.set()


def test_patience_ends_the_waiting() -> None:
    never = threading.Event()
    hands = Hands(1, "hand", patience=0.01)
    hands.submit(never.wait, LONG)
    began = time.monotonic()
    hands.shutdown()
    assert time.monotonic() - began < LONG / 2
    never.set()


def test_the_work_s_error_is_its_result_and_the_hand_works_on() -> None:
    with Hands(1, "hand") as hands:
        failed, done = hands.submit(int, "x"), hands.submit(int, "7")
    with pytest.raises(ValueError, match="invalid literal"):
        failed.result()
    assert done.result() == 7
    with pytest.raises(RuntimeError, match="hand: shut down"):
        hands.submit(int)
