"""What happened to the nodes that the workload's Pods are on, or that they cannot get onto."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from msgspec import structs

from kubectl_goweb.objects import Event, Node
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.changes.model import PastChange, Sight, Topic, listed
from kubectl_goweb.status.isolation import isolation
from kubectl_goweb.status.verdicts import Ref

_CORDONED = "node.kubernetes.io/unschedulable"
_BY_CONDITION = "node.kubernetes.io/"
"""Taints of this prefix follow a condition, which is told itself."""
_AT_ONCE = timedelta(minutes=1)
_JOINING = timedelta(seconds=90)
"""While a node joins, everything about it changes."""


def nodes_of(sight: Sight) -> tuple[Node, ...]:
    """The nodes of its Pods; while one of them has none, every node that was changed meanwhile may be why."""
    names = {pod.node for pod in sight.workload.pods}
    homeless = "" in names
    return tuple(
        node
        for node in sight.snapshot.nodes.values()
        if node.name in names or (homeless and any(True for _ in _of_node(sight, node)))
    )


def node_changes(sight: Sight) -> Iterator[PastChange]:
    told: dict[str, list[Event]] = {}
    for event in sight.snapshot.events.values():
        if event.involved_object.kind == "Node":
            told.setdefault(event.involved_object.name, []).append(event)
    found = [
        change
        for node in nodes_of(sight)
        for change in (*_of_node(sight, node), *_restarts(sight, node, told.get(node.name, ())))
    ]
    return _together(found)


def _together(found: Iterable[PastChange]) -> Iterator[PastChange]:
    """What happened to many nodes at once is told once, with the time of the first."""
    alike: dict[tuple[str, str], list[PastChange]] = {}
    for one in sorted(found, key=lambda one: one.at):
        group = alike.setdefault((one.source, one.text.replace(one.object.name, "")), [])
        if group and one.at - group[-1].at > _AT_ONCE:
            yield _one_of(group)
            group.clear()
        group.append(one)
    for group in alike.values():
        yield _one_of(group)


def _one_of(group: list[PastChange]) -> PastChange:
    first = group[0]
    if len(group) == 1:
        return first
    text = first.text.replace(f"node {first.object.name}", f"{len(group)} nodes", 1)
    return structs.replace(first, text=text, details=(listed(one.object.name for one in group),))


def _of_node(sight: Sight, node: Node) -> Iterator[PastChange]:
    ref = Ref("Node", node.name)
    made = node.metadata.creation_timestamp
    if made is not None and sight.is_recent(made):
        yield PastChange(
            Topic.CREATION, ref, made, f"node {node.name} joined the cluster", "metadata.creationTimestamp"
        )
    yield from _cordon(sight, node, ref)
    for taint in node.spec.taints:
        if taint.key.startswith(_BY_CONDITION) or taint.time_added is None or not sight.is_recent(taint.time_added):
            continue
        value = f"={taint.value}" if taint.value else ""
        text = f"node {node.name} tainted {taint.key}{value}:{taint.effect}"
        yield PastChange(Topic.NODE, ref, taint.time_added, plain(text), "spec.taints", _writer(sight, node, "taints"))
    for said in node.status.conditions:
        at = said.last_transition_time
        if at is None or not sight.is_recent(at) or _is_joining(node, at):
            continue
        why = f" ({said.reason}: {said.message})" if said.reason else ""
        text = f"node {node.name}: {said.type} became {said.status}{why}"
        yield PastChange(Topic.NODE, ref, at, plain(text), f"condition {said.type}")


def _cordon(sight: Sight, node: Node, ref: Ref) -> Iterator[PastChange]:
    if not node.spec.unschedulable:
        return
    added = next((one.time_added for one in node.spec.taints if one.key == _CORDONED), None)
    writes = [one.time for one in sight.writes("Node", node.name) if "unschedulable" in one.spec and one.time]
    at = max(writes, default=added)
    if at is not None and sight.is_recent(at):
        why = "; a Pod of it has no node" if any(not pod.node for pod in sight.workload.pods) else ""
        source = "managedFields" if writes else "taint"
        told = isolation(node.metadata.annotations.isolated)
        text = f"node {node.name} cordoned: no Pod may be placed there{why}"
        details = (told.text,) if told else ()
        yield PastChange(Topic.NODE, ref, at, text, source, _writer(sight, node, "unschedulable"), details)


def _writer(sight: Sight, node: Node, field: str) -> str:
    """Who owns that field of the node, if it was written in the time that is looked at."""
    return next((one.manager for one in reversed(sight.writes("Node", node.name)) if field in one.spec), "")


def _restarts(sight: Sight, node: Node, told: Iterable[Event]) -> Iterator[PastChange]:
    ref = Ref("Node", node.name)
    for event in told:
        at = event.last_seen
        if at is None or not sight.is_recent(at):
            continue
        is_kubelet = event.reason == "Starting" and "kubelet" in event.message
        if event.reason == "Rebooted" or (is_kubelet and not _is_joining(node, at)):
            what = "rebooted" if event.reason == "Rebooted" else "has a new kubelet process"
            text = f"node {node.name} {what}: {event.message}"
            yield PastChange(Topic.NODE, ref, at, plain(text), f"event {event.reason}")


def _is_joining(node: Node, at: datetime) -> bool:
    made = node.metadata.creation_timestamp
    return made is not None and at - made <= _JOINING
