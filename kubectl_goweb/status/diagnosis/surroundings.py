"""Everything around the workloads, indexed for the rules about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from kubectl_goweb.objects import Event, FeedState, Kind, Pod, Service, Snapshot
from kubectl_goweb.objects.apps import EndingContainer, LabelSelector, WorkloadPodSpec
from kubectl_goweb.status.endpoints import selects
from kubectl_goweb.status.index import Index, newest_first
from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.status.workloads import Workload

if TYPE_CHECKING:
    from kubectl_goweb.objects.policy import PodDisruptionBudget


class Template(Struct, frozen=True, gc=False):
    """A workload as the one who makes Pods with these labels."""

    ref: Ref
    selector: LabelSelector
    labels: Mapping[str, str]
    spec: WorkloadPodSpec

    @property
    def containers(self) -> tuple[EndingContainer, ...]:
        return self.spec.containers

    @property
    def namespace(self) -> str:
        return self.ref.namespace


class Surroundings:
    """A whole namespace, or all of them; not what is narrowed to some names, where absence proves nothing."""

    def __init__(self, snapshot: Snapshot, workloads: Iterable[Workload], index: Index, now: datetime) -> None:
        self.snapshot = snapshot
        self.index = index
        self.now = now
        self._counts = {one.ref: one.counts.desired for one in workloads}
        self._templates: defaultdict[str, list[Template]] = defaultdict(list)
        self._labelled: defaultdict[tuple[str, str, str], list[Template]] = defaultdict(list)
        for kind, objects in (
            ("Deployment", snapshot.deployments),
            ("StatefulSet", snapshot.stateful_sets),
            ("DaemonSet", snapshot.daemon_sets),
        ):
            for one in objects.values():
                labels = one.spec.template.metadata.labels
                found = Template(Ref(kind, one.name, one.namespace), one.spec.selector, labels, one.spec.template.spec)
                self._templates[one.namespace].append(found)
                for key, value in labels.items():
                    self._labelled[one.namespace, key, value].append(found)
        self._budgets: defaultdict[str, list[PodDisruptionBudget]] = defaultdict(list)
        for budget in snapshot.disruption_budgets.values():
            self._budgets[budget.namespace].append(budget)
        # Only by the labels that Services select: of ten labels that Pods have, one or two.
        keys = {key for service in snapshot.services.values() for key in service.spec.selector}
        self._pods: defaultdict[tuple[str, str, str], list[Pod]] = defaultdict(list)
        for pod in snapshot.pods.values():
            meta = pod.metadata
            for key in keys.intersection(meta.labels):
                self._pods[meta.namespace, key, meta.labels[key]].append(pod)

    def sees(self, kind: Kind) -> bool:
        """Whether all objects of the kind are here, so that one that is not here does not exist."""
        feed = self.snapshot.feeds.get(kind)
        return feed is not None and feed.state is FeedState.LIVE

    def selected(self, service: Service) -> list[Pod]:
        """The Pods that a Service selects."""
        selector = service.spec.selector
        found = [self._pods.get((service.namespace, key, value), []) for key, value in selector.items()]
        fewest = min(found, key=len, default=[])
        return fewest if len(selector) == 1 else [pod for pod in fewest if selects(selector, pod.metadata.labels)]

    def templates(self, namespace: str) -> list[Template]:
        """The workloads of a namespace."""
        return self._templates.get(namespace, [])

    def all_templates(self) -> Iterable[Template]:
        return (one for some in self._templates.values() for one in some)

    def templates_with(self, namespace: str, labels: Mapping[str, str]) -> list[Template]:
        """The workloads of a namespace whose Pods have all of these labels; none when no label is named."""
        found = [self._labelled.get((namespace, key, value), []) for key, value in labels.items()]
        fewest = min(found, key=len, default=[])
        return fewest if len(labels) == 1 else [one for one in fewest if selects(labels, one.labels)]

    def budgets(self, namespace: str) -> list[PodDisruptionBudget]:
        return self._budgets.get(namespace, [])

    def desired(self, ref: Ref) -> int:
        return self._counts.get(ref, 0)

    def workloads_behind(self, service: Service) -> tuple[Ref, ...]:
        return tuple(one.ref for one in self.templates_with(service.namespace, service.spec.selector))

    def events_about(self, uid: str) -> list[Event]:
        """Newest first."""
        return newest_first(self.index.events.get(uid, ()))
