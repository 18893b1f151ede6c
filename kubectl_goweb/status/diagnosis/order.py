"""Roots first: which findings only follow from others, and are told below them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from msgspec import structs

from kubectl_goweb.status.diagnosis.codes import Code, worst_first
from kubectl_goweb.status.verdicts import Finding, Ref

FORCED = "forced-rollback"
"""The reason why a StatefulSet does not mend a Pod."""
_PODS_DO_NOT_RUN = (
    Code.POD_KILLED, Code.POD_CRASHLOOP, Code.POD_OOM, Code.POD_IMAGE, Code.POD_CONFIG, Code.POD_START,
    Code.POD_VOLUME, Code.POD_SANDBOX, Code.POD_INIT, Code.POD_UNSCHEDULABLE, Code.POD_NOT_READY, Code.POD_EVICTED,
    Code.POD_ENDED, Code.POD_LOST,
)  # fmt: skip
"""Each of these keeps Pods from being ready."""
_OF_PODS = (
    Code.ROLLOUT_DEADLINE, Code.SERVICE_NO_ENDPOINTS, Code.SET_BLOCKED, Code.PDB_IMPOSSIBLE, Code.HPA_BLIND,
    Code.JOB_FAILED, Code.INGRESS_BACKEND,
)  # fmt: skip
"""What comes of Pods that are not ready."""

EXPLAINS: Mapping[Code, tuple[Code, ...]] = MappingProxyType(
    {
        **dict.fromkeys(_PODS_DO_NOT_RUN, _OF_PODS),
        Code.POD_KILLED: (Code.POD_CRASHLOOP, Code.POD_NOT_READY, Code.POD_RESTARTS, *_OF_PODS),
        Code.POD_CRASHLOOP: (Code.POD_NOT_READY, Code.POD_RESTARTS, *_OF_PODS),
        Code.POD_OOM: (Code.POD_CRASHLOOP, Code.POD_NOT_READY, Code.POD_RESTARTS, *_OF_PODS),
        Code.ROLLOUT_REFUSED: _OF_PODS,
        Code.ROLLOUT_PAUSED: (),
        Code.SET_BLOCKED: (Code.ROLLOUT_DEADLINE,),
        Code.CLAIM_PENDING: (Code.POD_UNSCHEDULABLE, Code.POD_VOLUME),
        Code.SERVICE_SELECTOR: (Code.SERVICE_NO_ENDPOINTS, Code.INGRESS_BACKEND),
        Code.SERVICE_PORT: (Code.SERVICE_NO_ENDPOINTS, Code.INGRESS_BACKEND),
        Code.SERVICE_ALIAS: (Code.INGRESS_BACKEND,),
        Code.TWO_OWNERS: (Code.ROLLOUT_DEADLINE, Code.HPA_BLIND, Code.HPA_LIMIT),
        Code.API_DOWN: (Code.HPA_BLIND, Code.NAMESPACE_STUCK),
        Code.SERVICE_IDLE: (Code.INGRESS_BACKEND,),
        Code.SERVICE_NO_ENDPOINTS: (Code.INGRESS_BACKEND,),
        Code.NODE_NOT_READY: (
            Code.POD_LOST, Code.POD_NOT_READY, Code.POD_STUCK_TERMINATING, Code.POD_UNSCHEDULABLE, Code.POD_EVICTED,
        ),
        Code.NODE_PRESSURE: (Code.POD_EVICTED, Code.POD_UNSCHEDULABLE, Code.NODE_BUSY),
    }
)  # fmt: skip
"""Which findings each one explains, when they are about the same Pods or object."""


def arranged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings of one workload: roots first, what they explain marked and behind them."""
    found = worst_first(findings)
    if len(found) < 2:
        return found
    return worst_first(_explained(one, found) for one in found)


def _explained(one: Finding, found: tuple[Finding, ...]) -> Finding:
    for other in found:
        if other is not one and _explains_it(other, one) and _share(one, other):
            return structs.replace(one, explained_by=other.id)
    return one


def _explains_it(other: Finding, one: Finding) -> bool:
    """A StatefulSet's Pod that is of an older revision ails of what is mended since: that it stays is the cause."""
    if one.reason == FORCED:
        return False
    return one.code in _explains(other) or (other.reason == FORCED and one.code in _PODS_DO_NOT_RUN)


def _explains(one: Finding) -> tuple[Code, ...]:
    return EXPLAINS.get(Code(one.code), ())


def _share(one: Finding, other: Finding) -> bool:
    """Both are seen on some Pod in common, or one of them is about no Pod in particular."""
    return not one.affected or not other.affected or not set(one.affected).isdisjoint(other.affected)


def across(findings: tuple[Finding, ...], behind: Mapping[str, frozenset[str]]) -> tuple[Finding, ...]:
    """The same, with what follows from another object's fault marked: a crash for want of a database whose own Pods
    are not ready, Pods lost with their node.

    `behind` has, by a finding's object (`Service shop/db`), the workloads and Services that stand behind it.
    """
    faults: dict[str, list[Finding]] = {}
    for one in findings:
        if one.is_root and one.severity.rank > 0:
            faults.setdefault(_key(one.object), []).append(one)
    marked = []
    for one in findings:
        causes = [c for ref in one.related for c in _faults_of(_key(ref), faults, behind) if _is_cause(c, one)]
        causes = [] if one.code == Code.POLICY_CUTS else causes  # what it keeps apart has no part in it
        marked.append(structs.replace(one, explained_by=causes[0].id) if one.is_root and causes else one)
    return worst_first(_no_circles(marked))


def _is_cause(cause: Finding, one: Finding) -> bool:
    """A node has faults that keep no Pod from it; of anything else any fault counts, for it does not do its work."""
    return cause.object != one.object and (cause.object.kind != "Node" or one.code in _explains(cause))


def _faults_of(key: str, faults: Mapping[str, list[Finding]], behind: Mapping[str, frozenset[str]]) -> list[Finding]:
    return [*faults.get(key, ()), *(one for name in sorted(behind.get(key, ())) for one in faults.get(name, ()))]


def _key(ref: Ref) -> str:
    return f"{ref.kind} {ref.namespace}/{ref.name}"


def _no_circles(findings: list[Finding]) -> list[Finding]:
    """Two services that wait for each other are both roots: neither explains the other."""
    by_id = {one.id: one for one in findings}
    kept = []
    for one in findings:
        cause = by_id.get(one.explained_by)
        is_circle = cause is not None and cause.explained_by == one.id
        kept.append(structs.replace(one, explained_by="") if is_circle else one)
    return kept
