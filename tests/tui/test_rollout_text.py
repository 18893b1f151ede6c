"""A rollout, drawn."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from msgspec import structs

from kubectl_goweb.status.overview import overview
from kubectl_goweb.status.workloads import Revision, Workload
from kubectl_goweb.tables import Tone
from kubectl_goweb.tui.rollout_text import bar, deadline, summary
from tests.tui.shop import NOW, snapshot


def workload(name: str) -> Workload:
    return next(one for one in overview(snapshot(), NOW).workloads if one.ref.name == name)


def revision(*, existing: int, ready: int, available: int) -> Revision:
    return Revision(1, "web-1", "1", ("web:1",), NOW, True, existing, existing, ready, available)


def test_rollout_under_way_shows_old_and_new_pods_limits_and_deadline() -> None:
    told = [line.plain for line in summary(workload("web"), NOW, 100, UTC, ascii_only=False)]

    assert told[0].startswith("deploy/web  in shop   ✖ failing  3 Pods of revision 8 crash")
    assert told[1] == (
        "rollout of revision 8  failed: 3 of 3 new Pods abnormal: CrashLoopBackOff · started 03:03:14 (4m27s ago)"
    )
    assert told[2] == "done not to be expected · deadline in 9:31, will miss it"
    assert told[3].startswith("new  rev 8  web:2.4.1  ░")
    assert told[3].endswith("3 Pods, 0 ready, 0 available")
    assert told[4].startswith("old  rev 7  web:2.4.0  █")
    assert told[4].endswith("4 Pods, 4 ready, 4 available")
    assert " ".join(told[5].split()) == "limits ╵ ╵ at least 4, at most 7 Pods"
    assert told[5].index("╵") == told[4].rindex("█")
    assert told[6:] == ["5 desired, 3 updated, 4 ready, 4 available"]


def test_a_rollout_that_is_held_on_its_way_tells_how_much_it_carries() -> None:
    new, old = (revision(existing=count, ready=count, available=count) for count in (2, 5))
    held = structs.replace(workload("web"), paused=True, revisions=(new, structs.replace(old, is_current=False)))
    told = [line.plain for line in summary(held, NOW, 100, UTC, ascii_only=False)]
    assert told[-2] == "held 2 of 7 Pods serve the new revision (29 %)"
    alone = structs.replace(held, revisions=(new,))
    assert not any("held" in line.plain for line in summary(alone, NOW, 100, UTC, ascii_only=False))


def test_finished_rollout_shows_one_bar() -> None:
    told = [line.plain for line in summary(workload("api"), NOW, 100, UTC, ascii_only=False)]

    assert [line for line in told if "rev " in line and "Pods" in line] == [told[2]]
    assert told[2].startswith("rev 12  api:1.9.0  █")


@pytest.mark.parametrize("width", [40, 80, 100, 200])
@pytest.mark.parametrize("name", ["web", "api", "mail", "batch", "postgres"])
def test_bars_fit_and_ascii_is_ascii(name: str, width: int) -> None:
    told = summary(workload(name), NOW, width, UTC, ascii_only=True)

    assert all(line.plain.isascii() for line in told)
    assert all(line.cell_length <= max(width, 80) for line in told if " Pods, " in line.plain)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((5, 5, 5), "██████████"),
        ((5, 3, 3), "██████░░░░"),
        ((5, 4, 3), "██████▓▓░░"),
        ((2, 0, 0), "░░░░······"),
        ((0, 0, 0), "··········"),
        ((9, 9, 9), "██████████"),
    ],
)
def test_bar_tells_available_ready_and_unready_pods(counts: tuple[int, int, int], expected: str) -> None:
    existing, ready, available = counts
    one = revision(existing=existing, ready=ready, available=available)

    assert bar(one, 5, 10, unready=Tone.BUSY, ascii_only=False).plain == expected


def test_deadline_counts_down_and_passes() -> None:
    assert deadline(NOW + timedelta(seconds=571), NOW).plain == "deadline in 9:31"
    assert deadline(NOW - timedelta(seconds=1), NOW).plain == "deadline passed"


def test_hostile_names_are_told_without_control_characters() -> None:
    web = workload("web")
    evil = structs.replace(web, why="[/] [bold]x\x1b[2J", ref=structs.replace(web.ref, namespace="s\u202ehop"))

    told = summary(evil, NOW, 100, UTC, ascii_only=False)[0].plain

    assert "in shop" in told
    assert "[/] [bold]x" in told
    assert "\x1b" not in told
