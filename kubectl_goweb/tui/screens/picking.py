"""Choosing one of many by typing a part of its name."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from kubectl_goweb.tables import Table
from kubectl_goweb.tui import keys
from kubectl_goweb.tui.dialog import Dialog
from kubectl_goweb.tui.live_table import LiveTable


class PickDialog(Dialog[str | None]):
    """Answers with a row's key, None when nothing was chosen. A subclass may take what is not among the rows."""

    BINDINGS = keys.bindings(keys.DIALOG)
    AUTO_FOCUS = "Input"

    def __init__(
        self, title: str, table: Table, *, placeholder: str, selected: str = "", notice: str = "", ascii_only: bool
    ) -> None:
        super().__init__()
        self._title = title
        self._rows = table
        self._selected = selected
        self._input = Input(placeholder=placeholder, select_on_focus=False)
        self._table = LiveTable(ascii_only=ascii_only)
        self._table.can_focus = False
        self._table.is_led = True
        self._notice = Static(notice, classes="problem", markup=False)
        self._notice.display = bool(notice)

    def compose(self) -> ComposeResult:
        box = Vertical(self._input, self._notice, self._table, classes="dialog")
        box.border_title = self._title
        yield box

    def on_mount(self) -> None:
        self._table.show(self._rows)
        self._table.select(self._selected)

    def on_input_changed(self, message: Input.Changed) -> None:
        self._table.narrow(message.value.strip())
        self._table.select(message.value.strip())
        self._say("")

    def on_input_submitted(self, message: Input.Submitted) -> None:
        if self._table.rows:
            self.dismiss(self._table.selected)
            return
        typed = message.value.strip()
        problem = self.problem_with(typed)
        if problem:
            self._say(problem)
        else:
            self.dismiss(typed)

    def problem_with(self, typed: str) -> str:
        """Why something that is not among the rows cannot be chosen; empty when it can."""
        return f"nothing is called {typed!r}"

    def _say(self, problem: str) -> None:
        self._notice.update(problem)
        self._notice.display = bool(problem)

    def on_live_table_opened(self, message: LiveTable.Opened) -> None:
        self.dismiss(message.key)

    def action_move(self, step: int) -> None:
        self._table.action_move(step)

    def action_close(self) -> None:
        self.dismiss(None)
