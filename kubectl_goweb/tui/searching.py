"""What screens of lines have in common: the filter narrows or marks lines, not rows."""

from __future__ import annotations

from textual.widgets import Input

from kubectl_goweb.tui.log_view import LogView
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.viewing import ViewScreen


class SearchScreen(ViewScreen):
    """A screen around a LogView, `lines`."""

    AUTO_FOCUS = "LogView"

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.lines = LogView(ascii_only=stage.ascii_only, id="log")
        self._filter.placeholder = "text, /expression/, ~fuzzy, !not; n and N go to the next one and the one before"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "filter":
            return True
        return False if action == "verb" else super().check_action(action, parameters)

    def action_filter(self) -> None:
        self._filter.value = self.lines.filter.typed
        self._filter.action_end()
        self._filter.display = True
        self.set_focus(self._filter)  # at once: the next key belongs to it

    def on_input_changed(self, message: Input.Changed) -> None:
        if message.input is self._filter:
            self.lines.set_filter(message.value)

    def on_input_submitted(self) -> None:
        self._leave_search()

    def _leave_search(self) -> None:
        self._filter.display = False
        self.set_focus(self.lines)
        self.refresh_bindings()

    def action_back(self) -> None:
        if self._filter.display or self.lines.filter.typed:
            self.lines.set_filter("")
            self._filter.value = ""
            self._leave_search()
        else:
            self.leave()
