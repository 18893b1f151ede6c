"""Rows in the order of a column. Cells are texts, so what they mean is read back from them: numbers, shares, ages,
percentages and the numbers inside names compare by their size, verdicts and severities by how bad they are. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kubectl_goweb.status.verdicts import Severity, Verdict
from kubectl_goweb.tables import Row

_AGE = re.compile(r"(?:\d+[smhdy])+")
_PART = re.compile(r"(\d+)([smhdy])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "y": 365 * 86400}
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_WORSE = {str(one): -float(one.rank) for one in (*Severity, *Verdict)} | {"isolated": -float(Verdict.PAUSED.rank)}
"""Of the words of a verdict or severity: the worst come first."""
_LARGEST_FIRST = frozenset({"restarts", "times", "cpu", "memory", "pods"})
"""Columns of which one wants to see the largest."""
_DIGITS = re.compile(r"(\d+)")

Value = tuple[int, float, tuple[tuple[int, str], ...]]


@dataclass(frozen=True, slots=True)
class Order:
    column: str
    """Its key."""
    is_descending: bool = False


def turned(order: Order | None, column: str) -> Order | None:
    """By the column; the other way round when it is sorted by it, and not at all when it is so already."""
    if order is None or order.column != column:
        return _first(column)
    return Order(column, is_descending=not order.is_descending) if order == _first(column) else None


def beside(order: Order | None, columns: Sequence[str], step: int) -> Order | None:
    """By the column `step` further right; beyond the last one, and before the first, not at all."""
    place = columns.index(order.column) if order is not None and order.column in columns else len(columns)
    place = (place + step) % (len(columns) + 1)
    return _first(columns[place]) if place < len(columns) else None


def _first(column: str) -> Order:
    return Order(column, is_descending=column in _LARGEST_FIRST)


def value(text: str) -> Value:
    """What a cell is sorted by; numbers come before words, and what says nothing last."""
    text = text.strip()
    if text in ("", "?", "-", "–", "<none>", "<unknown>"):
        return (2, 0.0, ())
    head, _, word = text.partition(" ")
    if (worse := _WORSE.get(word or head)) is not None:
        return (0, worse, ())
    if _AGE.fullmatch(head):
        return (0, float(sum(int(count) * _SECONDS[unit] for count, unit in _PART.findall(head))), ())
    share, slash, whole = head.partition("/")
    if slash and share.isdecimal() and whole.isdecimal():
        return (0, int(share) / int(whole) if int(whole) else 1.0, ((int(whole), ""),))
    number = _NUMBER.match(head)
    if number is not None and not head[number.end() :].strip("%*"):
        return (0, float(number[0]), ())
    return (1, 0.0, natural(text))


def natural(text: str) -> tuple[tuple[int, str], ...]:
    """Words in which numbers compare by their size: `web-9` before `web-10`."""
    return tuple(
        (int(part), "") if part.isdecimal() and part.isascii() else (-1, part)
        for part in _DIGITS.split(text.casefold())
        if part
    )


class Sorter:
    """Remembers the values of rows that are the very same as before."""

    def __init__(self, order: Order, place: int) -> None:
        """`place` is the column's among a row's cells."""
        self.order = order
        self._place = place
        self._values: dict[int, tuple[Row, Value]] = {}

    def sort(self, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        """Stable: rows that are alike stay in the order they come in."""
        known, place = self._values, self._place
        fresh: dict[int, tuple[Row, Value]] = {}
        for row in rows:
            kept = known.get(id(row))
            if kept is None or kept[0] is not row:
                kept = (row, value(row.cells[place].text))
            fresh[id(row)] = kept
        self._values = fresh
        if self.order.is_descending:  # what says nothing stays last
            said = [row for row in rows if fresh[id(row)][1][0] < 2]
            said.sort(key=lambda row: fresh[id(row)][1], reverse=True)
            return (*said, *(row for row in rows if fresh[id(row)][1][0] == 2))
        return tuple(sorted(rows, key=lambda row: fresh[id(row)][1]))
