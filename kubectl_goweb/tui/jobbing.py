"""Jobs of delivery in the cockpit: beginning one, saying in a few words how it stands, telling when that changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

from textual.app import App

from kubectl_goweb.delivery.jobs.job import Job, Stand, Work
from kubectl_goweb.errors import GowebError
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.tables import Cell, Column, Row, Table, Tone
from kubectl_goweb.tui.job_text import job_tone
from kubectl_goweb.tui.stage import Stage

if TYPE_CHECKING:
    from kubectl_goweb.delivery.jobs.desk import Choice, Desk

PLACE = "jobs"
"""Of the screen that shows the newest job."""


def why_not(stage: Stage, work: str) -> str:
    """Why such a job cannot be begun now; empty when it can."""
    if stage.desk is None:
        return "this cockpit was started without a place for jobs"
    return stage.desk.why_not(Work(work), stage.session.read_only)


def begin(app: App[None], stage: Stage, work: str, show: Callable[[], None]) -> None:
    """Begin a job, after a question where there are several ways, and show it; say why when it cannot be begun."""
    why, desk = why_not(stage, work), stage.desk
    if desk is None or why:
        app.notify(plain(why), title=work, severity="warning", markup=False)
        if desk is not None and desk.is_busy:
            show()
        return
    app.run_worker(_begin(app, stage, desk, Work(work), show), group="jobs", exclusive=True)


async def _begin(app: App[None], stage: Stage, desk: Desk, work: Work, show: Callable[[], None]) -> None:
    session = stage.session
    choices: tuple[Choice, ...] = ()

    async def start(choice: Choice) -> None:
        begin = partial(desk.begin, work, session.context, choice, read_only=session.read_only)
        await _start(app, work, begin, show)

    def chosen(id: str | None) -> None:
        found = next((one for one in choices if one.id == id), None)
        if found is not None:
            app.run_worker(start(found), group="jobs", exclusive=True)

    try:
        choices = await asyncio.to_thread(desk.choices, work, session.context)
    except GowebError as error:
        _refuse(app, work, error)
        return
    if len(choices) == 1:
        await start(choices[0])
        return
    from kubectl_goweb.tui.screens.picking import PickDialog  # only where there is a choice

    rows = tuple(Row(one.id, (Cell(plain(one.says)),)) for one in choices)
    table = Table((Column("way", "WAY", elastic=True),), rows)
    app.push_screen(
        PickDialog(f"How to {work}", table, placeholder="type a part of it", ascii_only=stage.ascii_only), chosen
    )


def canary(app: App[None], stage: Stage, ref: Ref, images: Sequence[str], steps: str, show: Callable[[], None]) -> None:
    """Release images step by step, and show it; say why when that cannot be begun."""
    why, desk, session = why_not(stage, Work.CANARY), stage.desk, stage.session
    if desk is None or why:
        app.notify(plain(why), title=f"canary {plain(ref.short)}", severity="warning", markup=False)
        return

    begin = partial(desk.canary, ref, images, steps, session.context, read_only=session.read_only)
    app.run_worker(_start(app, Work.CANARY, begin, show), group="jobs", exclusive=True)


async def _start(app: App[None], work: Work, begin: Callable[[], object], show: Callable[[], None]) -> None:
    """Show what was begun, or say why it was not."""
    try:
        await asyncio.to_thread(begin)
    except GowebError as error:
        _refuse(app, work, error)
    else:
        show()


def _refuse(app: App[None], work: str, error: GowebError) -> None:
    hint = f"; {error.hint}" if error.hint else ""
    app.notify(f"{plain(error.sentence)}{plain(hint)}", title=work, severity="error", markup=False)


class JobNews:
    """Looks at the newest job once a second."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._seen: tuple[Job, Stand] | None = None

    def look(self, app: App[None], *, is_shown: bool) -> None:
        """Tell that it asks or is over, where nobody sees that."""
        job = self._stage.desk.newest if self._stage.desk is not None else None
        if job is None:
            return
        picture = job.picture()
        if self._seen == (job, picture.stand):
            return
        self._seen = (job, picture.stand)
        if is_shown:
            return
        key = next((key for key, one in app.active_bindings.items() if one.binding.id == "go.jobs"), "")
        if picture.question is not None:
            told = f"{picture.question.question} {'Press ' + key + ' to answer' if key else ''}"
            app.notify(plain(told.rstrip()), title=plain(job.title), severity="warning", markup=False, timeout=15)
        elif picture.stand.is_over:
            severity: Literal["information", "error"] = "information" if picture.stand == Stand.DONE else "error"
            told = f"{picture.stand}: {picture.result}" if picture.result else str(picture.stand)
            app.notify(plain(told, 200), title=plain(job.title), severity=severity, markup=False, timeout=10)


def job_words(stage: Stage) -> tuple[str, Tone] | None:
    """The newest job in a few words, for the header; None when there was none."""
    job = stage.desk.newest if stage.desk is not None else None
    if job is None:
        return None
    picture = job.picture()
    title = plain(job.title)
    if picture.question is not None:
        return f"{title}: waits for an answer", Tone.WARN
    if picture.stand.is_over:
        return f"{title}: {picture.stand}", job_tone(picture)
    running = next((one for one in picture.stages if one.outcome == "running"), None)
    where = f" {running.name} {picture.now - running.began:.0f} s" if running is not None else ""
    return f"{title}:{where or ' ' + str(picture.stand)}", Tone.BUSY
