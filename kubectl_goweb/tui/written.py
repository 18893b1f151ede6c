"""What the cells of the terminal were given last, so that it is not given again: few bytes for a slow connection.

Textual paints whole rows, and the whole screen several times while one is opened, a field appears or the size changes;
most of it is as it was before. Pure, but for the memory itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from rich.cells import cell_len

_KEPT = 10.0
"""Seconds for which a row is believed to be as it was written: whatever else has written over it, it comes back."""
_BRIDGE = 12
"""Cells between two others that are given again with them: going to the second takes as many bytes."""
_MOVE = re.compile(r"(?=\x1b\[\d+;\d+H)")
_PLACE = re.compile(r"\x1b\[(\d+);(\d+)H")
_TEXT = re.compile(r"\x1b\[([\d;]+)m([^\x00-\x1f\x7f]*)\x1b\[0m|([^\x00-\x1f\x7f]+)|\n")
_CLEARS = ("\x1b[?1049", "\x1b[2J", "\x1bc")
"""The other screen, or none of it."""


class _Row:
    """The cells of a row, as far as they are known: what stands in each, and the codes of its style."""

    def __init__(self, at: float) -> None:
        self.at = at
        """Since when nothing of it has been forgotten."""
        self.texts: list[str] = []
        self.styles: list[str | None] = []
        """None where nothing is known."""
        self.last = ""
        """What was to be written last."""

    def put(self, column: int, text: str, style: str) -> None:
        missing = column + len(text) - len(self.texts)
        self.texts += [""] * missing
        self.styles += [None] * missing
        self.texts[column : column + len(text)] = text
        self.styles[column : column + len(text)] = [style] * len(text)

    def overlay(self, fresh: _Row) -> list[int]:
        """Take what is known of the fresh one; the cells that are others for it."""
        if fresh.texts == self.texts and fresh.styles == self.styles:
            return []
        self.put(len(fresh.texts), "", "")
        texts, styles, changed = self.texts, self.styles, []
        for column, (text, style) in enumerate(zip(fresh.texts, fresh.styles, strict=True)):
            if style is not None and (style != styles[column] or text != texts[column]):
                texts[column], styles[column] = text, style
                changed.append(column)
        return changed

    def told(self, number: str, cells: list[int]) -> Iterator[str]:
        """What writes these cells into the row of this number."""
        start = 0
        for place, column in enumerate(cells):
            following = cells[place + 1] if place + 1 < len(cells) else None
            if following is None or following - column > _BRIDGE or None in self.styles[column:following]:
                first, last = cells[start], column + 1
                yield f"\x1b[{number};{first + 1}H"
                for style, alike in groupby(range(first, last), key=self.styles.__getitem__):
                    text = "".join([self.texts[cell] for cell in alike])
                    yield f"\x1b[{style}m{text}\x1b[0m" if style else text
                start = place + 1


class Written:
    def __init__(self) -> None:
        self._rows: dict[str, _Row] = {}
        self._is_void = False

    def forget(self) -> None:
        """The terminal has another size, or is not as it was written: everything is given anew. Also for a signal's
        handler.
        """
        self._is_void = True

    def fresh(self, data: str, now: float) -> str:
        """Without what the cells were given last; `now` in seconds from anywhere. What is no painting stays."""
        if self._is_void:
            self._is_void = False
            self._rows.clear()
        if not data.startswith("\x1b[") or _PLACE.match(data) is None:
            if not data.startswith("\x1b") or any(clear in data for clear in _CLEARS):
                self._rows.clear()
            return data
        pieces = _MOVE.split(data)[1:]
        cursor = pieces.pop() if _PLACE.fullmatch(pieces[-1]) else ""
        rows: dict[str, list[tuple[int, str]]] = {}
        for piece in pieces:  # all of a row together: its pieces may lie over each other
            if (found := _PLACE.match(piece)) is not None:
                rows.setdefault(found[1], []).append((int(found[2]) - 1, piece[found.end() :]))
        return "".join((*(self._changed(number, parts, now) for number, parts in rows.items()), cursor))

    def _changed(self, number: str, parts: list[tuple[int, str]], now: float) -> str:
        """What writes a row: as little as possible, or as it came where it is not certain where its cells are."""
        known = self._rows.get(number)
        if known is None or now - known.at > _KEPT:
            known = self._rows[number] = _Row(now)
        whole = "".join([f"\x1b[{number};{column + 1}H{text}" for column, text in parts])
        if whole == known.last:
            return ""
        fresh = _read(parts, now)
        if fresh is None:
            known = self._rows[number] = _Row(now)
        known.last = whole
        return whole if fresh is None else "".join(known.told(number, known.overlay(fresh)))


def _read(parts: list[tuple[int, str]], now: float) -> _Row | None:
    """The cells that these texts fill, each from its column on. None when they hold something else than texts with
    styles, or a character that does not take just one cell: terminals disagree on some of those.
    """
    row = _Row(now)
    for column, text in parts:
        end = 0
        while end < len(text):
            found = _TEXT.match(text, end)
            if found is None:
                return None
            end = found.end()
            told = found[2] or found[3] or ""
            if not told.isascii() and not all(cell_len(one) == 1 for one in set(told)):
                return None
            row.put(column, told, found[1] or "")
            column += len(told)
    return row
