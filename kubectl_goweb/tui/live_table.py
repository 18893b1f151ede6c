"""A table that is drawn line by line: only what is visible is rendered, and only lines that changed are repainted.

Rows are known by their key. The selection is a key, never a row number: it stays on its object when rows move, and what
a key press opens is what is highlighted. What stands in the cells is data and is never read as markup.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from kubectl_goweb.tables import Row, Table, Tone
from kubectl_goweb.tables.layout import GAP, fit_columns, natural_widths
from kubectl_goweb.tui import keys
from kubectl_goweb.tui.cells import fitted

_EMPTY = Table((), ())
_MARGIN = 2
"""Cells left of the first column: the mark of the selected row, and a space."""
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

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self.is_led = False
        """Whether the selection is shown although something else, such as a field for a filter, has the focus."""
        self._ellipsis, self._mark = ("~", ">") if ascii_only else ("…", "▸")
        self._table = _EMPTY
        self._without: frozenset[str] = frozenset()
        self._filter = ""
        self._rows: tuple[Row, ...] = ()
        self._places: dict[str, int] = {}
        self._natural: tuple[int, ...] = ()
        self._columns_shown: tuple[tuple[int, int], ...] = ()  # their places in a row's cells, their widths
        self._key = ""
        self._is_stale = False
        self._styles: dict[Tone, Style] | None = None

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
    def filter(self) -> str:
        return self._filter

    def show(self, table: Table, *, without: Iterable[str] = (), is_stale: bool = False) -> None:
        """Show these rows. Columns in `without` are left out; stale rows are drawn faintly."""
        hidden = frozenset(without)
        if table.columns != self._table.columns or hidden != self._without:
            self._natural = ()
        repaint = is_stale != self._is_stale
        self._table, self._without, self._is_stale = table, hidden, is_stale
        self._arrange(self._passing(table.rows), repaint=repaint)

    def narrow(self, text: str) -> None:
        """Show only rows in which some cell contains the text, whatever its case. Empty shows all again."""
        if text == self._filter:
            return
        self._filter = text
        self._natural = ()
        self._arrange(self._passing(self._table.rows))

    def select(self, key: str) -> None:
        """Move the selection to this object; without such a row nothing happens."""
        place = self._places.get(key)
        if place is None or key == self._key:
            return
        before = self._places.get(self._key)
        self._key = key
        for changed in (before, place):
            if changed is not None:
                self._refresh_row(changed)
        self._scroll_into_view(place)
        self.post_message(self.Selected(self, key))

    def _passing(self, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        if not self._filter:
            return rows
        wanted = self._filter.casefold()
        return tuple(row for row in rows if wanted in "\0".join(cell.text for cell in row.cells).casefold())

    def _arrange(self, rows: tuple[Row, ...], *, repaint: bool = False) -> None:
        """Put these rows in place of the old ones, keep the selection on its object and repaint what differs."""
        old_rows, old_layout, old_key, old_top = self._rows, self._columns_shown, self._key, self.scroll_offset.y
        old_place = self._places.get(old_key)
        self._rows = rows
        self._places = {row.key: place for place, row in enumerate(rows)}
        self._measure()
        if len(rows) != len(old_rows):
            self.virtual_size = Size(0, self._height)
        self._key = self._survivor(old_rows, old_place)
        self._follow(old_place, old_top)
        top = self.scroll_offset.y
        if repaint or self._columns_shown != old_layout or top != old_top or bool(rows) != bool(old_rows):
            self.refresh()
        else:
            new_place = self._places.get(self._key)
            for place in range(top, top + self.size.height):
                before, after = old_rows[place : place + 1], rows[place : place + 1]
                if before != after or (place == old_place) != (place == new_place):
                    self._refresh_row(place)
        if self._key != old_key:
            self.post_message(self.Selected(self, self._key))

    @property
    def _height(self) -> int:
        return len(self._rows) + 1 if self._rows else 0

    def _measure(self) -> None:
        """Columns only ever widen while the same table is shown, so that nothing wobbles under the eye."""
        natural = natural_widths(self._table.columns, self._rows)
        if len(natural) == len(self._natural):
            natural = tuple(map(max, natural, self._natural))
        self._natural = natural
        room = self.size.width - _MARGIN - _SCROLLBAR
        if room < 1:  # not laid out yet
            self._columns_shown = ()
            return
        layout = fit_columns(self._table.columns, natural, room, roomy=True, without=self._without)
        self._columns_shown = tuple(zip(layout.shown, layout.widths, strict=True))

    def _survivor(self, old_rows: tuple[Row, ...], old_place: int | None) -> str:
        """The selected key if it is still there, else its nearest old neighbour that is, else the first."""
        if self._key in self._places or not self._rows:
            return self._key if self._rows else ""
        if old_place is not None:
            for neighbour in (*old_rows[old_place + 1 :], *reversed(old_rows[:old_place])):
                if neighbour.key in self._places:
                    return neighbour.key
        return self._rows[0].key

    def _follow(self, old_place: int | None, old_top: int) -> None:
        """Keep the selected line where it is on the screen, if it is seen and the table is scrolled."""
        place = self._places.get(self._key)
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
        width = self.size.width
        if self._styles is None:
            self._styles = {tone: self.get_component_rich_style(f"live-table--{tone}") for tone in Tone}
        if not self._rows:
            return Strip.blank(width, self.rich_style)
        if y == 0:
            return self._render_header(width)
        place = y - 1 + self.scroll_offset.y
        if place >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        return self._render_row(self._rows[place], self._styles, width)

    def _render_header(self, width: int) -> Strip:
        style = self.get_component_rich_style("live-table--header")
        columns = self._table.columns
        titles = (
            fitted(columns[i].title, w, right=columns[i].right, ellipsis=self._ellipsis) for i, w in self._columns_shown
        )
        text = " " * _MARGIN + (" " * GAP).join(titles)
        return Strip([Segment(text, style)]).adjust_cell_length(width, style)

    def _render_row(self, row: Row, styles: dict[Tone, Style], width: int) -> Strip:
        columns, cells = self._table.columns, row.cells
        back, mark = self.rich_style, " " * _MARGIN
        if row.key == self._key and (self.has_focus or self.is_led):
            back = self.get_component_rich_style("live-table--cursor")
            mark = self._mark + " "
        faint = self.get_component_rich_style("live-table--stale") if self._is_stale else None
        ground = Style(bgcolor=back.bgcolor, bold=back.bold)
        segments = [Segment(mark, back)]
        for index, cell_width in self._columns_shown:
            cell = cells[index]
            text = fitted(cell.text, cell_width, right=columns[index].right, ellipsis=self._ellipsis)
            segments.append(Segment(text + " " * GAP, (faint or styles[cell.tone]) + ground))
        return Strip(segments).adjust_cell_length(width, back)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles = None

    def on_resize(self) -> None:
        self._natural = ()
        self._measure()
        place = self._places.get(self._key)
        if place is not None:
            self._scroll_into_view(place)
        self.refresh()

    def on_focus(self) -> None:
        self._refresh_selected()

    def on_blur(self) -> None:
        self._refresh_selected()

    def _refresh_selected(self) -> None:
        place = self._places.get(self._key)
        if place is not None:
            self._refresh_row(place)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        place = -1 if offset is None else offset.y - 1 + self.scroll_offset.y
        if offset is None or offset.y < 1 or place >= len(self._rows):
            return
        key = self._rows[place].key
        self.select(key)
        if event.chain == 2:
            self.post_message(self.Opened(self, key))

    def action_move(self, step: int) -> None:
        """Select the row `step` further down; it ends at the last and the first."""
        if self._rows:
            place = self._places[self._key] + step
            self.select(self._rows[min(max(place, 0), len(self._rows) - 1)].key)

    def action_page(self, pages: int) -> None:
        self.action_move(pages * max(self.size.height - 2, 1))

    def action_top(self) -> None:
        self.action_move(-len(self._rows))

    def action_bottom(self) -> None:
        self.action_move(len(self._rows))

    def action_open(self) -> None:
        if self._key:
            self.post_message(self.Opened(self, self._key))
