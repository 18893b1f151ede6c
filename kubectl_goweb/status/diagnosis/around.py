"""What is wrong around the workloads, and how it and they explain each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from kubectl_goweb.objects import Snapshot
from kubectl_goweb.status.diagnosis.claims import claim_findings
from kubectl_goweb.status.diagnosis.jobs import bare_findings, job_findings
from kubectl_goweb.status.diagnosis.network import network_findings
from kubectl_goweb.status.diagnosis.order import across
from kubectl_goweb.status.diagnosis.scaling import scaling_findings
from kubectl_goweb.status.diagnosis.surroundings import Surroundings
from kubectl_goweb.status.index import Index
from kubectl_goweb.status.verdicts import Finding
from kubectl_goweb.status.workloads import Workload


def around_findings(
    snapshot: Snapshot, workloads: Iterable[Workload], index: Index, now: datetime
) -> tuple[Finding, ...]:
    """About Services, Ingresses, claims, autoscalers, budgets, Jobs and Pods without owner."""
    around = Surroundings(snapshot, workloads, now)
    return (
        *network_findings(around),
        *claim_findings(around),
        *scaling_findings(around),
        *job_findings(around),
        *bare_findings(around, index),
    )


def explained(findings: Iterable[Finding], workloads: Iterable[Workload]) -> tuple[Finding, ...]:
    """Roots first, over everything: what follows from another object's fault is marked."""
    return across(tuple(findings), _behind(workloads))


def _behind(workloads: Iterable[Workload]) -> Mapping[str, frozenset[str]]:
    """By `Service shop/db` the workloads that it sends to."""
    found: dict[str, set[str]] = {}
    for one in workloads:
        for service in one.endpoints:
            key = f"Service {one.ref.namespace}/{service.service}"
            found.setdefault(key, set()).add(f"{one.ref.kind} {one.ref.namespace}/{one.ref.name}")
    return {key: frozenset(names) for key, names in found.items()}
