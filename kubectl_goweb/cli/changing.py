"""What changed around workloads, gathered: one look at everything, then what only those workloads need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct, structs

from kubectl_goweb.actions.entries import Entry
from kubectl_goweb.actions.journal import Journal
from kubectl_goweb.cli.looking import Look, look
from kubectl_goweb.errors import GowebError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.investigating import investigate
from kubectl_goweb.kube.reading import Ask, read
from kubectl_goweb.objects import Kind, Snapshot
from kubectl_goweb.objects.text import plain
from kubectl_goweb.objects.wants import Want
from kubectl_goweb.status.changes.engine import journal_change, sight_of, workload_changes
from kubectl_goweb.status.changes.model import PastChange, WorkloadChanges
from kubectl_goweb.status.changes.onset import ILL
from kubectl_goweb.status.changes.wants import wants
from kubectl_goweb.status.overview import Overview, overview
from kubectl_goweb.status.workloads import Workload

MOST = 50
"""Workloads that are looked into for one answer; those that are not well first."""
_AROUND = (
    Kind.INGRESS,
    Kind.HORIZONTAL_POD_AUTOSCALER,
    Kind.NETWORK_POLICY,
    Kind.RESOURCE_QUOTA,
    Kind.LIMIT_RANGE,
)
_BUDGET, _LONG = 5.0, 20.0
"""Seconds for one workload, and for many."""
_REQUESTS, _MANY = 100, 1000


class Gathered(Struct, frozen=True):
    snapshot: Snapshot
    overview: Overview
    changes: tuple[WorkloadChanges, ...]
    """Those that are not well first."""
    passed_over: int = 0
    """Workloads beyond the most that are looked into."""


def gather(
    connection: Connection, want: Look, now: Callable[[], datetime], back: timedelta, journal: Journal | None = None
) -> Gathered:
    """Look, ask, and tell. What may not be read is told in the overview's gaps and in each workload's `unseen`."""
    found = look(connection, want, now)
    around = read(connection, [Ask(kind, want.namespace) for kind in _AROUND], now, namespace=want.namespace)
    found = structs.replace(
        found,
        ingresses=around.ingresses,
        autoscalers=around.autoscalers,
        network_policies=around.network_policies,
        quotas=around.quotas,
        limit_ranges=around.limit_ranges,
        feeds={**found.feeds, **around.feeds},
    )
    told = overview(found, now())
    ordered = sorted(told.workloads, key=lambda one: -one.verdict.rank)
    chosen = ordered[:MOST]

    known = found
    for some in ([one for one in chosen if one.verdict in ILL], [one for one in chosen if one.verdict not in ILL]):
        known = _looked_into(connection, known, some, now, back)
    done = _entries(journal)
    changes = tuple(workload_changes(one, known, told.at, back=back, journal=about(one, done)) for one in chosen)
    return Gathered(known, told, changes, len(ordered) - len(chosen))


def _looked_into(
    connection: Connection, found: Snapshot, some: Sequence[Workload], now: Callable[[], datetime], back: timedelta
) -> Snapshot:
    def wanted(known: Snapshot) -> tuple[Want, ...]:
        return wants(sight_of(one, known, now(), back)[0] for one in some)

    budget, most = (_BUDGET, _REQUESTS) if len(some) == 1 else (_LONG, _MANY)
    return investigate(connection, found, wanted, now, budget=budget, most=most) if some else found


def _entries(journal: Journal | None) -> tuple[Entry, ...]:
    """Of this cluster; a journal that cannot be read is no reason to tell nothing."""
    try:
        found = journal.entries()[0] if journal is not None else ()
    except GowebError:
        return ()
    return tuple(one for one in found if journal is not None and one.server == journal.who.server)


def about(one: Workload, entries: Iterable[Entry]) -> tuple[PastChange, ...]:
    """What this program did to the workload, and to nodes, of which those that matter are chosen later."""
    return tuple(
        journal_change(entry.target, entry.at, f"journal entry {entry.id}: {plain(entry.sentence)}", entry.login)
        for entry in entries
        if entry.target == one.ref or entry.target.kind == Kind.NODE
    )
