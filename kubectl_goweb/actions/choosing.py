"""Which recorded template to go back to when nobody named one: the last that was fully available, and how it is known.

kubectl takes the second highest number, which may be a revision that never worked, and goes back two when the newest
template has no ReplicaSet yet (`kubectl rollout undo`, `--to-revision=0`).
"""

from __future__ import annotations

from msgspec import Struct

from kubectl_goweb.actions.facts import Facts
from kubectl_goweb.actions.recorded import Recorded, same_template, taken_back


class Choice(Struct, frozen=True):
    """One to go back to."""

    recorded: Recorded
    evidence: str
    """What speaks for it, in one line."""
    is_proven: bool
    """The API shows now that it carries, or carried, the service."""


def is_under_way(facts: Facts) -> bool:
    """Whether a rollout has not ended: a change not seen yet, Pods still to be replaced or to get ready.

    The controller of Deployments says NewReplicaSetAvailable once a rollout is complete and keeps saying it; when Pods
    fail later, that is a fault of the service.
    """
    status = facts.status
    if facts.meta["generation"] > status.get("observedGeneration", 0):
        return True
    if facts.target.kind != "Deployment":
        return not facts.updated == facts.available == facts.desired
    progressing = facts.condition("Progressing") or {}
    updated, existing = facts.updated, status.get("replicas", 0)
    if progressing.get("reason") == "NewReplicaSetAvailable":
        return bool(existing != updated)
    return not updated == existing == facts.available == facts.replicas


def last_available(facts: Facts) -> Choice | None:
    """The newest template but the present one that was fully available, as far as the API tells; else the one before.

    While a rollout is under way the old Pods tell, a DaemonSet's too: a rollout ends when no older revision has Pods
    left, so of the revisions that have some, only the oldest can have been complete; the newer ones were given up on
    the way. The controller of a StatefulSet writes down which one was complete.
    """
    others = [one for one in facts.recorded or () if not same_template(one.template, facts.template)]
    complete = facts.status.get("currentRevision") if facts.target.kind == "StatefulSet" else None
    for one in others:
        if one.name == complete:
            told = "status.currentRevision names it: the last one that every Pod was of"
            return Choice(one, told, is_proven=True)
    serving = [one for one in others if one.available]
    if serving:
        return _serving(facts, min(serving, key=lambda one: one.number), others)
    left = taken_back(facts.recorded or ())
    for one in others:
        if one.number not in left:
            return _unproven(one, [each.number for each in others if each.number > one.number])
    return _unproven(others[0], []) if others else None


def _serving(facts: Facts, oldest: Recorded, others: list[Recorded]) -> Choice:
    """The oldest revision that serves. When no older one has Pods and the service has its minimum, this one carries it:
    it was rolled out completely, or all but its last Pods, and scaled down since only as far as the strategy allows.
    """
    if oldest.available >= facts.desired:
        return Choice(oldest, f"all {facts.desired} replicas of it are available now", is_proven=True)
    told = f"{oldest.available} of its {oldest.existing} Pods are available now"
    older = [one.number for one in others if one.existing and one.number < oldest.number]
    if older or not facts.has_minimum:
        return Choice(oldest, told, is_proven=False)
    told += ", the service has its minimum, and no older revision has Pods left: it is what serves"
    given_up = [one.number for one in others if one.existing and one.number > oldest.number]
    if given_up:
        told += f"; the rollout of revision {', '.join(str(number) for number in given_up)} did not end"
    return Choice(oldest, told, is_proven=True)


def _unproven(one: Recorded, passed: list[int]) -> Choice:
    told = "it is the one before; no Pod of it is left to show whether it was ever fully available"
    if passed:
        numbers = ", ".join(str(number) for number in passed)
        told += f"; revision {numbers} was given up once and is passed over"
    return Choice(one, told, is_proven=False)
