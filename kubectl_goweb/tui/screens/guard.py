"""A rollout under guard: as its guard sees it, and what happened so far. It goes on when the screen is left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from textual.content import Content
from textual.widget import Widget

from kubectl_goweb.status.verdicts import Phase
from kubectl_goweb.status.workloads import Workload
from kubectl_goweb.tables import Tone
from kubectl_goweb.tui import guard_text, keys
from kubectl_goweb.tui.details import Details
from kubectl_goweb.tui.guards import farewell
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.summary import Summary
from kubectl_goweb.tui.view import View
from kubectl_goweb.tui.viewing import ViewScreen
from kubectl_goweb.tui.words import line

_REFRESH = 0.25
"""Seconds between two looks at what the guard tells."""


class Story(Details):
    """Has the focus, so its keys come first in the footer."""

    BINDINGS = keys.bindings(keys.GUARD)


class GuardScreen(ViewScreen):
    AUTO_FOCUS = "Story"

    def __init__(self, stage: Stage, key: str) -> None:
        super().__init__(stage)
        self.about = key
        self._summary = Summary()
        self._details = Story("What happened", id="details")
        self._doable: tuple[bool, Phase | None] = (False, None)
        """What decides which keys work."""

    def body(self) -> Iterable[Widget]:
        return (self._summary, self._details)

    def on_mount(self) -> None:
        self.set_interval(_REFRESH, self._show)

    def prepare(self, view: View) -> Callable[[], None]:
        return self._show

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "leave_guard":
            guarded = self.stage.guards.of(self.about)
            return guarded is not None and guarded.is_going
        return super().check_action(action, parameters)

    def action_leave_guard(self) -> None:
        """End the guard, not the rollout."""
        guarded = self.stage.guards.of(self.about)
        if guarded is not None and guarded.is_going:
            guarded.leave()
            self.app.notify(farewell(guarded.ref), severity="warning", markup=False)
            self._show()

    def _show(self) -> None:
        self._summary.show(self._head)
        self._details.show(self._story)
        guarded, workload = self.stage.guards.of(self.about), self._workload
        doable = (guarded is not None and guarded.is_going, workload.rollout.phase if workload else None)
        if doable != self._doable:
            self._doable = doable
            self.refresh_bindings()

    @property
    def _workload(self) -> Workload | None:
        """As it is now, if it is among what is looked at."""
        found = self.stage.view.overview.workloads if self.stage.view is not None else ()
        return next((one for one in found if one.ref.key == self.about), None)

    def _head(self, width: int) -> Iterator[Content]:
        guarded = self.stage.guards.of(self.about)
        if guarded is None:
            yield line((f"{self.about} is not guarded", Tone.WARN))
            return
        yield from guard_text.head(
            guarded, self._workload, self.stage.now(), width, self.stage.zone, ascii_only=self.stage.ascii_only
        )

    def _story(self, width: int) -> Iterator[Content]:
        guarded = self.stage.guards.of(self.about)
        if guarded is not None:
            yield from guard_text.story(guarded, width, self.stage.zone)
