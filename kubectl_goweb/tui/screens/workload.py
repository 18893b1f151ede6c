"""One workload: its rollout as it happens, what is wrong with it and why, its revisions and their Pods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from textual.containers import Container
from textual.content import Content
from textual.widget import Widget

from kubectl_goweb.objects.text import plain
from kubectl_goweb.objects.wants import Want
from kubectl_goweb.status.diagnosis.relevance import relevant
from kubectl_goweb.status.diagnosis.wants import configured
from kubectl_goweb.status.verdicts import Finding
from kubectl_goweb.status.workloads import Workload
from kubectl_goweb.tables import Tone
from kubectl_goweb.tui import detail_text
from kubectl_goweb.tui.details import Details, Writer
from kubectl_goweb.tui.events_of import event_wants, tree_events
from kubectl_goweb.tui.probe_cells import ProbeColumn, pod_cells
from kubectl_goweb.tui.probe_rows import probe_lines
from kubectl_goweb.tui.rollout_text import summary
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.summary import Summary
from kubectl_goweb.tui.tree import tree
from kubectl_goweb.tui.view import WORKLOAD_KINDS, View
from kubectl_goweb.tui.viewing import ViewScreen
from kubectl_goweb.tui.words import line


class WorkloadScreen(ViewScreen):
    AUTO_FOCUS = "#tree LiveTable"

    def __init__(self, stage: Stage, key: str) -> None:
        super().__init__(stage)
        self.about = key
        self._summary = Summary()
        self._tree = stage.panel("Revisions and Pods", "tree")
        self._details = Details("Why", id="details")
        self._probe_cells = ProbeColumn("status")
        self._last: Workload | None = None

    def body(self) -> Iterable[Widget]:
        return (self._summary, Container(self._tree, self._details, id="halves"))

    def prepare(self, view: View) -> Callable[[], None]:
        found = next((one for one in view.overview.workloads if one.ref.key == self.about), None)
        workload = found or self._last
        if workload is None:
            return lambda: self._summary.show(lambda _: (line(f"{self.about} is not there"),))
        rows = tree(workload, view.now, ascii_only=self.stage.ascii_only)
        if view.probed.is_running:
            rows = self._probe_cells.on(rows, pod_cells(view, ascii_only=self.stage.ascii_only))
        is_stale = found is None or view.is_stale(*WORKLOAD_KINDS)
        # One that is gone is told of as it was last seen.
        why = relevant(workload.ref, view.overview, view.snapshot) or workload.findings

        def paint() -> None:
            self._last = workload
            self._summary.show(self._summarize(workload, view, is_gone=found is None))
            self._summary.set_class(is_stale, "-stale")
            self._tree.show(rows, is_stale=is_stale)
            self._details.show(self._explain(workload, why, view))
            self._details.set_class(is_stale, "-stale")

        return paint

    def wants(self, view: View) -> tuple[Want, ...]:
        found = next((one for one in view.overview.workloads if one.ref.key == self.about), None)
        return (*configured(view.snapshot, [found]), *event_wants(view, found)) if found is not None else ()

    def _summarize(self, workload: Workload, view: View, *, is_gone: bool) -> Writer:
        def write(width: int) -> Iterator[Content]:
            if is_gone:
                yield line((f"{plain(workload.ref.short)} is gone; this was the last of it", Tone.WARN))
            yield from summary(workload, view.now, width, self.stage.zone, ascii_only=self.stage.ascii_only)

        return write

    def _explain(self, workload: Workload, why: tuple[Finding, ...], view: View) -> Writer:
        now, ellipsis = view.now, self.stage.ellipsis

        def write(width: int) -> Iterator[Content]:
            if why:
                yield from detail_text.findings(why, now, width)
            else:
                yield line(("nothing is known to be wrong", Tone.FAINT))
                yield Content("")
            yield from detail_text.endpoints(workload.endpoints)
            pods = [f"{one.namespace}/{one.name}" for one in workload.pods]
            services = [f"{workload.ref.namespace}/{one.service}" for one in workload.endpoints]
            yield from probe_lines(view, pods, services, width, signs=not self.stage.ascii_only)
            yield from detail_text.rows("Events", tree_events(view, workload), width, ellipsis=ellipsis)
            yield from detail_text.facts("Conditions", workload.conditions, now, width, ellipsis=ellipsis)

        return write
