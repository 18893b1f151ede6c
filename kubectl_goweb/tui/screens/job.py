"""The newest job of delivery: its stages, what it prints, its question. Leaving the screen does not end the job."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from textual.content import Content
from textual.widget import Widget

from kubectl_goweb.delivery.jobs.job import Job
from kubectl_goweb.delivery.jobs.story import Line, Mark
from kubectl_goweb.delivery.jobs.telling import Asked
from kubectl_goweb.kube.log_tail import Target
from kubectl_goweb.status.log_lines import Level
from kubectl_goweb.tables import Tone
from kubectl_goweb.tui import keys
from kubectl_goweb.tui.details import Writer
from kubectl_goweb.tui.job_text import job_lines
from kubectl_goweb.tui.log_buffer import LogLine
from kubectl_goweb.tui.searching import SearchScreen
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.summary import Summary
from kubectl_goweb.tui.view import View
from kubectl_goweb.tui.words import line

_REFRESH = 0.25
"""Seconds between two looks at the job."""
_WAYS_ON = ("p", "u")
"""Verbs' keys that mean something here: a canary may be let on or taken back before it has decided."""
_NOBODY = Target("", "", "", "")


class JobScreen(SearchScreen):
    BINDINGS = keys.bindings(keys.JOB_SCREEN)

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.lines.is_timeless = True
        self._summary = Summary()
        self._job: Job | None = None
        self._told = 0
        self._is_over = False
        self._asked: Asked | None = None
        self._titles: tuple[tuple[str, str], ...] = ()
        """What the ways on would do now."""

    def body(self) -> Iterable[Widget]:
        return (self._summary, self.lines)

    def on_mount(self) -> None:
        self.set_interval(_REFRESH, self._look)
        self._look()

    def prepare(self, view: View) -> Callable[[], None]:
        def paint() -> None:
            self._look()
            offers = tuple(self.offer(key) for key in _WAYS_ON) if self.about else ()
            titles = tuple((one.title, one.why_not) for one in offers if one is not None)
            if titles != self._titles:
                self._titles = titles
                self.refresh_bindings()

        return paint

    def _look(self) -> None:
        job = self.stage.desk.newest if self.stage.desk is not None else None
        if job is None:
            self._summary.show(lambda _: (line(("no job has been begun", Tone.FAINT)),))
            return
        if job is not self._job:
            self._job, self._told, self._is_over, self._asked = job, 0, False, None
            self.about = job.about
            self.lines.clear()
        new, count = job.lines(self._told)
        if new:
            self.lines.add([_log_line(one, count - len(new) + number) for number, one in enumerate(new)])
            self._told = count
        if self._is_over:
            return
        picture = job.picture()
        self._is_over = picture.stand.is_over
        self._summary.show(self._write(job))
        if picture.question is not self._asked:
            self._asked = picture.question
            self.refresh_bindings()
            if picture.question is not None and self.app.screen is self:
                self.action_answer()
        if self._is_over:
            self.refresh_bindings()

    def _write(self, job: Job) -> Writer:
        def write(width: int) -> Iterator[Content]:
            yield from job_lines(job.title, job.picture(), width, ascii_only=self.stage.ascii_only)

        return write

    # --- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "verb":
                return parameters[0] in _WAYS_ON and self.offer(str(parameters[0])) is not None
            case "look" | "keep_probing" | "copy":
                return super().check_action(action, parameters) if self.about else False
            case "job":
                return self._job is None or self._is_over  # one at a time
            case "answer":
                return self._asked is not None
            case "cancel":
                return self._job is not None and not self._is_over
            case _:
                return super().check_action(action, parameters)

    def action_answer(self) -> None:
        """Show what is asked; whoever closes that without an answer is asked again by this key."""
        from kubectl_goweb.tui.screens.answering import AnswerDialog  # few jobs ask

        job, asked = self._job, self._asked
        if job is None or asked is None:
            return

        def given(answer: str | None) -> None:
            if answer is not None and job.picture().question is asked:
                job.answer(answer)

        self.app.push_screen(AnswerDialog(job.title, job.context, asked), given)

    def action_cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()


def _log_line(one: Line, number: int) -> LogLine:
    level = Level.ERROR if one.mark is Mark.PROBLEM else Level.NONE
    return LogLine(_NOBODY, f"{number:012}", one.text, one.text, level, 0 if one.mark is Mark.OUTPUT else -1)
