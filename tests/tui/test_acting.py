"""Changes from the cockpit: what is shown before, what is asked, and that nothing is done without a yes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual.widgets import Input

from kubectl_goweb.actions.plan import Refusal
from kubectl_goweb.actions.requests import Abort, Isolate, Scale, Undo
from kubectl_goweb.objects import FeedState, Kind
from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.tui.app import GowebApp
from kubectl_goweb.tui.live_table import LiveTable
from kubectl_goweb.tui.remembered import Memory, Remembered
from kubectl_goweb.tui.screens.overview import OverviewScreen
from kubectl_goweb.tui.screens.plan import PlanDialog
from kubectl_goweb.tui.screens.pods import PodsScreen
from kubectl_goweb.tui.source import Session
from tests.tui.shop import ago, all_feeds, items, replica_set, snapshot
from tests.tui.sources import SESSION, Given, program, screen_text, shown, until

WIDE = (120, 40)
WEB = Ref("Deployment", "web", "shop")


def is_planned(app: GowebApp) -> bool:
    return isinstance(app.screen, PlanDialog) and "danger" in screen_text(app)


def key_colour(app: GowebApp, label: str) -> str:
    """The colour of a key's word in the last line."""
    (line,) = app.screen._compositor.render_strips()[-1:]
    return next(str(one.style.color) for one in line if one.style is not None and label in one.text)


async def test_scaling_asks_for_the_number_shows_the_plan_and_waits_for_a_yes() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await shown(pilot, source)
        await pilot.press("end", "s", "7", "enter")
        await until(pilot, lambda: is_planned(app))
        text = screen_text(app)
        assert source.requests == [Scale(WEB, 7)]
        assert "Scale deploy/web in shop @ prod-eu" in text
        for part in (
            "- spec.replicas: 5",
            "+ spec.replicas: 7",
            "spec.replicas is still 5",
            "kubectl change deploy/web",
        ):
            assert part in text
        assert "an autoscaler will take it back [/] GW-ACT-HPA" in text
        assert source.applied == []

        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, OverviewScreen))
        assert [plan.target for plan in source.applied] == [WEB]


async def test_escape_and_cancel_leave_everything_as_it_is() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await shown(pilot, source)
        for leave in ("escape", "enter"):  # the button that has the focus says Cancel
            await pilot.press("end", "u")
            await until(pilot, lambda: is_planned(app))
            await pilot.press(leave)
            await until(pilot, lambda: isinstance(app.screen, OverviewScreen))

        assert source.requests == [Abort(WEB), Abort(WEB)]
        assert source.applied == []


async def test_undo_of_a_revisions_row_means_that_revision() -> None:
    before = replica_set("api", "4c3b", "api:1.8.0", revision=11, count=0, ready=0, created=ago(days=20))
    source = Given(snapshot({Kind.REPLICA_SET: [*items()[Kind.REPLICA_SET], before]}))
    app = program(source)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await shown(pilot, source)
        await pilot.press("home", "enter")
        await until(pilot, lambda: "rev 11" in screen_text(app))
        tree = app.screen.query_one("#tree LiveTable", LiveTable)
        tree.select(next(row.key for row in tree.rows if "rev 11" in row.cells[0].text))
        await pilot.press("u", "enter")
        await until(pilot, lambda: is_planned(app))
        assert source.requests == [Undo(Ref("Deployment", "api", "shop"), 11)]


async def test_protected_context_wants_the_name_typed() -> None:
    source = Given(snapshot())
    app = program(source, session=replace(SESSION, is_protected=True))
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await shown(pilot, source)
        assert "protected" in screen_text(app).splitlines()[0]
        await pilot.press("end", "r")
        await until(pilot, lambda: is_planned(app))
        assert "Restart (y)" not in screen_text(app), "y alone does nothing here"
        await pilot.press("y", "enter")
        assert "that is not web: nothing was done" in screen_text(app)
        assert source.applied == []

        app.screen.query_one(Input).value = "web"
        await pilot.press("enter")
        await until(pilot, lambda: len(source.applied) == 1)


async def test_what_changed_meanwhile_is_shown_anew_and_asked_anew() -> None:
    source = Given(snapshot())
    source.conflicts = 1
    app = program(source)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await shown(pilot, source)
        await pilot.press("end", "r")
        await until(pilot, lambda: is_planned(app))
        await pilot.press("y")
        await until(pilot, lambda: "above is how it is now" in screen_text(app))
        await until(pilot, lambda: len(source.requests) == 2)
        assert source.applied == []

        await pilot.press("y")
        await until(pilot, lambda: len(source.applied) == 1)


