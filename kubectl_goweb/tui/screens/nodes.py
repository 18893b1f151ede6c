"""All nodes, on the whole screen, and the control plane above them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual.widget import Widget

from kubectl_goweb.objects import Kind
from kubectl_goweb.tui import node_loads
from kubectl_goweb.tui.control_plane import plane_line
from kubectl_goweb.tui.feeds import notice
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.summary import Summary
from kubectl_goweb.tui.view import View
from kubectl_goweb.tui.viewing import ViewScreen


class NodesScreen(ViewScreen):
    shows_nodes = True

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._node_panel = stage.panel("Nodes", "nodes")
        self._plane = Summary()

    def body(self) -> Iterable[Widget]:
        return (self._plane, self._node_panel)

    def prepare(self, view: View) -> Callable[[], None]:
        nodes = node_loads.rows(view, ascii_only=self.stage.ascii_only)
        notices = (
            notice(view.snapshot.feeds, (Kind.NODE,), count=len(nodes.rows), none="no nodes"),
            node_loads.notice(view),
        )
        missing = "\n".join(one for one in notices if one)
        plane = plane_line(view, self.stage.parts.since, self.stage.zone, ascii_only=self.stage.ascii_only)

        def paint() -> None:
            self._plane.show(plane)
            self._plane.set_class(view.is_stale(*view.snapshot.feeds), "-stale")
            self._node_panel.show(nodes, notice=missing, is_stale=view.is_stale(Kind.NODE))

        return paint
