"""Everything that is wrong, worst first, and what is known about the one that is selected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from textual.containers import Container
from textual.content import Content
from textual.widget import Widget

from kubectl_goweb import tables
from kubectl_goweb.objects import Kind
from kubectl_goweb.objects.wants import AROUND
from kubectl_goweb.status.verdicts import Finding
from kubectl_goweb.tables import Tone
from kubectl_goweb.tui import detail_text
from kubectl_goweb.tui.details import Details
from kubectl_goweb.tui.feeds import notice
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.view import WORKLOAD_KINDS, View
from kubectl_goweb.tui.viewing import ViewScreen
from kubectl_goweb.tui.words import line

_JUDGED_FROM = (*WORKLOAD_KINDS, Kind.REPLICA_SET, Kind.POD, Kind.NODE, Kind.SERVICE, Kind.ENDPOINT_SLICE, *AROUND)


class ProblemsScreen(ViewScreen):
    shows_nodes = True

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._panel = stage.panel("Problems", "all-problems")
        self._details = Details("Evidence", id="details")

    def body(self) -> Iterable[Widget]:
        return (Container(self._panel, self._details, id="halves"),)

    def prepare(self, view: View) -> Callable[[], None]:
        rows = tables.findings(view.findings, view.now)
        none = "nothing is known to be wrong"
        without = ("namespace",) if view.overview.namespace else ()
        missing = notice(view.snapshot.feeds, _JUDGED_FROM, count=len(rows.rows), none=none)

        def paint() -> None:
            self._panel.show(rows, notice=missing, without=without, is_stale=view.is_stale(*_JUDGED_FROM))
            self._tell()

        return paint

    def on_live_table_selected(self) -> None:
        self._tell()

    def _tell(self) -> None:
        view, key = self.stage.view, self._panel.table.selected
        if view is not None:
            found = tuple(one for one in view.findings if _key(one) == key)
            self._details.show(lambda width: self._written(found, view, width))

    def _written(self, found: tuple[Finding, ...], view: View, width: int) -> Iterator[Content]:
        yield from detail_text.findings(found, view.now, width)
        if found:
            yield line(("Enter goes to it", Tone.FAINT))


def _key(one: Finding) -> str:
    return f"{one.object.key}#{one.code}"
