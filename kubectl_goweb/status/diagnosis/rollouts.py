"""Findings about a workload itself: deadline, refused Pods, held back, two owners, and the Services before it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kubectl_goweb.objects import Deployment, Event, StatefulSet, condition
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import duration
from kubectl_goweb.status.diagnosis.admission import refusal
from kubectl_goweb.status.diagnosis.case import Case, from_condition, from_event
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.order import FORCED
from kubectl_goweb.status.diagnosis.probe_words import budget
from kubectl_goweb.status.diagnosis.surroundings import Surroundings
from kubectl_goweb.status.verdicts import Evidence, Finding, Phase, Ref, Severity
from kubectl_goweb.status.weight import carried_by

_REFUSED_FOR = 600.0
"""Seconds for which an event about a Pod that could not be created counts while Pods are still lacking."""


def deadline(case: Case) -> Finding | None:
    """Condition Progressing with reason ProgressDeadlineExceeded."""
    progressing = condition(case.conditions, "Progressing")
    if progressing is None or progressing.reason != "ProgressDeadlineExceeded":
        return None
    older = next((r for r in case.revisions if not r.is_current and r.available > 0), None)
    back = f" --to-revision={older.number}" if older else ""
    return finding(
        Code.ROLLOUT_DEADLINE,
        Severity.CRITICAL,
        case.ref,
        f"rollout of revision {case.rollout.revision} exceeded its progress deadline",
        cause="no Pod of the new revision got ready in time; what its Pods lack tells why" + _impatient(case),
        next=f"kubectl rollout undo {case.on}{back}",
        evidence=(from_condition(progressing),),
        since=progressing.last_transition_time,
    )


def _impatient(case: Case) -> str:
    """That the deadline is shorter than the Pods may take to start."""
    if not isinstance(case.workload, Deployment):
        return ""
    given = [budget(c.startup_probe) for c in case.workload.spec.template.spec.containers if c.startup_probe]
    seconds = case.workload.spec.progress_deadline_seconds
    if not given or seconds is None or seconds >= max(given):
        return ""
    return f"; progressDeadlineSeconds is {seconds}, and the startupProbe allows {duration(max(given))}"


def refused(case: Case) -> Finding | None:
    """Pods that the API server will not create: condition ReplicaFailure, else its controller's event."""
    said = condition(case.conditions, "ReplicaFailure")
    if said is not None and said.status == "True":
        return _refused(case, said.message, from_condition(said), said.last_transition_time)
    event = _refusing(case)
    if event is None:
        return None
    return _refused(case, event.message, from_event(event), event.first_timestamp or event.last_seen)


def _refusing(case: Case) -> Event | None:
    """The newest FailedCreate, while Pods are still lacking; StatefulSets and DaemonSets have no condition for it."""
    if case.counts.existing >= case.counts.desired:
        return None
    for event in case.own_events:
        seen = event.last_seen
        if event.reason == "FailedCreate" and seen and (case.now - seen).total_seconds() < _REFUSED_FOR:
            return event
    return None


def _refused(case: Case, message: str, proof: Evidence, since: datetime | None) -> Finding:
    why = refusal(message, case.ref.namespace)
    lacking = case.counts.desired - case.counts.existing
    return finding(
        Code.ROLLOUT_REFUSED,
        Severity.CRITICAL,
        case.ref,
        plain(f"Pods cannot be created: {why.words}"),
        cause=plain(message),
        next=_look_at(case, why.related),
        evidence=(proof, *((Evidence("status.replicas", f"{lacking} Pods are lacking"),) if lacking > 0 else ())),
        since=since,
        reason=why.reason,
        related=why.related,
    )


def _look_at(case: Case, related: tuple[Ref, ...]) -> str:
    if related:
        where = f" -n {related[0].namespace}" if related[0].namespace else ""
        return f"kubectl describe {related[0].kind.lower()} {related[0].name}{where}"
    if isinstance(case.workload, Deployment):
        return f"kubectl describe rs -n {case.ref.namespace}"
    return f"kubectl describe {case.on}"


def blocked_set(case: Case) -> Finding | None:
    """A StatefulSet in order: the first Pod that is not ready holds up those behind it, and the change it needs."""
    if not isinstance(case.workload, StatefulSet) or case.workload.spec.pod_management_policy == "Parallel":
        return None
    ordered = sorted(case.pods, key=lambda pod: _ordinal(pod.name))
    stuck = next((pod for pod in ordered if not pod.is_ready and not pod.terminating), None)
    if stuck is None or not stuck.trouble:
        return None
    status = case.workload.status
    behind = case.counts.desired - len(case.pods)
    is_old = bool(status.update_revision) and stuck.revision not in ("", status.update_revision)
    # Also when the newest revision is the current one again: after a way back the broken Pod is of neither.
    if is_old:
        return finding(
            Code.SET_BLOCKED,
            Severity.CRITICAL,
            case.ref,
            f"{stuck.name} is of an older revision and not ready: the newer one is not rolled out to it",
            cause="a StatefulSet replaces a Pod only once it is ready; delete the Pod and it comes back new",
            next=f"kubectl delete pod {stuck.name} -n {stuck.namespace}",
            evidence=(Evidence("status.updateRevision", f"{status.update_revision}; {stuck.name}: {stuck.revision}"),),
            since=stuck.since,
            affected=(stuck.name,),
            reason=FORCED,
        )
    if behind <= 0:
        return None
    return finding(
        Code.SET_BLOCKED,
        Severity.WARNING,
        case.ref,
        f"{behind} Pods are not made because {stuck.name} is not ready",
        cause="podManagementPolicy OrderedReady makes one Pod after the other",
        next=f"kubectl describe pod {stuck.name} -n {stuck.namespace}",
        evidence=(Evidence("status.replicas", f"{case.counts.existing} of {case.counts.desired}"),),
        since=stuck.since,
        affected=(stuck.name,),
        reason="ordinal",
    )


