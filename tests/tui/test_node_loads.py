"""CPU and memory of nodes on the screens: what is known, what is not and why, what is old."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta

import pytest
from msgspec import structs

from kubectl_goweb.objects import FeedState, Kind, Node
from kubectl_goweb.settings import Metrics, Settings
from kubectl_goweb.status.node_report import node_report
from kubectl_goweb.status.nodes import node_health
from kubectl_goweb.status.usage import PodCounts, Reading, thresholds
from kubectl_goweb.tables import Tone
from kubectl_goweb.tui.live_table import LiveTable
from kubectl_goweb.tui.screens.pods import PodsScreen
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
        assert row(text, "worker-2")[4:9] == ["<none>", "10.0.0.12", "6", "here", "71%"]
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


async def test_a_node_that_is_too_busy_is_judged_as_by_nodes_and_is_a_problem_while_that_is_fresh() -> None:
    source, clock = Given(snapshot()), Clock()
    source.loading.told = loads()
    limits = Settings(metrics=Metrics(memory=0.9))
    app = program(source, settings=limits, clock=clock)
    usage, node = loads().readings["worker-1"].usage, snapshot().nodes["worker-1"]
    busy = structs.replace(usage, memory=0.91)
    source.loading.told = structs.replace(loads(), readings={"worker-1": Reading(busy, NOW)})
    report = node_report(node, node_health(node, None), {}, busy, thresholds(limits.metrics), NOW)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        text = screen_text(app)
        assert (report.verdict, report.reasons) == ("degraded", ("memory 91 %, above 90 %",))
        assert row(text, "worker-1")[1:3] == ["▲", report.verdict]
        assert row(text, "worker-1")[-6:] == report.reasons[0].split()
        assert "GW-NODE-BUSY" in text
        assert "node worker-1 is too busy: memory 91 %, above 90 %" in text
        await pilot.press("X", "slash", *"busy", "enter")
        await until(pilot, lambda: "its load, told by metrics.k8s.io" in screen_text(app))
        await pilot.press("escape", "escape", "N")
        await until(pilot, lambda: "MEMORY" in screen_text(app))
        assert row(screen_text(app), "worker-1")[1:3] == ["▲", "degraded"]

        clock.time = NOW + timedelta(seconds=108)

        await until(pilot, lambda: row(screen_text(app), "worker-1")[1:3] == ["✔", "healthy"])


async def test_pods_of_all_namespaces_are_counted_for_who_watches_one_and_else_those_here_are_told() -> None:
    source, clock = Given(snapshot()), Clock()
    source.loading.told = structs.replace(loads(), pods_gap="ana may not list pods at [red]the cluster scope[/]")
    app = program(source, clock=clock)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        assert source.loading.counts
        await pilot.press("N")
        await until(pilot, lambda: "6 here" in screen_text(app))
        assert "Pods of all namespaces: ana may not list pods at [red]the cluster scope[/]" in screen_text(app)

        counted = PodCounts({"worker-1": 14, "worker-2": 38}, NOW)
        source.loading.told = structs.replace(loads(), pods=counted)
        await until(pilot, lambda: row(screen_text(app), "worker-2")[6] == "38")
        assert row(screen_text(app), "worker-3")[6] == "0"
        assert "here" not in screen_text(app)
        await pilot.press("down", "enter")
        await until(pilot, lambda: "14, of all namespaces; the node" in screen_text(app))
        await pilot.press("escape")

        clock.time = NOW + timedelta(seconds=108)
        await until(pilot, lambda: "38 (108s ago)" in screen_text(app))


async def test_who_watches_all_pods_has_nobody_count_them() -> None:
    source = Given(structs.replace(snapshot(), namespace=""))
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        assert source.loading.watched
        assert not source.loading.counts
        assert row(screen_text(app), "worker-2")[6] == "6"


async def test_a_screen_that_came_up_while_the_one_before_was_judged_has_the_last_word_on_who_is_asked() -> None:
    source = Given(snapshot(feeds=all_feeds(FeedState.STALE)))
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        asked = source.loading
        judging, go_on = threading.Event(), threading.Event()
        watch = asked.watch

        def slow_watch(nodes: Mapping[str, Node], first: str = "", *, counts: bool = False) -> None:
            if threading.current_thread() is not threading.main_thread():
                judging.set()
                assert go_on.wait(20)
            watch(nodes, first, counts=counts)

        asked.watch = slow_watch  # type: ignore[method-assign]  # held, so that the screen changes meanwhile
        source.give(snapshot(feeds=all_feeds(FeedState.STALE)))
        await until(pilot, judging.is_set)
        await pilot.press("P")
        await until(pilot, lambda: isinstance(app.screen, PodsScreen))
        go_on.set()
        await until(pilot, lambda: not asked.watched)
        await shown(pilot, source)
        assert not asked.watched

        await pilot.press("N")
        await until(pilot, lambda: bool(asked.watched))


def test_a_view_without_any_look_knows_nothing() -> None:
    told = judge(snapshot(), NOW)
    assert (told.loads.readings, told.loads.asked) == ({}, None)


async def test_a_share_above_the_limit_of_the_settings_stands_out() -> None:
    source = Given(snapshot())
    source.loading.told = loads()
    app = program(source, settings=Settings(metrics=Metrics(cpu=0.5, memory=0.93)))
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        told = app.screen.query_one("#nodes LiveTable", LiveTable)
        places = [told.column_keys.index(key) for key in ("cpu", "memory")]
        tones = {row.key: [row.cells[place].tone for place in places] for row in told.rows}
        assert tones["Node//cp-1"] == [Tone.PLAIN, Tone.PLAIN]
        assert tones["Node//worker-1"] == [Tone.WARN, Tone.PLAIN]
        assert tones["Node//worker-2"] == [Tone.WARN, Tone.WARN]
