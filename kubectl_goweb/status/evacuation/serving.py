"""What stays available of the workloads and Services whose Pods are moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from kubectl_goweb.objects import Service
from kubectl_goweb.objects.template import FullPod
from kubectl_goweb.status.evacuation.budgets import is_healthy
from kubectl_goweb.status.verdicts import Answer, Ref


class Serving(Answer, frozen=True, gc=False):
    """A workload or Service, counted in ready Pods."""

    ref: Ref
    now: int
    least: int
    """While it goes on: all Pods of one wave are away until their replacements are ready."""
    after: int

    @property
    def is_gap(self) -> bool:
        """Nobody serves for a while."""
        return self.now > 0 and self.least == 0

    @property
    def text(self) -> str:
        where = f" in {self.ref.namespace}" if self.ref.namespace else ""
        return f"{self.ref.short}{where}: {self.now} ready, {self.least} meanwhile, {self.after} afterwards"


def root(pod: FullPod, owners: Mapping[str, Ref]) -> Ref | None:
    """The workload the Pod belongs to: a Deployment by way of its ReplicaSet, which `owners` names by uid."""
    owner = pod.metadata.controller
    if owner is None:
        return None
    return owners.get(owner.uid, Ref(owner.kind, owner.name, pod.metadata.namespace))


def served(
    pods: Iterable[FullPod],
    owners: Mapping[str, Ref],
    services: Iterable[Service],
    waves: Sequence[Sequence[FullPod]],
    returning: frozenset[str],
) -> tuple[Serving, ...]:
    """Those that lose at least one ready Pod, for `waves` of evicted Pods; `returning` are the keys of those that find
    another node.
    """
    by_namespace: dict[str, list[Service]] = {}
    for one in services:
        if one.spec.selector:
            by_namespace.setdefault(one.namespace, []).append(one)

    def groups(pod: FullPod) -> list[Ref]:
        found = [root(pod, owners)]
        found += [
            Ref("Service", one.name, one.namespace)
            for one in by_namespace.get(pod.metadata.namespace, ())
            if one.spec.selector.items() <= pod.metadata.labels.items()
        ]
        return [one for one in found if one is not None]

    touched = {ref for wave in waves for pod in wave if is_healthy(pod) for ref in groups(pod)}
    now = Counter(ref for pod in pods if is_healthy(pod) for ref in groups(pod) if ref in touched)
    left, least = Counter(now), Counter(now)
    for wave in waves:
        away = Counter(ref for pod in wave if is_healthy(pod) for ref in groups(pod))
        back = Counter(ref for pod in wave if is_healthy(pod) and pod.key in returning for ref in groups(pod))
        for ref, count in away.items():
            least[ref] = min(least[ref], left[ref] - count)
            left[ref] += back[ref] - count
    told = [Serving(ref, now[ref], least[ref], left[ref]) for ref in touched]
    return tuple(sorted(told, key=lambda one: (one.least - one.now, one.ref.namespace, one.ref.kind, one.ref.name)))
