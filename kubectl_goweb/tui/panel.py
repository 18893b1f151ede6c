"""A titled part of a screen: a table, and above it what is missing and why."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget
from textual.widgets import Static

from kubectl_goweb.tables import Table
from kubectl_goweb.tui.live_table import LiveTable
from kubectl_goweb.tui.words import line


class Panel(Vertical):
    """`title` names what the rows are. Attributes down: `show`; messages up: the table's."""

    def __init__(self, title: str, *, id: str, ascii_only: bool) -> None:
        super().__init__(id=id)
        self._title, self._remark = title, ""
        self._ascii_only = ascii_only
        self.table = LiveTable(ascii_only=ascii_only)
        self._notice = Static(markup=False)
        self._notice.display = False
        self._said = ""
        self._entitled = Content("")

    def compose(self) -> ComposeResult:
        yield self._notice
        yield self.table

    def show(
        self,
        table: Table,
        *,
        notice: str = "",
        without: Iterable[str] = (),
        is_stale: bool = False,
        title: str = "",
        remark: str = "",
    ) -> None:
        """Put these rows in; `notice` says why some, or all, are not there; `remark` stands behind the title."""
        self._title, self._remark = title or self._title, remark
        self.table.show(table, without=without, is_stale=is_stale)
        if notice != self._said:
            self._said = notice
            self._notice.update(Content(notice))
            self._notice.display = bool(notice)
        self._entitle()

    @property
    def typed(self) -> str:
        return self.table.filter

    @property
    def reader(self) -> Widget:
        return self.table

    def typing(self, *, is_on: bool) -> None:
        self.table.is_led = is_on
        if is_on:
            self.call_after_refresh(self.table.prepare)
        else:
            self.table.choice.rest()

    def narrow(self, text: str) -> None:
        """Show only rows that contain the text."""
        self.table.narrow(text)
        self._entitle()

    def _entitle(self) -> None:
        shown, total = len(self.table.rows), self.table.total
        count = f"{shown} of {total} with {self.table.filter!r}" if self.table.filter else str(total or "")
        if problem := self.table.choice.filter.problem:
            count += f"  {problem}"
        told = line(
            (f" {self._title} ", "bold"),
            " ",
            (f"{count} ", "$tone-warn" if self.table.filter else "$tone-faint"),
            (f" {self._remark} " if self._remark else "", "$tone-faint"),
        )
        if not told.is_same(self._entitled):
            self._entitled = told
            if not self.is_attached:
                self.border_title = told
                return
            # As a title it would have the whole panel painted again, with all of its rows.
            self._border_title = told
            self.refresh(Region(0, -self.content_offset.y, self.outer_size.width, 1))