async def test_refusal_is_told_and_cannot_be_confirmed() -> None:
    source = Given(snapshot())
    source.planned = lambda request: Refusal("restart", request.target, "nobody may", "ask ana")
    app = program(source)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await shown(pilot, source)
        await pilot.press("end", "r")
        await until(pilot, lambda: "cannot restart deploy/web: nobody may" in screen_text(app))
        await pilot.press("y", "escape")
        assert source.applied == []


async def test_read_only_and_stale_say_why_and_look_at_nothing() -> None:
    source = Given(snapshot())
    app = program(source, session=replace(SESSION, read_only="the settings say read_only"))
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await shown(pilot, source)
        await pilot.press("end", "r")
        await until(pilot, lambda: "read-only: the settings say read_only" in screen_text(app))
        await pilot.press("w")  # to look is no write
        await until(pilot, lambda: "when it fails  [only tell]" in screen_text(app))
        assert "roll back" not in screen_text(app)

    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await shown(pilot, source)
        await pilot.press("end")
        lively = key_colour(app, "Restart")
        source.give(snapshot(feeds=all_feeds(FeedState.STALE, why="connection refused")))
        await until(pilot, lambda: key_colour(app, "Restart") != lively)
        await pilot.press("r")
        await until(pilot, lambda: "what is shown is stale (connection refused)" in screen_text(app))
        assert source.requests == []


async def test_missing_permission_is_told_in_the_header_and_by_the_key() -> None:
    source = Given(snapshot())
    source.not_allowed = frozenset({"patch nodes"})
    app = program(source)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await shown(pilot, source)
        await until(pilot, lambda: "may not isolate, rejoin" in screen_text(app).splitlines()[0])
        await pilot.press("tab", "down", "i")
        await until(pilot, lambda: "you may not patch nodes" in screen_text(app))
        assert source.requests == []


async def test_node_is_isolated_with_a_reason() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await shown(pilot, source)
        await pilot.press("tab", "down", "i", *"disk", "enter")
        await until(pilot, lambda: is_planned(app))
        assert "guard it" not in screen_text(app)
        await pilot.press("escape", "i", *"disk", "tab", "right", "enter")
        await until(pilot, lambda: is_planned(app))

        node = Ref("Node", "worker-1")
        assert source.requests == [Isolate(node, "disk"), Isolate(node, "disk", "NoSchedule")]


async def test_dialog_keeps_the_object_that_was_selected_when_rows_move() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await shown(pilot, source)
        await pilot.press("end", "s")
        rest = [one for one in items()[Kind.DEPLOYMENT] if one["metadata"]["name"] != "web"]
        source.give(snapshot({Kind.DEPLOYMENT: rest}))
        await shown(pilot, source)
        await pilot.press("7", "enter")
        await until(pilot, lambda: is_planned(app))

        assert source.requests == [Scale(WEB, 7)]


class Two:
    """A kubeconfig with another context."""

    def __init__(self, other: Given) -> None:
        self.other = other
        self.opened: list[tuple[str, str | None]] = []

    def names(self) -> Sequence[str]:
        return ("prod-eu", "staging")

    def open(self, name: str, namespace: str | None) -> tuple[Given, Session]:
        self.opened.append((name, namespace))
        return self.other, Session(name, namespace=namespace or "default")


async def test_another_context_is_opened_where_it_was_left() -> None:
    source, other = Given(snapshot()), Given(snapshot())
    contexts, memory = Two(other), Memory(None)
    memory.keep("staging", Remembered("shop", "pods", ("shop", "infra")))
    app = program(source, contexts=contexts, memory=memory)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await shown(pilot, source)
        await pilot.press("end", "enter", "colon", *"ctx st", "enter")
        await until(pilot, lambda: isinstance(app.screen, PodsScreen))
        await shown(pilot, other)

        assert contexts.opened == [("staging", "shop")]
        assert screen_text(app).startswith(" staging · ns shop")
        assert source.is_closed
        left = memory.of("prod-eu")
        assert left is not None
        assert left.place == "Deployment/shop/web"

        await pilot.press("2")
        assert other.restarts == ["infra"]
