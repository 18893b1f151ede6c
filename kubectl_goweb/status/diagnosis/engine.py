"""One workload's findings: every rule asked, roots first."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_goweb.status.diagnosis import rollouts
from kubectl_goweb.status.diagnosis.case import Case
from kubectl_goweb.status.diagnosis.order import arranged
from kubectl_goweb.status.diagnosis.pods import pod_findings
from kubectl_goweb.status.verdicts import Finding


def workload_findings(case: Case) -> tuple[Finding, ...]:
    """What is wrong with one workload, its Pods and the Services before it."""
    return arranged(_all(case))


def _all(case: Case) -> Iterator[Finding]:
    yield from pod_findings(case)
    for rule in (rollouts.deadline, rollouts.refused, rollouts.paused, rollouts.blocked_set):
        found = rule(case)
        if found is not None:
            yield found
    yield from rollouts.services(case)
