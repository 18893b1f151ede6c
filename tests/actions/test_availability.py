"""Whether a rollout kept its promise, from the counts that pass by."""

from __future__ import annotations

import pytest

from kubectl_goweb.actions.guard.telling import Availability
from kubectl_goweb.actions.guard.watch import counted_on
from kubectl_goweb.status.workloads import Counts, Limits


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([(5, 5), (5, 4), (5, 5)], Availability(4, 4, 0)),
        ([(5, 5), (5, 3), (5, 5)], Availability(3, 4, 1)),
        ([(5, 3), (5, 4), (5, 5)], Availability(3, 4, 0)),
        ([(5, 3), (5, 4), (5, 2)], Availability(2, 4, 2)),
        ([(2, 2), (5, 2), (5, 4), (5, 5)], Availability(2, 4, 0)),
        ([(2, 2), (5, 2), (5, 4), (5, 3)], Availability(2, 4, 1)),
        ([(5, 5), (2, 5), (2, 2), (2, 1)], Availability(1, 1, 0)),
    ],
    ids=["kept", "broken", "short before", "broken later", "scaled up", "broken after it", "scaled down"],
)
def test_a_promise_holds_once_it_is_kept_and_until_more_is_asked(
    counts: list[tuple[int, int]], expected: Availability
) -> None:
    available, is_held = Availability(None, None), False
    for desired, there in counts:
        count = Counts(desired=desired, existing=there, updated=there, ready=there, available=there)
        available, is_held = counted_on(available, count, Limits(2, 1), is_held=is_held)
    assert available == expected
