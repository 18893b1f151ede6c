"""The events of a workload and of everything that is its own, and what has to be asked for to have them all. Pure.

The watch brings the warnings alone; what went well is asked for while somebody looks.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kubectl_goweb.objects import Event, Kind, Object, Pod
from kubectl_goweb.objects.text import plain
from kubectl_goweb.objects.wants import Ask, Want
from kubectl_goweb.status.ages import age
from kubectl_goweb.status.index import newest_first
from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.status.workloads import Workload
from kubectl_goweb.tables import Cell, Column, Row, Table, Tone
from kubectl_goweb.tui.view import View

_MOST_PODS = 8
"""Pods whose events are asked for: those of the newest."""
_MOST = 30
_COLUMNS = (
    Column("age", "LAST", right=True),
    Column("reason", "REASON"),
    Column("object", "OBJECT"),
    Column("message", "MESSAGE", elastic=True),
)


def event_wants(view: View, workload: Workload) -> tuple[Want, ...]:
    """All events about the workload, its ReplicaSets that have Pods, and its newest Pods."""
    asked: list[tuple[Kind, Object]] = []
    pods: list[tuple[Kind, Object]] = []
    for kind, one in _tree(view, workload):
        (pods if isinstance(one, Pod) else asked).append((kind, one))
    pods.sort(key=lambda pair: str(pair[1].metadata.creation_timestamp), reverse=True)
    return tuple(pod_event_want(one, kind) for kind, one in (*asked, *pods[:_MOST_PODS]))


def pod_event_want(one: Object, kind: Kind = Kind.POD) -> Want:
    return Want(Ask.EVENTS, kind, one.key, uid=one.metadata.uid)


def tree_events(view: View, workload: Workload) -> Table:
    """The newest events about all of it."""
    uids = {one.metadata.uid for _, one in _tree(view, workload)}
    found = newest_first(one for one in view.snapshot.events.values() if one.involved_object.uid in uids)
    return Table(_COLUMNS, tuple(_row(one, view.now) for one in found[:_MOST]))


def _tree(view: View, workload: Workload) -> Iterator[tuple[Kind, Object]]:
    kind, namespace = Kind(workload.ref.kind), workload.ref.namespace
    own: Object | None = getattr(view.snapshot, kind.resource.field).get(f"{namespace}/{workload.ref.name}")
    if own is not None:
        yield kind, own
    for revision in workload.revisions:
        found = view.snapshot.replica_sets.get(f"{namespace}/{revision.name}")
        if found is not None and (revision.existing or revision.is_current):
            yield Kind.REPLICA_SET, found
    for one in workload.pods:
        pod = view.snapshot.pods.get(f"{one.namespace}/{one.name}")
        if pod is not None:
            yield Kind.POD, pod


def _row(one: Event, now: datetime) -> Row:
    tone = Tone.FAINT if one.type == "Normal" else Tone.WARN
    times = f" ({one.times} times)" if one.times > 1 else ""
    about = Ref(one.involved_object.kind, one.involved_object.name)
    return Row(
        one.key,
        (
            Cell(age(one.last_seen, now) if one.last_seen else "?"),
            Cell(plain(one.reason), tone),
            Cell(plain(about.short)),
            Cell(plain(one.message) + times),
        ),
    )
