"""The Pods of the namespace."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual.widget import Widget

from kubectl_goweb.objects import Kind
from kubectl_goweb.tui.feeds import notice
from kubectl_goweb.tui.pod_rows import PodRows
from kubectl_goweb.tui.probe_cells import ProbeColumn, pod_cells
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.view import View
from kubectl_goweb.tui.viewing import ViewScreen


class PodsScreen(ViewScreen):
    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._rows = PodRows()
        self._probe_cells = ProbeColumn("status")
        self._pods = stage.panel("Pods", "pods")

    def body(self) -> Iterable[Widget]:
        return (self._pods,)

    def prepare(self, view: View) -> Callable[[], None]:
        table = self._rows.table(view.snapshot.pods, view.now)
        if view.probed.is_running:
            table = self._probe_cells.on(table, pod_cells(view, ascii_only=self.stage.ascii_only))
        namespace = view.snapshot.namespace
        where = f" in namespace {namespace}" if namespace else ""
        missing = notice(view.snapshot.feeds, (Kind.POD,), count=len(table.rows), none=f"no Pods{where}")
        without = ("namespace",) if namespace else ()
        return lambda: self._pods.show(table, notice=missing, without=without, is_stale=view.is_stale(Kind.POD))
