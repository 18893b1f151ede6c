"""The probe screen: what is probed, what is shown, and that probing rests when nobody looks."""

from __future__ import annotations

from datetime import timedelta

from msgspec import structs

from kubectl_goweb.objects import Snapshot
from kubectl_goweb.status.probes.history import History
from kubectl_goweb.status.probes.results import ProbeResult, Reason
from kubectl_goweb.tui.screens.probes import ProbesScreen
from tests.probing.results import pod, result
from tests.tui.shop import NOW
from tests.tui.shop import snapshot as shop
from tests.tui.sources import Given, program, screen_text, shown, until

WIDE = (180, 40)
PROBE = {"readinessProbe": {"httpGet": {"path": "/api/health", "port": 8080}}}


def snapshot() -> Snapshot:
    """The shop with one Pod that declares a probe."""
    one = pod(PROBE)
    return structs.replace(shop(), pods={one.key: one})


def history(*results: ProbeResult) -> History:
    kept = History()
    for one in results:
        kept = kept.with_result(one)
    return kept


async def test_probes_of_the_namespace_are_shown_with_their_history_and_rest_when_left() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("colon", *"probes", "enter")
        await until(pilot, lambda: bool(source.probing.targets))
        (first,) = source.probing.targets
        await until(pilot, lambda: "not yet" in screen_text(app))
        assert "GET :8080/api/health" in screen_text(app)
        assert "readiness passing" in screen_text(app)

        failed = result(success=False, reason=Reason.REFUSED, target=first.key, at=NOW + timedelta(seconds=5))
        source.probing.histories[first.key] = history(result(target=first.key, total=0.02), failed)
        source.give(snapshot())
        await until(pilot, lambda: "refused" in screen_text(app))
        assert "50" in screen_text(app)
        assert "█╳" in screen_text(app)

        await pilot.press("escape")
        await until(pilot, lambda: source.probing.is_resting)


async def test_the_key_probes_what_is_selected() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("P")
        await pilot.pause()
        await pilot.press("h")
        await until(pilot, lambda: isinstance(app.screen, ProbesScreen) and bool(source.probing.targets))
        assert [target.key for target in source.probing.targets] == ["pod/shop/web-1 GET :8080/api/health"]
