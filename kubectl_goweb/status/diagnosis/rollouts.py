"""Findings about a workload's rollout and the Services before it."""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_goweb.objects import Condition, condition
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.verdicts import Evidence, Finding, Phase, Ref, Severity
from kubectl_goweb.status.workloads import Counts, Endpoints, Revision, Rollout


def rollout_findings(
    ref: Ref, rollout: Rollout, revisions: tuple[Revision, ...], conditions: tuple[Condition, ...]
) -> tuple[Finding, ...]:
    """Deadline, refused Pods, held back."""
    found = []
    on = f"{ref.short} -n {ref.namespace}"
    progressing = condition(conditions, "Progressing")
    if progressing is not None and progressing.reason == "ProgressDeadlineExceeded":
        older = next((r for r in revisions if not r.is_current and r.available > 0), None)
        back = f" --to-revision={older.number}" if older else ""
        found.append(
            finding(
                Code.ROLLOUT_DEADLINE,
                Severity.CRITICAL,
                ref,
                f"rollout of revision {rollout.revision} exceeded its progress deadline",
                cause="no Pod of the new revision got ready in time; the Pods below tell why",
                next=f"kubectl rollout undo {on}{back}",
                evidence=(_said(progressing),),
                since=progressing.last_transition_time,
            )
        )
    refused = condition(conditions, "ReplicaFailure")
    if refused is not None and refused.status == "True":
        found.append(
            finding(
                Code.ROLLOUT_REFUSED,
                Severity.CRITICAL,
                ref,
                f"Pods cannot be created: {plain(refused.message)}",
                cause=plain(refused.message),
                next=f"kubectl describe rs -n {ref.namespace}",
                evidence=(_said(refused),),
                since=refused.last_transition_time,
            )
        )
    if rollout.phase is Phase.PAUSED:
        found.append(
            finding(
                Code.ROLLOUT_PAUSED,
                Severity.INFO,
                ref,
                rollout.message,
                cause="spec.paused is set: the controller makes no new Pods until it is resumed",
                next=f"kubectl rollout resume {on}",
                evidence=(Evidence("spec.paused", "true"),),
            )
        )
    return tuple(found)


def service_findings(ref: Ref, counts: Counts, endpoints: Iterable[Endpoints]) -> tuple[Finding, ...]:
    """Services that select this workload and have nobody who would answer."""
    return tuple(
        finding(
            Code.SERVICE_NO_ENDPOINTS,
            Severity.CRITICAL,
            Ref("Service", service.service, ref.namespace),
            f"Service {service.service} has no ready endpoint",
            cause="no Pod behind it is ready: every request to it fails",
            next=f"kubectl get endpointslices -n {ref.namespace} -l kubernetes.io/service-name={service.service}",
            evidence=(Evidence("endpointslices", f"0 of {service.total} endpoints ready"),),
        )
        for service in endpoints
        if service.ready == 0 and counts.desired > 0
    )


def _said(said: Condition) -> Evidence:
    return Evidence(
        f"condition {said.type}", plain(f"{said.status} {said.reason}: {said.message}"), said.last_transition_time
    )
