"""The rows of workloads as the cockpit shows them: those of `status`, with the rollout drawn. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import assert_never

from kubectl_goweb import tables
from kubectl_goweb.status.eta import about, eta
from kubectl_goweb.status.verdicts import Phase
from kubectl_goweb.status.workloads import Workload
from kubectl_goweb.tables import Cell, Column, Row, Table, Tone, phase_tone

_ROLLOUT = Column("phase", "ROLLOUT")
_BEHIND = "ready"
"""The column behind which it stands."""
_CELLS = 8


def workload_rows(found: Iterable[Workload], now: datetime, *, ascii_only: bool) -> Table:
    """One row a workload; the rollout's bar, how many new Pods are available, and when it will be done."""
    found = tuple(found)
    told = tables.workloads(found, now, signs=not ascii_only)
    keys = [column.key for column in told.columns]
    old, behind = keys.index("phase"), keys.index(_BEHIND) + 1
    columns = [column for column in told.columns if column.key != "phase"]
    columns.insert(behind, _ROLLOUT)
    rows = []
    for workload, row in zip(found, told.rows, strict=True):
        cells = [cell for place, cell in enumerate(row.cells) if place != old]
        cells.insert(behind, _rollout(workload, now, ascii_only=ascii_only))
        rows.append(Row(row.key, tuple(cells)))
    return Table(tuple(columns), tuple(rows))


def _rollout(workload: Workload, now: datetime, *, ascii_only: bool) -> Cell:
    phase, tone = workload.rollout.phase, phase_tone(workload.rollout.phase)
    match phase:
        case Phase.SUCCEEDED:
            return Cell("done", Tone.FAINT)
        case Phase.UPDATING | Phase.FAILED | Phase.STUCK:
            gap = " | " if ascii_only else " · "
            parts = [f"{_bar(workload, ascii_only=ascii_only)} {_new(workload)}", _end(workload, now)]
            return Cell(gap.join(part for part in parts if part), tone)
        case Phase.PAUSED | Phase.SUPERSEDED | Phase.UNKNOWN:
            return Cell(str(phase), tone)
        case _:
            assert_never(phase)


def _bar(workload: Workload, *, ascii_only: bool) -> str:
    """New and available, new and not, still missing."""
    full, half, empty = "#-." if ascii_only else "█▒░"
    current = next((one for one in workload.revisions if one.is_current), None)
    desired = max(workload.counts.desired, 1)
    existing = min(current.existing if current else workload.counts.updated, desired)
    available = min(current.available if current else 0, existing)
    good, there = _CELLS * available // desired, -(-_CELLS * existing // desired)
    return full * good + half * (there - good) + empty * (_CELLS - there)


def _new(workload: Workload) -> str:
    current = next((one for one in workload.revisions if one.is_current), None)
    return f"{current.available if current else 0}/{workload.counts.desired} new"


def _end(workload: Workload, now: datetime) -> str:
    """When it will be done, else how long the controller will go on trying."""
    found, deadline = eta(workload, now), workload.rollout.deadline
    if found is not None and found.at is not None and not found.misses_deadline:
        return about((found.at - now).total_seconds())
    if deadline is None:
        return str(workload.rollout.phase) if workload.rollout.phase is not Phase.UPDATING else ""
    left = max(int((deadline - now).total_seconds()), 0)
    return f"{left // 60}:{left % 60:02} left"
