from __future__ import annotations

from datetime import timedelta

import pytest

from kubectl_goweb.status.ages import age, duration
from tests.status.objects import NOW

MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-2, "<invalid>"),
        (-1, "0s"),
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (9 * MINUTE + 30, "9m30s"),
        (10 * MINUTE, "10m"),
        (170 * MINUTE, "170m"),
        (3 * HOUR, "3h"),
        (7 * HOUR + 5 * MINUTE, "7h5m"),
        (8 * HOUR, "8h"),
        (47 * HOUR, "47h"),
        (48 * HOUR, "2d"),
        (7 * DAY + 3 * HOUR, "7d3h"),
        (8 * DAY, "8d"),
        (500 * DAY, "500d"),
        (3 * 365 * DAY + 12 * DAY, "3y12d"),
        (2 * 365 * DAY, "2y"),
        (9 * 365 * DAY, "9y"),
    ],
)
def test_durations_are_written_as_kubectl_does(seconds: int, text: str) -> None:
    assert duration(seconds) == text


def test_an_age_without_a_time_is_unknown() -> None:
    assert age(None, NOW) == "<unknown>"


def test_an_age_counts_from_the_past_to_now() -> None:
    assert age(NOW - timedelta(minutes=9, seconds=30), NOW) == "9m30s"
