"""CPU and memory of nodes on the screens: what is known, what is not and why, what is old."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec import structs

from kubectl_goweb.objects import FeedState, Kind
from kubectl_goweb.settings import Metrics, Settings
from kubectl_goweb.tables import Tone
from kubectl_goweb.tui.live_table import LiveTable
from kubectl_goweb.tui.view import judge
from tests.tui.shop import NOW, all_feeds, items, loads, snapshot
from tests.tui.sources import Clock, Given, program, screen_text, shown, until

WIDE = (160, 40)


def row(text: str, node: str) -> list[str]:
    """The words of the line of a node."""
    return next(line.split() for line in text.splitlines() if line.strip().startswith(node))


async def test_the_overview_tells_both_of_every_node_that_is_known() -> None:
    source = Given(snapshot())
    source.loading.told = loads()
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        text = screen_text(app)
        assert set(source.loading.watched) == {"cp-1", "worker-1", "worker-2", "worker-3"}
        assert row(text, "worker-2")[4:9] == ["<none>", "10.0.0.12", "?", "71%", "94%"]
        assert row(text, "worker-3").count("-") == 2, "not known is not 0"
        assert "CPU and memory" not in text


async def test_a_small_terminal_leaves_out_what_matters_less() -> None:
    source = Given(snapshot())
    source.loading.told = loads()
    app = program(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, source)
        text = screen_text(app)
        head = next(line for line in text.splitlines() if "MEMORY" in line)
        assert head.split() == ["NAME", "VERDICT", "PODS", "CPU", "MEMORY", "WHY"]
        assert "MemoryPressure" in text


@pytest.mark.parametrize(("is_forbidden", "word"), [(True, "forbidden"), (False, "not known")])
async def test_why_nothing_is_known_is_told_and_never_as_zero(is_forbidden: bool, word: str) -> None:
    source = Given(snapshot())
    told = loads("metrics.k8s.io: nothing there", "kubelet of cp-1: [red]eve[/] may not", known=False)
    source.loading.told = structs.replace(told, is_forbidden=is_forbidden)
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        assert f"Nodes  4  CPU and memory: {word}" in screen_text(app)
        assert "%" not in screen_text(app)
        await pilot.press("N")
        await until(pilot, lambda: "CPU and memory: kubelet of cp-1: [red]eve[/] may not" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "used   not known: metrics.k8s.io: nothing there" in screen_text(app))


async def test_before_anybody_was_asked_nothing_is_said_of_it() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        assert "CPU and memory" not in screen_text(app)
        await pilot.press("N", "enter")
        await until(pilot, lambda: "used   not asked yet" in screen_text(app))


async def test_what_is_old_says_how_old_also_while_the_cluster_tells_nothing_new() -> None:
    feeds = {Kind.EVENT: all_feeds(FeedState.STALE)[Kind.EVENT]}
    source, clock = Given(snapshot(feeds=feeds)), Clock()
    source.loading.told = loads("kubelet of worker-1: it did not answer")
    app = program(source, clock=clock)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("N")
        await until(pilot, lambda: "55%" in screen_text(app))
        assert "ago" not in "".join(line for line in screen_text(app).splitlines() if "worker" in line)

        clock.time = NOW + timedelta(seconds=108)

        await until(pilot, lambda: "55% (2m ago)" in screen_text(app))
        assert "kubelet of worker-1: it did not answer" in screen_text(app)


async def test_only_screens_with_nodes_have_them_asked_and_a_node_first_of_all() -> None:
    nodes = [
        {**one, "status": {**one["status"], "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}}}
        for one in items()[Kind.NODE]
    ]
    source = Given(snapshot({Kind.NODE: nodes}))
    source.loading.told = loads()
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        assert source.loading.watched
        await pilot.press("P")
        await until(pilot, lambda: not source.loading.watched)
        source.give(snapshot())
        await shown(pilot, source)
        assert not source.loading.watched
        source.give(snapshot({Kind.NODE: nodes}))
        await shown(pilot, source)

        await pilot.press("N", "down", "enter")
        sentence = "used   cpu 55%, 2200m of 4   memory 63%, 5161Mi of 8Gi   by metrics.k8s.io"
        await until(pilot, lambda: sentence in screen_text(app))
        source.give(snapshot({Kind.NODE: nodes}))
        await until(pilot, lambda: source.loading.first == "worker-1")


async def test_nobody_is_asked_once_another_screen_is_shown_also_when_nothing_new_is_told() -> None:
    source = Given(snapshot(feeds=all_feeds(FeedState.STALE)))
    source.loading.told = loads()
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        assert source.loading.watched
        await pilot.press("P")
        await until(pilot, lambda: not source.loading.watched)


def test_a_view_without_any_look_knows_nothing() -> None:
    told = judge(snapshot(), NOW)
    assert (told.loads.readings, told.loads.asked) == ({}, None)


async def test_a_share_above_the_limit_of_the_settings_stands_out() -> None:
    source = Given(snapshot())
    source.loading.told = loads()
    app = program(source, settings=Settings(metrics=Metrics(cpu=0.5, memory=0.93)))
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        rows = app.screen.query_one("#nodes LiveTable", LiveTable).rows
        tones = {row.key: [cell.tone for cell in row.cells if cell.text.endswith("%")] for row in rows}
        assert tones["Node//cp-1"] == [Tone.PLAIN, Tone.PLAIN]
        assert tones["Node//worker-1"] == [Tone.WARN, Tone.PLAIN]
        assert tones["Node//worker-2"] == [Tone.WARN, Tone.WARN]
