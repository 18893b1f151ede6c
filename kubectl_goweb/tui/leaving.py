"""Leaving the cockpit: what would be lost by it is said first, and the second time it is done."""

from __future__ import annotations

from textual.app import App

from kubectl_goweb.delivery.jobs.job import Job
from kubectl_goweb.objects.text import plain
from kubectl_goweb.tui.guards import Guarded
from kubectl_goweb.tui.stage import Stage


class Leaving:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._warned_of: frozenset[Guarded | Job] = frozenset()

    def may(self, app: App[None]) -> bool:
        """Whether nothing is lost, or it was said what."""
        guards, desk = frozenset(self._stage.guards.going), self._stage.desk
        jobs = {desk.newest} if desk is not None and desk.newest is not None and desk.is_busy else set()
        lost: frozenset[Guarded | Job] = guards | jobs
        if self._warned_of.issuperset(lost):
            return True
        self._warned_of = lost
        if guards:
            names = ", ".join(one.ref.short for one in guards)
            told = f"{names}: leaving ends the guard and leaves the rollout as it is; the same key again leaves"
            app.notify(plain(told), title="still guarded", severity="warning", markup=False)
        for job in jobs:
            told = "it ends when you leave, with everything that it has started; the same key again leaves"
            app.notify(told, title=plain(job.title), severity="warning", markup=False)
        return False
