"""A workload's revisions with the Pods made from each, as one table. Its cells are those of the single tables."""

from __future__ import annotations

from datetime import datetime

from kubectl_goweb import tables
from kubectl_goweb.status.workloads import Revision, Workload
from kubectl_goweb.tables import Cell, Column, Row, Table, Tone

COLUMNS = (
    Column("what", "REVISION, POD"),
    Column("ready", "READY", right=True),
    Column("status", "STATUS"),
    Column("restarts", "RESTARTS", spare=1),
    Column("age", "AGE", right=True),
    Column("node", "NODE", wide=True),
    Column("why", "WHY", elastic=True),
)
_POD_CELLS = ("ready", "status", "restarts", "age", "node", "why")


def tree(workload: Workload, now: datetime, *, ascii_only: bool) -> Table:
    """The newest revision first, below each its Pods. Keys are those of the single tables: a Pod's row opens a Pod."""
    branch, last = ("|- ", "`- ") if ascii_only else ("├─ ", "└─ ")
    rows: list[Row] = []
    for revision in workload.revisions:
        rows.append(_revision_row(revision, now))
        told = tables.pods(revision.pods, now)
        places = {column.key: place for place, column in enumerate(told.columns)}
        for number, row in enumerate(told.rows, 1):
            name = row.cells[places["name"]].text
            lead = last if number == len(told.rows) else branch
            cells = (row.cells[places[key]] for key in _POD_CELLS)
            rows.append(Row(row.key, (Cell(f"{lead}{name}"), *cells)))
    return Table(COLUMNS, tuple(rows))


def _revision_row(revision: Revision, now: datetime) -> Row:
    told = tables.revisions((revision,), now)
    row = told.rows[0]
    cells = {column.key: cell for column, cell in zip(told.columns, row.cells, strict=True)}
    image = cells["image"]
    cause = cells["cause"].text if revision.change_cause else ""
    state = "current" if revision.is_current else "old" if revision.existing else "scaled down"
    ready = f"{cells['ready'].text}/{cells['pods'].text}" if revision.existing else ""
    return Row(
        row.key,
        (
            Cell(f"rev {revision.number}  {image.text}", image.tone),
            Cell(ready, cells["ready"].tone),
            Cell(state, Tone.PLAIN if revision.is_current else Tone.FAINT),
            Cell(""),
            cells["age"],
            Cell(""),
            Cell(cause, Tone.FAINT),
        ),
    )
