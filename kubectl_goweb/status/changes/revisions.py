"""New revisions: when they were rolled out, by whom, and what their templates changed."""

from __future__ import annotations

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
_SHOWN = 8
"""Fields of a difference that are told; a revision rarely changes more."""


def rolled_out(one: Workload, snapshot: Snapshot) -> tuple[tuple[Revision, Revision | None, datetime | None], ...]:
    """Every revision with the one before it and when it was rolled out, newest first.

    A template that comes back (undo) keeps its old ReplicaSet or ControllerRevision and only gets a new number: then
    the controller's event tells the time, or the write of the template.
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
        found.append((revision, older[0] if older else None, when))
    return tuple(found)


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
    return max(times) if times and revision.is_current else None


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
    if revision.change_cause:
        details.append(f"change-cause: {plain(revision.change_cause)}")
    kind = Kind.REPLICA_SET if ref.kind == Kind.DEPLOYMENT else Kind.CONTROLLER_REVISION
    made = sight.workload.created
    is_first = before is None and made is not None and at - made <= _ANSWERED
    topic = Topic.CREATION if is_first else Topic.RESTART if is_restart else Topic.TEMPLATE
    return PastChange(topic, ref, at, text, f"{kind} {revision.name}", _author(sight, at), tuple(details))


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


def _author(sight: Sight, at: datetime) -> str:
    """Whoever wrote the template just before the controller made the revision."""
    written = sight.written(sight.ref.kind, sight.key)
    times = written.metadata.writes(at - _ANSWERED) if written else ()
    return next(
        (one.manager for one in reversed(times) if "template" in one.spec and one.time is not None and one.time <= at),
        "",
    )


def spec_changes(sight: Sight) -> Iterator[PastChange]:
    """What was written to the workload apart from its template."""
    found = sight.written(sight.ref.kind, sight.key)
    for write in found.metadata.writes(sight.since) if found else ():
        if found is None or write.time is None or "template" in write.spec or not write.spec:
            continue
        if not sight.was_created(found, write):
            text = f"{sight.ref.short} written: {listed(write.spec)}"
            yield PastChange(Topic.SPEC, sight.ref, write.time, text, "managedFields", write.manager)
