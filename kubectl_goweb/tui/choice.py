"""One of a few, in one line: `guard it  no [roll back] pause`."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import RenderResult
from textual.widget import Widget

from kubectl_goweb.tables import Tone
from kubectl_goweb.tui import keys
from kubectl_goweb.tui.words import line


class Choice(Widget, can_focus=True):
    """`options` are values and their words; the first one, or `chosen`, is chosen when it is first shown."""

    BINDINGS = keys.bindings(keys.CHOICE)

    def __init__(self, label: str, options: Sequence[tuple[str, str]], chosen: str = "") -> None:
        super().__init__()
        self._label = label
        self._options = tuple(options)
        values = [value for value, _ in self._options]
        self._at = values.index(chosen) if chosen in values else 0

    @property
    def value(self) -> str:
        return self._options[self._at][0]

    def action_choose(self, step: int) -> None:
        self._at = (self._at + step) % len(self._options)
        self.refresh()

    def render(self) -> RenderResult:
        """Brackets besides the colour: what is chosen must be seen without it."""
        told = line((f"{self._label}  ", "bold" if self.has_focus else Tone.FAINT))
        for number, (_, words) in enumerate(self._options):
            is_chosen = number == self._at
            told += line((f"[{words}]", "bold $tone-busy") if is_chosen else (f" {words} ", Tone.FAINT), " ")
        return told
