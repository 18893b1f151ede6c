"""Findings about Pods. Pods of one workload that ail in the same way are one finding; each trouble has its module."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from msgspec import structs

from kubectl_goweb.objects import Kind, condition
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis import crashing, creating, ending, images, memory, placing, readiness, stopping
from kubectl_goweb.status.diagnosis.case import Case, Group, last_ended
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.ending import node_down
from kubectl_goweb.status.pod_trouble import Trouble
from kubectl_goweb.status.pods import PodHealth
from kubectl_goweb.status.verdicts import Evidence, Finding, Ref, Severity

_TELLING = {
    Trouble.CRASHING: ("BackOff", "Unhealthy", "Killing", "FailedPostStartHook"),
    Trouble.OUT_OF_MEMORY: ("OOMKilling", "BackOff"),
    Trouble.IMAGE: ("Failed", "ErrImageNeverPull", "InspectFailed", "BackOff"),
    Trouble.CONFIG: ("Failed", "FailedMount"),
    Trouble.START: ("Failed", "BackOff", "FailedPostStartHook"),
    Trouble.UNSCHEDULABLE: ("FailedScheduling", "NotTriggerScaleUp", "TriggeredScaleUp"),
    Trouble.NOT_READY: ("Unhealthy", "ProbeWarning"),
    Trouble.EVICTED: ("Evicted", "Preempting", "Preempted"),
    Trouble.ENDED: ("Failed", "DeadlineExceeded"),
    Trouble.LOST: ("NodeNotReady", "TaintManagerEviction"),
    Trouble.STUCK_TERMINATING: ("FailedKillPod", "FailedPreStopHook", "FailedUnmount"),
}
"""The event reasons that tell about a trouble; every other event of the Pod is noise beside it."""

_RULES: Mapping[Trouble, Callable[[Group], Finding]] = MappingProxyType(
    {
        Trouble.CRASHING: crashing.crash,
        Trouble.OUT_OF_MEMORY: memory.out_of_memory,
        Trouble.IMAGE: images.image,
        Trouble.CONFIG: creating.config,
        Trouble.START: creating.start,
        Trouble.UNSCHEDULABLE: placing.unschedulable,
        Trouble.NOT_READY: readiness.not_ready,
        Trouble.EVICTED: ending.evicted,
        Trouble.ENDED: ending.ended,
        Trouble.LOST: ending.lost,
        Trouble.STUCK_TERMINATING: ending.stuck_terminating,
    }
)

_STARTING = 30.0
"""Seconds that a new Pod may run without being ready before that is worth a warning."""

_RECENT = 600.0
"""Seconds since a restart, as in `overview`."""

_FIRST = 60.0
_SETTLED = 120.0
"""Seconds from a Pod's beginning in which a restart is one of its start, and seconds after which that is over."""

_BY_REASON = (Trouble.CRASHING, Trouble.IMAGE, Trouble.NOT_READY, Trouble.UNSCHEDULABLE)
"""Troubles that show several reasons in turn, as a crash loop does; elsewhere the reason tells causes apart."""


def pod_findings(case: Case) -> tuple[Finding, ...]:
    """What is wrong with the Pods of one workload."""
    groups: dict[tuple[str, Trouble, str, str], list[PodHealth]] = {}
    for pod in case.pods:
        if _is_history(case, pod):
            continue
        trouble = pod.trouble
        if trouble is Trouble.NOT_READY and node_down(case, pod) is not None:
            trouble = Trouble.LOST  # the node controller calls Pods of a silent node not ready, and nobody probes them
        if trouble is not Trouble.NONE and not (trouble is Trouble.NOT_READY and pod.is_starting(case.now, _STARTING)):
            reason = "" if trouble in _BY_REASON else pod.node if trouble is Trouble.LOST else pod.reason
            groups.setdefault((pod.revision, trouble, pod.container, reason), []).append(pod)
    found = []
    for (revision, trouble, _, _), pods in groups.items():
        found.append(_RULES[trouble](_group(case, revision, trouble, pods)))
    found.extend(creating.held_up(case))
    if (killed := stopping.cut_off(case)) is not None:
        found.append(killed)
    restarted = [
        pod
        for pod in case.pods
        if pod.is_ready and pod.restarted_at is not None and _is_news(pod, pod.restarted_at, case.now)
    ]
    if restarted:
        found.append(_restarted(case, restarted))
    return tuple(found)


