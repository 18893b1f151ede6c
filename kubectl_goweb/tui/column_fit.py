"""Which columns of a live table are shown, and how wide each is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kubectl_goweb.tables import Column, Row
from kubectl_goweb.tables.layout import GAP, fit_columns, natural_widths
from kubectl_goweb.tui.row_painter import MARGIN

_IDENTITY = ("namespace",)
"""Where it is shown at all, rows of several namespaces may bear the same name."""
_FEW = 500
"""Rows of which every one is measured each time."""
_WOBBLE = 4
"""Cells that a column keeps although its texts have become shorter."""
_SCROLLBAR = 1
"""Cells at the right that are always kept for the scrollbar, so that its coming moves no column."""


class ColumnFit:
    """Remembers how wide the columns were, so that nothing wobbles under the eye."""

    def __init__(self) -> None:
        self.columns: Sequence[Column] = ()
        self.shown: tuple[tuple[int, int], ...] = ()
        """Their places in a row's cells, and their widths; empty before there is any room."""
        self._without: frozenset[str] = frozenset()
        self._natural: tuple[int, ...] = ()

    def begin(self, columns: Sequence[Column], without: Iterable[str]) -> None:
        """Fit these columns from now on, but for those whose keys are in `without`."""
        hidden = frozenset(without)
        if columns != self.columns or hidden != self._without:
            self._natural = ()
        self.columns, self._without = columns, hidden

    def measure(self, rows: Sequence[Row], measured: Sequence[Row]) -> None:
        """Columns widen at once, and narrow only by much. Of many rows only those are measured that are not among the
        `measured`: such a table only widens.
        """
        kept = self._natural
        if not kept or not rows or not measured:
            self._natural = natural_widths(self.columns, rows)
        elif len(rows) <= _FEW:
            widths = natural_widths(self.columns, rows)
            self._natural = tuple(
                old if 0 < old - width < _WOBBLE else width for width, old in zip(widths, kept, strict=True)
            )
        else:
            fresh: Iterable[Row] = rows
            if len(measured) == len(rows):
                fresh = [row for row, old in zip(rows, measured, strict=True) if row is not old]
            self._natural = tuple(map(max, natural_widths(self.columns, fresh), kept))

    def lay_out(self, width: int) -> None:
        """Fit them into so many cells."""
        room = width - MARGIN - _SCROLLBAR
        if room < 1:
            self.shown = ()
            return
        layout = fit_columns(self.columns, self._natural, room, roomy=True, without=self._without, needed=_IDENTITY)
        self.shown = tuple(zip(layout.shown, layout.widths, strict=True))

    @property
    def keys_shown(self) -> list[str]:
        return [self.columns[index].key for index, _ in self.shown]

    def at(self, x: int) -> str | None:
        """The key of the column in whose title a cell is."""
        end = MARGIN
        for index, width in self.shown:
            end += width + GAP
            if x < end:
                return self.columns[index].key
        return None
