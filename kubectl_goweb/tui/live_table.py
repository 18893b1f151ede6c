"""A table that is drawn line by line: only what is visible is rendered, and only lines that changed are repainted.

Rows are known by their key. The selection is a key, never a row number: it stays on its object when rows move, and what
a key press opens is what is highlighted. What stands in the cells is data and is never read as markup.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from kubectl_goweb.tables import Row, Table, Tone
from kubectl_goweb.tui import keys, sorting
from kubectl_goweb.tui.column_fit import ColumnFit
from kubectl_goweb.tui.row_choice import RowChoice
from kubectl_goweb.tui.row_painter import RowPainter, palette
from kubectl_goweb.tui.selection import Selection
from kubectl_goweb.tui.sorting import Order

_EMPTY = Table((), ())


class _OfRow(Message):
    """What happened to the row of an object, by its key."""

    def __init__(self, table: LiveTable, key: str) -> None:
        super().__init__()
        self.table = table
        self.key = key


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

    virtual_size = Reactive(Size(0, 0))
    """Textual's has the screen laid out anew whenever a row comes or goes, also where only the scrollbar is another."""

    class Selected(_OfRow):
        """Another object is selected, or none (an empty key)."""

    class Opened(_OfRow):
        """Somebody wants to see more of this object."""

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
        self.choice = RowChoice()
        self._rows: tuple[Row, ...] = ()
        self._fit = ColumnFit()
        self._selection = Selection()
        self._is_stale = False
        self._painter: RowPainter | None = None

    @property
    def selected(self) -> str:
        """The key of the selected row; empty when there are no rows."""
        return self._selection.key

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
        self._fit.begin(table.columns, without)
        repaint = is_stale != self._is_stale
        self._table, self._is_stale = table, is_stale
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
        place = self._selection.find(self._rows, key)
        if place is not None and key != self.selected:
            self._select_at(place)

    def _select_at(self, place: int) -> None:
        before = self._selection.place
        self._selection.move(self._rows, place)
        for changed in (before, place):
            if changed is not None:
                self._refresh_row(changed)
        self._scroll_into_view(place)
        self.post_message(self.Selected(self, self.selected))

    def _arrange(self, rows: tuple[Row, ...], *, repaint: bool = False) -> None:
        """Put these rows in place of the old ones, keep the selection on its object and repaint what differs."""
        old_rows, old_layout, old_top = self._rows, self._fit.shown, self.scroll_offset.y
        old_key, old_place = self.selected, self._selection.place
        self._rows = rows
        self._fit.measure(rows, old_rows)
        self._fit.lay_out(self.size.width)
        if len(rows) != len(old_rows):
            self.virtual_size = Size(0, self._height)
        self._selection.settle(rows, old_rows)
        self._follow(old_place, old_top)
        top = self.scroll_offset.y
        if repaint or self._fit.shown != old_layout or top != old_top or bool(rows) != bool(old_rows):
            self._repaint()
        else:
            for place in range(top, top + self.size.height):
                before, after = old_rows[place : place + 1], rows[place : place + 1]
                if before != after or (place == old_place) != (place == self._selection.place):
                    self._refresh_row(place)
        if self.selected != old_key:
            self.post_message(self.Selected(self, self.selected))

    def watch_virtual_size(self, size: Size) -> None:
        self._scroll_update(size)
        if self.styles.auto_dimensions:
            self.refresh(layout=True)

    @property
    def _height(self) -> int:
        return len(self._rows) + 1 if self._rows else 0

    def _follow(self, old_place: int | None, old_top: int) -> None:
        """Keep the selected line where it is on the screen, if it is seen and the table is scrolled."""
        place = self._selection.place
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
        is_cursor = place == self._selection.place and (self.has_focus or self.is_led)
        return painter.strip(self._rows[place], is_cursor=is_cursor)

    def _new_painter(self) -> RowPainter:
        style = self.get_component_rich_style
        tones = {tone: style(f"live-table--{tone}") for tone in Tone}
        stale = style("live-table--stale") if self._is_stale else None
        self._painter = RowPainter(
            self._table.columns,
            self._fit.shown,
            self.size.width,
            plain=palette(self.rich_style, tones, stale),
            cursor=palette(style("live-table--cursor"), tones, stale),
            header=style("live-table--header"),
            order=self.choice.order,
            ascii_only=self._ascii_only,
        )
        return self._painter

    def _repaint(self) -> None:
        self._painter = None
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._painter = None

    def on_resize(self) -> None:
        self._fit.lay_out(self.size.width)
        if self._selection.place is not None:
            self._scroll_into_view(self._selection.place)
        self._repaint()

    def on_focus(self) -> None:
        self._refresh_selected()

    def on_blur(self) -> None:
        self._refresh_selected()

    def _refresh_selected(self) -> None:
        if self._selection.place is not None:
            self._refresh_row(self._selection.place)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        place = offset.y - 1 + self.scroll_offset.y
        if offset.y == 0:
            if (column := self._fit.at(offset.x)) is not None:
                self.action_sort_by(column)
            return
        if place >= len(self._rows):
            return
        self._go(place)
        if event.chain == 2:
            self.action_open()

    def action_sort(self, step: int) -> None:
        """Sort by the column right or left of the one sorted by; beyond the last one, as the rows come."""
        self.sort(sorting.beside(self.choice.order, self._fit.keys_shown, step))

    def action_sort_by(self, column: str) -> None:
        """Once sorts by the column, twice turns the order round, a third time gives it up."""
        if column in self.column_keys:
            self.sort(sorting.turned(self.choice.order, column))

    def action_reverse(self) -> None:
        if (order := self.choice.order) is not None:
            self.sort(Order(order.column, is_descending=not order.is_descending))

    def action_move(self, step: int) -> None:
        """Select the row `step` further down; it ends at the last and the first."""
        if (place := self._selection.place) is not None:
            self._go(min(max(place + step, 0), len(self._rows) - 1))

    def _go(self, place: int) -> None:
        if place != self._selection.place:
            self._select_at(place)

    def action_page(self, pages: int) -> None:
        self.action_move(pages * max(self.size.height - 2, 1))

    def action_top(self) -> None:
        self.action_move(-len(self._rows))

    def action_bottom(self) -> None:
        self.action_move(len(self._rows))

    def action_open(self) -> None:
        if self.selected:
            self.post_message(self.Opened(self, self.selected))
