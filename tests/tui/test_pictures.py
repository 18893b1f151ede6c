"""A few screens as pictures, each looked at before it was accepted. Fixed data, fixed clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from textual.pilot import Pilot

from kubectl_goweb.objects import Feed, FeedState, Kind, Snapshot
from kubectl_goweb.settings import Settings
from kubectl_goweb.tui.app import GowebApp
from tests.tui.shop import NOW, items, loads, snapshot
from tests.tui.sources import Given, program, shown

Compare = Callable[..., bool]

LOST = {
    kind: Feed(FeedState.STALE, NOW - timedelta(seconds=12), "connection refused", NOW + timedelta(seconds=4))
    for kind in items()
}
DENIED = {Kind.NODE: Feed(FeedState.DENIED, NOW, "ana may not list nodes")}


def staged(
    told: Snapshot, *keys: str, **settings: bool | str
) -> tuple[GowebApp, Callable[[Pilot[None]], Awaitable[None]]]:
    """The program over this Snapshot, and what is done before the picture is taken."""
    source = Given(told)
    source.loading.told = loads()

    async def play(pilot: Pilot[None]) -> None:
        await shown(pilot, source)
        await pilot.press(*keys)
        await pilot.pause()

    return program(source, settings=Settings(**settings)), play  # type: ignore[arg-type]  # each test gives what fits


@pytest.mark.parametrize("size", [(120, 32), (80, 24)], ids=["wide", "small"])
def test_overview(snap_compare: Compare, size: tuple[int, int]) -> None:
    app, play = staged(snapshot())

    assert snap_compare(app, terminal_size=size, run_before=play)


def test_rollout_that_crashes_in_a_wide_terminal(snap_compare: Compare) -> None:
    app, play = staged(snapshot(), "end", "enter", "down")

    assert snap_compare(app, terminal_size=(170, 34), run_before=play)


def test_pod_that_crashes(snap_compare: Compare) -> None:
    app, play = staged(snapshot(), "P", "slash", *"crash", "enter", "enter")

    assert snap_compare(app, terminal_size=(100, 34), run_before=play)


def test_lost_server_and_forbidden_nodes_in_the_light_theme(snap_compare: Compare) -> None:
    app, play = staged(snapshot({Kind.NODE: []}, feeds=LOST | DENIED), theme="light")

    assert snap_compare(app, terminal_size=(120, 28), run_before=play)


def test_help_in_ascii(snap_compare: Compare) -> None:
    app, play = staged(snapshot(), "question_mark", ascii=True)

    assert snap_compare(app, terminal_size=(100, 44), run_before=play)
