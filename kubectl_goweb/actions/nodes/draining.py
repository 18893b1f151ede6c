"""Plans a drain: the cordon as isolating does it, then evictions in the simulation's order, and cautions from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from kubectl_goweb.actions.cautions import CautionCode, worst_first
from kubectl_goweb.actions.nodes.facts import NodeFacts
from kubectl_goweb.actions.nodes.isolating import plan_isolate
from kubectl_goweb.actions.plan import Caution, Danger, Plan, Refusal, Write
from kubectl_goweb.actions.requests import Drain, Isolate
from kubectl_goweb.status.evacuation.simulation import Move, Outcome, Simulation
from kubectl_goweb.status.verdicts import Severity

JSON = "application/json"
_NAMED = 3
"""How many Pods one caution names."""


def plan_drain(request: Drain, facts: NodeFacts, now: datetime) -> Plan | Refusal:
    """Refused when a Pod would need a flag that was not given: then nothing is done at all, as kubectl does it."""
    simulation = facts.simulation
    if simulation is None:
        return Refusal("drain", facts.target, "its Pods are not known")
    if simulation.refused:
        return _refusal(facts, simulation)
    cordon = plan_isolate(Isolate(facts.target, request.reason or "drain", force=True), facts, now)
    if isinstance(cordon, Refusal):
        return Refusal("drain", facts.target, cordon.why, cordon.hint)
    cordons = not facts.is_cordoned
    going = len(simulation.moves)
    return msgspec.structs.replace(
        cordon,
        verb="drain",
        sentence=f"drain node {facts.name}: {simulation.sentence}",
        done="cordoned" if cordons else "already cordoned",
        writes=cordon.writes if cordons else (),
        changes=cordon.changes if cordons else (),
        evictions=tuple(_eviction(move, request.grace_period) for move in simulation.moves),
        nothing="" if cordons or going else "it is cordoned, and no Pod has to go",
        kubectl=_kubectl(request, facts.name),
        danger=_danger(simulation),
        preconditions=(
            *(cordon.preconditions if cordons else ()),
            *(["each Pod is the one that was seen (uid), and its disruption budget lets it go"] if going else ()),
        ),
        cautions=worst_first([*_cautions(simulation), *cordon.cautions]),
        notes=tuple(_notes(facts, simulation)),
        inverse=cordon.inverse if cordons else None,
        one_way="" if cordons else "evicted Pods are not brought back to it",
        before=cordon.before if cordons else {},
        simulation=simulation,
    )


def eviction_body(namespace: str, name: str, uid: str, grace_period: int) -> bytes:
    """policy/v1 Eviction of this very Pod: one of the same name made since is another one."""
    options: dict[str, Any] = {"preconditions": {"uid": uid}}
    if grace_period >= 0:
        options["gracePeriodSeconds"] = grace_period
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": name, "namespace": namespace},
        "deleteOptions": options,
    }
    return msgspec.json.encode(body)


def _eviction(move: Move, grace_period: int) -> Write:
    namespace, _, name = move.pod.partition("/")
    return Write(
        "POST",
        f"/api/v1/namespaces/{namespace}/pods/{name}/eviction",
        eviction_body(namespace, name, move.uid, grace_period),
        JSON,
        {},
    )


def _refusal(facts: NodeFacts, simulation: Simulation) -> Refusal:
    reasons: dict[tuple[str, str], list[str]] = {}
    for one in simulation.refused:
        reasons.setdefault((one.why, one.flag), []).append(one.pod)
    why = "; ".join(f"{_named(pods)}: {reason}" for (reason, _), pods in reasons.items())
    flags = " ".join(sorted({flag for _, flag in reasons}))
    return Refusal("drain", facts.target, f"nothing was done: {why}", f"if that is meant, add {flags}")


def _named(pods: list[str]) -> str:
    more = f" and {len(pods) - _NAMED} more" if len(pods) > _NAMED else ""
    return ", ".join(pods[:_NAMED]) + more


def _danger(simulation: Simulation) -> Danger:
    if not simulation.moves:
        return Danger.LIGHT
    lost = simulation.count(Outcome.PENDING) + simulation.count(Outcome.GONE)
    return Danger.HEAVY if lost or any(one.is_gap for one in simulation.serving) else Danger.ROLLING


def _cautions(simulation: Simulation) -> Iterator[Caution]:
    reasons: dict[str, list[str]] = {}
    lost: dict[str, list[str]] = {}
    for move in simulation.moves:
        if move.outcome is Outcome.PENDING:
            reasons.setdefault(move.why, []).append(move.pod)
        if move.warning:
            lost.setdefault(move.warning, []).append(move.pod)
    for why, pods in reasons.items():
        yield Caution(CautionCode.NO_ROOM, Severity.CRITICAL, f"no other node for {_named(pods)}; {why}")
    for warning, pods in lost.items():
        yield Caution(CautionCode.LOST, Severity.WARNING, f"{_named(pods)}: {warning}")
    yield from _held(simulation)
    gaps = [one.text for one in simulation.serving if one.is_gap]
    if gaps:
        yield Caution(CautionCode.GAP, Severity.CRITICAL, f"nobody serves meanwhile: {'; '.join(gaps[:_NAMED])}")
    for part in simulation.unchecked:
        yield Caution(CautionCode.NOT_SEEN, Severity.INFO, f"not looked at: {part}")


def _held(simulation: Simulation) -> Iterable[Caution]:
    blocked = [move for move in simulation.moves if move.outcome is Outcome.BLOCKED]
    told = {one.key: one for one in simulation.budgets}
    for budget in dict.fromkeys(move.budget for move in blocked):
        mine = [move for move in blocked if move.budget == budget]
        what = told[budget].text if budget in told and "two budgets" not in mine[0].why else mine[0].why
        pods = _named([move.pod for move in mine])
        yield Caution(CautionCode.HELD, Severity.CRITICAL, f"holds {pods}: {what}")


def _notes(facts: NodeFacts, simulation: Simulation) -> Iterator[str]:
    if facts.is_cordoned:
        yield "it is cordoned already, and stays so"
    else:
        yield f"afterwards it stays out of service; back: kubectl goweb rejoin {facts.name}"
    if simulation.moves:
        yield "the scheduler chooses the nodes; the simulation shows that there is room, and where"


def _kubectl(request: Drain, name: str) -> str:
    words = [f"kubectl drain {name}"]
    flags = request.flags
    words += ["--ignore-daemonsets"] * flags.ignore_daemonsets
    words += ["--delete-emptydir-data"] * flags.delete_emptydir_data
    words += ["--force"] * flags.force
    if flags.skip_wait_for_delete_timeout:
        words.append(f"--skip-wait-for-delete-timeout={flags.skip_wait_for_delete_timeout}")
    if request.grace_period >= 0:
        words.append(f"--grace-period={request.grace_period}")
    if request.pod_selector:
        words.append(f"--pod-selector='{request.pod_selector}'")
    return " ".join(words)
