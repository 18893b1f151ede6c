"""Which rows of a table are shown and in which order: the filter and the sorting that somebody asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kubectl_goweb.tables import Row, Table
from kubectl_goweb.tui.filters import Filter, parse
from kubectl_goweb.tui.sorting import Order, Sorter

LabelsOf = Callable[[str], Mapping[str, str]]
"""The labels of a row's object, by its key."""


class RowChoice:
    """Remembers what it decided for rows that are the very same as before."""

    def __init__(self) -> None:
        self.filter: Filter = parse("")
        self.order: Order | None = None
        self.labels: LabelsOf = lambda _: {}
        self._sorter: Sorter | None = None
        self._judged: tuple[Row, ...] = ()
        self._passed: tuple[Row, ...] = ()
        self._texts: dict[int, tuple[Row, str]] = {}  # what the next keystroke need not put together again

    def narrow(self, typed: str) -> None:
        """Another filter; half of one is kept as a problem beside the last good one."""
        found = parse(typed)
        self.filter = Filter(typed, self.filter.test, self.filter.find, found.problem) if found.problem else found
        self._judged = ()

    def sort(self, order: Order | None) -> None:
        self.order, self._sorter = order, None

    def rows(self, table: Table) -> tuple[Row, ...]:
        """The rows that pass, in order."""
        rows = self._passing(table.rows)
        order = self.order
        if order is None:
            return rows
        if self._sorter is None:
            place = next((place for place, column in enumerate(table.columns) if column.key == order.column), None)
            if place is None:
                return rows
            self._sorter = Sorter(order, place)
        return self._sorter.sort(rows)

    def _passing(self, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        if not self.filter.is_active:
            self._texts.clear()
            return rows
        if len(self._texts) > 2 * len(rows):
            self._texts.clear()
        if self.filter.by_label:  # labels change without the cells
            return tuple(row for row in rows if self._passes(row))
        known, passed = set(map(id, self._judged)), set(map(id, self._passed))
        found = tuple(row for row in rows if (id(row) in passed if id(row) in known else self._passes(row)))
        # The rows are kept, so that no other can come by the id of one.
        self._judged, self._passed = rows, found
        return found

    def _passes(self, row: Row) -> bool:
        if self.filter.by_label:
            return self.filter.passes("", lambda: self.labels(row.key))
        kept = self._texts.get(id(row))
        if kept is None or kept[0] is not row:
            kept = self._texts[id(row)] = (row, "\0".join([cell.text for cell in row.cells]))
        return self.filter.passes(kept[1])
