"""Text with tones, as Textual takes it. What comes from the cluster is put in as data, never read as markup."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from textual.content import Content

from kubectl_goweb.tables import Layout, Table, Tone
from kubectl_goweb.tables.layout import GAP, arrange
from kubectl_goweb.tui.cells import fitted

Part = str | tuple[str, str]
"""A text, or a text with a Textual style."""


def style(tone: Tone) -> str:
    """The theme variable of a tone."""
    match tone:
        case Tone.PLAIN:
            return ""
        case Tone.GOOD | Tone.BUSY | Tone.HELD | Tone.WARN | Tone.BAD | Tone.FAINT:
            return f"$tone-{tone}"
        case _:
            assert_never(tone)


def line(*parts: Part | tuple[str, Tone]) -> Content:
    """One piece of text from pieces with tones or styles."""
    return Content.assemble(
        *(
            part if isinstance(part, str) else (part[0], style(part[1]) if isinstance(part[1], Tone) else part[1])
            for part in parts
            if part and part[0]
        )
    )


def lines(found: Iterable[Content]) -> Content:
    """One below the other."""
    return Content("\n").join(found)


def table_lines(table: Table, width: int, *, ellipsis: str) -> tuple[Content, ...]:
    """A small table without a header, in `width` cells."""
    layout: Layout = arrange(table.columns, table.rows, width)
    told = []
    for row in table.rows:
        parts: list[Part | tuple[str, Tone]] = []
        for index, cells in zip(layout.shown, layout.widths, strict=True):
            cell = row.cells[index]
            text = fitted(cell.text, cells, right=table.columns[index].right, ellipsis=ellipsis)
            parts += [(text, cell.tone), " " * GAP]
        told.append(line(*parts).rstrip())
    return tuple(told)


def hanging(head: Content, body: Content, width: int) -> Content:
    """The body beside its head; where it is longer than `width` cells, it goes on below itself."""
    room = max(width - head.cell_length, 20)
    first, *rest = body.wrap(room) or [Content("")]
    return lines([head + first, *(piece.pad_left(head.cell_length) for piece in rest)])
