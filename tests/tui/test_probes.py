"""The probe screen: what is probed, what is shown, and that probing rests when nobody looks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec import structs

from kubectl_goweb.objects import Snapshot
from kubectl_goweb.probing.selecting import Wish, pod_targets
from kubectl_goweb.status.probes.history import History
from kubectl_goweb.status.probes.results import ProbeResult, Reason
from kubectl_goweb.tables import Cell, Tone
from kubectl_goweb.tui.probe_cells import pod_cell, workload_cell
from kubectl_goweb.tui.probed import Probe
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


def probe(*results: ProbeResult, unready: str = "") -> Probe:
    (target,) = pod_targets(pod(PROBE), Wish())
    return Probe(structs.replace(target, unready=unready), history(*results))


OK = result(total=0.003, at=NOW - timedelta(seconds=2))
REFUSED = result(success=False, reason=Reason.REFUSED, at=NOW - timedelta(seconds=2))
UNSEEN = result(success=None, reason=Reason.NOT_SEEN, at=NOW - timedelta(seconds=2))
OLD = result(total=0.003, at=NOW - timedelta(minutes=2))


@pytest.mark.parametrize(
    ("probes", "text", "tone"),
    [
        ((probe(),), "◌", Tone.FAINT),
        ((probe(OK),), "● 3.0ms", Tone.GOOD),
        ((probe(OK), probe()), "◌", Tone.FAINT),
        ((probe(OK), probe(REFUSED)), "✖ refused", Tone.BAD),
        ((probe(UNSEEN),), "? not-seen", Tone.HELD),
        ((probe(OLD),), "● 3.0ms, 2m ago", Tone.FAINT),
        ((probe(unready="no address"),), "-", Tone.FAINT),
    ],
)
def test_a_pod_is_called_well_only_by_a_result_that_is_new(probes: tuple[Probe, ...], text: str, tone: Tone) -> None:
    assert pod_cell(probes, NOW, ascii_only=False) == Cell(text, tone)


@pytest.mark.parametrize(
    ("pods", "text", "tone"),
    [
        ([probe(OK), probe(OK)], "●● 2/2 3.0ms", Tone.GOOD),
        ([probe(OK), probe()], "●◌ 1/2 3.0ms", Tone.WARN),
        ([probe(OK), probe(REFUSED)], "●✖ 1/2 3.0ms", Tone.BAD),
        ([probe(), probe()], "◌◌", Tone.FAINT),
        ([probe(OK)] * 9, "9/9 3.0ms", Tone.GOOD),
        ([probe()] * 9, "?/9", Tone.FAINT),
        ([probe(OLD), probe(OLD)], "●● 2/2 3.0ms, 2m ago", Tone.FAINT),
        ([], "-", Tone.FAINT),
    ],
)
def test_a_workload_shows_a_dot_a_pod_and_how_many_are_well(pods: list[Probe], text: str, tone: Tone) -> None:
    assert workload_cell([(one,) for one in pods], NOW, ascii_only=False) == Cell(text, tone)


async def test_what_is_kept_probed_is_shown_on_every_screen_and_stops_by_the_same_key() -> None:
    def told() -> Snapshot:
        web = {key: one for key, one in shop().pods.items() if key.startswith("shop/web-69bf-a")}
        (key,) = web
        container = structs.replace(
            web[key].spec.containers[0], readiness_probe=pod(PROBE).spec.containers[0].readiness_probe
        )
        spec = structs.replace(web[key].spec, containers=(container,))
        return structs.replace(shop(), pods={**shop().pods, key: structs.replace(web[key], spec=spec)})

    source = Given(told())
    app = program(source)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await shown(pilot, source)
        assert "PROBE" not in screen_text(app)
        await pilot.press("end", "H")
        source.give(told())
        await until(pilot, lambda: "PROBE" in screen_text(app) and bool(source.probing.targets))
        readiness = next(one.key for one in source.probing.targets if one.key.startswith("pod/"))
        assert "◌" in screen_text(app)

        source.probing.histories[readiness] = history(OK)
        source.give(told())
        await until(pilot, lambda: "● 1/1 3.0ms" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "● 3.0ms" in screen_text(app))
        assert "svc/web" in screen_text(app)

        await pilot.press("H")
        await until(pilot, lambda: source.probing.is_resting)
        source.give(told())
        await until(pilot, lambda: "not running: the last results" in screen_text(app))
