"""How busy nodes are, as cells; and the rows about nodes with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from kubectl_goweb.status.ages import duration
from kubectl_goweb.status.node_report import NodeReport
from kubectl_goweb.status.usage import FRESH, Loads
from kubectl_goweb.tables.model import Cell, Column, Row, Table, Tone
from kubectl_goweb.tables.rows import nodes

CPU = Column("cpu", "CPU", right=True)
MEMORY = Column("memory", "MEMORY", right=True)
_PODS = "pods"


def share(part: float | None, limit: float | None = None) -> Cell:
    """In percent of what is allocatable; `-` where it is not known, which is not 0."""
    if part is None:
        return Cell("-", Tone.FAINT)
    return Cell(f"{part * 100:.0f}%", Tone.WARN if limit is not None and part > limit else Tone.PLAIN)


def nodes_with_loads(
    reports: Iterable[NodeReport], loads: Loads, now: datetime, *, here: Mapping[str, int] | None, signs: bool = True
) -> Table:
    """The rows of `tables.nodes`, judged as their reports are, with CPU and MEMORY. What is not fresh says how old it
    is. `here` are the Pods of each node that are watched, None when none are: they stand in for all of them, and say
    so, where those could not be counted.
    """
    reports = tuple(reports)
    told = nodes((one.judged for one in reports), now, signs=signs)
    place = next(place for place, column in enumerate(told.columns) if column.key == _PODS)
    rows = []
    for row, one in zip(told.rows, reports, strict=True):
        pods = row.cells[place] if one.node.pods is not None else _pods(one.node.name, loads, here)
        cells = (*row.cells[:place], pods, *_cells(one.node.name, loads), *row.cells[place + 1 :])
        rows.append(Row(row.key, cells))
    return Table((*told.columns[: place + 1], CPU, MEMORY, *told.columns[place + 1 :]), tuple(rows))


def _pods(name: str, loads: Loads, here: Mapping[str, int] | None) -> Cell:
    if loads.pods is not None:
        count = Cell(str(loads.pods.nodes.get(name, 0)))
        return count if loads.pods_age <= FRESH else _old(count, loads.pods_age)
    return Cell("?", Tone.FAINT) if here is None else Cell(f"{here.get(name, 0)} here", Tone.FAINT)


def _cells(name: str, loads: Loads) -> tuple[Cell, Cell]:
    reading = loads.readings.get(name)
    if reading is None:
        return share(None), share(None)
    usage, limits = reading.usage, loads.limits
    cells = share(usage.cpu, limits.cpu), share(usage.memory, limits.memory)
    return cells if loads.is_fresh(name) else (_old(cells[0], loads.age(name)), _old(cells[1], loads.age(name)))


def _old(cell: Cell, seconds: float) -> Cell:
    return cell if cell == share(None) else Cell(f"{cell.text} ({duration(seconds)} ago)", Tone.FAINT)
