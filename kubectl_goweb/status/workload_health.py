"""One workload, joined with all that belongs to it, and judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct

from kubectl_goweb.objects import (
    Condition,
    DaemonSet,
    Deployment,
    Event,
    LogTail,
    Object,
    Pod,
    StatefulSet,
    condition,
)
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.endpoints import service_endpoints
from kubectl_goweb.status.health import verdict
from kubectl_goweb.status.index import Index, newest_first
from kubectl_goweb.status.pods import PodHealth, pod_health
from kubectl_goweb.status.revisions import deployment_revisions, images, recorded_revisions
from kubectl_goweb.status.rollouts import (
    daemon_set_counts,
    daemon_set_rollout,
    deployment_counts,
    deployment_rollout,
    stateful_set_counts,
    stateful_set_rollout,
)
from kubectl_goweb.status.verdicts import Evidence, Finding, Phase, Ref, Verdict
from kubectl_goweb.status.workloads import Counts, Endpoints, Revision, Rollout, Workload

_DEFAULT_DEADLINE = 600.0
RECENT = 600.0
"""Seconds since a restart for which a Pod that is ready again is still worth a warning."""
_EVENTS_SHOWN = 10


class Known(Struct, frozen=True, gc=False):
    """What every workload is judged with."""

    index: Index
    logs: Mapping[str, LogTail]
    """By `namespace/name` of the Pod."""
    now: datetime
    ending: frozenset[str] = frozenset()
    """Namespaces that are being deleted."""


def deployment_health(deployment: Deployment, known: Known, asked: int | None = None) -> Workload:
    """A Deployment, joined by its ReplicaSets. `asked` is the revision that the caller asks about, if any."""
    index, now = known.index, known.now
    replica_sets = index.replica_sets.get(deployment.metadata.uid, ())
    owned = [pod for replica_set in replica_sets for pod in index.pods.get(replica_set.metadata.uid, ())]
    told = tuple(pod_health(pod, now) for pod in owned)
    revisions = deployment_revisions(deployment, replica_sets, told)
    rollout = deployment_rollout(deployment, revisions, now, asked=asked)
    return _workload(
        "Deployment",
        deployment,
        deployment_counts(deployment),
        rollout,
        told,
        revisions,
        deployment.status.conditions,
        [one.metadata.uid for one in replica_sets],
        known,
        paused=deployment.spec.paused,
        patience=float(deployment.spec.progress_deadline_seconds or _DEFAULT_DEADLINE),
    )


def stateful_set_health(stateful_set: StatefulSet, known: Known) -> Workload:
    """A StatefulSet, with its ControllerRevisions."""
    index, now = known.index, known.now
    told = tuple(pod_health(pod, now) for pod in index.pods.get(stateful_set.metadata.uid, ()))
    recorded = index.revisions.get(stateful_set.metadata.uid, ())
    revisions = recorded_revisions(recorded, told, stateful_set.status.update_revision)
    return _workload(
        "StatefulSet",
        stateful_set,
        stateful_set_counts(stateful_set),
        stateful_set_rollout(stateful_set, revisions, told, now),
        told,
        revisions,
        stateful_set.status.conditions,
        [],
        known,
    )


def daemon_set_health(daemon_set: DaemonSet, known: Known) -> Workload:
    """A DaemonSet, with its ControllerRevisions."""
    index, now = known.index, known.now
    told = tuple(pod_health(pod, now) for pod in index.pods.get(daemon_set.metadata.uid, ()))
    revisions = recorded_revisions(index.revisions.get(daemon_set.metadata.uid, ()), told, "")
    return _workload(
        "DaemonSet",
        daemon_set,
        daemon_set_counts(daemon_set),
        daemon_set_rollout(daemon_set, revisions, now),
        told,
        revisions,
        daemon_set.status.conditions,
        [],
        known,
    )


def _workload(
    kind: str,
    one: Deployment | StatefulSet | DaemonSet,
    counts: Counts,
    rollout: Rollout,
    told: tuple[PodHealth, ...],
    revisions: tuple[Revision, ...],
    conditions: tuple[Condition, ...],
    between: list[str],
    known: Known,
    *,
    paused: bool = False,
    patience: float = _DEFAULT_DEADLINE,
) -> Workload:
    """Join what the three kinds have in common. `between` are the uids of owners between it and its Pods."""
    index, logs, now = known.index, known.logs, known.now
    ref = Ref(kind, one.name, one.namespace)
    refused = condition(conditions, "ReplicaFailure")
    is_refused = refused is not None and refused.status == "True"
    judged, why = verdict(counts, rollout, told, now, patience=patience, is_refused=is_refused)
    endpoints = service_endpoints(index.services_of(one.namespace), one.spec.template.metadata.labels, index.slices)
    findings: tuple[Finding, ...] = ()
    is_ending = one.namespace in known.ending
    if not is_ending and _is_suspect(judged, rollout, told, endpoints, counts, now):
        from kubectl_goweb.status.diagnosis.case import Case  # not needed where all is well
        from kubectl_goweb.status.diagnosis.engine import workload_findings

        events_of = {pod.metadata.uid: pod for pod in _pods_of(one, index, between)}
        findings = workload_findings(
            Case(
                ref=ref,
                workload=one,
                counts=counts,
                rollout=rollout,
                pods=told,
                raw={pod.name: pod for pod in events_of.values()},
                revisions=revisions,
                conditions=conditions,
                endpoints=endpoints,
                events={
                    pod.name: newest_first(some) for uid, pod in events_of.items() if (some := index.events.get(uid))
                },
                own_events=newest_first(
                    event for uid in (one.metadata.uid, *between) for event in index.events.get(uid, ())
                ),
                logs={pod.name: logs[key] for pod in told if (key := f"{pod.namespace}/{pod.name}") in logs}
                if logs
                else {},
                snapshot=index.snapshot,
                index=index,
                now=now,
            )
        )
    if is_ending:
        why = "its namespace is being deleted"
    elif judged.rank >= Verdict.UNKNOWN.rank and findings and findings[0].severity.rank > 0:
        why = findings[0].title
    elif judged is Verdict.PROGRESSING and findings and findings[0].severity.rank > 0:
        why = f"{why}; {findings[0].title}"
    return Workload(
        ref=ref,
        verdict=judged,
        why=plain(why),
        counts=counts,
        rollout=rollout,
        images=images(one.spec.template),
        restarts=sum(pod.restarts for pod in told) if index.sees_pods_of(kind) else None,
        restarted_at=max((pod.restarted_at for pod in told if pod.restarted_at), default=None),
        created=one.metadata.creation_timestamp,
        paused=paused,
        generation=one.metadata.generation,
        pods=told,
        revisions=revisions,
        conditions=tuple(
            Evidence(f"{c.type}={c.status}", plain(f"{c.reason}: {c.message}"), c.last_transition_time)
            for c in conditions
        ),
        endpoints=endpoints,
        events=_warnings(one, index, between),
        findings=findings,
    )


def _is_suspect(
    judged: Verdict,
    rollout: Rollout,
    told: Iterable[PodHealth],
    endpoints: Iterable[Endpoints],
    counts: Counts,
    now: datetime,
) -> bool:
    """Whether anything about it could make a finding; the rules are only loaded and asked when it does."""
    if judged not in (Verdict.HEALTHY, Verdict.IDLE) or rollout.phase is not Phase.SUCCEEDED:
        return True
    if counts.desired and any(service.ready == 0 for service in endpoints):
        return True
    return any(
        not pod.is_ready or (pod.restarted_at is not None and (now - pod.restarted_at).total_seconds() < RECENT)
        for pod in told
    )


def _pods_of(one: Object, index: Index, between: Iterable[str]) -> Iterable[Pod]:
    for uid in (one.metadata.uid, *between):
        yield from index.pods.get(uid, ())


def _warnings(one: Object, index: Index, between: Iterable[str]) -> tuple[Evidence, ...]:
    """The newest warnings about the workload, what it owns, and its Pods."""
    if not index.events:
        return ()
    uids = [one.metadata.uid, *between]
    uids += [pod.metadata.uid for uid in tuple(uids) for pod in index.pods.get(uid, ())]
    found = [event for uid in uids for event in index.events.get(uid, ()) if event.type != "Normal"]
    groups: dict[tuple[str, str], list[Event]] = {}
    for event in newest_first(found):
        groups.setdefault((event.reason, event.involved_object.kind), []).append(event)
    return tuple(_grouped(group) for group in list(groups.values())[:_EVENTS_SHOWN])


def _grouped(events: list[Event]) -> Evidence:
    """Events of one reason on one kind, newest first, as one line."""
    newest = events[0]
    names = {event.involved_object.name for event in events}
    kind = newest.involved_object.kind
    who = f"{len(names)} {kind}s" if len(names) > 1 else f"{kind.lower()}/{newest.involved_object.name}"
    times = sum(event.times for event in events)
    return Evidence(
        plain(f"{newest.reason} {who}"),
        plain(newest.message) + (f" ({times} times)" if times > 1 else ""),
        newest.last_seen,
    )
