"""Which rows of a table are shown and in which order: the filter and the sorting that somebody asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

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
        self._texts: dict[int, tuple[Row, tuple[str, str]]] = {}  # what the next keystroke need not put together again
        self._is_narrower = False
        self._is_typing = False

    def narrow(self, typed: str) -> None:
        """Another filter; half of one is kept as a problem beside the last good one."""
        found, before = parse(typed), self.filter
        self.filter = replace(before, typed=typed, problem=found.problem) if found.problem else found
        # What did not contain the beginning of a word does not contain the word.
        self._is_narrower = bool(before.part) and before.part in self.filter.part
        if not self._is_narrower:
            self._judged = ()

    def prepare(self, table: Table) -> None:
        """A filter is about to be typed: do now what its first key would wait for."""
        self._is_typing = True
        self._told(table.rows)

    def rest(self) -> None:
        """No more of it is typed."""
        self._is_typing = False

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
        wanted = self.filter
        if not wanted.is_active:
            if not self._is_typing:
                self._texts.clear()
            return rows
        if wanted.by_label:  # labels change without the cells
            labels = self.labels
            return tuple([row for row in rows if wanted.passes("", lambda row=row: labels(row.key))])  # type: ignore[misc]
        if len(self._texts) > 2 * len(rows):
            self._texts.clear()
        if self._is_narrower and rows is self._judged:
            found = self._matching(self._passed)
        elif self._judged and not self._is_narrower:
            known, passed = set(map(id, self._judged)), set(map(id, self._passed))
            fresh = set(map(id, self._matching(tuple([row for row in rows if id(row) not in known]))))
            found = tuple([row for row in rows if id(row) in passed or id(row) in fresh])
        else:
            found = self._matching(rows)
        # The rows are kept, so that no other can come by the id of one.
        self._judged, self._passed, self._is_narrower = rows, found, False
        return found

    def _matching(self, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        """Those of these rows that pass; in one go, for there may be 10,000 of them and a key waits."""
        texts, part, passes = self._told(rows), self.filter.part, self.filter.passes
        if part:
            return tuple([row for row, (_, folded) in zip(rows, texts, strict=True) if part in folded])
        return tuple([row for row, (text, _) in zip(rows, texts, strict=True) if passes(text)])

    def _told(self, rows: tuple[Row, ...]) -> list[tuple[str, str]]:
        """Of each row its text as it is, and without regard to case."""
        kept, found = self._texts, []
        for row in rows:
            one = kept.get(id(row))
            if one is None or one[0] is not row:
                text = "\n".join([cell.text for cell in row.cells])
                one = kept[id(row)] = (row, (text, text.casefold()))
            found.append(one[1])
        return found
