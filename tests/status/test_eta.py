"""When a rollout will be done: from measured Pods, played through wave by wave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from kubectl_goweb.status.eta import about, eta
from kubectl_goweb.status.pod_trouble import Trouble
from kubectl_goweb.status.pods import PodHealth
from kubectl_goweb.status.verdicts import Phase, Ref, Verdict
from kubectl_goweb.status.workloads import Counts, Limits, Revision, Rollout, Workload

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


THREE_TWO = Limits(surge=3, unavailable=2)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def pod(created: float, ready: float | None = None, restarts: int = 0) -> PodHealth:
    """Made so many seconds ago, ready since so many."""
    return PodHealth(
        name=f"web-{created}",
        namespace="shop",
        status="Running",
        ready=int(ready is not None),
        total=1,
        restarts=restarts,
        restarted_at=None,
        created=ago(created),
        is_ready=ready is not None,
        trouble=Trouble.NONE,
        container="",
        reason="",
        message="",
        since=None,
        node="n",
        ip="",
        ready_at=None if ready is None else ago(ready),
    )


def workload(
    *pods: PodHealth,
    desired: int = 10,
    limits: Limits | None = THREE_TWO,
    phase: Phase = Phase.UPDATING,
    deadline: float | None = None,
    min_ready: int = 0,
) -> Workload:
    until = None if deadline is None else NOW + timedelta(seconds=deadline)
    ready = sum(one.is_ready for one in pods)
    revision = Revision(2, "web-2", "2", (), None, True, desired, len(pods), ready, ready, "", pods)
    return Workload(
        ref=Ref("Deployment", "web", "shop"),
        verdict=Verdict.PROGRESSING,
        why="",
        counts=Counts(desired, desired, len(pods), ready, ready),
        rollout=Rollout(phase, "3 new Pods crash", 2, ago(60), until, limits, min_ready),
        images=(),
        restarts=0,
        restarted_at=None,
        created=None,
        paused=False,
        generation=2,
        pods=pods,
        revisions=(revision,),
        conditions=(),
        endpoints=(),
        events=(),
        findings=(),
    )


def test_it_is_unknown_until_the_first_new_pod_is_ready() -> None:
    found = eta(workload(pod(5), pod(5)), NOW)

    assert found is not None
    assert (found.at, found.why) == (None, "no new Pod is ready yet")


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        pytest.param(workload(pod(30, 20), pod(4), pod(4), desired=3), 6, id="two under way, ten seconds each"),
        pytest.param(workload(*[pod(30, 20)] * 5, *[pod(0)] * 5), 10, id="the last wave has just begun"),
        pytest.param(workload(*[pod(30, 20)] * 5), 10, id="five left, five at once"),
        pytest.param(workload(*[pod(30, 20)] * 4), 20, id="six left, five at once: two waves"),
        pytest.param(workload(pod(30, 20), desired=4, limits=Limits(1, 0)), 30, id="one by one"),
        pytest.param(workload(pod(30, 20), desired=3, limits=None), 20, id="a StatefulSet goes one by one"),
        pytest.param(workload(pod(30, 20), pod(20), desired=2), 0, id="overdue is any moment"),
        pytest.param(workload(pod(30, 20), pod(6), desired=2, min_ready=5), 9, id="minReadySeconds counts"),
        pytest.param(
            workload(pod(30, 20), pod(40, 30), pod(99, 9), pod(0), desired=4), 10, id="the median, not the slowest"
        ),
    ],
)
def test_waves_are_played_through_with_what_was_measured(told: Workload, seconds: float) -> None:
    found = eta(told, NOW)

    assert found is not None
    assert found.at == NOW + timedelta(seconds=seconds)


def test_pod_that_started_twice_is_not_measured() -> None:
    found = eta(workload(pod(300, 20, restarts=2), pod(3)), NOW)

    assert found is not None
    assert found.at is None


def test_deadline_is_missed_when_no_progress_comes_before_it() -> None:
    slow = (pod(200, 100), pod(10))
    late, in_time = (eta(workload(*slow, desired=2, deadline=seconds), NOW) for seconds in (60, 120))

    assert late is not None
    assert late.misses_deadline
    assert in_time is not None
    assert not in_time.misses_deadline


def test_failed_rollout_has_no_end_and_misses_its_deadline() -> None:
    found = eta(workload(pod(9), phase=Phase.FAILED, deadline=500), NOW)

    assert found is not None
    assert (found.at, found.misses_deadline, found.why) == (None, True, "3 new Pods crash")


def test_nothing_is_said_when_no_rollout_is_under_way() -> None:
    assert eta(workload(pod(30, 20), phase=Phase.SUCCEEDED), NOW) is None
    assert eta(structs.replace(workload(pod(30, 20)), revisions=()), NOW) is None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "any moment"), (4, "about 4 s"), (38, "about 40 s"), (93, "about 95 s"), (130, "about 2 min")],
)
def test_estimates_are_told_as_such(seconds: float, said: str) -> None:
    assert about(seconds) == said
