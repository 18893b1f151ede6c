"""A few lines on top of a screen: what it is about, and how that is."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from kubectl_goweb.tui.details import Writer
from kubectl_goweb.tui.words import lines


class Summary(Static):
    """Shows what a Writer writes, and has it written again when the width changes."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._write: Writer | None = None
        self._told = Content("")

    def show(self, write: Writer) -> None:
        self._write = write
        width = self.content_size.width
        if not width:
            return
        told = lines(write(width))
        if not told.is_same(self._told):
            self._told = told
            self.update(told)

    def on_resize(self) -> None:
        if self._write is not None:
            self.show(self._write)
