"""The way between the screens: opening, going home, back and forth, looking elsewhere, and what commands do of that."""

from __future__ import annotations

from textual.app import App

from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.tui import screens
from kubectl_goweb.tui.live_table import LiveTable
from kubectl_goweb.tui.remembered import Remembered
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.trail import Place
from kubectl_goweb.tui.viewing import ViewScreen

_DEEPEST = 8
"""Screens that lie on each other."""


class Going:
    """Moves an app between the screens of a stage."""

    def __init__(self, app: App[None], stage: Stage) -> None:
        self._app = app
        self._stage = stage

    def open(self, place: str) -> None:
        """Put the screen of a place on top of the others."""
        if not place:
            return
        if len(self._app.screen_stack) > _DEEPEST:
            self.home()  # what is below goes on costing; the way back is remembered
        if (screen := screens.make(place, self._stage)) is not None:
            self._app.push_screen(screen)
        else:
            self._app.bell()  # a row of something that has no screen

    def go(self, place: str) -> None:
        """Go to a place, with only the overview below it."""
        self.home()
        self.open(place)

    def keep(self) -> None:
        """Remember where somebody is in this context."""
        stage = self._stage
        place = next((one.place for one in reversed(self._app.screen_stack) if isinstance(one, ViewScreen)), "")
        stage.memory.keep(stage.session.context, Remembered(stage.sought, place, tuple(stage.recent)))

    def home(self) -> None:
        while len(self._app.screen_stack) > 1:
            self._app.pop_screen()

    def look_at(self, namespace: str) -> None:
        """Look at another namespace; at all when empty."""
        if namespace == self._stage.sought:
            return
        self._seek(namespace)
        self.home()
        self._stage.looked_at(namespace)
        self._stage.trail.visit(Place(namespace, ""))

    def _seek(self, namespace: str) -> None:
        self._stage.sought = namespace
        self._stage.source.restart(namespace)

    def recent(self, digit: int) -> None:
        if digit == 0:
            self.look_at("")
        elif digit <= len(self._stage.recent):
            self.look_at(self._stage.recent[digit - 1])
        else:
            self._app.notify(f"no namespace has the number {digit} yet", markup=False, timeout=3)

    def arrived(self, screen: ViewScreen) -> None:
        """A screen is shown: remember the place, and how it was sorted."""
        self._stage.trail.visit(Place(self._stage.sought, screen.place))
        for name, order in self._stage.orders.get(screen.place, {}).items():
            for table in screen.query(f"#{name} LiveTable").results(LiveTable):
                if table.choice.order is None:
                    table.sort(order)

    def travel(self, step: int) -> None:
        """To the place before this one, or back again."""
        place = self._stage.trail.go(step)
        if place is None:
            self._app.bell()
            return
        if place.namespace != self._stage.sought:
            self._seek(place.namespace)
        self.go(place.screen)

    def workload(self, name: str) -> Ref | None:
        """The workload called so, or by its short form, `deploy/web`."""
        view = self._stage.view
        found = [one.ref for one in view.overview.workloads if name in (one.ref.name, one.ref.short)] if view else []
        return found[0] if found else None
