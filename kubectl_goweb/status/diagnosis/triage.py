"""What is wrong, ranked by users hurt: what does not answer, what answers less, what may hurt later."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from kubectl_goweb.status.overview import Overview
from kubectl_goweb.status.verdicts import Answer, Finding, Ref, Severity, Verdict
from kubectl_goweb.status.workloads import Workload


class Impact(StrEnum):
    UNAVAILABLE = "unavailable"
    """Requests are not answered."""
    DEGRADING = "degrading"
    """Fewer Pods serve than should, or a change cannot be rolled out."""
    RISK = "risk"
    """Nobody is hurt yet."""

    @property
    def rank(self) -> int:
        """Higher is worse."""
        return _RANKS[self]


_RANKS = {impact: -rank for rank, impact in enumerate(Impact)}
_FRONT = ("Service", "Ingress")
"""Kinds whose fault is felt by every request."""


class Problem(Answer, frozen=True, gc=False):
    """One root, and what follows from it."""

    impact: Impact
    serving: str
    """`0 of 3 available`; empty where nothing is counted."""
    finding: Finding
    below: tuple[Finding, ...]


def problems(told: Overview) -> tuple[Problem, ...]:
    """Every root with what follows from it, the worst first."""
    workloads = {one.ref: one for one in told.workloads}
    below: dict[str, list[Finding]] = {}
    explained_by = {one.id: one.explained_by for one in told.findings}
    for one in told.findings:
        if not one.is_root:
            below.setdefault(_root_of(one, explained_by), []).append(one)
    found = [_problem(one, tuple(below.get(one.id, ())), workloads) for one in told.findings if one.is_root]
    return tuple(sorted(found, key=_order))


def _root_of(one: Finding, explained_by: Mapping[str, str]) -> str:
    """The root at the end of the chain of explanations."""
    name, seen = one.explained_by, {one.id}
    while explained_by.get(name) and name not in seen:
        seen.add(name)
        name = explained_by[name]
    return name


def _problem(one: Finding, below: tuple[Finding, ...], workloads: dict[Ref, Workload]) -> Problem:
    hurt = [one, *below]
    impact = max((_impact(finding, workloads) for finding in hurt), key=lambda found: found.rank)
    served = next((workloads[f.object] for f in hurt if f.object in workloads), None)
    serving = f"{served.counts.available} of {served.counts.desired} available" if served else ""
    return Problem(impact, serving, one, below)


def _impact(one: Finding, workloads: dict[Ref, Workload]) -> Impact:
    if one.severity is Severity.INFO:
        return Impact.RISK
    workload = workloads.get(one.object)
    if workload is not None:
        if workload.counts.desired and not workload.counts.available:
            # Others may answer behind the same Services, as blue does for green.
            is_served = bool(workload.endpoints) and all(service.ready for service in workload.endpoints)
            return Impact.DEGRADING if is_served else Impact.UNAVAILABLE
        hurts = workload.verdict in (Verdict.FAILING, Verdict.DEGRADED)
        return Impact.DEGRADING if hurts or workload.counts.available < workload.counts.desired else Impact.RISK
    if one.reason == "strangers":
        return Impact.DEGRADING  # of the requests to the Service those fail that land at them
    if one.severity is Severity.CRITICAL:
        return Impact.UNAVAILABLE if one.object.kind in _FRONT else Impact.DEGRADING
    return Impact.RISK


def _order(one: Problem) -> tuple[int, int, int, float, str]:
    found = one.finding
    since = found.since.timestamp() if found.since else float("inf")
    return -one.impact.rank, -found.severity.rank, -len(found.affected), since, found.object.name
