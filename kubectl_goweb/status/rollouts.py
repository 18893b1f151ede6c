"""Where a rollout stands, judged from the controller's counters and conditions and from the new Pods themselves.

`kubectl rollout status` looks at the counters only, so it waits ten minutes for a Pod that panics at every start; a new
Pod that cannot heal by waiting makes the phase `failed` here as soon as it is seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from kubectl_goweb.objects import Condition, DaemonSet, Deployment, StatefulSet, condition
from kubectl_goweb.status.ages import age
from kubectl_goweb.status.pod_trouble import Trouble
from kubectl_goweb.status.pods import PodHealth
from kubectl_goweb.status.verdicts import Phase
from kubectl_goweb.status.workloads import Counts, Limits, Revision, Rollout, fence_posts

_NO_DEADLINE = 2**31 - 1
_PLACING = 60.0
"""Seconds that a new Pod may be unschedulable before its rollout counts as stuck: room for a cluster autoscaler."""


def deployment_counts(deployment: Deployment) -> Counts:
    status = deployment.status
    return Counts(
        desired=deployment.spec.replicas,
        existing=status.replicas,
        updated=status.updated_replicas,
        ready=status.ready_replicas,
        available=status.available_replicas,
    )


def stateful_set_counts(stateful_set: StatefulSet) -> Counts:
    status = stateful_set.status
    return Counts(
        desired=stateful_set.spec.replicas,
        existing=status.replicas,
        updated=status.updated_replicas,
        ready=status.ready_replicas,
        available=status.available_replicas,
    )


def daemon_set_counts(daemon_set: DaemonSet) -> Counts:
    status = daemon_set.status
    return Counts(
        desired=status.desired_number_scheduled,
        existing=status.current_number_scheduled,
        updated=status.updated_number_scheduled,
        ready=status.number_ready,
        available=status.number_available,
    )


def has_pending_change(deployment: Deployment, revisions: Iterable[Revision]) -> bool:
    """A changed template that no ReplicaSet stands for yet, seen by the controller.

    The controller numbers a Deployment when it makes or finds the ReplicaSet of its template; a paused Deployment keeps
    the number of the revision before. Its Pods then count as not updated.
    """
    numbered = next((r for r in revisions if r.number == _number(deployment)), None)
    return numbered is not None and numbered.existing > 0 and deployment.status.updated_replicas == 0


def deployment_rollout(
    deployment: Deployment, revisions: tuple[Revision, ...], now: datetime, *, asked: int | None = None
) -> Rollout:
    """The rollout of a Deployment. `asked` is the revision the caller follows, when it follows one."""
    counts = deployment_counts(deployment)
    strategy = deployment.spec.strategy
    limits = fence_posts(counts.desired, strategy.type, strategy.rolling_update)
    current = next((r for r in revisions if r.is_current), None)
    pods = current.pods if current else ()
    progressing = condition(deployment.status.conditions, "Progressing")
    phase, message = _deployment_phase(deployment, counts, revisions, progressing, pods, now)
    number = _number(deployment)
    if asked is not None and number > asked:
        phase, message = Phase.SUPERSEDED, f"revision {asked} was replaced by revision {number}"
    return Rollout(
        phase=phase,
        message=message,
        revision=number,
        started=_started(current, revisions, phase),
        deadline=_deadline(deployment, progressing, phase),
        limits=limits,
        min_ready_seconds=deployment.spec.min_ready_seconds,
    )


def _deployment_phase(
    deployment: Deployment,
    counts: Counts,
    revisions: tuple[Revision, ...],
    progressing: Condition | None,
    pods: tuple[PodHealth, ...],
    now: datetime,
) -> tuple[Phase, str]:
    if _is_unobserved(deployment):
        meta = deployment.metadata
        return Phase.UPDATING, (
            f"waiting for the controller to see generation {meta.generation} "
            f"(it saw {deployment.status.observed_generation})"
        )
    if deployment.spec.paused and has_pending_change(deployment, revisions):
        return Phase.PAUSED, "paused with a change that is not rolled out"
    if _is_rolled_out(counts, progressing):
        return Phase.SUCCEEDED, "successfully rolled out"
    if deployment.spec.paused:
        return Phase.PAUSED, f"paused mid-rollout: {_waiting_for(counts)}"
    if progressing is not None and progressing.reason == "ProgressDeadlineExceeded":
        return Phase.FAILED, "exceeded its progress deadline"
    obstacle = _obstacle(pods, now, "new")
    if obstacle is not None:
        return obstacle
    refused = condition(deployment.status.conditions, "ReplicaFailure")
    if refused is not None and refused.status == "True":
        return Phase.STUCK, f"Pods cannot be created: {refused.message}"
    return Phase.UPDATING, _waiting_for(counts)


def _obstacle(pods: Iterable[PodHealth], now: datetime, word: str) -> tuple[Phase, str] | None:
    """What keeps these Pods from ever getting ready by waiting, if anything does."""
    pods = tuple(pods)
    fatal = [pod for pod in pods if pod.trouble.is_fatal]
    if fatal:
        return Phase.FAILED, f"{len(fatal)} of {len(pods)} {word} Pods abnormal: {fatal[0].reason}"
    waiting = [
        pod
        for pod in pods
        if pod.trouble is Trouble.UNSCHEDULABLE
        and (since := pod.since or pod.created) is not None
        and (now - since).total_seconds() > _PLACING
    ]
    if waiting:
        since = min(pod.since or pod.created or now for pod in waiting)
        return Phase.STUCK, f"{len(waiting)} of {len(pods)} {word} Pods find no node since {age(since, now)}"
    return None


def _waiting_for(counts: Counts) -> str:
    """kubectl's sentence, in kubectl's order: updated, old, available."""
    if counts.updated < counts.desired:
        return f"{counts.updated} out of {counts.desired} new replicas have been updated"
    if counts.existing > counts.updated:
        return f"{counts.existing - counts.updated} old replicas are pending termination"
    if counts.available < counts.updated:
        return f"{counts.available} of {counts.updated} updated replicas are available"
    return f"{counts.available} of {counts.desired} replicas are available"


def _is_unobserved(deployment: Deployment) -> bool:
    return deployment.metadata.generation > deployment.status.observed_generation


def _is_rolled_out(counts: Counts, progressing: Condition | None) -> bool:
    """The newest revision was complete once, and no old Pod is left.

    The controller keeps the reason NewReplicaSetAvailable while all Pods are of the newest revision, even when they
    fail later; that is then a fault of the service, not of the rollout.
    """
    if progressing is not None and progressing.reason == "NewReplicaSetAvailable":
        return counts.existing == counts.updated
    return counts.updated == counts.existing == counts.available == counts.desired


def _number(deployment: Deployment) -> int:
    text = deployment.metadata.annotations.revision
    return int(text) if text.isdecimal() else 0


def _started(current: Revision | None, revisions: Iterable[Revision], phase: Phase) -> datetime | None:
    """When the rollout began, None when nothing tells.

    After an undo the recorded revision is an old one. That began after the newest one was made, and the first Pod made
    from it since then tells when, as long as the rollout goes on.
    """
    if current is None or current.created is None:
        return None
    newest = max((one.created for one in revisions if one.created), default=current.created)
    first = min((pod.created for pod in current.pods if pod.created and pod.created >= newest), default=None)
    known = current.created if newest == current.created else None
    return known if phase is Phase.SUCCEEDED else first or known


def _deadline(deployment: Deployment, progressing: Condition | None, phase: Phase) -> datetime | None:
    seconds = deployment.spec.progress_deadline_seconds
    if phase not in (Phase.UPDATING, Phase.STUCK, Phase.FAILED) or seconds is None or seconds >= _NO_DEADLINE:
        return None
    if progressing is None or progressing.status != "True":
        return None
    since = progressing.last_update_time or progressing.last_transition_time
    return since + timedelta(seconds=seconds) if since else None


def stateful_set_rollout(
    stateful_set: StatefulSet, revisions: tuple[Revision, ...], pods: Iterable[PodHealth], now: datetime
) -> Rollout:
    """The rollout of a StatefulSet, by the rules of `kubectl rollout status`; a partition counts as asked for."""
    status, counts = stateful_set.status, stateful_set_counts(stateful_set)
    strategy = stateful_set.spec.update_strategy
    partition = strategy.rolling_update.partition if strategy.rolling_update else 0
    is_rolled_out = status.current_revision == status.update_revision or (
        partition > 0 and counts.updated >= counts.desired - partition
    )
    waiting = f"{counts.updated} of {counts.desired - partition} Pods are at revision {status.update_revision}"
    if strategy.type == "OnDelete" and not is_rolled_out:
        waiting += "; the others change when they are deleted (OnDelete)"
    is_unobserved = stateful_set.metadata.generation > status.observed_generation
    held = _held_in_order(stateful_set, pods)
    return _set_rollout(counts, revisions, now, is_rolled_out, is_unobserved, waiting, None, held)


def _held_in_order(stateful_set: StatefulSet, pods: Iterable[PodHealth]) -> str:
    """The Pod that keeps a StatefulSet from going on, which no waiting will mend: its ordinal is taken by one that does
    not go, or, in order, by one of an older revision that does not get ready. Empty when there is none.

    https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback
    """
    newest, in_order = stateful_set.status.update_revision, stateful_set.spec.pod_management_policy != "Parallel"
    for pod in pods:
        if pod.trouble is Trouble.STUCK_TERMINATING:
            return f"{pod.name} should be gone and is not, and its successor waits for that"
        if in_order and pod.trouble.is_fatal and pod.revision not in ("", newest):
            return f"{pod.name} of an older revision is abnormal and not replaced before it is ready: {pod.reason}"
    return ""


def daemon_set_rollout(daemon_set: DaemonSet, revisions: tuple[Revision, ...], now: datetime) -> Rollout:
    """The rollout of a DaemonSet, by the rules of `kubectl rollout status`."""
    counts = daemon_set_counts(daemon_set)
    strategy = daemon_set.spec.update_strategy
    waiting = f"{counts.updated} of {counts.desired} new Pods have been updated"
    if strategy.type == "OnDelete":
        waiting += "; the others change when they are deleted (OnDelete)"
    is_unobserved = daemon_set.metadata.generation > daemon_set.status.observed_generation
    limits = fence_posts(counts.desired, strategy.type, strategy.rolling_update)
    return _set_rollout(counts, revisions, now, counts.updated >= counts.desired, is_unobserved, waiting, limits)


def _set_rollout(
    counts: Counts,
    revisions: tuple[Revision, ...],
    now: datetime,
    is_rolled_out: bool,
    is_unobserved: bool,
    waiting: str,
    limits: Limits | None,
    held: str = "",
) -> Rollout:
    current = next((r for r in revisions if r.is_current), None)
    pods = current.pods if current else ()
    phase, message = Phase.UPDATING, waiting
    if is_unobserved:
        message = "waiting for the controller to see the new spec"
    elif is_rolled_out and counts.ready >= counts.desired:
        phase, message = Phase.SUCCEEDED, "successfully rolled out"
    elif (obstacle := _obstacle(pods, now, "new")) is not None:
        phase, message = obstacle
    elif held:
        phase, message = Phase.STUCK, held
    elif is_rolled_out:
        message = f"{counts.ready} of {counts.desired} Pods are ready"
    return Rollout(
        phase=phase,
        message=message,
        revision=current.number if current else 0,
        started=_started(current, revisions, phase),
        deadline=None,
        limits=limits,
    )