def _is_history(case: Case, pod: PodHealth) -> bool:
    """Only its object is left: it ended a while ago, its controller, which does not count it any more, has made
    another one in its stead, and nothing is lacking.

    https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-garbage-collection
    """
    if pod.trouble not in (Trouble.ENDED, Trouble.EVICTED) or case.counts.available < case.counts.desired:
        return False
    raw = case.raw.get(pod.name)
    ready = condition(raw.status.conditions, "Ready") if raw else None
    ended = (ready.last_transition_time if ready else None) or pod.since
    return ended is None or (case.now - ended).total_seconds() > _RECENT


def _group(case: Case, revision: str, trouble: Trouble, pods: list[PodHealth]) -> Group:
    speaker = max(pods, key=lambda one: (one.name in case.logs, one.restarts, one.name))
    told = tuple(event for event in case.events.get(speaker.name, ()) if event.reason in _TELLING[trouble])
    return Group(case, revision, tuple(pods), speaker, told)


def _is_news(pod: PodHealth, restarted: datetime, now: datetime) -> bool:
    """Whether a restart is of late. One in the first minute of a Pod, which then went well, hurt nobody: it was not
    ready before, as when what it depends on started at the same time.
    """
    passed = (now - restarted).total_seconds()
    was_starting = pod.created is not None and (restarted - pod.created).total_seconds() < _FIRST
    return passed < (_SETTLED if was_starting else _RECENT)


def _restarted(case: Case, pods: list[PodHealth]) -> Finding:
    """Ready again; the run that ended tells why, as far as it was asked."""
    newest = max(pods, key=lambda pod: pod.restarted_at or case.now)
    raw = case.raw.get(newest.name)
    ended = last_ended(raw) if raw else None
    last = ended.last_state.terminated if ended else None
    word, reason, cause = "", "", "a container ended and was started again; the previous log tells why"
    related: tuple[Ref, ...] = ()
    proof: tuple[Evidence, ...] = ()
    if ended is not None and last is not None:
        speaker = structs.replace(newest, container=ended.name, exit_code=last.exit_code, message=last.message)
        group = _group(case, newest.revision, Trouble.CRASHING, [speaker])
        if last.reason == "OOMKilled":
            why = memory.out_of_memory(group)
            word, reason, cause = "killed for memory", why.reason, why.cause
        elif (why := crashing.crash(group)).reason:
            word, reason, cause = why.cause.partition("; its last words")[0], why.reason, why.cause
            related = tuple(one for one in why.related if one.kind == Kind.NETWORK_POLICY)
            proof = tuple(one for one in why.evidence if related and one.source == "NetworkPolicy")
    return finding(
        Code.POD_RESTARTS,
        Severity.WARNING,
        case.ref,
        plain(
            f"{len(pods)} ready Pod{'s' if len(pods) > 1 else ''} restarted within the last 10 minutes"
            + (f": {word}" if word else "")
        ),
        cause=cause,
        next=f"kubectl logs {newest.name} -n {newest.namespace} --previous",
        evidence=tuple(
            Evidence("status.containerStatuses", f"{pod.name}: {pod.restarts} restarts", pod.restarted_at)
            for pod in pods[:3]
        )
        + proof,
        since=min((pod.restarted_at for pod in pods if pod.restarted_at), default=None),
        affected=tuple(sorted(pod.name for pod in pods)),
        reason=reason,
        related=related,
    )
