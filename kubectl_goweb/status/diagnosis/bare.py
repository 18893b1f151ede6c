"""Pods that no workload tells of: without owner, of a Job that cannot begin, or of a controller that is not known here,
such as an operator's or a ReplicaSet of its own, or may not be seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_goweb.objects import FeedState, Kind, Pod
from kubectl_goweb.status.diagnosis.case import Case
from kubectl_goweb.status.diagnosis.pods import pod_findings
from kubectl_goweb.status.diagnosis.surroundings import Surroundings
from kubectl_goweb.status.index import newest_first
from kubectl_goweb.status.pod_trouble import Trouble
from kubectl_goweb.status.pods import PodHealth, pod_health
from kubectl_goweb.status.verdicts import Finding, Phase, Ref
from kubectl_goweb.status.workloads import Counts, Rollout

_TRIES = 3
"""Restarts after which a Job's Pod is no longer only trying again."""
_OWNERS = ("ReplicaSet", "Deployment", "StatefulSet", "DaemonSet")
_TOLD_ELSEWHERE = ("Deployment", "StatefulSet", "DaemonSet", "Node")
"""Whose Pods are told with them; those of a node are its own files'."""


def bare_findings(around: Surroundings) -> Iterator[Finding]:
    """By their owner, so that forty Pods of one operator's object are one finding."""
    known = {
        one.metadata.uid
        for one in around.snapshot.replica_sets.values()
        if (owner := one.metadata.controller) is not None and owner.kind == "Deployment"
    }
    if _is_hidden("Deployment", around):
        known = set()
    groups: dict[Ref, list[Pod]] = {}
    for pod in around.snapshot.pods.values():
        owner = pod.metadata.controller
        if owner is None or owner.uid not in known:
            ref = _whose(pod, around)
            if ref is not None:
                groups.setdefault(ref, []).append(pod)
    for ref, pods in groups.items():
        yield from _bare(ref, pods, around)


def _whose(pod: Pod, around: Surroundings) -> Ref | None:
    """Whom it is told of; None when it is told elsewhere, or it cannot be seen whose it is."""
    owner = pod.metadata.controller
    if owner is None:
        bare = not pod.metadata.owner_references and not pod.metadata.annotations.mirror
        return Ref("Pod", pod.name, pod.namespace) if bare else None
    if owner.kind == "Job":
        is_stuck = pod.status.phase == "Pending" or _starts(pod) >= _TRIES
        return Ref("Job", owner.name, pod.namespace) if is_stuck else None
    if owner.kind == "ReplicaSet":
        replica_set = around.snapshot.replica_sets.get(f"{pod.namespace}/{owner.name}")
        if replica_set is None and not _is_hidden(owner.kind, around):
            return None
        owner = (replica_set.metadata.controller if replica_set is not None else None) or owner
    if owner.kind in _TOLD_ELSEWHERE and not _is_hidden(owner.kind, around):
        return None
    return Ref(owner.kind, owner.name, pod.namespace)


def _is_hidden(kind: str, around: Surroundings) -> bool:
    """Whether who owns Pods by objects of this kind may not be seen, so that only the Pods tell."""
    feed = around.snapshot.feeds.get(Kind(kind)) if kind in _OWNERS else None
    return feed is not None and feed.state in (FeedState.DENIED, FeedState.FAILED)


def _starts(pod: Pod) -> int:
    """How often its containers were started again, while one of them waits for that."""
    statuses = pod.status.container_statuses
    return sum(one.restart_count for one in statuses) if any(one.state.waiting for one in statuses) else 0


def _bare(ref: Ref, pods: list[Pod], around: Surroundings) -> Iterator[Finding]:
    told = [one for pod in pods if not _is_over(one := pod_health(pod, around.now), pod)]
    if all(one.is_ready for one in told):
        return
    if _is_hidden(ref.kind, around):
        ref = Ref("Pod", next(one.name for one in told if not one.is_ready), ref.namespace)
    raw = {pod.name: pod for pod in pods}
    keys = {pod.key: pod.name for pod in pods}
    ready = sum(one.is_ready for one in told)
    yield from pod_findings(
        Case(
            ref=ref,
            workload=pods[0],
            counts=Counts(len(told), len(told), len(told), ready, ready),
            rollout=Rollout(Phase.UNKNOWN, "", 0, None, None, None),
            pods=tuple(told),
            raw=raw,
            revisions=(),
            conditions=(),
            endpoints=(),
            events={name: newest_first(around.index.events.get(pod.metadata.uid, ())) for name, pod in raw.items()},
            own_events=(),
            logs={keys[tail.pod]: tail for tail in around.snapshot.logs if tail.pod in keys},
            snapshot=around.snapshot,
            index=around.index,
            now=around.now,
        )
    )


def _is_over(told: PodHealth, pod: Pod) -> bool:
    """It has ended and was probably meant to: it is started by hand, as `kubectl run` does, or by an operator, once."""
    has_ended = told.trouble is Trouble.ENDED or pod.status.phase == "Succeeded"
    return has_ended and told.trouble is not Trouble.STUCK_TERMINATING
