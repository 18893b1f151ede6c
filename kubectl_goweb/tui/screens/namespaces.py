"""Choosing where to look: from the list where it may be read, by typing where not."""

from __future__ import annotations

import re
from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from kubectl_goweb.objects import Kind, Snapshot
from kubectl_goweb.objects.text import plain
from kubectl_goweb.tables import Cell, Column, Row, Table, Tone
from kubectl_goweb.tui import keys
from kubectl_goweb.tui.feeds import notice
from kubectl_goweb.tui.live_table import LiveTable

_ALL = "all namespaces"
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
"""A DNS label, https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names"""


class NamespaceDialog(ModalScreen[str | None]):
    """Answers with a namespace, empty for all, None when nothing was chosen. `usual` are names known without a list."""

    BINDINGS = keys.bindings(keys.DIALOG)
    AUTO_FOCUS = "Input"

    def __init__(self, snapshot: Snapshot, usual: Iterable[str], *, ascii_only: bool) -> None:
        super().__init__()
        self._current = snapshot.namespace
        self._names = sorted({*snapshot.namespaces, *(name for name in (*usual, self._current) if name)})
        self._input = Input(placeholder="type a namespace", select_on_focus=False)
        self._table = LiveTable(ascii_only=ascii_only)
        self._table.can_focus = False
        self._table.is_led = True
        missing = notice(snapshot.feeds, (Kind.NAMESPACE,), count=len(snapshot.namespaces), none="")
        self._notice = Static(missing, classes="problem", markup=False)
        self._notice.display = bool(missing)

    def compose(self) -> ComposeResult:
        box = Vertical(self._input, self._notice, self._table, classes="dialog")
        box.border_title = "Namespace"
        yield box

    def on_mount(self) -> None:
        rows = [Row("", (Cell(_ALL), self._mark("")))]
        rows += [Row(name, (Cell(plain(name)), self._mark(name))) for name in self._names]
        self._table.show(Table((Column("name", "NAME"), Column("mark", "")), tuple(rows)))
        self._table.select(self._current)

    def _mark(self, name: str) -> Cell:
        return Cell("now" if name == self._current else "", Tone.FAINT)

    def on_input_changed(self, message: Input.Changed) -> None:
        self._table.narrow(message.value.strip())
        self._table.select(message.value.strip())
        self._say("")

    def on_input_submitted(self, message: Input.Submitted) -> None:
        typed = message.value.strip()
        if self._table.rows:
            self.dismiss(self._table.selected)
        elif _NAME.fullmatch(typed):
            self.dismiss(typed)
        else:
            self._say(f"{typed!r} cannot be the name of a namespace")

    def _say(self, problem: str) -> None:
        self._notice.update(problem)
        self._notice.display = bool(problem)

    def on_live_table_opened(self, message: LiveTable.Opened) -> None:
        self.dismiss(message.key)

    def action_move(self, step: int) -> None:
        self._table.action_move(step)

    def action_close(self) -> None:
        self.dismiss(None)
