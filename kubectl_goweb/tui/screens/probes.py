"""Probes of the Pods of a namespace, a workload or one Pod: our results with history, beside the kubelets' words."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import structs
from textual.widget import Widget

from kubectl_goweb.objects import Kind, Pod
from kubectl_goweb.probing.selecting import Wish, pod_targets
from kubectl_goweb.status.probes.history import History
from kubectl_goweb.status.probes.kubelet import kubelet_views
from kubectl_goweb.status.probes.report import ProbeReport, history_facts, pod_revision, report
from kubectl_goweb.status.probes.targets import Target
from kubectl_goweb.tables.probes import watched_probes
from kubectl_goweb.tui.feeds import notice
from kubectl_goweb.tui.log_targets import pods_of
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.view import View
from kubectl_goweb.tui.viewing import ViewScreen

_MOST = 200
"""Pods that are probed at once: every one of them gets a request every few seconds."""
_BARS = 30


class ProbesScreen(ViewScreen):
    """Probing goes on while the screen is there, and rests when it is left; what is known is kept."""

    def __init__(self, stage: Stage, key: str) -> None:
        super().__init__(stage)
        self.about = key
        self._probes = stage.source.probes()
        self._panel = stage.panel("Probes", "probes")

    def body(self) -> Iterable[Widget]:
        return (self._panel,)

    def on_unmount(self) -> None:
        self._probes.rest()

    def prepare(self, view: View) -> Callable[[], None]:
        pods = _alive(view, self.about)
        probed = pods[:_MOST]
        targets = [(pod, target) for pod in probed for target in pod_targets(pod, Wish(), _version(view, pod))]
        known = self._probes.known()
        reports = [_report(view, pod, target, known.get(target.key, History())) for pod, target in targets]
        table = watched_probes(reports, known, view.now, signs=not self.stage.ascii_only, bars=_BARS)
        missing = notice(view.snapshot.feeds, (Kind.POD,), count=len(table.rows), none="no Pod that could be probed")
        if len(pods) > len(probed):
            missing = f"{len(probed)} of {len(pods)} Pods are probed; choose a workload, or a namespace"
        wanted = [target for _, target in targets if not target.unready]

        def paint() -> None:
            if self.is_attached:
                self._probes.probe(wanted)
            without = ("namespace",) if view.snapshot.namespace else ()
            self._panel.show(table, notice=missing, without=without, is_stale=view.is_stale(Kind.POD))

        return paint


def _alive(view: View, key: str) -> list[Pod]:
    found = pods_of(view, *key.split("/", 2)) if key else view.snapshot.pods.values()
    return [
        pod
        for pod in found
        if pod.metadata.deletion_timestamp is None and pod.status.phase not in ("Succeeded", "Failed")
    ]


def _version(view: View, pod: Pod) -> str:
    node = view.snapshot.nodes.get(pod.spec.node_name)
    return node.status.node_info.kubelet_version if node else ""


def _report(view: View, pod: Pod, target: Target, history: History) -> ProbeReport:
    views = kubelet_views(pod, view.snapshot.events.values(), view.now)
    revision = pod_revision(pod, view.snapshot.replica_sets)
    told = report(target, history.last, views, view.now, revision=revision)
    return structs.replace(told, history=history_facts(history))
