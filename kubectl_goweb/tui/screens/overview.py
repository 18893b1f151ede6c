"""The first screen: is anything wrong, where, since when; every workload; every node."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual.widget import Widget

from kubectl_goweb import tables
from kubectl_goweb.objects import FeedState, Kind
from kubectl_goweb.status.overview import Overview
from kubectl_goweb.tables import Cell
from kubectl_goweb.tui import node_loads
from kubectl_goweb.tui.control_plane import plane_line
from kubectl_goweb.tui.feeds import notice
from kubectl_goweb.tui.probe_cells import ProbeColumn, workload_cell
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.summary import Summary
from kubectl_goweb.tui.view import WORKLOAD_KINDS, View
from kubectl_goweb.tui.viewing import ViewScreen
from kubectl_goweb.tui.workload_rows import workload_rows

_ROOMY = 110
"""Cells across from which on findings are told with their codes."""
_JUDGED_FROM = (*WORKLOAD_KINDS, Kind.REPLICA_SET, Kind.POD)


class OverviewScreen(ViewScreen):
    shows_nodes = True
    AUTO_FOCUS = "#workloads LiveTable"

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._problem_panel = stage.panel("Problems", "problems")
        self._workload_panel = stage.panel("Workloads", "workloads")
        self._node_panel = stage.panel("Nodes", "nodes")
        self._plane = Summary()
        self._probe_cells = ProbeColumn("phase")
        self._problem_panel.display = False
        self._led_to: str | None = ""
        """The row that the selection was led to; None once it is the user's."""

    def body(self) -> Iterable[Widget]:
        return (self._problem_panel, self._workload_panel, self._plane, self._node_panel)

    def prepare(self, view: View) -> Callable[[], None]:
        overview, feeds = view.overview, view.snapshot.feeds
        problems = tables.findings(view.findings, view.now)
        workloads = workload_rows(overview.workloads, view.now, ascii_only=self.stage.ascii_only)
        if view.probed.is_running:
            workloads = self._probe_cells.on(workloads, _probed(view, ascii_only=self.stage.ascii_only))
        nodes = node_loads.rows(view, ascii_only=self.stage.ascii_only)
        where = f"in namespace {overview.namespace}" if overview.namespace else "in any namespace"
        workloads_notice = notice(feeds, _JUDGED_FROM, count=len(workloads.rows), none=f"no workloads {where}")
        nodes_notice = notice(feeds, (Kind.NODE,), count=len(nodes.rows), none="no nodes")
        plane = plane_line(view, self.stage.parts.since, self.stage.zone, ascii_only=self.stage.ascii_only)
        without = ("namespace",) if overview.namespace else ()
        worst = _worst(overview) if self._led_to is not None else ""
        is_known = all(feeds[kind].state is not FeedState.LISTING for kind in _JUDGED_FROM if kind in feeds)

        def paint() -> None:
            # Where there is little room, what is wrong counts more than how it is called.
            coded = () if self.size.width >= _ROOMY else ("code", "severity")
            self._problem_panel.show(
                problems, without=(*coded, *without), is_stale=view.is_stale(*_JUDGED_FROM, Kind.NODE)
            )
            if not problems.rows and self._problem_panel.table.has_focus:
                self._workload_panel.table.focus()
            self._problem_panel.display = bool(problems.rows)
            if problems.rows and not workloads.rows and self._workload_panel.table.has_focus:
                self._problem_panel.table.focus()  # who may see Pods alone
            is_theirs = self._workload_panel.table.selected != self._led_to
            self._workload_panel.show(
                workloads, notice=workloads_notice, without=without, is_stale=view.is_stale(*_JUDGED_FROM)
            )
            if is_theirs:
                self._led_to = None
            elif self._led_to is not None:
                self._lead_to(worst, is_known=is_known)
            self._plane.show(plane)
            self._plane.set_class(view.is_stale(*view.snapshot.feeds), "-stale")
            told = node_loads.remark(view.loads)
            self._node_panel.show(nodes, notice=nodes_notice, is_stale=view.is_stale(Kind.NODE), remark=told)

        return paint

    def _lead_to(self, worst: str, *, is_known: bool) -> None:
        """Until all is known for the first time the selection stands on the worst workload, so that Enter tells what is
        wrong.
        """
        self._workload_panel.table.select(worst)
        self._led_to = None if is_known else self._workload_panel.table.selected


def _worst(overview: Overview) -> str:
    """The row of the workload that the first problem is about, else of the one with the worst verdict; empty without
    workloads.
    """
    keys = {one.ref.key for one in overview.workloads}
    first = next((one.object.key for one in overview.findings if one.object.key in keys), "")
    return first or max(overview.workloads, key=lambda one: one.verdict.rank).ref.key if overview.workloads else ""


def _probed(view: View, *, ascii_only: bool) -> dict[str, Cell]:
    """By the row's key, for the workloads of which a Pod is probed."""
    found = {}
    for one in view.overview.workloads:
        probes = [known for pod in one.pods if (known := view.probed.pods.get(f"{pod.namespace}/{pod.name}"))]
        if probes:
            found[one.ref.key] = workload_cell(probes, view.now, ascii_only=ascii_only)
    return found
