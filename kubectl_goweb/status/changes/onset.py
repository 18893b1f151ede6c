"""Since when a workload is not well: the earliest transition that its present state tells of."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_goweb.objects import condition
from kubectl_goweb.status.changes.model import Onset, Sight
from kubectl_goweb.status.verdicts import Severity, Verdict

_TOLD = ("BackOff", "Failed", "FailedScheduling", "FailedMount", "FailedCreate", "FailedCreatePodSandBox", "Evicted")
"""Reasons of warnings that mean trouble whenever they come; a failed probe may only mean that a Pod was starting."""
ILL = (Verdict.FAILING, Verdict.DEGRADED)


def onset(sight: Sight) -> Onset | None:
    """None when it is well, or nothing that is seen has a time."""
    one = sight.workload
    if one.verdict not in ILL and not any(found.severity is not Severity.INFO for found in one.findings):
        return None
    return min(_candidates(sight), key=lambda found: found.at, default=None)


def _candidates(sight: Sight) -> Iterator[Onset]:
    one = sight.workload
    for finding in one.findings:
        if finding.since is not None and finding.severity is not Severity.INFO:
            yield Onset(finding.since, f"{finding.code} is seen since then")
    yield from _of_conditions(sight)
    ailing = {pod.name for pod in one.pods if not pod.is_ready and not pod.terminating}
    for name in ailing:
        raw = sight.snapshot.pods.get(f"{one.ref.namespace}/{name}")
        ready = condition(raw.status.conditions, "Ready") if raw else None
        if ready is not None and ready.status != "True" and ready.last_transition_time is not None:
            yield Onset(ready.last_transition_time, f"condition Ready={ready.status} of pod/{name}")
    for event in sight.snapshot.events.values():
        about = event.involved_object
        is_told = event.type != "Normal" and event.reason in _TOLD and event.namespace == one.ref.namespace
        if is_told and about.kind == "Pod" and about.name in ailing:
            at = event.first_timestamp or event.event_time or event.last_seen
            if at is not None:
                yield Onset(at, f"event {event.reason} of pod/{about.name}")


def _of_conditions(sight: Sight) -> Iterator[Onset]:
    ref = sight.ref
    found = sight.snapshot.deployments.get(sight.key) if ref.kind == "Deployment" else None
    for kind, ill in (("Available", "False"), ("ReplicaFailure", "True")):
        said = condition(found.status.conditions, kind) if found else None
        if said is not None and said.status == ill and said.last_transition_time is not None:
            yield Onset(said.last_transition_time, f"condition {kind}={ill} of {ref.short}")
