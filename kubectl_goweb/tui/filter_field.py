"""The field for a filter, at the foot of a screen; what it narrows follows every key."""

from __future__ import annotations

from typing import Protocol

from textual.geometry import Size
from textual.reactive import Reactive
from textual.widget import Widget
from textual.widgets import Input


class Filterable(Protocol):
    """Rows or lines of which only a part can be shown."""

    @property
    def typed(self) -> str:
        """The filter, as it was typed."""

    def narrow(self, typed: str) -> None:
        """Show only what passes; all again when empty."""

    def typing(self, *, is_on: bool) -> None:
        """A filter is about to be typed, or is typed no more."""

    @property
    def reader(self) -> Widget:
        """What has the focus when none is typed."""


class FilterField(Input):
    """Hidden until `ask`."""

    virtual_size = Reactive(Size(0, 0))
    """Textual's has the screen laid out anew for every letter, though the field's own size never changes."""

    def __init__(self, says: str) -> None:
        super().__init__(placeholder=says, id="filter", select_on_focus=False)
        self.display = False
        self._what: Filterable | None = None

    def ask(self, what: Filterable) -> None:
        """Have the filter of this changed."""
        self._what = what
        self.value = what.typed
        self.action_end()
        what.typing(is_on=True)
        self.display = True
        self.screen.set_focus(self)  # at once: the next key belongs to it

    def give_up(self) -> None:
        """Show all again."""
        if self._what is not None:
            self._what.narrow("")
        self.leave()

    def leave(self) -> None:
        """The filter is as it shall be."""
        what, self._what = self._what, None
        self.display = False
        if what is not None:
            what.typing(is_on=False)
            self.screen.set_focus(what.reader)
        self.screen.refresh_bindings()

    def on_input_changed(self, message: Input.Changed) -> None:
        message.stop()
        if self._what is not None:
            self._what.narrow(message.value)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        message.stop()
        self.leave()
