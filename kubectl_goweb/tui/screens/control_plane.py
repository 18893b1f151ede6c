"""Every part of the control plane: how it is, by what that is known, since when; of the selected one, why in full."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from textual.containers import Container
from textual.content import Content
from textual.widget import Widget

from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.controlplane import Part
from kubectl_goweb.tables import Tone, verdict_tone
from kubectl_goweb.tui.control_plane import part_rows, plane_age
from kubectl_goweb.tui.details import Details
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.view import View
from kubectl_goweb.tui.viewing import ViewScreen
from kubectl_goweb.tui.words import hanging, line


class ControlPlaneScreen(ViewScreen):
    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._panel = stage.panel("Control plane", "parts")
        self._details = Details("Why", id="details")

    def body(self) -> Iterable[Widget]:
        return (Container(self._panel, self._details, id="halves"),)

    def prepare(self, view: View) -> Callable[[], None]:
        plane, why = view.snapshot.facts.plane, view.snapshot.facts.unseen.get("the control plane", "")
        rows = part_rows(view, self.stage.parts.since, ascii_only=self.stage.ascii_only)
        notice = ""
        if plane is None:
            notice = f"not known: {plain(why)}" if why else "it has not been asked yet"
        age, _ = plane_age(view, self.stage.zone)
        title = f"Control plane, {age}" if age else "Control plane"

        def paint() -> None:
            self._panel.show(rows, notice=notice, title=title)
            self._tell()

        return paint

    def on_live_table_selected(self) -> None:
        self._tell()

    def _tell(self) -> None:
        view, name = self.stage.view, self._panel.table.selected.removeprefix("Part//")
        found = tuple(one for one in view.parts if one.name == name) if view is not None else ()
        self._details.show(lambda width: self._written(found, width))

    def _written(self, found: tuple[Part, ...], width: int) -> Iterator[Content]:
        for one in found:
            tone = verdict_tone(one.verdict)
            by = f"  by {plain(one.source)}" if one.source else ""
            yield line((plain(one.name), "bold"), (f"  {one.verdict}", tone), (by, Tone.FAINT))
            yield hanging(line("  "), line(plain(one.why)), width)
