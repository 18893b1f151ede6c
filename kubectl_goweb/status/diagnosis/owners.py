"""Two that each hold a thing to be theirs: selectors that overlap, and writers that undo each other's writes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from kubectl_goweb.objects import Event, Kind, ReplicaSet, condition
from kubectl_goweb.objects.facts import named
from kubectl_goweb.objects.meta import Write
from kubectl_goweb.objects.policy import HorizontalPodAutoscaler
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.surroundings import Surroundings, Template
from kubectl_goweb.status.selection import selector_text, selects
from kubectl_goweb.status.verdicts import Confidence, Evidence, Finding, Ref, Severity

_SCALED = re.compile(r"replica set (?P<name>\S+) from (?P<before>\d+) to (?P<after>\d+)")
_RESCALED = re.compile(r"New size: (?P<size>\d+)")
_TWICE = 2
"""Times that both directions must have been seen: once there and back is a change of mind."""
_TURNS = 6
"""Revisions in turn from which on two writers are at work: each has written its own three times."""
RECENT = 1800.0
"""Seconds after which a quarrel is over."""


def owner_findings(around: Surroundings) -> Iterator[Finding]:
    yield from _overlaps(around)
    for autoscaler in around.snapshot.autoscalers.values():
        found = _replicas(autoscaler, around)
        if found is not None:
            yield found
    yield from _templates(around)


def _overlaps(around: Surroundings) -> Iterator[Finding]:
    """Workloads whose selector means the Pods of another one. Each keeps to its own Pods by their owner, but whoever
    goes by labels takes them for the same: autoscalers, Services, `kubectl logs`.
    """
    scaled = {_target(one) for one in around.snapshot.autoscalers.values()}
    told: set[frozenset[Ref]] = set()
    for one in around.all_templates():
        if not around.desired(one.ref):
            continue
        for other in around.templates_with(one.namespace, one.selector.match_labels):
            both = frozenset((one.ref, other.ref))
            if other.ref == one.ref or both in told or not around.desired(other.ref):
                continue
            if not selects(one.selector, other.labels):
                continue
            is_mutual = selects(other.selector, one.labels)
            if not is_mutual and one.ref not in scaled:
                continue  # a canary with one label more: sloppy, and nothing comes of it
            told.add(both)
            yield _overlap(one, other, is_scaled=bool(both & scaled))


def _overlap(one: Template, other: Template, *, is_scaled: bool) -> Finding:
    wanted = selector_text(one.selector)
    cause = f"{wanted} selects the Pods of both: whoever goes by labels takes them for one workload"
    if is_scaled:
        cause += ", and the autoscaler counts the load of both"
    return finding(
        Code.TWO_OWNERS,
        Severity.WARNING,
        one.ref,
        f"the selector of {one.ref.short} also selects the Pods of {other.ref.short}",
        cause=cause + "; a selector cannot be changed, so one of them must be made anew with a label of its own",
        next=f"kubectl get pods -n {one.namespace} -l {wanted} --show-labels",
        evidence=(Evidence("spec.selector", wanted), Evidence(f"labels of {other.ref.short}", _labels(other.labels))),
        reason="selector",
    )


def _labels(labels: Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def _target(autoscaler: HorizontalPodAutoscaler) -> Ref:
    target = autoscaler.spec.scale_target_ref
    return Ref(target.kind, target.name, autoscaler.namespace)


def _replicas(autoscaler: HorizontalPodAutoscaler, around: Surroundings) -> Finding | None:
    """A Deployment that is scaled to and fro, when its autoscaler made one of the directions only."""
    target = _target(autoscaler)
    scaled = around.snapshot.deployments.get(f"{target.namespace}/{target.name}")
    if scaled is None or target.kind != "Deployment":
        return None
    events = around.index.events.get(scaled.metadata.uid, ())
    mine = _sizes(around.index.events.get(autoscaler.metadata.uid, ()))
    moves = _moves((event for event in events if event.reason == "ScalingReplicaSet"), around.now)
    for (name, before, after), times in moves.items():
        back = moves.get((name, after, before), 0)
        # By its own events the autoscaler went one of the ways only; the other one is somebody else's.
        if min(times, back) < _TWICE or mine[after] < _TWICE or mine[before]:
            continue
        other = _writer(around, target, lambda write: write.owns_replicas and write.subresource != "status")
        return finding(
            Code.TWO_OWNERS,
            Severity.WARNING,
            target,
            f"two write the replicas of {target.short}: the autoscaler sets {after}, and somebody sets {before} again",
            cause=f"scaled from {before} to {after} {times} times and back {back} times, and autoscaler "
            f"{autoscaler.name} made only the one; a manifest or a person writes spec.replicas against it",
            next=f"kubectl get {target.short} -n {target.namespace} -o yaml --show-managed-fields",
            evidence=(*other, *_proof(events)),
            reason="replicas",
        )
    return None


def _moves(events: Iterable[Event], now: datetime) -> Counter[tuple[str, int, int]]:
    """How often each ReplicaSet was taken from one size to another."""
    found: Counter[tuple[str, int, int]] = Counter()
    for event in events:
        move, seen = _SCALED.search(event.message), event.last_seen
        if move is not None and seen is not None and (now - seen).total_seconds() < RECENT:
            found[move["name"], int(move["before"]), int(move["after"])] += event.times
    return found


def _sizes(events: Iterable[Event]) -> Counter[int]:
    """How often the autoscaler set each size."""
    found: Counter[int] = Counter()
    for event in events:
        size = _RESCALED.search(event.message) if event.reason == "SuccessfulRescale" else None
        if size is not None:
            found[int(size["size"])] += event.times
    return found


def _proof(events: Iterable[Event]) -> tuple[Evidence, ...]:
    told = [event for event in events if event.reason == "ScalingReplicaSet"]
    told.sort(key=lambda event: event.last_seen.timestamp() if event.last_seen else 0.0, reverse=True)
    return tuple(
        Evidence(f"event {event.reason}", plain(f"{event.message} ({event.times} times)"), event.last_seen)
        for event in told[:2]
    )


def _templates(around: Surroundings) -> Iterator[Finding]:
    """Two templates that are rolled out in turn, again and again."""
    for one in around.snapshot.deployments.values():
        turns = _turns(around.index.replica_sets.get(one.metadata.uid, ()))
        progress = condition(one.status.conditions, "Progressing")
        at = progress.last_update_time if progress else None
        if turns < _TURNS or at is None or (around.now - at).total_seconds() > RECENT:
            continue
        ref = Ref("Deployment", one.name, one.namespace)
        yield finding(
            Code.TWO_OWNERS,
            Severity.WARNING,
            ref,
            f"two templates of {ref.short} are rolled out in turn: the last {turns} revisions are of two only",
            cause="two writers undo each other's change, such as a deployment pipeline or GitOps and a person or an "
            "operator; the manifest that the one applies is not what the other wants",
            next=f"kubectl get {ref.short} -n {ref.namespace} -o yaml --show-managed-fields",
            evidence=_writer(around, ref, lambda write: write.owns_template) or (
                Evidence("revision-history", f"{turns} revisions in turn", at),),
            reason="template",
            confidence=Confidence.LIKELY,
        )  # fmt: skip


def _turns(replica_sets: Iterable[ReplicaSet]) -> int:
    """How many of the newest revisions in a row were two templates in turn."""
    owner: dict[int, str] = {}
    for one in replica_sets:
        annotations = one.metadata.annotations
        for number in f"{annotations.revision_history},{annotations.revision}".split(","):
            if number.isdecimal():
                owner[int(number)] = one.name
    newest = [owner[number] for number in sorted(owner, reverse=True)]
    count = 0
    for index, name in enumerate(newest):
        if index >= 2 and name != newest[index - 2]:
            break
        count += 1
    return count


def _writer(around: Surroundings, ref: Ref, is_meant: Callable[[Write], bool]) -> tuple[Evidence, ...]:
    """Who wrote it, by the fields that the server notes for each writer, newest first; empty when not asked for."""
    full = around.snapshot.facts.workloads.get(named(Kind(ref.kind), f"{ref.namespace}/{ref.name}"))
    writes = [one for one in full.metadata.managed_fields if is_meant(one)] if full else []
    writes.sort(key=lambda one: one.time.timestamp() if one.time else 0.0, reverse=True)
    return tuple(
        Evidence("managedFields", plain(f"written by {one.manager} ({one.operation})"), one.time) for one in writes[:3]
    )
