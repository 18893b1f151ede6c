"""Plans isolate and rejoin: out of service with a reason that stands on the node, and back by what that changed.

Rejoining takes away the cordon and the taint only where isolating brought them: what others did to the node stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from kubectl_goweb.actions.cautions import CautionCode, worst_first
from kubectl_goweb.actions.nodes.facts import ANNOTATIONS, MARK, TAINTS, UNSCHEDULABLE, NodeFacts
from kubectl_goweb.actions.plan import Caution, Danger, Plan, Refusal, Write
from kubectl_goweb.actions.pointers import Json, fingerprint
from kubectl_goweb.actions.requests import Isolate, Rejoin
from kubectl_goweb.objects.core import Taint
from kubectl_goweb.status.evacuation.filters import ENDED
from kubectl_goweb.status.isolation import ANNOTATION, TAINT, Isolation, annotation
from kubectl_goweb.status.placement.by_node import tolerates
from kubectl_goweb.status.template_changes import Change
from kubectl_goweb.status.verdicts import Severity

_NAMED = 5
"""How many Pods a caution names."""


def plan_isolate(request: Isolate, facts: NodeFacts, now: datetime) -> Plan | Refusal:
    """Cordon it, and taint it when asked. Refused for the last node of its role, unless by force."""
    had = facts.isolation
    made = _plan(facts, "isolate", "isolated", f"take node {facts.name} out of service: no new Pod goes there")
    if had is None and facts.at(MARK) is not None:
        why = f"its annotation {ANNOTATION} was not written by kubectl goweb"
        return Refusal("isolate", facts.target, why, f"look at it: kubectl get node {facts.name} -o yaml")
    if had is not None and facts.is_cordoned and had.taint == request.taint and request.reason in ("", had.reason):
        return msgspec.structs.replace(made, nothing=f"it is {had.text}")
    if not request.force and not facts.is_cordoned and facts.others_like_it == ():
        why = f"it is the last {facts.role} node that takes Pods"
        return Refusal("isolate", facts.target, why, "with --force it is done all the same")
    told = Isolation(
        by=facts.user,
        at=now.replace(microsecond=0),
        reason=request.reason or (had.reason if had else ""),
        cordoned=not facts.is_cordoned or bool(had and had.cordoned),
        taint=request.taint,
    )
    operations = [*_marked(facts, told), *_cordoned(facts)]
    taints, lines = _tainted(facts, request.taint)
    operations += taints
    commands = [] if facts.is_cordoned else [f"kubectl cordon {facts.name}"]
    commands += [f"kubectl taint node {facts.name} {line}" for line in lines]
    before = {
        UNSCHEDULABLE: fingerprint(facts.at(UNSCHEDULABLE)),
        MARK: fingerprint(facts.at(MARK)),
    }
    return msgspec.structs.replace(
        made,
        writes=_writes(facts, operations, with_taints=bool(taints)),
        changes=tuple(_changes(facts, told, request.taint)),
        kubectl=" && ".join(commands) or f"kubectl annotate node {facts.name} --overwrite {ANNOTATION}=...",
        danger=Danger.HEAVY if request.taint == "NoExecute" else Danger.LIGHT,
        cautions=worst_first(_cautions(request, facts)),
        notes=tuple(_notes(facts, request)),
        inverse=Isolate(facts.target, had.reason, had.taint) if had else Rejoin(facts.target),
        before=before,
    )


def plan_rejoin(request: Rejoin, facts: NodeFacts) -> Plan | Refusal:
    """Take back what isolating changed, and nothing else."""
    had = facts.isolation
    made = _plan(facts, "rejoin", "rejoined", f"take node {facts.name} back into service")
    if had is None:
        if facts.at(MARK) is not None:
            why = f"its annotation {ANNOTATION} was not written by kubectl goweb"
            return Refusal("rejoin", facts.target, why, f"look at it: kubectl get node {facts.name} -o yaml")
        if facts.is_cordoned:
            why = "it is cordoned, but not by isolate, so somebody else may have a reason"
            return Refusal("rejoin", facts.target, why, f"to take it back all the same: kubectl uncordon {facts.name}")
        return msgspec.structs.replace(made, nothing="it is not isolated")
    uncordons = had.cordoned and facts.is_cordoned
    operations: list[Json] = [{"op": "remove", "path": MARK}]
    changes = [Change(f"metadata.annotations[{ANNOTATION}]", facts.at(MARK), None)]
    commands, notes = [], []
    if uncordons:
        operations.append({"op": "remove", "path": UNSCHEDULABLE})
        changes.append(Change("spec.unschedulable", "true", None))
        commands.append(f"kubectl uncordon {facts.name}")
    elif facts.is_cordoned:
        notes.append("it was cordoned before it was isolated, and stays so")
    taints, _ = _tainted(facts, "")
    if taints:
        operations += taints
        changes.append(Change("spec.taints", f"{TAINT}:{had.taint}", None))
        commands.append(f"kubectl taint node {facts.name} {TAINT}-")
    commands.append(f"kubectl annotate node {facts.name} {ANNOTATION}-")
    return msgspec.structs.replace(
        made,
        writes=_writes(facts, operations, with_taints=bool(taints)),
        changes=tuple(changes),
        kubectl=" && ".join(commands),
        notes=(*notes, f"it was {had.text}; {had.at:%Y-%m-%d %H:%M} UTC"),
        inverse=Isolate(facts.target, had.reason, had.taint),
        before={UNSCHEDULABLE: fingerprint(facts.at(UNSCHEDULABLE)), MARK: fingerprint(facts.at(MARK))},
    )


def ended_by_taint(facts: NodeFacts) -> list[str] | None:
    """Keys of the Pods that a NoExecute taint ends at once; None when the Pods are not known."""
    taint = Taint(TAINT, "NoExecute")
    if facts.pods is None:
        return None
    return sorted(
        pod.key
        for pod in facts.pods
        if pod.status.phase not in ENDED
        and not pod.metadata.annotations.mirror
        and not tolerates(pod.spec.tolerations, taint)
    )


def _plan(facts: NodeFacts, verb: str, done: str, sentence: str) -> Plan:
    return Plan(
        verb=verb,
        target=facts.target,
        uid=facts.uid,
        context=facts.context,
        sentence=sentence,
        done=done,
        preconditions=("it is the same node, and nobody has isolated, cordoned or tainted it since",),
    )


def _writes(facts: NodeFacts, operations: list[Json], *, with_taints: bool) -> tuple[Write, ...]:
    """One patch. `with_taints` when it says how the list of taints is to be."""
    mark = MARK if facts.at(ANNOTATIONS) is not None else ANNOTATIONS
    tests = facts.unchanged(mark, UNSCHEDULABLE, *([TAINTS] if with_taints else []))
    return (Write("PATCH", facts.path, msgspec.json.encode([*tests, *operations])),)


def _marked(facts: NodeFacts, told: Isolation) -> Iterator[Json]:
    if facts.at(ANNOTATIONS) is None:
        yield {"op": "add", "path": ANNOTATIONS, "value": {ANNOTATION: annotation(told)}}
    else:
        yield {"op": "add", "path": MARK, "value": annotation(told)}


def _cordoned(facts: NodeFacts) -> Iterator[Json]:
    if not facts.is_cordoned:
        yield {"op": "add", "path": UNSCHEDULABLE, "value": True}


def _tainted(facts: NodeFacts, effect: str) -> tuple[list[Json], list[str]]:
    """The operations that leave our taint with this effect, or none of ours; and kubectl's arguments for the same."""
    kept = [one for one in facts.taints if one.get("key") != TAINT]
    wanted = [*kept, {"key": TAINT, "effect": effect}] if effect else kept
    if wanted == facts.taints:
        return [], []
    lines = [f"{TAINT}=:{effect}"] if effect else [f"{TAINT}-"]
    if not wanted:
        return [{"op": "remove", "path": TAINTS}], lines
    return [{"op": "add", "path": TAINTS, "value": wanted}], lines


