"""Every part of the control plane: how it is, by what that is known, since when."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual.widget import Widget

from kubectl_goweb.objects.text import plain
from kubectl_goweb.tui.control_plane import part_rows, plane_age
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.view import View
from kubectl_goweb.tui.viewing import ViewScreen


class ControlPlaneScreen(ViewScreen):
    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._panel = stage.panel("Control plane", "parts")

    def body(self) -> Iterable[Widget]:
        return (self._panel,)

    def prepare(self, view: View) -> Callable[[], None]:
        plane, why = view.snapshot.facts.plane, view.snapshot.facts.unseen.get("the control plane", "")
        rows = part_rows(view, self.stage.parts.since, ascii_only=self.stage.ascii_only)
        notice = ""
        if plane is None:
            notice = f"not known: {plain(why)}" if why else "it has not been asked yet"
        age, _ = plane_age(view, self.stage.zone)
        title = f"Control plane, {age}" if age else "Control plane"
        return lambda: self._panel.show(rows, notice=notice, title=title)