def _ordinal(name: str) -> int:
    number = name.rpartition("-")[2]
    return int(number) if number.isdecimal() else 0


def paused(case: Case) -> Finding | None:
    """spec.paused with a change that is not rolled out."""
    if case.rollout.phase is not Phase.PAUSED:
        return None
    carried, since = carried_by(case.revisions), _paused_since(case)
    if carried is not None:
        return finding(
            Code.ROLLOUT_PAUSED,
            Severity.INFO,
            case.ref,
            f"held between two revisions: {carried.words}",
            cause="spec.paused is set on its way, as at a step of a canary: it neither goes on nor back by itself. "
            f"On: kubectl goweb resume {case.on} --guard; back: kubectl goweb abort {case.on} --guard",
            next=f"kubectl goweb resume {case.on} --guard",
            evidence=(Evidence("spec.paused", "true", since), Evidence("status of its ReplicaSets", carried.words)),
            since=since,
            reason="mid-rollout",
        )
    return finding(
        Code.ROLLOUT_PAUSED,
        Severity.INFO,
        case.ref,
        case.rollout.message,
        cause="spec.paused is set: the controller makes no new Pods until it is resumed",
        next=f"kubectl rollout resume {case.on}",
        evidence=(Evidence("spec.paused", "true", since),),
        since=since,
    )


def _paused_since(case: Case) -> datetime | None:
    """When the controller saw the pause; it notes none while the condition tells of an exceeded deadline.
    https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pausing-and-resuming-a-deployment
    """
    said = condition(case.conditions, "Progressing")
    return said.last_update_time if said is not None and said.reason == "DeploymentPaused" else None


def held_by_partition(around: Surroundings) -> Iterator[Finding]:
    """StatefulSets with a change that their partition keeps from some of their Pods, or from all of them."""
    for one in around.snapshot.stateful_sets.values():
        strategy, status = one.spec.update_strategy, one.status
        partition = strategy.rolling_update.partition if strategy.rolling_update else 0
        held = min(partition, one.spec.replicas)
        if not held or not status.update_revision or status.current_revision == status.update_revision:
            continue
        ref = Ref("StatefulSet", one.name, one.namespace)
        who = f"{held} of {one.spec.replicas} Pods" if held < one.spec.replicas else "no Pod gets the change: all"
        yield finding(
            Code.ROLLOUT_PAUSED,
            Severity.INFO,
            ref,
            f"{who} of {ref.short} stay at the older revision: partition {partition}",
            cause="a rolling update changes only Pods whose ordinal is the partition or higher",
            next=f"kubectl rollout history {ref.short} -n {ref.namespace}",
            evidence=(Evidence("spec.updateStrategy.rollingUpdate.partition", str(partition)),),
            reason="partition",
        )


def _pods_now(case: Case) -> str:
    """What the Pods do behind a Service that has none that is ready."""
    ending = [pod for pod in case.pods if pod.terminating]
    alive = [pod for pod in case.pods if not pod.terminating]
    if not case.pods:
        return "there is no Pod behind it"
    if not alive:
        since = max((pod.since for pod in ending if pod.since), default=None)
        left = duration((since - case.now).total_seconds()) if since and since > case.now else ""
        why = f"{', '.join(pod.name for pod in ending[:2])} {'is' if len(ending) == 1 else 'are'} ending"
        why += f" and may take {left} more" if left else ""
        strategy = case.workload.spec.strategy.type if isinstance(case.workload, Deployment) else ""
        return why + ("; strategy Recreate makes new Pods only then" if strategy == "Recreate" else "")
    oldest = min((pod.created for pod in alive if pod.created), default=None)
    word = f"its {len(alive)} Pods are" if len(alive) > 1 else "its Pod is"
    word += f" not ready ({', '.join(sorted({pod.status for pod in alive}))})"
    return word + (f", made {duration((case.now - oldest).total_seconds())} ago" if oldest else "")


def services(case: Case) -> tuple[Finding, ...]:
    """Services that select this workload and have nobody who would answer."""
    return tuple(
        finding(
            Code.SERVICE_NO_ENDPOINTS,
            Severity.CRITICAL,
            Ref("Service", service.service, case.ref.namespace),
            plain(f"Service {service.service} has no ready endpoint: {_pods_now(case)}"),
            cause="every request to it fails",
            next=f"kubectl get endpointslices -n {case.ref.namespace} -l kubernetes.io/service-name={service.service}",
            evidence=(Evidence("endpointslices", f"0 of {service.total} endpoints ready"),),
            related=(case.ref,),
        )
        for service in case.endpoints
        if service.ready == 0 and case.counts.desired > 0
    )
