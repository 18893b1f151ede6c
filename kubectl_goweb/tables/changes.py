"""What changed, one row a change."""

from __future__ import annotations

from datetime import datetime

from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import age, duration
from kubectl_goweb.status.changes.model import PastChange, WorkloadChanges
from kubectl_goweb.tables.model import Cell, Column, Row, Table, Tone

COLUMNS = (
    Column("when", "WHEN", right=True),
    Column("topic", "TOPIC", spare=1),
    Column("text", "WHAT CHANGED", elastic=True),
    Column("who", "WHO", spare=2),
)


def when(one: PastChange, now: datetime) -> str:
    """Relative to the onset where there is one: `12s before`, `3m after`; else `5m ago`."""
    if one.before_onset is None:
        return f"{age(one.at, now)} ago"
    side = "after" if one.before_onset < 0 else "before"
    return f"{duration(abs(one.before_onset))} {side}"


def past_changes(found: WorkloadChanges, now: datetime) -> Table:
    """In the order of suspicion; the key of a row is that of what was changed, with the place of the change."""
    return Table(COLUMNS, tuple(_row(place, one, found, now) for place, one in enumerate(found.changes)))


def _row(place: int, one: PastChange, found: WorkloadChanges, now: datetime) -> Row:
    ref = one.object
    is_suspect = found.onset is not None and place == 0
    is_late = one.before_onset is not None and one.before_onset < 0
    tone = Tone.WARN if is_suspect else Tone.FAINT if is_late else Tone.PLAIN
    return Row(
        f"{ref.key}#{place}",
        (Cell(when(one, now), tone), Cell(one.topic), Cell(plain(one.text), tone), Cell(plain(one.who), Tone.FAINT)),
    )
