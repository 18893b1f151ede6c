"""Rows as strips of styled cells. A strip is painted once and kept: scrolling moves lines, it does not change them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from kubectl_goweb.tables import Column, Row, Tone
from kubectl_goweb.tables.layout import GAP
from kubectl_goweb.tui.cells import fitted
from kubectl_goweb.tui.sorting import Order

MARGIN = 2
"""Cells left of the first column: the mark of the selected row, and a space."""
_KEPT = 500
"""Strips that are kept: several screens full."""


class Palette(NamedTuple):
    """How the text of each tone looks, and what lies behind it."""

    back: Style
    tones: Mapping[Tone, Style]


def palette(back: Style, tones: Mapping[Tone, Style], stale: Style | None) -> Palette:
    """The tones before this ground; where what is shown is stale, they are all alike."""
    faint = Style(color=stale.color, dim=stale.dim) if stale is not None else None
    ground = Style(bgcolor=back.bgcolor, bold=back.bold, reverse=back.reverse)
    return Palette(back, {tone: (faint or style) + ground for tone, style in tones.items()})


class RowPainter:
    """Paints for one layout, one theme and one width; when any of them changes, a new one is needed."""

    def __init__(
        self,
        columns: Sequence[Column],
        shown: Sequence[tuple[int, int]],
        width: int,
        *,
        plain: Palette,
        cursor: Palette,
        header: Style,
        order: Order | None = None,
        ascii_only: bool,
    ) -> None:
        """`shown` are the columns with their widths, by their places in a row's cells."""
        self._columns = columns
        self._shown = shown
        self._width = width
        self._plain = plain
        self._cursor = cursor
        self._ellipsis, self._mark = ("~", ">") if ascii_only else ("…", "▸")
        self._order, self._arrows = order, ("^", "v") if ascii_only else ("▲", "▼")
        self._strips: dict[tuple[int, bool], tuple[Row, Strip]] = {}
        self.header = self._paint_header(header)

    def strip(self, row: Row, *, is_cursor: bool) -> Strip:
        """The line of this row; the cursor's is marked, not coloured only."""
        key = (id(row), is_cursor)
        kept = self._strips.get(key)
        if kept is None:
            if len(self._strips) >= _KEPT:
                self._strips.clear()
            # The row is kept beside its strip, so that no other can come by its id.
            kept = self._strips[key] = (row, self._paint(row, is_cursor=is_cursor))
        return kept[1]

    def _paint(self, row: Row, *, is_cursor: bool) -> Strip:
        palette = self._cursor if is_cursor else self._plain
        mark = self._mark.ljust(MARGIN) if is_cursor else " " * MARGIN
        pieces = [(palette.back, mark)]
        for index, width in self._shown:
            cell = row.cells[index]
            text = fitted(cell.text, width, right=self._columns[index].right, ellipsis=self._ellipsis)
            pieces.append((palette.tones[cell.tone], text + " " * GAP))
        # Cells of one style in a row are one piece: the codes of a style are longer than most cells.
        told = groupby(pieces, key=itemgetter(0))
        segments = [Segment("".join(text for _, text in alike), style) for style, alike in told]
        return Strip(segments).adjust_cell_length(self._width, palette.back)

    def _paint_header(self, style: Style) -> Strip:
        titles = (
            fitted(self._title(self._columns[i]), width, right=self._columns[i].right, ellipsis=self._ellipsis)
            for i, width in self._shown
        )
        text = " " * MARGIN + (" " * GAP).join(titles)
        return Strip([Segment(text, style)]).adjust_cell_length(self._width, style)

    def _title(self, column: Column) -> str:
        """The title, its arrow before it: a narrow column cuts the end."""
        if self._order is None or self._order.column != column.key:
            return column.title
        return f"{self._arrows[self._order.is_descending]}{column.title}"
