"""The ways through the cockpit, with real keys on a screen that is not there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from rich.cells import cell_len
from textual.widgets import Input

from kubectl_goweb import tables
from kubectl_goweb.objects import Feed, FeedState, Kind
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.overview import overview
from kubectl_goweb.tables import Tone
from kubectl_goweb.tui import keys, node_loads, theme
from kubectl_goweb.tui.app import GowebApp
from kubectl_goweb.tui.live_table import LiveTable
from kubectl_goweb.tui.screens.help import HelpScreen
from kubectl_goweb.tui.screens.node import NodeScreen
from kubectl_goweb.tui.screens.overview import OverviewScreen
from kubectl_goweb.tui.screens.pod import PodScreen
from kubectl_goweb.tui.screens.pods import PodsScreen
from kubectl_goweb.tui.screens.workload import WorkloadScreen
from kubectl_goweb.tui.view import judge
from kubectl_goweb.tui.words import style
from tests.tui.shop import JSON, NOW, all_feeds, event, items, pod, snapshot
from tests.tui.sources import SESSION, Clock, Given, program, screen_text, shown, until

WIDE = (120, 36)


def table(app: GowebApp, panel: str) -> LiveTable:
    return app.screen.query_one(f"#{panel} LiveTable", LiveTable)


async def test_first_screen_shows_the_very_rows_that_status_prints() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        told = overview(snapshot(), NOW)

        assert table(app, "problems").rows == tables.findings(told.findings, NOW).rows
        told_keys = {column.key: place for place, column in enumerate(tables.workloads((), NOW).columns)}
        shown_keys = table(app, "workloads").column_keys
        for row, same in zip(table(app, "workloads").rows, tables.workloads(told.workloads, NOW).rows, strict=True):
            cells = dict(zip(shown_keys, row.cells, strict=True))
            assert all(cells[key] == same.cells[place] for key, place in told_keys.items() if key != "phase")
        view = judge(snapshot(), NOW, source.loading.known(NOW), server_version=SESSION.version)
        assert table(app, "nodes").rows == node_loads.rows(view, ascii_only=False).rows


async def test_the_first_selection_is_the_worst_workload_and_stays_where_it_is_put() -> None:
    sick, well = items()[Kind.DEPLOYMENT], [one for one in items()[Kind.DEPLOYMENT] if "api" in one["metadata"]["name"]]
    listing = {Kind.POD: Feed(FeedState.LISTING, NOW)}
    source = Given(snapshot({Kind.DEPLOYMENT: well}, feeds=listing))
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        assert table(app, "workloads").selected == "Deployment/shop/api"
        source.give(snapshot({Kind.DEPLOYMENT: sick}, feeds=listing))
        await shown(pilot, source)
        assert table(app, "workloads").selected == "Deployment/shop/web"
        source.give(snapshot())
        await shown(pilot, source)

        source.give(snapshot({Kind.DEPLOYMENT: well}))
        await shown(pilot, source)
        source.give(snapshot())
        await shown(pilot, source)
        assert table(app, "workloads").selected == "StatefulSet/shop/postgres", "beside where web was, and no more led"


async def test_a_selection_that_somebody_has_moved_is_left_alone() -> None:
    listing = {Kind.POD: Feed(FeedState.LISTING, NOW)}
    source = Given(snapshot(feeds=listing))
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("home")
        source.give(snapshot())
        await shown(pilot, source)
        assert table(app, "workloads").selected == "Deployment/shop/api"


async def test_header_tells_context_version_namespace_user_and_feed() -> None:
    source = Given(snapshot())
    app = program(source, session=replace(SESSION, read_only="the settings say read_only"))
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        first = screen_text(app).splitlines()[0]

        assert first.startswith(" prod-eu · v1.34.4 · ns shop · ana · read-only  ")
        assert first.endswith("  ● live  03:07:41")


async def test_enter_goes_down_to_the_pod_and_escape_comes_back() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("end", "enter")
        assert isinstance(app.screen, WorkloadScreen)
        assert "rollout of revision 8  failed" in screen_text(app)
        assert "next   kubectl logs" in screen_text(app)

        await pilot.press("down", "enter")
        assert isinstance(app.screen, PodScreen)
        assert " pod/web-7965-2bvns  in shop   CrashLoopBackOff" in screen_text(app)
        assert "Error exit 2 61s ago" in screen_text(app)

        await pilot.press("escape", "escape")
        assert isinstance(app.screen, OverviewScreen)
        assert table(app, "workloads").selected == "Deployment/shop/web"


async def test_escape_on_the_first_screen_stays_there() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("escape", "escape")

        assert isinstance(app.screen, OverviewScreen)


async def test_problem_leads_to_the_workload_it_is_about() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("shift+tab", "enter")

        assert isinstance(app.screen, WorkloadScreen)
        assert screen_text(app).splitlines()[1].startswith(" deploy/web  in shop")


async def test_node_leads_to_the_pods_on_it() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("tab", "down", "down", "enter")

        assert isinstance(app.screen, NodeScreen)
        assert "Pods on worker-2" in screen_text(app)
        assert {row.cells[7].text for row in table(app, "tree").rows} == {"worker-2"}


async def test_rows_that_move_between_look_and_key_press_do_not_change_what_is_opened() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("end")
        fewer = [one for one in items()[Kind.DEPLOYMENT] if one["metadata"]["name"] in ("web", "mail")]
        source.give(snapshot({Kind.DEPLOYMENT: fewer, Kind.STATEFUL_SET: []}))
        await shown(pilot, source)
        await pilot.press("enter")

        assert screen_text(app).splitlines()[1].startswith(" deploy/web  in shop")


async def test_filter_narrows_while_typing_stays_after_enter_and_goes_with_escape() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("P")
        await pilot.press("slash", *"crash")
        assert len(table(app, "pods").rows) == 3

        await pilot.press("enter")
        assert "Pods  3 of 13 with 'crash'" in screen_text(app)
        assert app.focused is table(app, "pods")
        assert app.screen.query_one("#filter", Input).display is False

        await pilot.press("escape")
        assert len(table(app, "pods").rows) == 13
        assert isinstance(app.screen, PodsScreen)


async def test_escape_while_typing_a_filter_drops_it() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("slash", *"qon", "escape")

        assert app.is_running
        assert len(table(app, "workloads").rows) == 5
        assert app.focused is table(app, "workloads")


async def test_filter_stays_while_snapshots_come() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("slash", *"web", "enter")
        source.give(snapshot({Kind.NODE: []}))
        await shown(pilot, source)

        assert [row.key for row in table(app, "workloads").rows] == ["Deployment/shop/web"]


async def test_lost_server_keeps_the_rows_dims_them_and_stops_their_ages() -> None:
    source, clock = Given(snapshot()), Clock()
    app = program(source, clock=clock)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        rows = table(app, "workloads").rows
        clock.time = NOW + timedelta(seconds=90)
        why, retry_at = "connection refused", clock.time + timedelta(seconds=4)
        lost = {kind: Feed(FeedState.STALE, NOW, why, retry_at) for kind in items()}
        source.give(snapshot(feeds=lost))
        await shown(pilot, source)

        assert "◌ stale since 03:07:41 (connection refused), retry in 4 s" in screen_text(app).splitlines()[0]
        assert table(app, "workloads").rows == rows
        faint = table(app, "workloads").get_component_rich_style("live-table--stale").color
        line = table(app, "workloads").render_line(2)
        assert {one.style.color for one in line if one.style is not None and one.text.strip()} == {faint}

        source.give(snapshot())
        await shown(pilot, source)
        assert "● live" in screen_text(app).splitlines()[0]


async def test_pod_that_is_opened_while_the_server_is_lost_is_told_as_old() -> None:
    source = Given(snapshot(feeds=all_feeds(FeedState.STALE, why="connection refused")))
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("P", "enter")

        assert isinstance(app.screen, PodScreen)
        assert app.screen.query_one("Summary").has_class("-stale")


async def test_forbidden_part_is_told_where_it_would_be() -> None:
    denied = {Kind.NODE: Feed(FeedState.DENIED, NOW, "ana may not list nodes")}
    source = Given(snapshot({Kind.NODE: []}, feeds=denied))
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        text = screen_text(app)

        assert "● live · ✖ forbidden: nodes" in text.splitlines()[0]
        assert "  nodes: forbidden (ana may not list nodes)" in text
        assert "no nodes" not in text


async def test_what_is_not_there_yet_is_loading_and_not_none() -> None:
    nothing: dict[Kind, list[JSON]] = {kind: [] for kind in items()}
    source = Given(snapshot(nothing, feeds=all_feeds(FeedState.LISTING)))
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        assert "loading deployments" in screen_text(app)
        assert "no workloads" not in screen_text(app)

        source.give(snapshot(nothing))
        await shown(pilot, source)
        assert "no workloads in namespace shop" in screen_text(app)


async def test_before_the_first_snapshot_it_says_connecting() -> None:
    app = program(Given())
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: "connecting" in screen_text(app))


async def test_namespace_is_chosen_from_the_list() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("enter", "n", *"inf", "enter")

        assert source.restarts == ["infra"]
        assert isinstance(app.screen, OverviewScreen)


async def test_all_namespaces_can_be_chosen() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("n", *"all", "enter")

        assert source.restarts == [""]


async def test_namespaces_column_is_shown_for_all_namespaces_only() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        assert "NAMESPACE" not in screen_text(app)

        source.give(snapshot(namespace=""))
        await shown(pilot, source)
        assert screen_text(app).count("NAMESPACE") == len(("problems", "workloads"))
        await pilot.resize_terminal(60, 24)
        await pilot.pause()
        assert "NAMESPACE" in screen_text(app)
        await pilot.resize_terminal(*WIDE)
        await pilot.pause()
        assert "all namespaces" in screen_text(app).splitlines()[0]


async def test_namespace_is_typed_where_the_list_is_forbidden() -> None:
    denied = {Kind.NAMESPACE: Feed(FeedState.DENIED, NOW, "ana may not list namespaces")}
    source = Given(snapshot({Kind.NAMESPACE: []}, feeds=denied))
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("n")
        assert "namespaces: forbidden (ana may not list namespaces)" in screen_text(app)

        await pilot.press(*"team-7", "enter")
        assert source.restarts == ["team-7"]


async def test_impossible_namespace_is_refused_and_escape_changes_nothing() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("n", *"No_Such", "enter")
        assert "'No_Such' cannot be the name of a namespace" in screen_text(app)

        await pilot.press("escape")
        assert source.restarts == []
        assert isinstance(app.screen, OverviewScreen)


async def test_the_namespace_one_is_in_is_not_loaded_again() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("n", "enter")

        assert source.restarts == []


async def test_help_tells_every_key_that_works_here() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=(120, 90)) as pilot:
        await shown(pilot, source)
        await pilot.press("enter", "question_mark")
        text = screen_text(app)

        assert isinstance(app.screen, HelpScreen)
        for key in (*keys.TABLE, *keys.VIEW, *keys.APP):
            assert key.says in text
        await pilot.press("question_mark")
        assert isinstance(app.screen, WorkloadScreen)


async def test_keys_can_be_given_other_places() -> None:
    source = Given(snapshot())
    app = program(source, keymap={"go.pods": "f2", "app.quit": "x"})
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        assert "x Quit" in screen_text(app)
        await pilot.press("P")
        assert isinstance(app.screen, OverviewScreen)

        await pilot.press("f2")
        assert isinstance(app.screen, PodsScreen)


def test_every_binding_has_an_id_of_its_own() -> None:
    ids = keys.ids()

    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_leaving_closes_the_source(key: str) -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press(key)

    assert source.is_closed
    assert app.return_code == 0


async def test_workload_that_is_deleted_while_it_is_watched_is_told_so() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("end", "enter")
        source.give(snapshot({Kind.DEPLOYMENT: []}))
        await shown(pilot, source)

        assert "deploy/web is gone; this was the last of it" in screen_text(app)
        assert "web-7965-2bvns" in screen_text(app)


async def test_focus_goes_on_when_the_last_problem_is_solved() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("shift+tab")
        assert app.focused is table(app, "problems")
        well: dict[Kind, list[JSON]] = {kind: [] for kind in (Kind.DEPLOYMENT, Kind.NODE)}
        source.give(snapshot(well))
        await shown(pilot, source)
        await pilot.press("enter")

        assert isinstance(app.screen, WorkloadScreen)
        assert screen_text(app).splitlines()[1].startswith(" sts/postgres")


async def test_hostile_text_is_shown_as_data_on_every_screen() -> None:
    evil = "[/] [red]x[/red] \x1b[31m\x1b]0;title\x07 \u202egnp.exe\u202c 日本語 \x9b2J"
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": evil}}
    bad = pod("web", "7965", "evil", "web:[/]", created="2026-03-14T03:00:00Z", state=waiting)
    told = event(9, "web-7965-evil", "Back[/]Off", evil, "2026-03-14T03:07:00Z", 2)
    source = Given(snapshot({Kind.POD: [bad], Kind.EVENT: [told]}))
    app = program(source)
    seen = ""
    async with app.run_test(size=(200, 50)) as pilot:
        await shown(pilot, source)
        seen += screen_text(app)
        await pilot.press("end", "enter")
        seen += screen_text(app)
        await pilot.press("down", "enter")
        assert isinstance(app.screen, PodScreen)
        seen += screen_text(app)

    assert "[/] [red]x[/red]" in seen
    assert "Back[/]Off" in seen
    assert "日本語" in seen
    assert not {"\x1b", "\x9b", "\u202e", "\u202c", "\x07"} & set(seen)


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (150, 40), (200, 50), (30, 10)])
async def test_every_screen_fills_its_lines_exactly_at_any_size(size: tuple[int, int]) -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=size) as pilot:
        await shown(pilot, source)
        for key in ("end", "enter", "down", "enter", "P", "N", "n", "escape", "question_mark"):
            await pilot.press(key)
            strips = app.screen._compositor.render_strips()
            assert len(strips) == size[1]
            assert {strip.cell_length for strip in strips} == {size[0]}
            assert {cell_len(strip.text) for strip in strips} == {size[0]}


async def test_resizing_keeps_the_selected_row_in_sight() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, source)
        await pilot.press("P", "end")
        await pilot.resize_terminal(80, 12)
        await pilot.pause()

        assert "▸ web-7965-zglt5" in screen_text(app)


async def test_ascii_mode_draws_nothing_else() -> None:
    source = Given(snapshot())
    app = program(source, settings=Settings(ascii=True))
    async with app.run_test(size=(100, 24)) as pilot:
        await shown(pilot, source)
        for key in ("end", "enter", "down", "enter", "P", "N", "n", "escape", "question_mark", "escape", "slash"):
            await pilot.press(key)
            text = screen_text(app)
            assert text.isascii(), {char for char in text if not char.isascii()}


@pytest.mark.parametrize("name", [theme.DARK, theme.LIGHT, "textual-dark"])
async def test_every_tone_has_a_colour_in_every_theme(name: str) -> None:
    app = program(Given())
    async with app.run_test(size=WIDE):
        app.theme = name
        variables = app.theme_variables

        assert {style(tone).removeprefix("$") for tone in Tone if tone is not Tone.PLAIN} <= set(variables)


async def test_ages_go_on_while_everything_is_live() -> None:
    source, clock = Given(snapshot()), Clock()
    app = program(source, clock=clock)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("end", "enter")
        assert "(4m27s ago)" in screen_text(app)
        clock.time = NOW + timedelta(seconds=1)

        await until(pilot, lambda: "(4m28s ago)" in screen_text(app))


async def test_no_color_leaves_no_colour_and_still_shows_the_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        strips = app.screen._compositor.render_strips()
        styles = [
            one.style
            for strip in strips
            for one in strip.apply_filter(app._filters[-1], app.screen.background_colors[0])
            if one.style
        ]

        assert {colour.is_default for style in styles for colour in (style.color, style.bgcolor) if colour} <= {True}
        selected = table(app, "workloads").rows[-1].key
        assert table(app, "workloads").selected == selected
        assert table(app, "workloads").render_line(len(table(app, "workloads").rows))._segments[0].style.reverse  # type: ignore[union-attr]  # it has a style


async def test_who_may_see_pods_alone_begins_at_their_problems_and_is_told_why_by_enter() -> None:
    hidden = (Kind.DEPLOYMENT, Kind.STATEFUL_SET, Kind.DAEMON_SET, Kind.REPLICA_SET, Kind.NODE)
    feeds = {kind: Feed(FeedState.DENIED, NOW, f"eve may not list {kind.resource.group_plural}") for kind in hidden}
    feeds[Kind.INGRESS] = Feed(FeedState.DENIED, NOW, "eve may not list ingresses.networking.k8s.io")
    source = Given(snapshot({kind: [] for kind in hidden}, feeds=feeds))
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        assert "GW-POD-CRASHLOOP" in screen_text(app)
        assert "(eve may not list them)" in screen_text(app)
        await until(pilot, lambda: table(app, "problems").has_focus)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PodScreen) and "GW-POD-CRASHLOOP" in screen_text(app))