def _changes(facts: NodeFacts, told: Isolation, effect: str) -> Iterator[Change]:
    had: Any = facts.at(MARK)
    yield Change(f"metadata.annotations[{ANNOTATION}]", had, annotation(told))
    if not facts.is_cordoned:
        yield Change("spec.unschedulable", None, "true")
    before = [f"{TAINT}:{one.get('effect')}" for one in facts.taints if one.get("key") == TAINT]
    after = [f"{TAINT}:{effect}"] if effect else []
    if before != after:
        yield Change("spec.taints", ", ".join(before) or None, ", ".join(after) or None)


def _cautions(request: Isolate, facts: NodeFacts) -> Iterable[Caution]:
    others = facts.others_like_it
    if others is None:
        yield Caution(CautionCode.NOT_SEEN, Severity.INFO, "not looked at: nodes: whether another one takes Pods")
    elif not others:
        text = f"no other {facts.role} node takes Pods: what ends now finds no place"
        yield Caution(CautionCode.LAST_NODE, Severity.CRITICAL, text)
    if request.taint != "NoExecute":
        return
    ended = ended_by_taint(facts)
    if ended is None:
        yield Caution(CautionCode.NOT_SEEN, Severity.WARNING, "not looked at: the Pods that NoExecute would end")
    elif ended:
        named = ", ".join(ended[:_NAMED]) + (", ..." if len(ended) > _NAMED else "")
        text = f"NoExecute ends {len(ended)} Pods at once and asks no disruption budget: {named}"
        yield Caution(CautionCode.NO_EXECUTE, Severity.CRITICAL, text)


def _notes(facts: NodeFacts, request: Isolate) -> Iterator[str]:
    if facts.is_cordoned and facts.isolation is None:
        yield "it is cordoned already, by somebody else; rejoin will leave that as it is"
    if request.taint != "NoExecute":
        yield f"Pods on it go on running; to move them: kubectl goweb drain {facts.name}"
