"""Everything around the workloads, indexed for the rules about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from kubectl_goweb.objects import Event, FeedState, Kind, Pod, Service, Snapshot
from kubectl_goweb.status.endpoints import selects
from kubectl_goweb.status.index import newest_first
from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.status.workloads import Workload


class Surroundings:
    """A whole namespace, or all of them; not what is narrowed to some names, where absence proves nothing."""

    def __init__(self, snapshot: Snapshot, workloads: Iterable[Workload], now: datetime) -> None:
        self.snapshot = snapshot
        self.now = now
        self._counts = {one.ref: one.counts.desired for one in workloads}
        self._templates: defaultdict[str, list[tuple[Ref, Mapping[str, str]]]] = defaultdict(list)
        for kind, objects in (
            ("Deployment", snapshot.deployments),
            ("StatefulSet", snapshot.stateful_sets),
            ("DaemonSet", snapshot.daemon_sets),
        ):
            for one in objects.values():
                labels = one.spec.template.metadata.labels
                self._templates[one.namespace].append((Ref(kind, one.name, one.namespace), labels))
        self._labelled: defaultdict[tuple[str, str, str], list[Pod]] = defaultdict(list)
        for pod in snapshot.pods.values():
            for key, value in pod.metadata.labels.items():
                self._labelled[pod.namespace, key, value].append(pod)

    def sees(self, kind: Kind) -> bool:
        """Whether all objects of the kind are here, so that one that is not here does not exist."""
        feed = self.snapshot.feeds.get(kind)
        return feed is not None and feed.state is FeedState.LIVE

    def selected(self, service: Service) -> list[Pod]:
        """The Pods that a Service selects."""
        selector = service.spec.selector
        found = [self._labelled.get((service.namespace, key, value), []) for key, value in selector.items()]
        fewest = min(found, key=len, default=[])
        return [pod for pod in fewest if selects(selector, pod.metadata.labels)]

    def templates(self, namespace: str) -> list[tuple[Ref, Mapping[str, str]]]:
        """The workloads of a namespace and the labels of their Pods."""
        return self._templates.get(namespace, [])

    def desired(self, ref: Ref) -> int:
        return self._counts.get(ref, 0)

    def workloads_behind(self, service: Service) -> tuple[Ref, ...]:
        return tuple(ref for ref, labels in self.templates(service.namespace) if selects(service.spec.selector, labels))

    def events_about(self, uid: str) -> list[Event]:
        """Newest first."""
        return newest_first(event for event in self.snapshot.events.values() if event.involved_object.uid == uid)
