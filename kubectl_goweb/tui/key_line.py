"""The last line: the keys that work here and now, from the bindings themselves."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import RenderResult
from textual.content import Content
from textual.keys import key_to_character
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from kubectl_goweb.tui.offers import Offer
from kubectl_goweb.tui.words import line

_FIRST = ("table.open", "view.back", "view.logs", "verb.undo")
"""In front of the others, where there is little room: further, back, why, and the way out."""
_PINNED = ("app.help", "app.quit")
"""At the right end, however little room there is."""


class KeyLine(Widget):
    """One line; the keys that come first are those nearest to what is focused, and as many as fit are shown. `offers`
    tells what a verb's key would do to what is selected, `may_begin` whether a job can be begun.
    """

    def __init__(
        self, offers: Callable[[str], Offer | None] | None = None, may_begin: Callable[[str], bool] | None = None
    ) -> None:
        super().__init__()
        self._may_begin = may_begin
        self._offers = offers
        self._told = Content("")

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, _screen: Screen[object]) -> None:
        if not self._line().is_same(self._told):
            self.refresh()

    def render(self) -> RenderResult:
        self._told = self._line()
        return self._told

    def _line(self) -> Content:
        shown: dict[str, tuple[str, Content]] = {}
        offers, taken = self._offers, self._taken
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.show and binding.action in taken:
                continue
            if binding.show and binding.action not in shown:
                name, enabled = binding.description, active.enabled
                if offers is not None and binding.action.startswith("verb(") and (found := offers(binding.key)):
                    name, enabled = found.title, found.verb is not None
                if self._may_begin is not None and binding.action.startswith("job("):
                    enabled = self._may_begin(binding.action[len("job('") : -len("')")])
                key, label = ("$tone-busy bold", "") if enabled else ("$tone-faint", "$tone-faint")
                told = line((self.app.get_key_display(binding), key), " ", (name, label))
                shown[binding.action] = (binding.id or "", told)
        right = Content("  ").join(told for id, told in shown.values() if id in _PINNED)
        room = self.size.width - right.cell_length
        left = Content("")
        for id, told in sorted(shown.values(), key=lambda one: _place(one[0])):
            if id not in _PINNED and left.cell_length + told.cell_length + 2 <= room:
                left = left + told + "  "
        return left.pad_right(max(room - left.cell_length, 0)) + right

    @property
    def _taken(self) -> frozenset[str]:
        """The actions whose keys are text for the field that has the focus."""
        field = self.screen.focused
        if not isinstance(field, Input):
            return frozenset()
        bindings = (one.binding for one in self.screen.active_bindings.values() if one.node is not field)
        return frozenset(one.action for one in bindings if _is_text(one.key))


def _place(id: str) -> int:
    return _FIRST.index(id) if id in _FIRST else len(_FIRST)


def _is_text(key: str) -> bool:
    """Whether a field takes the key for a character."""
    character = "/" if key == "slash" else key_to_character(key)
    return character is not None and character.isprintable()
