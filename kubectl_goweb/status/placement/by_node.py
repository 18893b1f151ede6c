"""What the node alone decides: cordon, taints, labels, ports, resources. Follows NodeUnschedulable, TaintToleration,
NodeAffinity, NodePorts and NodeResourcesFit of kube-scheduler.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kubectl_goweb.objects.core import Taint
from kubectl_goweb.objects.scheduling import NodeSelector, NodeSelectorTerm, Toleration
from kubectl_goweb.objects.template import FullPodSpec
from kubectl_goweb.status.placement.amounts import asked_text
from kubectl_goweb.status.placement.answers import Obstacle, Predicate
from kubectl_goweb.status.placement.cluster import NodeRoom
from kubectl_goweb.status.placement.demands import Demand
from kubectl_goweb.status.selection import node_is_selected, requirement_holds, requirement_text

UNSCHEDULABLE = Taint("node.kubernetes.io/unschedulable", "NoSchedule")
"""What a cordoned node counts as having; the node controller soon adds it in earnest."""
_FORBIDDING = ("NoSchedule", "NoExecute")
_FIRST = ("cpu", "memory", "ephemeral-storage")


def node_obstacles(demand: Demand, room: NodeRoom) -> Iterable[Obstacle]:
    """What stands against this Pod on this node, in the scheduler's order."""
    yield from _cordon(demand.spec, room)
    yield from _taints(demand.spec, room)
    for text in _unmet(demand.spec, room.name, room.labels):
        yield Obstacle(Predicate.NODE_AFFINITY, text, "node(s) didn't match Pod's node affinity/selector")
    yield from _ports(demand, room)
    yield from _resources(demand, room)


def tolerates(tolerations: Iterable[Toleration], taint: Taint) -> bool:
    """Whether one of them tolerates the taint: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/"""
    return any(_tolerates(one, taint) for one in tolerations)


def untolerated(spec: FullPodSpec, taints: Iterable[Taint], effects: tuple[str, ...] = _FORBIDDING) -> Iterable[Taint]:
    """The taints with one of these effects that the Pod does not put up with."""
    return (taint for taint in taints if taint.effect in effects and not tolerates(spec.tolerations, taint))


def taint_text(taint: Taint) -> str:
    """As kubectl takes it: `dedicated=gpu:NoSchedule`."""
    return f"{taint.key}={taint.value}:{taint.effect}" if taint.value else f"{taint.key}:{taint.effect}"


def matches_node(spec: FullPodSpec, room: NodeRoom) -> bool:
    """nodeSelector and required node affinity."""
    if any(room.labels.get(key) != value for key, value in spec.node_selector.items()):
        return False
    required = _required(spec)
    return required is None or node_is_selected(required, room.name, room.labels)


def _tolerates(one: Toleration, taint: Taint) -> bool:
    if one.effect and one.effect != taint.effect:
        return False
    if one.key and one.key != taint.key:
        return False
    match one.operator:
        case "Exists":
            return True
        case "Equal" | "":
            return bool(one.key) and one.value == taint.value
        case _:
            return False


def _cordon(spec: FullPodSpec, room: NodeRoom) -> Iterable[Obstacle]:
    if room.node.spec.unschedulable and not tolerates(spec.tolerations, UNSCHEDULABLE):
        yield Obstacle(Predicate.UNSCHEDULABLE, "it is cordoned", "node(s) were unschedulable")


def _taints(spec: FullPodSpec, room: NodeRoom) -> Iterable[Obstacle]:
    for taint in untolerated(spec, room.node.spec.taints):
        # A cordon is told once, above.
        if not (room.node.spec.unschedulable and taint.key == UNSCHEDULABLE.key):
            text = f"taint {taint_text(taint)} is not tolerated"
            yield Obstacle(Predicate.TAINTS, text, "node(s) had untolerated taint(s)")


def _required(spec: FullPodSpec) -> NodeSelector | None:
    rules = spec.affinity
    return rules.node_affinity.required if rules and rules.node_affinity else None


def _unmet(spec: FullPodSpec, name: str, labels: Mapping[str, str]) -> Iterable[str]:
    """Each label of nodeSelector that the node has not, and required node affinity where it does not hold."""
    for key, value in spec.node_selector.items():
        if labels.get(key) != value:
            yield _wanted(f"{key}={value}", key, labels)
    required = _required(spec)
    if required is not None and not node_is_selected(required, name, labels):
        terms = [_term_text(term, name, labels) for term in required.node_selector_terms]
        yield " or ".join(terms) or "its node affinity matches no node at all"


def _term_text(term: NodeSelectorTerm, name: str, labels: Mapping[str, str]) -> str:
    parts = [
        _wanted(requirement_text(one.key, one.operator, one.values), one.key, labels)
        for one in term.match_expressions
        if not requirement_holds(one, labels)
    ]
    parts += [
        f"wants {requirement_text(one.key, one.operator, one.values)}"
        for one in term.match_fields
        if not requirement_holds(one, {"metadata.name": name})
    ]
    return " and ".join(parts) or "an empty term matches no node"


def _wanted(wish: str, key: str, labels: Mapping[str, str]) -> str:
    has = f"it has {labels[key]!r}" if key in labels else "it has no such label"
    return f"wants label {wish}, {has}"


def _ports(demand: Demand, room: NodeRoom) -> Iterable[Obstacle]:
    for mine in demand.ports:
        for other in room.pods:
            if any(mine.clashes(theirs) for theirs in other.ports):
                yield Obstacle(
                    Predicate.HOST_PORTS,
                    f"host port {mine.number}/{mine.protocol} is taken by {other.key}",
                    "node(s) didn't have free ports for the requested pod ports",
                )
                break


def _resources(demand: Demand, room: NodeRoom) -> Iterable[Obstacle]:
    most = room.allocatable.get("pods", 0)
    if len(room.pods) + 1 > most:
        text = f"has room for {most} Pods, and {len(room.pods)} are there"
        yield Obstacle(Predicate.RESOURCES, text, "Too many pods", 1 / most if most else 1.0)
    for name in sorted(demand.requests, key=lambda one: (_FIRST.index(one) if one in _FIRST else len(_FIRST), one)):
        asked, free = demand.requests[name], room.free(name)
        if asked > 0 and asked > free:
            offered = room.allocatable.get(name, 0)
            yield Obstacle(
                Predicate.RESOURCES,
                f"needs {asked_text(name, asked - free)} more {name}: asks for {asked_text(name, asked)}, "
                + (
                    f"{asked_text(name, max(free, 0))} of {asked_text(name, offered)} is free"
                    if offered
                    else "none is there"
                ),
                f"Insufficient {name}",
                (asked - free) / offered if offered else 1.0,
            )
