"""A scrolling piece of text about one object."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from kubectl_goweb.tui import keys
from kubectl_goweb.tui.words import line, lines

Writer = Callable[[int], Iterable[Content]]
"""Gives the lines for so many cells."""


class Details(VerticalScroll, can_focus=True):
    """Shows what a Writer writes, and has it written again when the width changes."""

    BINDINGS = keys.bindings(keys.SCROLL)

    def __init__(self, title: str, *, id: str) -> None:
        super().__init__(id=id)
        self.border_title = line((f" {title} ", "bold"))
        self._text = Static(markup=False)
        self._write: Writer | None = None
        self._told = Content("")

    def compose(self) -> ComposeResult:
        yield self._text

    @property
    def text(self) -> str:
        """What it shows, without looks."""
        return self._told.plain

    def show(self, write: Writer) -> None:
        self._write = write
        width = self.scrollable_content_region.width
        if not width:
            return
        told = lines(write(width))
        if not told.is_same(self._told):
            self._told = told
            self._text.update(told)

    def on_resize(self) -> None:
        if self._write is not None:
            self.show(self._write)
