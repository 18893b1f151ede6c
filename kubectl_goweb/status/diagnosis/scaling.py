"""Autoscalers that are blind or at their limit, and budgets that allow no disruption whatever happens."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_goweb.objects import condition
from kubectl_goweb.objects.policy import HorizontalPodAutoscaler, PodDisruptionBudget
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.aggregated import ref_of, unanswered
from kubectl_goweb.status.diagnosis.case import from_condition
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.served import CAUSE, unserved
from kubectl_goweb.status.diagnosis.surroundings import Surroundings
from kubectl_goweb.status.selection import selector_text, selects
from kubectl_goweb.status.verdicts import Evidence, Finding, Ref, Severity

_TWO = "two-autoscalers"
_SETTLING = 60.0
"""Seconds that an autoscaler may be without metrics: those of new Pods take a while."""


def scaling_findings(around: Surroundings) -> Iterator[Finding]:
    shared: set[Ref] = set()
    for autoscaler in around.snapshot.autoscalers.values():
        found = _autoscaler(autoscaler, around)
        if found is None or (found.reason == _TWO and not shared.isdisjoint(found.related)):
            continue  # each says it of all
        shared.update(found.related if found.reason == _TWO else ())
        yield found
    for budget in around.snapshot.disruption_budgets.values():
        found = _budget(budget)
        if found is not None:
            yield found
    yield from _two_budgets(around)


def _autoscaler(one: HorizontalPodAutoscaler, around: Surroundings) -> Finding | None:
    conditions = one.status.conditions or ()
    target = Ref(one.spec.scale_target_ref.kind, one.spec.scale_target_ref.name, one.namespace)
    ref = Ref("HorizontalPodAutoscaler", one.name, one.namespace)
    able, active = condition(conditions, "AbleToScale"), condition(conditions, "ScalingActive")
    blind = next((c for c in (able, active) if c is not None and c.status == "False"), None)
    if blind is not None and blind.reason != "ScalingDisabled" and not _is_settling(one, around):
        missing, gone = "missing request for" in blind.message, unserved(blind.message)
        cause = "a container has no request for the resource it scales by" if missing else plain(blind.message)
        return finding(
            Code.HPA_BLIND,
            Severity.WARNING,
            ref,
            plain(f"autoscaler {one.name} cannot scale {target.short}: {blind.message}"),
            cause=f"{CAUSE} ({gone}, scaleTargetRef.apiVersion {one.spec.scale_target_ref.api_version})"
            if gone
            else cause,
            next=f"kubectl describe hpa {one.name} -n {one.namespace}",
            evidence=(from_condition(blind),),
            since=blind.last_transition_time,
            reason="missing-request" if missing else "api-not-served" if gone else _word(blind.reason),
            related=(*((ref_of(api),) if (api := unanswered(blind.message)) else ()), target),
        )
    limited = condition(conditions, "ScalingLimited")
    if limited is not None and limited.status == "True" and limited.reason == "TooManyReplicas":
        return finding(
            Code.HPA_LIMIT,
            Severity.WARNING,
            ref,
            f"autoscaler {one.name} wants more than its {one.spec.max_replicas} replicas of {target.short}",
            cause="maxReplicas is reached, and the load asks for more",
            next=f"kubectl get hpa {one.name} -n {one.namespace}",
            evidence=(from_condition(limited),),
            since=limited.last_transition_time,
            reason="at-maximum",
            related=(target,),
        )
    return None


def _word(reason: str) -> str:
    if reason.startswith("FailedGet") and "Metric" in reason:
        return "no-metrics"
    return {"FailedGetScale": "no-target", "AmbiguousSelector": _TWO}.get(reason, "")


def _is_settling(one: HorizontalPodAutoscaler, around: Surroundings) -> bool:
    created = one.metadata.creation_timestamp
    return created is None or (around.now - created).total_seconds() < _SETTLING


def _budget(one: PodDisruptionBudget) -> Finding | None:
    """Every Pod is healthy and still none may go: no drain will ever get through."""
    status = one.status
    if status.observed_generation < one.metadata.generation or status.expected_pods == 0:
        return None
    if status.disruptions_allowed > 0 or status.current_healthy < status.expected_pods:
        return None
    wants = one.spec.max_unavailable if one.spec.min_available is None else one.spec.min_available
    field = "maxUnavailable" if one.spec.min_available is None else "minAvailable"
    return finding(
        Code.PDB_IMPOSSIBLE,
        Severity.INFO,
        Ref("PodDisruptionBudget", one.name, one.namespace),
        f"budget {one.name} never allows a Pod to be evicted: {field} {wants} of {status.expected_pods}",
        cause="all its Pods are healthy and no disruption is allowed: a drain of their nodes waits for ever",
        next=f"kubectl get pdb {one.name} -n {one.namespace} -o yaml",
        evidence=(Evidence("status", f"{status.current_healthy} healthy, {status.desired_healthy} needed, 0 may go"),),
        reason="impossible",
    )


def _two_budgets(around: Surroundings) -> Iterator[Finding]:
    """Workloads under more than one budget: the API server then refuses to evict their Pods at all."""
    for one in around.all_templates():
        over = [
            budget
            for budget in around.budgets(one.namespace)
            if budget.spec.selector is not None and selects(budget.spec.selector, one.labels)
        ]
        if len(over) < 2 or not around.desired(one.ref):
            continue
        names = sorted(budget.name for budget in over)
        yield finding(
            Code.PDB_IMPOSSIBLE,
            Severity.WARNING,
            Ref("PodDisruptionBudget", names[0], one.namespace),
            f"{len(over)} budgets are over the Pods of {one.ref.short}: {', '.join(names)}",
            cause="the API server refuses to evict a Pod that more than one budget selects: a drain waits for ever",
            next=f"kubectl get pdb -n {one.namespace}",
            evidence=tuple(Evidence(f"PodDisruptionBudget {b.name}", selector_text(b.spec.selector)) for b in over),
            reason="two-budgets",
        )
