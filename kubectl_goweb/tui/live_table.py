"""A table that is drawn line by line: only what is visible is rendered, and only lines that changed are repainted.

Rows are known by their key. The selection is a key, never a row number: it stays on its object when rows move, and what
a key press opens is what is highlighted. What stands in the cells is data and is never read as markup.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from kubectl_goweb.tables import Row, Table, Tone
from kubectl_goweb.tables.layout import GAP, fit_columns, natural_widths
from kubectl_goweb.tui import keys
from kubectl_goweb.tui.row_choice import RowChoice
from kubectl_goweb.tui.row_painter import MARGIN, Palette, RowPainter
from kubectl_goweb.tui.sorting import Order

_EMPTY = Table((), ())
_IDENTITY = ("namespace",)
"""Where it is shown at all, rows of several namespaces may bear the same name."""
_FEW = 500
"""Rows of which every one is measured each time."""
_WOBBLE = 4
"""Cells that a column keeps although its texts have become shorter."""
_SCROLLBAR = 1
"""Cells at the right that are always kept for the scrollbar, so that its coming moves no column."""


class LiveTable(ScrollView, can_focus=True):
    """Shows a Table."""

    DEFAULT_CSS = """
    LiveTable { overflow-x: hidden; scrollbar-gutter: stable; scrollbar-size: 0 1; }
    """
    BINDINGS = keys.bindings(keys.TABLE)
    COMPONENT_CLASSES = {
        "live-table--header",
        "live-table--cursor",
        "live-table--stale",
        *(f"live-table--{tone}" for tone in Tone),
    }

    class Selected(Message):
        """Another object is selected, or none (an empty key)."""

        def __init__(self, table: LiveTable, key: str) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> LiveTable:
            return self.table

    class Opened(Message):
        """Somebody wants to see more of this object."""

        def __init__(self, table: LiveTable, key: str) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> LiveTable:
            return self.table

    class Sorted(Message):
        """The rows are in another order."""

        def __init__(self, table: LiveTable) -> None:
            super().__init__()
            self.table = table

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self.is_led = False
        """Whether the selection is shown although something else, such as a field for a filter, has the focus."""
        self._ascii_only = ascii_only
        self._table = _EMPTY
        self._without: frozenset[str] = frozenset()
        self.choice = RowChoice()
        self._rows: tuple[Row, ...] = ()
        self._natural: tuple[int, ...] = ()
        self._columns_shown: tuple[tuple[int, int], ...] = ()  # their places in a row's cells, their widths
        self._key = ""
        self._place: int | None = None  # where the selected row is
        self._is_stale = False
        self._painter: RowPainter | None = None

    @property
    def selected(self) -> str:
        """The key of the selected row; empty when there are no rows."""
        return self._key

    @property
    def total(self) -> int:
        """How many rows there are, filtered out or not."""
        return len(self._table.rows)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows that the filter lets through, in the order shown."""
        return self._rows

    @property
    def column_keys(self) -> tuple[str, ...]:
        """What it can be sorted by."""
        return tuple(column.key for column in self._table.columns)

    @property
    def filter(self) -> str:
        """What was typed to see only a part."""
        return self.choice.filter.typed

    def show(self, table: Table, *, without: Iterable[str] = (), is_stale: bool = False) -> None:
        """Show these rows. Columns in `without` are left out; stale rows are drawn faintly."""
        hidden = frozenset(without)
        if table.columns != self._table.columns or hidden != self._without:
            self._natural = ()
        repaint = is_stale != self._is_stale
        self._table, self._without, self._is_stale = table, hidden, is_stale
        self._arrange(self.choice.rows(table), repaint=repaint)

    def prepare(self) -> None:
        """Be ready for a filter."""
        self.choice.prepare(self._table)

    def narrow(self, typed: str) -> None:
        """Show only rows that pass what was typed (see `filters`). Empty shows all again."""
        if typed == self.filter:
            return
        self.choice.narrow(typed)
        self._arrange(self.choice.rows(self._table))

    def sort(self, order: Order | None) -> None:
        """Show the rows in this order; in the order they come in when None. The selection stays on its object."""
        self.choice.sort(order)
        self._arrange(self.choice.rows(self._table), repaint=True)
        self.post_message(self.Sorted(self))

    def select(self, key: str) -> None:
        """Move the selection to this object; without such a row nothing happens."""
        place = self._find(key, self._place)
        if place is not None and key != self._key:
            self._select_at(place)

    def _select_at(self, place: int) -> None:
        before, self._key, self._place = self._place, self._rows[place].key, place
        for changed in (before, place):
            if changed is not None:
                self._refresh_row(changed)
        self._scroll_into_view(place)
        self.post_message(self.Selected(self, self._key))

    def _find(self, key: str, near: int | None) -> int | None:
        """Where the row with this key is; it is mostly where it was."""
        rows = self._rows
        if near is not None and near < len(rows) and rows[near].key == key:
            return near
        return next((place for place, row in enumerate(rows) if row.key == key), None)

    def _arrange(self, rows: tuple[Row, ...], *, repaint: bool = False) -> None:
        """Put these rows in place of the old ones, keep the selection on its object and repaint what differs."""
        old_rows, old_layout, old_top = self._rows, self._columns_shown, self.scroll_offset.y
        old_key, old_place = self._key, self._place
        self._rows = rows
        self._measure(old_rows)
        if len(rows) != len(old_rows):
            self.virtual_size = Size(0, self._height)
        self._place = self._survivor(old_rows, old_place)
        self._key = "" if self._place is None else rows[self._place].key
        self._follow(old_place, old_top)
        top = self.scroll_offset.y
        if repaint or self._columns_shown != old_layout or top != old_top or bool(rows) != bool(old_rows):
            self._repaint()
        else:
            for place in range(top, top + self.size.height):
                before, after = old_rows[place : place + 1], rows[place : place + 1]
                if before != after or (place == old_place) != (place == self._place):
                    self._refresh_row(place)
        if self._key != old_key:
            self.post_message(self.Selected(self, self._key))

    @property
    def _height(self) -> int:
        return len(self._rows) + 1 if self._rows else 0

    def _measure(self, measured: tuple[Row, ...]) -> None:
        """Columns widen at once, and narrow only by much, so that nothing wobbles under the eye. Of many rows only
        those are measured that are not among the `measured`: such a table only widens.
        """
        columns, rows, kept = self._table.columns, self._rows, self._natural
        if not kept or not rows or not measured:
            self._natural = natural_widths(columns, rows)
        elif len(rows) <= _FEW:
            widths = natural_widths(columns, rows)
            self._natural = tuple(
                old if 0 < old - width < _WOBBLE else width for width, old in zip(widths, kept, strict=True)
            )
        else:
            fresh: Iterable[Row] = rows
            if len(measured) == len(rows):
                fresh = [row for row, old in zip(rows, measured, strict=True) if row is not old]
            self._natural = tuple(map(max, natural_widths(columns, fresh), kept))
        self._lay_out()

    def _lay_out(self) -> None:
        room = self.size.width - MARGIN - _SCROLLBAR
        if room < 1:  # not laid out yet
            self._columns_shown = ()
            return
        layout = fit_columns(
            self._table.columns, self._natural, room, roomy=True, without=self._without, needed=_IDENTITY
        )
        self._columns_shown = tuple(zip(layout.shown, layout.widths, strict=True))

    def _survivor(self, old_rows: tuple[Row, ...], old_place: int | None) -> int | None:
        """Where the selected row is now; where it has gone, its nearest old neighbour, else the first row."""
        if not self._rows:
            return None
        if old_place is None:
            return 0
        place = self._find(self._key, old_place)
        if place is not None:
            return place
        places = {row.key: place for place, row in enumerate(self._rows)}
        neighbours = (*old_rows[old_place + 1 :], *reversed(old_rows[:old_place]))
        return next((places[row.key] for row in neighbours if row.key in places), 0)

    def _follow(self, old_place: int | None, old_top: int) -> None:
        """Keep the selected line where it is on the screen, if it is seen and the table is scrolled."""
        place = self._place
        if place is None or self.size.height < 2:
            return
        was_seen = old_place is not None and old_top <= old_place < old_top + self.size.height - 1
        if was_seen and old_place is not None and old_top > 0 and place != old_place:
            self.scroll_to(y=max(old_top + place - old_place, 0), animate=False, force=True)
        elif old_top > self.max_scroll_y:
            self.scroll_to(y=self.max_scroll_y, animate=False, force=True)
        if was_seen:
            self._scroll_into_view(place)

    def _scroll_into_view(self, place: int) -> None:
        top, seen = self.scroll_offset.y, max(self.size.height - 1, 1)
        if place < top:
            self.scroll_to(y=place, animate=False, force=True)
        elif place >= top + seen:
            self.scroll_to(y=place - seen + 1, animate=False, force=True)

    def _refresh_row(self, place: int) -> None:
        y = place - self.scroll_offset.y + 1
        if 1 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._height

    def render_line(self, y: int) -> Strip:
        place = y - 1 + self.scroll_offset.y
        if not self._rows or place >= len(self._rows):
            return Strip.blank(self.size.width, self.rich_style)
        painter = self._painter or self._new_painter()
        if y == 0:
            return painter.header
        is_cursor = place == self._place and (self.has_focus or self.is_led)
        return painter.strip(self._rows[place], is_cursor=is_cursor)

    def _new_painter(self) -> RowPainter:
        style = self.get_component_rich_style
        self._painter = RowPainter(
            self._table.columns,
            self._columns_shown,
            self.size.width,
            plain=self._palette(self.rich_style),
            cursor=self._palette(style("live-table--cursor")),
            header=style("live-table--header"),
            order=self.choice.order,
            ascii_only=self._ascii_only,
        )
        return self._painter

    def _palette(self, back: Style) -> Palette:
        stale = self.get_component_rich_style("live-table--stale")
        faint = Style(color=stale.color, dim=stale.dim) if self._is_stale else None
        ground = Style(bgcolor=back.bgcolor, bold=back.bold, reverse=back.reverse)
        tones = {tone: (faint or self.get_component_rich_style(f"live-table--{tone}")) + ground for tone in Tone}
        return Palette(back, tones)

    def _repaint(self) -> None:
        self._painter = None
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._painter = None

    def on_resize(self) -> None:
        self._lay_out()
        if self._place is not None:
            self._scroll_into_view(self._place)
        self._repaint()

    def on_focus(self) -> None:
        self._refresh_selected()

    def on_blur(self) -> None:
        self._refresh_selected()

    def _refresh_selected(self) -> None:
        if self._place is not None:
            self._refresh_row(self._place)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        place = -1 if offset is None else offset.y - 1 + self.scroll_offset.y
        if offset is None:
            return
        if offset.y == 0:
            self._sort_at(offset.x)
            return
        if place >= len(self._rows):
            return
        self._go(place)
        if event.chain == 2:
            self.action_open()

    def _sort_at(self, x: int) -> None:
        """A click on a title sorts by its column, another one turns the order round, a third one gives it up."""
        end = MARGIN
        for index, width in self._columns_shown:
            end += width + GAP
            if x < end:
                self._sort_by(self._table.columns[index].key)
                return

    def _sort_by(self, column: str) -> None:
        order = self.choice.order
        if order is None or order.column != column:
            self.sort(Order(column))
        else:
            self.sort(None if order.is_descending else Order(column, is_descending=True))

    def action_sort(self, step: int) -> None:
        """Sort by the column right or left of the one sorted by; beyond the last one, as the rows come."""
        shown = [self._table.columns[index].key for index, _ in self._columns_shown]
        order = self.choice.order
        place = shown.index(order.column) if order is not None and order.column in shown else len(shown)
        place = (place + step) % (len(shown) + 1)
        self.sort(Order(shown[place]) if place < len(shown) else None)

    def action_sort_by(self, column: str) -> None:
        if any(one.key == column for one in self._table.columns):
            self._sort_by(column)

    def action_reverse(self) -> None:
        if (order := self.choice.order) is not None:
            self.sort(Order(order.column, is_descending=not order.is_descending))

    def action_move(self, step: int) -> None:
        """Select the row `step` further down; it ends at the last and the first."""
        if self._place is not None:
            self._go(min(max(self._place + step, 0), len(self._rows) - 1))

    def _go(self, place: int) -> None:
        if place != self._place:
            self._select_at(place)

    def action_page(self, pages: int) -> None:
        self.action_move(pages * max(self.size.height - 2, 1))

    def action_top(self) -> None:
        self.action_move(-len(self._rows))

    def action_bottom(self) -> None:
        self.action_move(len(self._rows))

    def action_open(self) -> None:
        if self._key:
            self.post_message(self.Opened(self, self._key))
