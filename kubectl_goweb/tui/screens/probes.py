"""Probes of the Pods and Services of a namespace, a workload or one Pod: our results with history, beside the kubelets'
words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual.widget import Widget

from kubectl_goweb.objects import Kind
from kubectl_goweb.tui.feeds import notice
from kubectl_goweb.tui.probe_rows import probe_rows
from kubectl_goweb.tui.probed import Probed
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.view import View
from kubectl_goweb.tui.viewing import ViewScreen

_BARS = 30


class ProbesScreen(ViewScreen):
    """Probing goes on while the screen is there, and rests when it is left, unless it is wanted on and on; what is
    known is kept.
    """

    def __init__(self, stage: Stage, key: str = "") -> None:
        super().__init__(stage)
        self.about = key
        self._panel = stage.panel("Probes", "probes")

    def body(self) -> Iterable[Widget]:
        return (self._panel,)

    def on_mount(self) -> None:
        self.stage.probes.enter(self.about)

    def on_unmount(self) -> None:
        self.stage.probes.leave(self.about)

    def prepare(self, view: View) -> Callable[[], None]:
        probed = self.stage.probes.look(view) if self.is_attached else Probed()
        table = probe_rows(view, probed, signs=not self.stage.ascii_only, bars=_BARS)
        missing = notice(view.snapshot.feeds, (Kind.POD,), count=len(table.rows), none="no Pod that could be probed")
        if probed.left_out:
            count = len(probed.pods)
            missing = f"{count} of {count + probed.left_out} Pods are probed; choose a workload, or a namespace"

        def paint() -> None:
            if self.is_attached:
                self.stage.probes.run(probed)
            without = ("namespace",) if view.snapshot.namespace else ()
            self._panel.show(table, notice=missing, without=without, is_stale=view.is_stale(Kind.POD))

        return paint
