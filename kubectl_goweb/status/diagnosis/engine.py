"""One workload's findings: every rule asked, roots first."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from kubectl_goweb.status.diagnosis import rollouts
from kubectl_goweb.status.diagnosis.case import Case
from kubectl_goweb.status.diagnosis.order import arranged
from kubectl_goweb.status.diagnosis.pods import pod_findings
from kubectl_goweb.status.verdicts import Evidence, Finding

_MAY_COME = frozenset({"slow-pull", "startup-running", "init-running"})
"""Reasons that only say that something takes long."""


def workload_findings(case: Case) -> tuple[Finding, ...]:
    """What is wrong with one workload, its Pods and the Services before it."""
    return arranged(_with_way_back(one, case) for one in _all(case))


def _all(case: Case) -> Iterator[Finding]:
    yield from pod_findings(case)
    for rule in (rollouts.deadline, rollouts.refused, rollouts.paused, rollouts.blocked_set):
        found = rule(case)
        if found is not None:
            yield found
    yield from rollouts.services(case)


def _with_way_back(one: Finding, case: Case) -> Finding:
    """The finding with the command that ends the harm at once, when the revision before still serves. What may yet come
    by itself needs none.
    """
    older = case.serving(one.affected)
    if older is None or one.reason in _MAY_COME:
        return one
    serves = Evidence(f"revision {older.number}", f"still serves: {older.available} of {case.counts.desired} available")
    back = f"kubectl goweb undo {case.on} --to-revision={older.number}"
    return structs.replace(one, evidence=(*one.evidence, serves), back=back)
