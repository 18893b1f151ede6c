"""The background prober: turns, histories, changes of what is probed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from msgspec import structs

from kubectl_goweb.probing.prober import Assignment, Prober
from kubectl_goweb.status.probes.results import ProbeResult, Way
from kubectl_goweb.status.probes.targets import Target
from tests.probing.results import result, target


class Answers:
    """Answers at once; a target called `slow` only when it is let go."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.let_go = threading.Event()

    def probe(self, target: Target, way: Way) -> ProbeResult:
        if target.key.startswith("slow"):
            self.begun.release()
            self.let_go.wait(20)
        return result(target=target.key, way=way)


@pytest.fixture
def answers() -> Iterator[Answers]:
    made = Answers()
    yield made
    made.let_go.set()


@pytest.fixture
def prober(answers: Answers) -> Iterator[Prober]:
    made = Prober(answers, interval=0.02)
    yield made
    made.close()


def assignments(*keys: str) -> dict[str, Assignment]:
    return {key: Assignment(structs.replace(target(), key=key), Way.DIRECT) for key in keys}


def wait_for(prober: Prober, key: str, count: int) -> None:
    while len((seen := prober.snapshot()).histories[key].results) < count:
        assert prober.wait(seen.version, 10), "no result came"


def test_every_target_gets_its_history(prober: Prober) -> None:
    prober.probe(assignments("a", "b"))

    wait_for(prober, "a", 3)
    wait_for(prober, "b", 3)


def test_threads_that_a_moment_needed_end_after_it(answers: Answers) -> None:
    prober = Prober(answers, interval=0.02)
    before = threading.active_count()
    keys = [f"slow {number}" for number in range(30)]
    prober.probe(assignments(*keys))
    while threading.active_count() < before + 30:
        answers.begun.acquire(timeout=20)

    answers.let_go.set()
    for key in keys:
        wait_for(prober, key, 1)
    prober.rest()

    deadline = time.monotonic() + 20
    while threading.active_count() > before + 8 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before + 8
    prober.probe(assignments("a"))
    wait_for(prober, "a", 1)
    prober.close()


def test_a_slow_target_misses_its_turns_and_holds_nobody_up(prober: Prober) -> None:
    prober.probe(assignments("slow", "a"))

    wait_for(prober, "a", 5)
    seen = prober.snapshot()
    assert seen.histories["slow"].results == ()
    assert seen.missed > 0


def test_histories_of_targets_that_stay_are_kept(prober: Prober) -> None:
    prober.probe(assignments("a", "b"))
    wait_for(prober, "a", 3)

    prober.probe(assignments("a", "c"))

    seen = prober.snapshot()
    assert len(seen.histories["a"].results) >= 3
    assert set(seen.histories) == {"a", "c"}
    wait_for(prober, "c", 1)


def test_who_waits_is_woken_when_it_is_closed(prober: Prober) -> None:
    threading.Timer(0.05, prober.close).start()

    assert prober.wait(0, 10)
