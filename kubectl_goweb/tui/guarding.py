"""Begins guards, and tells how they ended wherever somebody is by then."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.app import App

from kubectl_goweb.errors import GowebError
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.tui.guards import Guarded
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.viewing import ViewScreen

if TYPE_CHECKING:
    from kubectl_goweb.actions.guard.telling import Report
    from kubectl_goweb.actions.guard.terms import OnFailure
    from kubectl_goweb.actions.requests import WorkloadRequest


def begin(
    app: App[None],
    stage: Stage,
    ref: Ref,
    policy: OnFailure,
    way_back: WorkloadRequest | None = None,
) -> None:
    """Guard the rollout that is under way, and go to its screen."""
    guarded = Guarded(ref, policy, stage.now())
    stage.guards.add(guarded)
    app.run_worker(_follow(app, stage, guarded, way_back), name=f"guard {ref.short}", group="guards")
    app.post_message(ViewScreen.Open(place(ref)))


def place(ref: Ref) -> str:
    """Of the screen about a guard."""
    return f"guard {ref.key}"


async def _follow(app: App[None], stage: Stage, guarded: Guarded, way_back: WorkloadRequest | None) -> None:
    from kubectl_goweb.actions.guard.following import LeftError

    source = stage.source

    def work() -> Report:
        guarding = source.guard(guarded.ref, guarded.policy, way_back, guarded)
        guarded.on_leaving(guarding.leave)
        return guarding.run()

    try:
        guarded.report = await asyncio.to_thread(work)
    except LeftError:
        return
    except GowebError as error:
        guarded.failure = error.sentence
    if getattr(app.screen, "place", "") != place(guarded.ref):
        _tell(app, guarded)


def _tell(app: App[None], guarded: Guarded) -> None:
    from kubectl_goweb.actions.guard.judging import Outcome
    from kubectl_goweb.actions.guard.wording import headline

    report, title = guarded.report, f"guard of {plain(guarded.ref.short)}"
    if report is None:
        app.notify(plain(guarded.failure), title=title, severity="error", markup=False)
        return
    acted = f"; {plain(report.acted)}" if report.acted else ""
    app.notify(
        f"{plain(headline(report))}: {plain(report.sentence)}{acted}",
        title=title,
        severity="information" if report.outcome is Outcome.DONE else "error",
        timeout=15,
        markup=False,
    )
