"""Choosing where to look: from the list where it may be read, by typing where not."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kubectl_goweb.objects import Kind, Snapshot
from kubectl_goweb.objects.text import plain
from kubectl_goweb.tables import Cell, Column, Row, Table, Tone
from kubectl_goweb.tui.feeds import notice
from kubectl_goweb.tui.screens.picking import PickDialog

_ALL = "all namespaces"
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
"""A DNS label, https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names"""


class NamespaceDialog(PickDialog):
    """Answers with a namespace, empty for all. `recent` are those looked at before, by the digit that leads there."""

    def __init__(self, snapshot: Snapshot, recent: Sequence[str], *, ascii_only: bool) -> None:
        current = snapshot.namespace
        names = sorted({*snapshot.namespaces, *recent, "default", *([current] if current else [])})
        digits = {"": "0"} | {name: str(number) for number, name in enumerate(recent[:9], 1)}

        def row(name: str, text: str) -> Row:
            mark = Cell("now" if name == current else "", Tone.FAINT)
            return Row(name, (Cell(plain(text)), Cell(digits.get(name, ""), Tone.BUSY), mark))

        columns = (Column("name", "NAME"), Column("digit", "KEY"), Column("mark", ""))
        super().__init__(
            "Namespace",
            Table(columns, (row("", _ALL), *(row(name, name) for name in names))),
            placeholder="type a namespace",
            selected=current,
            notice=notice(snapshot.feeds, (Kind.NAMESPACE,), count=len(snapshot.namespaces), none=""),
            ascii_only=ascii_only,
        )

    def problem_with(self, typed: str) -> str:
        return "" if _NAME.fullmatch(typed) else f"{typed!r} cannot be the name of a namespace"
