"""New revisions: when they were rolled out, by whom, and what their templates changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from kubectl_goweb.objects import Kind, Snapshot
from kubectl_goweb.objects.facts import named
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.changes.model import PastChange, Sight, Topic, listed
from kubectl_goweb.status.template_changes import Change, changes
from kubectl_goweb.status.workloads import Revision, Workload

_ANSWERED = timedelta(seconds=15)
"""Within which a controller, even a busy one, has made a revision of a template that was written."""
_SCALED = re.compile(r"replica set (?P<name>\S+) from (?P<before>\d+) to (?P<after>\d+)")
_ROLLING = timedelta(minutes=2)
"""Between two moves of one rollout."""
_SHOWN = 8
"""Fields of a difference that are told; a revision rarely changes more."""


def rolled_out(one: Workload, snapshot: Snapshot) -> tuple[tuple[Revision, Revision | None, datetime | None], ...]:
    """Every revision with the one before it and when it was rolled out, newest first.

    A template that comes back (undo) keeps its old ReplicaSet or ControllerRevision and only gets a new number: then
    the controller's event tells the time, or the write of the template, or the first Pod made from it.
    """
    ordered = sorted(one.revisions, key=lambda revision: revision.number, reverse=True)
    found = []
    for at, revision in enumerate(ordered):
        older = ordered[at + 1 :]
        came_back = any(
            other.created is not None and revision.created is not None and other.created > revision.created
            for other in older
        )
        when = _came_back(one, revision, older, snapshot) if came_back else revision.created
        found.append((revision, older[0] if older else _earlier(revision, ordered), when))
    return tuple(found)


def _earlier(revision: Revision, others: Sequence[Revision]) -> Revision | None:
    """The newest one that was made before it: that has a higher number by now, as it came back."""
    made = [
        (one.created, at)
        for at, one in enumerate(others)
        if one.created is not None and revision.created is not None and one.created < revision.created
    ]
    return others[max(made)[1]] if made else None


def _came_back(one: Workload, revision: Revision, older: Sequence[Revision], snapshot: Snapshot) -> datetime | None:
    after = max(other.created for other in older if other.created is not None)
    told = [
        at
        for event in snapshot.events.values()
        if event.reason == "ScalingReplicaSet"
        and event.namespace == one.ref.namespace
        and f"Scaled up replica set {revision.name} " in event.message
        and (at := event.last_seen) is not None
        and at >= after
    ]
    if told:
        return min(told)
    written = snapshot.facts.written.get(named(one.ref.kind, f"{one.ref.namespace}/{one.ref.name}"))
    times = [w.time for w in written.metadata.writes(after) if "template" in w.spec and w.time] if written else []
    if times and revision.is_current:
        return max(times)
    # Who only takes fields away owns none of them, and leaves no time: then its first Pod tells.
    return min((pod.created for pod in revision.pods if pod.created and pod.created >= after), default=None)


def revision_changes(sight: Sight) -> Iterator[PastChange]:
    """The revisions that were rolled out in the time that is looked at."""
    for revision, before, at in rolled_out(sight.workload, sight.snapshot):
        if at is not None and sight.is_recent(at):
            yield _told(sight, revision, before, at)


def _told(sight: Sight, revision: Revision, before: Revision | None, at: datetime) -> PastChange:
    ref = sight.ref
    differences = difference(sight, revision, before)
    fields = [one.field for one in differences or ()]
    is_restart = bool(fields) and all(one.startswith("metadata.annotations[") for one in fields)
    if before is None:
        text = f"revision {revision.number}, the first that is known"
    elif is_restart:
        text = f"revision {revision.number}: restarted; no more than annotations differ from revision {before.number}"
    elif differences is None:
        text = f"revision {revision.number}; what it changed could not be read"
    else:
        text = f"revision {revision.number} changes {listed((_short(one) for one in fields), 4) or 'nothing'}"
    details = [difference_line(one) for one in (differences or ())[:_SHOWN]]
    if len(differences or ()) > _SHOWN:
        details.append(f"and {len(differences or ()) - _SHOWN} more fields")
    if (
        is_restart
        and sight.template is not None
        and any(one.image_pull_policy == "Always" for one in sight.template.containers)
    ):
        details.append("images are pulled anew: a tag may name another image now, which old Pods alone would show")
    if revision.change_cause:
        details.append(f"change-cause: {plain(revision.change_cause)}")
    kind = Kind.REPLICA_SET if ref.kind == Kind.DEPLOYMENT else Kind.CONTROLLER_REVISION
    made = sight.workload.created
    is_first = before is None and made is not None and at - made <= _ANSWERED
    topic = Topic.CREATION if is_first else Topic.RESTART if is_restart else Topic.TEMPLATE
    return PastChange(topic, ref, at, text, f"{kind} {revision.name}", _author(sight, at, before), tuple(details))


def difference(sight: Sight, revision: Revision, before: Revision | None) -> tuple[Change, ...] | None:
    """What differs between two templates; None when one of them was not read."""
    kind = Kind.REPLICA_SET if sight.ref.kind == Kind.DEPLOYMENT else Kind.CONTROLLER_REVISION
    templates = sight.snapshot.facts.templates
    new = templates.get(named(kind, f"{sight.ref.namespace}/{revision.name}"))
    old = templates.get(named(kind, f"{sight.ref.namespace}/{before.name}")) if before else None
    return changes(old.template, new.template) if new and old else None


def difference_line(one: Change) -> str:
    if one.before is None:
        return f"{one.field}: + {one.after}"
    if one.after is None:
        return f"{one.field}: - {one.before}"
    return f"{one.field}: {one.before} -> {one.after}"


def _short(field: str) -> str:
    """`containers[web].env[LEVEL].value` is told as `env[LEVEL]`."""
    inner = field.partition("].")[2] if field.startswith(("containers[", "initContainers[")) else field
    return (inner or field).removesuffix(".value").removeprefix("metadata.")


def _author(sight: Sight, at: datetime, before: Revision | None) -> str:
    """Whoever wrote the template just before the controller made the revision, and after it made the one before."""
    written = sight.written(sight.ref.kind, sight.key)
    made = before.created if before else None
    for one in reversed(written.metadata.writes(at - _ANSWERED) if written else ()):
        is_its = one.time is not None and one.time <= at and (made is None or made >= at or one.time > made)
        if is_its and "template" in one.spec:
            return one.manager
    return ""


def scale_changes(sight: Sight) -> Iterator[PastChange]:
    """Another number of Pods, by the controller's events: a rollout moves two ReplicaSets, scaling the current one
    alone. The server keeps no time of a write to the scale subresource, only who owns the number.
    """
    if sight.ref.kind != Kind.DEPLOYMENT:
        return
    current = next((one.name for one in sight.workload.revisions if one.is_current), "")
    moves = [
        (at, found["name"], int(found["before"]), int(found["after"]))
        for event in sight.snapshot.events.values()
        if event.reason == "ScalingReplicaSet"
        and event.involved_object.name == sight.ref.name
        and event.namespace == sight.ref.namespace
        and (found := _SCALED.search(event.message)) is not None
        and (at := event.last_seen) is not None
        and sight.is_recent(at)
    ]
    for at, name, before, after in moves:
        others = [move for move in moves if move[1] != name and abs(move[0] - at) <= _ROLLING]
        if name == current and not others and (before or after < before):
            text = f"{sight.ref.short} scaled from {before} to {after}"
            yield PastChange(Topic.SPEC, sight.ref, at, text, "event ScalingReplicaSet", _scaler(sight))


def _scaler(sight: Sight) -> str:
    """Who owns the number of Pods through the scale subresource."""
    found = sight.written(sight.ref.kind, sight.key)
    owners = [one.manager for one in found.metadata.managed_fields if one.subresource == "scale"] if found else []
    return owners[0] if len(owners) == 1 else ""


def spec_changes(sight: Sight) -> Iterator[PastChange]:
    """What was written to the workload apart from its template."""
    found = sight.written(sight.ref.kind, sight.key)
    for write in found.metadata.writes(sight.since) if found else ():
        if found is None or write.time is None or "template" in write.spec or not write.spec:
            continue
        if not sight.was_created(found, write):
            text = f"{sight.ref.short} written: {listed(write.spec)}"
            yield PastChange(Topic.SPEC, sight.ref, write.time, text, "managedFields", write.manager)
