"""What changed around one workload, ranked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from msgspec import structs

from kubectl_goweb.objects import Snapshot
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.changes.config import config_changes
from kubectl_goweb.status.changes.fronts import front_changes
from kubectl_goweb.status.changes.images import image_changes
from kubectl_goweb.status.changes.model import Onset, PastChange, Sight, Topic, WorkloadChanges
from kubectl_goweb.status.changes.nodes import node_changes, nodes_of
from kubectl_goweb.status.changes.onset import onset
from kubectl_goweb.status.changes.revisions import revision_changes, scale_changes, spec_changes
from kubectl_goweb.status.changes.scaling import autoscaler_changes
from kubectl_goweb.status.changes.wants import workload_wants
from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.status.workloads import Workload

BACK = timedelta(hours=2)
"""How far back is looked: before the onset, or before now where all is well."""
_SLACK = 2.0
"""Seconds: the API's times are whole seconds, of several clocks."""
_LATELY = timedelta(minutes=30)
"""Within which a restart is taken to have brought an earlier change to the Pods."""
_SAME = 5.0
"""Seconds between a write and what is made of it, within which the journal's entry is about that."""
_REASONS = (
    revision_changes,
    scale_changes,
    spec_changes,
    config_changes,
    image_changes,
    node_changes,
    autoscaler_changes,
    front_changes,
)


def sight_of(one: Workload, snapshot: Snapshot, now: datetime, back: timedelta) -> tuple[Sight, Onset | None]:
    """The workload over the time that matters, and since when it is not well."""
    began = onset(Sight(one, snapshot, now - back, now))
    return Sight(one, snapshot, (began.at if began else now) - back, now), began


def workload_changes(
    one: Workload, snapshot: Snapshot, now: datetime, *, back: timedelta = BACK, journal: Iterable[PastChange] = ()
) -> WorkloadChanges:
    """What changed in the `back` before the onset and since then. `journal` is what this program did to it
    and to nodes."""
    sight, began = sight_of(one, snapshot, now, back)
    found = [change for reason in _REASONS for change in reason(sight)]
    nodes = {node.name for node in nodes_of(sight)}
    mine = [
        one for one in journal if sight.is_recent(one.at) and (one.object.kind != "Node" or one.object.name in nodes)
    ]
    found = _with_journal(found, mine)
    found = [structs.replace(each, text=plain(each.text), who=plain(each.who)) for each in found]
    return WorkloadChanges(
        object=one.ref,
        verdict=one.verdict,
        why=one.why,
        onset=began,
        since=sight.since,
        changes=_ranked(found, began),
        unseen=tuple(_unseen(sight)),
    )


def _with_journal(found: list[PastChange], journal: list[PastChange]) -> list[PastChange]:
    """An entry names the person behind a write that is seen anyway; else it stands for itself."""
    for entry in journal:
        near = [
            (abs((one.at - entry.at).total_seconds()), at)
            for at, one in enumerate(found)
            if one.object == entry.object and one.topic is not Topic.JOURNAL
        ]
        distance, at = min(near, default=(_SAME + 1, 0))
        if distance <= _SAME:
            one = found[at]
            found[at] = structs.replace(one, who=entry.who, details=(*one.details, entry.text))
        else:
            found = [*found, entry]
    return found


def _ranked(found: list[PastChange], began: Onset | None) -> tuple[PastChange, ...]:
    """Newest first without an onset. Else by closeness to it; what came after it cannot have been the cause. A restart
    changes nothing by itself, so it stands behind what it may have brought to the Pods; and of what happened in one
    second, that something came into being is the least to blame.

    """
    if began is None:
        return tuple(sorted(found, key=lambda one: one.at, reverse=True))
    told = [structs.replace(one, before_onset=(began.at - one.at).total_seconds()) for one in found]

    def rank(one: PastChange) -> tuple[bool, float, int]:
        before = one.before_onset or 0.0
        is_late = before < -_SLACK
        distance = -before if is_late else max(before, 0.0)
        if one.topic is not Topic.RESTART or is_late:
            return is_late, distance, 2 if one.topic is Topic.CREATION else 0
        carried = [
            (one.at - other.at).total_seconds()
            for other in told
            if other.topic in (Topic.CONFIG, Topic.IMAGE) and timedelta() <= one.at - other.at <= _LATELY
        ]
        return is_late, distance + min(carried, default=0.0), int(bool(carried))

    return tuple(sorted(told, key=rank))


def _unseen(sight: Sight) -> Iterator[str]:
    """What was asked for about this workload and could not be read; what its template names and is not there."""
    facts = sight.snapshot.facts
    told = set()
    for want in workload_wants(sight):
        if want.subject in facts.unseen:
            told.add(f"{want.subject}: {facts.unseen[want.subject]}")
        elif want.subject in facts.absent:
            told.add(f"{want.subject}: it does not exist; when it went is not known")
    yield from sorted(plain(one) for one in told)


def journal_change(target: Ref, at: datetime, text: str, who: str) -> PastChange:
    """An entry of this program's journal."""
    return PastChange(Topic.JOURNAL, target, at, text, "journal", who)
