"""How busy nodes are, as cells; and the rows about nodes with them."""

from __future__ import annotations

from kubectl_goweb.status.ages import duration
from kubectl_goweb.status.usage import Loads
from kubectl_goweb.tables.model import Cell, Column, Row, Table, Tone

CPU = Column("cpu", "CPU", right=True)
MEMORY = Column("memory", "MEMORY", right=True)
_BEHIND = "pods"


def share(part: float | None, limit: float | None = None) -> Cell:
    """In percent of what is allocatable; `-` where it is not known, which is not 0."""
    if part is None:
        return Cell("-", Tone.FAINT)
    return Cell(f"{part * 100:.0f}%", Tone.WARN if limit is not None and part > limit else Tone.PLAIN)


def with_loads(nodes: Table, loads: Loads) -> Table:
    """The rows of `tables.nodes` with CPU and MEMORY. What is not fresh says how old it is."""
    place = next(place for place, column in enumerate(nodes.columns, 1) if column.key == _BEHIND)
    columns = (*nodes.columns[:place], CPU, MEMORY, *nodes.columns[place:])
    return Table(
        columns,
        tuple(Row(row.key, (*row.cells[:place], *_cells(row.key, loads), *row.cells[place:])) for row in nodes.rows),
    )


def _cells(key: str, loads: Loads) -> tuple[Cell, Cell]:
    name = key.rpartition("/")[2]
    reading = loads.readings.get(name)
    if reading is None:
        return share(None), share(None)
    usage, limits = reading.usage, loads.limits
    cells = share(usage.cpu, limits.cpu), share(usage.memory, limits.memory)
    return cells if loads.is_fresh(name) else (_old(cells[0], loads.age(name)), _old(cells[1], loads.age(name)))


def _old(cell: Cell, seconds: float) -> Cell:
    return cell if cell == share(None) else Cell(f"{cell.text} ({duration(seconds)} ago)", Tone.FAINT)
