"""Tables and lines on a stream: colour, signs, width. Formats for machines are in documents."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TextIO

from msgspec import Struct

from kubectl_goweb.cli.environment import columns
from kubectl_goweb.objects.text import cell_width
from kubectl_goweb.settings import Settings
from kubectl_goweb.tables import Table, Tone, arrange
from kubectl_goweb.tables.layout import GAP, padded

_CODES = {
    Tone.PLAIN: "",
    Tone.GOOD: "32",
    Tone.BUSY: "36",
    Tone.HELD: "35",
    Tone.WARN: "33",
    Tone.BAD: "1;31",
    Tone.FAINT: "2",
}

_TINT = re.compile("\x1b\\[[0-9;]*m")


class Paper(Struct, frozen=True):
    """What can be printed on: how wide, with which colours and signs."""

    width: int | None
    """Cells; None where nothing may be cut, because a program reads it."""
    color: bool
    signs: bool
    """Whether signs beyond ASCII can be shown."""

    def tinted(self, text: str, tone: Tone) -> str:
        code = _CODES[tone] if self.color else ""
        return f"\x1b[{code}m{text}\x1b[0m" if code and text else text


def paper(stream: TextIO, environ: Mapping[str, str], settings: Settings) -> Paper:
    """What this stream can show. NO_COLOR (https://no-color.org) and TERM=dumb turn `auto` colours off."""
    is_terminal = stream.isatty()
    auto = is_terminal and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
    encoding = (getattr(stream, "encoding", None) or "").lower().replace("-", "")
    return Paper(
        width=columns(stream, environ) if is_terminal else None,
        color=settings.color == "always" or (settings.color == "auto" and auto),
        signs=not settings.ascii and encoding.startswith("utf"),
    )


def lines(table: Table, paper: Paper, *, wide: bool = False, headers: bool = True, indent: int = 0) -> Iterable[str]:
    """The table as lines; nothing trails them."""
    room = None if paper.width is None else paper.width - indent
    layout = arrange(table.columns, table.rows, room, wide=wide)
    margin = " " * indent
    columns = [
        (index, width, table.columns[index].right) for index, width in zip(layout.shown, layout.widths, strict=True)
    ]
    gap = " " * GAP
    if headers:
        yield (margin + gap.join(padded(table.columns[i].title, w, right=r) for i, w, r in columns)).rstrip()
    for row in table.rows:
        cells = [(row.cells[i], padded(row.cells[i].text, w, right=r)) for i, w, r in columns]
        if cells and not columns[-1][2]:
            cells[-1] = (cells[-1][0], cells[-1][1].rstrip())
        yield (margin + gap.join(paper.tinted(text, cell.tone) for cell, text in cells)).rstrip()


def cut(text: str, rows: int, width: int) -> str:
    """As much of the text as fits into so many rows of a terminal, in which a long line takes several; when that is
    not all, the last row says how many lines are not shown.
    """
    given = text.splitlines()
    taken = [max(1, -(-cell_width(_TINT.sub("", line)) // width)) for line in given]
    if sum(taken) <= rows:
        return text
    kept, used = 0, 1
    while used + taken[kept] <= rows:
        used += taken[kept]
        kept += 1
    return "\n".join([*given[:kept], f"({len(given) - kept} more lines: the terminal is too low)\n"])


def write(stream: TextIO, text: str) -> None:
    """All of the text at once, in whatever encoding the stream has."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "replace").decode(encoding))
    stream.flush()


def waiting(stream: TextIO) -> Callable[[str], None] | None:
    """By which a Connection tells what it waits for: on a terminal, where somebody waits too."""
    return (lambda sentence: write(stream, f"goweb: {sentence}\n")) if stream.isatty() else None


def silence(stream: TextIO) -> None:
    """The reader is gone: let the interpreter's last flush go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
