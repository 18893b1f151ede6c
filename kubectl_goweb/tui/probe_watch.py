"""What is probed while somebody looks, or because somebody wants it probed on and on; and what is known of it.

One of it a cluster. Probing is bounded, whatever is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kubectl_goweb.objects import Pod, Service
from kubectl_goweb.probing.selecting import Wish, pod_targets, service_targets
from kubectl_goweb.status.endpoints import selects
from kubectl_goweb.status.probes.history import History
from kubectl_goweb.status.probes.targets import Target
from kubectl_goweb.tui.log_targets import pods_of
from kubectl_goweb.tui.probed import Probe, Probed
from kubectl_goweb.tui.source import Probes, Source
from kubectl_goweb.tui.view import View

MOST_PODS = 200
"""Pods that are probed at once: every one of them gets a request every few seconds."""
MOST_SERVICES = 50
NAMESPACE = ""
"""Stands for all Pods and Services that are looked at."""


class ProbeWatch:
    """Keys are those of rows, `Kind/namespace/name`, or NAMESPACE. Called from one thread at a time."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._probes: Probes | None = None
        self.kept: frozenset[str] = frozenset()
        """What is probed whether it is on the screen or not."""
        self._open: tuple[str, ...] = ()
        self._known_of: tuple[str, ...] = ()

    def toggle(self, key: str) -> bool:
        """Probe it on and on, or not any more; whether it is from now on."""
        self.kept = self.kept ^ {key}
        return key in self.kept

    def enter(self, key: str) -> None:
        """A screen shows the probes of this."""
        self._open = (*self._open, key)

    def leave(self, key: str) -> None:
        """It does not any more; when nothing is kept, probing rests at once."""
        keys = list(self._open)
        keys.remove(key)
        self._open = tuple(keys)
        if not self.is_running and self._probes is not None:
            self._probes.rest()

    @property
    def is_running(self) -> bool:
        return bool(self.kept or self._open)

    def look(self, view: View) -> Probed:
        """What is to be probed in this View, and what is known of it; of what was probed last when nothing is."""
        wanted = tuple(dict.fromkeys((*self._open, *sorted(self.kept))))
        if wanted:
            self._known_of = wanted
        if not self._known_of:
            return Probed()
        self._probes = self._probes or self._source.probes()
        known = self._probes.known()
        pods, services = _subjects(view, self._known_of)
        probed = {
            pod.key: tuple(_with(known, pod_targets(pod, Wish(), _version(view, pod)))) for pod in pods[:MOST_PODS]
        }
        every = view.snapshot.pods.values()
        served = {one.key: tuple(_with(known, service_targets(one, every, Wish()))) for one in services[:MOST_SERVICES]}
        return Probed(bool(wanted), probed, served, max(len(pods) - MOST_PODS, 0))

    def run(self, probed: Probed) -> None:
        """Probe that from now on."""
        if self._probes is not None and self.is_running and probed.is_running:
            self._probes.probe(probed.targets)

    def stop(self) -> None:
        """Nothing is kept any more."""
        self.kept = frozenset()
        if self._probes is not None and not self._open:
            self._probes.rest()


def _with(known: Mapping[str, History], targets: Iterable[Target]) -> Iterator[Probe]:
    for target in targets:
        yield Probe(target, known.get(target.key, History()))


def _subjects(view: View, keys: Iterable[str]) -> tuple[list[Pod], list[Service]]:
    """The Pods that are meant, and the Services that select one of them."""
    pods: dict[str, Pod] = {}
    for key in keys:
        found = pods_of(view, *key.split("/", 2)) if key else view.snapshot.pods.values()
        pods.update((pod.key, pod) for pod in found if _is_alive(pod))
    labelled = [(pod.namespace, pod.metadata.labels) for pod in pods.values()]
    services = [
        one
        for one in view.snapshot.services.values()
        if one.spec.selector
        and any(namespace == one.namespace and selects(one.spec.selector, labels) for namespace, labels in labelled)
    ]
    return list(pods.values()), services


def _is_alive(pod: Pod) -> bool:
    return pod.metadata.deletion_timestamp is None and pod.status.phase not in ("Succeeded", "Failed")


def _version(view: View, pod: Pod) -> str:
    node = view.snapshot.nodes.get(pod.spec.node_name)
    return node.status.node_info.kubelet_version if node else ""
