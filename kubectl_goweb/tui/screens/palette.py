"""Everything that can be done now, by its name: the keys that work here, and the commands."""

from __future__ import annotations

from textual.screen import Screen

from kubectl_goweb.tables import Cell, Column, Row, Table, Tone
from kubectl_goweb.tui.commands import COMMANDS
from kubectl_goweb.tui.keys import GROUPS
from kubectl_goweb.tui.screens.picking import PickDialog

_USUAL = tuple(
    key.id for name, group in sorted(GROUPS, key=lambda one: one[0] in ("rows", "text", "log lines")) for key in group
)
"""What does something, before what only moves."""
_COLUMNS = (Column("says", "WHAT"), Column("key", "KEY"))


class PaletteDialog(PickDialog):
    """Answers with a binding's id, or `:` and a command."""

    def __init__(self, below: Screen[object], *, ascii_only: bool) -> None:
        keys: dict[str, list[str]] = {}
        says: dict[str, str] = {}
        for active in below.active_bindings.values():
            one = active.binding
            if one.id is not None and active.enabled:
                keys.setdefault(one.id, []).append(below.app.get_key_display(one))
                says[one.id] = one.tooltip or one.description
        rows = [
            Row(id, (Cell(says[id]), Cell(" ".join(dict.fromkeys(keys[id])), Tone.BUSY))) for id in _USUAL if id in keys
        ]
        rows += [
            Row(f":{one.name}", (Cell(one.says), Cell(f":{one.name}", Tone.BUSY))) for one in COMMANDS if not one.needs
        ]
        table = Table(_COLUMNS, tuple(rows))
        super().__init__("What to do", table, placeholder="type a part of it", ascii_only=ascii_only)
