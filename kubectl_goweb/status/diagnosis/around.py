"""What is wrong around the workloads, and how it and they explain each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from kubectl_goweb.objects import Kind, Snapshot
from kubectl_goweb.status.diagnosis.aggregated import api_findings
from kubectl_goweb.status.diagnosis.bare import bare_findings
from kubectl_goweb.status.diagnosis.claimed_routes import route_findings
from kubectl_goweb.status.diagnosis.claims import claim_findings
from kubectl_goweb.status.diagnosis.clocks import clock_findings
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.hooks import hook_findings
from kubectl_goweb.status.diagnosis.jobs import job_findings
from kubectl_goweb.status.diagnosis.namespaces import namespace_findings
from kubectl_goweb.status.diagnosis.network import network_findings
from kubectl_goweb.status.diagnosis.network_policies import policy_findings
from kubectl_goweb.status.diagnosis.order import across
from kubectl_goweb.status.diagnosis.owners import owner_findings
from kubectl_goweb.status.diagnosis.redirects import redirect_findings
from kubectl_goweb.status.diagnosis.rollouts import held_by_partition
from kubectl_goweb.status.diagnosis.scaling import scaling_findings
from kubectl_goweb.status.diagnosis.served import served_findings
from kubectl_goweb.status.diagnosis.stale import stale_findings
from kubectl_goweb.status.diagnosis.stopping import will_be_cut_off
from kubectl_goweb.status.diagnosis.surroundings import Surroundings
from kubectl_goweb.status.index import Index, ending_namespaces
from kubectl_goweb.status.verdicts import Confidence, Finding, Ref
from kubectl_goweb.status.workloads import Workload


def around_findings(
    snapshot: Snapshot, workloads: Iterable[Workload], index: Index, now: datetime
) -> tuple[Finding, ...]:
    """About Services, Ingresses, claims, autoscalers, budgets, Jobs and Pods without owner. Not in a namespace that is
    being deleted: there everything ends on purpose, one after another.
    """
    known = tuple(workloads)
    around = Surroundings(snapshot, known, index, now)
    ending = ending_namespaces(snapshot)
    found = _around(known, around)
    return tuple(one for one in found if one.object.namespace not in ending)


def _around(known: tuple[Workload, ...], around: Surroundings) -> tuple[Finding, ...]:
    cut_off = {one.ref for one in known for f in one.findings if f.code == Code.POD_CUT_OFF}
    return (
        *network_findings(around),
        *claim_findings(around),
        *scaling_findings(around),
        *job_findings(around),
        *bare_findings(around),
        *owner_findings(around),
        *route_findings(around),
        *clock_findings(around),
        *served_findings(around),
        *policy_findings(around),
        *held_by_partition(around),
        *will_be_cut_off(around, cut_off),
        *hook_findings(around),
        *stale_findings(around, known),
        *redirect_findings(around, known),
        *namespace_findings(around),
        *api_findings(around),
    )


def walled_findings(
    snapshot: Snapshot, workloads: Iterable[Workload], index: Index, now: datetime
) -> tuple[Finding, ...]:
    """What NetworkPolicies do to the workloads, where nothing else around them is known."""
    return tuple(policy_findings(Surroundings(snapshot, workloads, index, now)))


def with_cuts(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """With the NetworkPolicies that other findings blame, each once; what was only thought possible of them goes."""
    found = tuple(findings)
    blamed: dict[Ref, list[Finding]] = {}
    for one in found:
        for ref in one.related:
            if ref.kind == Kind.NETWORK_POLICY:
                blamed.setdefault(ref, []).append(one)
    kept = (one for one in found if one.code != Code.POLICY_CUTS or one.object not in blamed)
    return (*kept, *(_cut(ref, ones) for ref, ones in blamed.items()))


def _cut(ref: Ref, ones: list[Finding]) -> Finding:
    proof = next(e for e in ones[0].evidence if e.source == "NetworkPolicy")
    return finding(
        Code.POLICY_CUTS,
        max((one.severity for one in ones), key=lambda severity: severity.rank),
        ref,
        f"NetworkPolicy {ref.name} keeps {', '.join(sorted({one.object.short for one in ones}))} from what is needed",
        cause=proof.text,
        next=f"kubectl describe networkpolicy {ref.name} -n {ref.namespace}",
        evidence=(proof,),
        since=min((one.since for one in ones if one.since), default=None),
        affected=tuple(sorted({name for one in ones for name in one.affected})),
        reason="dns" if "DNS" in proof.text else proof.text.partition(" ")[0],
        confidence=Confidence.LIKELY,
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
