"""The control plane in the cockpit: what is wrong comes first, since when, and how old that is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from msgspec import structs

from kubectl_goweb.objects import FeedState
from kubectl_goweb.objects.facts import Facts, Plane
from kubectl_goweb.objects.wants import CONTROL_PLANE, around
from kubectl_goweb.status.controlplane import parts_of
from kubectl_goweb.status.verdicts import Verdict
from kubectl_goweb.tui.control_plane import PartMemory, plane_line
from kubectl_goweb.tui.view import View, judge
from tests.tui.shop import NOW, all_feeds, plane, snapshot
from tests.tui.sources import Given, program, screen_text, shown, until

WIDE = (140, 40)


def view(told: Plane | None, **unseen: str) -> View:
    facts = Facts(plane=told, unseen=unseen)
    return judge(structs.replace(snapshot(), facts=facts), NOW)


def text(told: View, memory: PartMemory | None = None, width: int = 140) -> str:
    (line,) = plane_line(told, (memory or PartMemory()).since, UTC, ascii_only=False)(width)
    return line.plain


def test_what_is_wrong_comes_first_with_its_reason_and_since_when() -> None:
    memory = PartMemory()
    for seconds in (102, 72, 12):
        memory.note(view(plane(scheduler=90)).parts, NOW - timedelta(seconds=seconds))

    told = text(view(plane(scheduler=90)), memory)

    assert told.startswith(
        "Control plane  ✖ scheduler for 102s: its lease was last renewed 90s ago  ✔ API server 2.3ms"
    )
    assert "✔ etcd" in told
    assert told.rstrip().endswith("12s ago")
    assert len(text(view(plane(scheduler=90)), memory, width=80)) == 80


def test_all_that_is_wrong_is_named_in_a_small_terminal_too() -> None:
    told = view(plane(scheduler=90))
    parts = tuple(
        structs.replace(one, verdict=Verdict.FAILING, why="it does not answer") if one.name == "etcd" else one
        for one in told.parts
    )
    both = replace(told, parts=parts)

    assert text(both).startswith(
        "Control plane  ✖ etcd: it does not answer  ✖ scheduler: its lease was last renewed 90s ago  ✔ API server"
    )
    assert text(both, width=80).startswith("Control plane  ✖ etcd  ✖ scheduler  etcd: it does not answer  ✔")
    assert len(text(both, width=80)) == 80


def test_a_part_that_recovers_is_well_since_then() -> None:
    memory = PartMemory()
    memory.note(view(plane(scheduler=90)).parts, NOW - timedelta(seconds=60))
    memory.note(view(plane()).parts, NOW - timedelta(seconds=5))
    memory.note((), NOW)  # nothing told is not a change

    assert memory.since["kube-scheduler"] == NOW - timedelta(seconds=5)
    assert memory.since["etcd"] == NOW - timedelta(seconds=60)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (view(None), "not asked yet"),
        (view(None, **{"the control plane": "not read within 10 s"}), "not known: not read"),
    ],
)
def test_what_was_not_asked_or_not_answered_is_not_called_well(told: View, expected: str) -> None:
    assert expected in text(told)
    assert parts_of(told.snapshot) == ()
    assert "✔" not in text(told)


def test_while_nothing_is_heard_the_time_of_day_is_told_and_no_age() -> None:
    stale = structs.replace(view(plane()).snapshot, feeds=all_feeds(FeedState.STALE))
    assert text(judge(stale, NOW)).endswith("as of 03:07:29")


async def test_the_overview_asks_for_it_and_the_key_shows_every_part() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        assert source.wants[0] == CONTROL_PLANE
        assert set(around("shop")) <= set(source.wants), "what triage looks at, the cockpit does, too"
        assert "Control plane  ✔ API server 2.3ms  ✔ etcd  ✔ scheduler" in screen_text(app)
        await pilot.press("C")
        await until(pilot, lambda: "Control plane, 12s ago" in screen_text(app))
        assert "kube-scheduler           ✔ healthy" in screen_text(app)
        assert "kube-controller-manager  ? not visible      -" in screen_text(app)


async def test_the_reason_of_the_selected_part_is_told_in_full_in_a_small_terminal() -> None:
    told = plane(scheduler=90)
    source = Given(structs.replace(snapshot(), facts=Facts(plane=told)))
    app = program(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, source)
        await pilot.press("C", "slash", *"scheduler", "enter")
        await until(pilot, lambda: "kube-scheduler  failing  by lease" in screen_text(app))
        assert "  its lease was last renewed 90s ago" in screen_text(app).partition("Why")[2]
