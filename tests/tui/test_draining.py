"""A drain in the cockpit: simulated in the dialog, followed to its end, and left as it is when somebody leaves."""

from __future__ import annotations

import msgspec

from kubectl_goweb.actions.nodes.drained import Ending, News, Step
from kubectl_goweb.actions.plan import Plan, Refusal, Write
from kubectl_goweb.actions.requests import Drain, Request
from kubectl_goweb.status.evacuation.flags import Flags
from kubectl_goweb.status.evacuation.simulation import Move, Outcome, Simulation
from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.tui.screens.draining import DrainDialog
from kubectl_goweb.tui.screens.overview import OverviewScreen
from kubectl_goweb.tui.screens.plan import PlanDialog
from tests.tui.shop import snapshot
from tests.tui.sources import Given, program, screen_text, shown, some_plan, until

WIDE = (120, 40)
SIMULATION = Simulation(
    node="worker-1",
    moves=(
        Move("shop/web-1", "1", Outcome.MOVES, 1, to="worker-2"),
        Move("shop/web-2", "2", Outcome.BLOCKED, 0, why="budget web lets no more go", budget="shop/web"),
    ),
    stays=(),
    refused=(),
    budgets=(),
    serving=(),
    unchecked=("volumes",),
)


def a_drain(request: Request) -> Plan | Refusal:
    return msgspec.structs.replace(
        some_plan(request), simulation=SIMULATION, evictions=(Write("POST", "/1", b"{}"), Write("POST", "/2", b"{}"))
    )


async def test_drain_shows_its_simulation_then_every_pod_and_its_end() -> None:
    source = Given(snapshot())
    source.planned = a_drain
    app = program(source)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await shown(pilot, source)
        await pilot.press("tab", "down", "D", *"force", "enter")
        await until(pilot, lambda: isinstance(app.screen, PlanDialog) and "danger" in screen_text(app))
        assert source.requests == [Drain(Ref("Node", "worker-1"), Flags(ignore_daemonsets=True, force=True))]
        for part in ("shop/web-1  room on worker-2", "stays: budget web lets no more go", "volumes, so that"):
            assert part in screen_text(app)

        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, DrainDialog))
        source.drain.tell(News(Step.GONE, "shop/web-1"))
        source.drain.tell(News(Step.BLOCKED, "shop/web-2", "budget web needs 2 [/]"))
        await until(pilot, lambda: "shop/web-2: budget web needs 2 [/]" in screen_text(app))
        assert "1 of 2 Pods gone" in screen_text(app)

        source.drain.end(Ending.DONE)
        await until(pilot, lambda: "drained: it stays out of service; i takes node worker-1 back" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, OverviewScreen))


async def test_leaving_a_drain_stops_it_and_says_what_is_left() -> None:
    source = Given(snapshot())
    source.planned = a_drain
    app = program(source)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await shown(pilot, source)
        await pilot.press("tab", "down", "D", "enter")
        await until(pilot, lambda: isinstance(app.screen, PlanDialog) and "danger" in screen_text(app))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, DrainDialog))
        await pilot.press("escape")
        await until(pilot, lambda: "stopped: 1 Pod is left as it is" in screen_text(app))
        assert source.drain.is_stopped.is_set()


async def test_word_that_is_no_flag_is_told_and_asked_again() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await shown(pilot, source)
        await pilot.press("tab", "down", "D", *"forse", "enter")
        await until(pilot, lambda: "'forse' is no flag of drain" in screen_text(app))
        assert source.requests == []
