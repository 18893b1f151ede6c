"""All nodes, on the whole screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual.widget import Widget

from kubectl_goweb import tables
from kubectl_goweb.objects import Kind
from kubectl_goweb.tui.feeds import notice
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.view import View
from kubectl_goweb.tui.viewing import ViewScreen


class NodesScreen(ViewScreen):
    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._node_panel = stage.panel("Nodes", "nodes")

    def body(self) -> Iterable[Widget]:
        return (self._node_panel,)

    def prepare(self, view: View) -> Callable[[], None]:
        nodes = tables.nodes(view.overview.nodes, view.now, signs=not self.stage.ascii_only)
        missing = notice(view.snapshot.feeds, (Kind.NODE,), count=len(nodes.rows), none="no nodes")
        return lambda: self._node_panel.show(nodes, notice=missing, is_stale=view.is_stale(Kind.NODE))
