"""What the rows of the terminal were given last, so that it is not given again: few bytes for a slow connection.

Textual paints the whole screen several times while one is opened or its size changes, most of it as it was before.
Pure, but for the memory itself.
"""

from __future__ import annotations

import re

_KEPT = 2.0
"""Seconds for which a row is believed to be as it was written: whatever else has written over it, it comes back."""
_MOVE = re.compile(r"(?=\x1b\[\d+;\d+H)")
_ROW = re.compile(r"\x1b\[(\d+);\d+H")
_CLEARS = ("\x1b[?1049", "\x1b[2J", "\x1bc")
"""The other screen, or none of it."""


class Written:
    def __init__(self) -> None:
        self._rows: dict[str, tuple[str, float]] = {}
        self._is_void = False

    def forget(self) -> None:
        """The terminal has another size, or is not as it was written: everything is given anew. Also for a signal's
        handler.
        """
        self._is_void = True

    def fresh(self, data: str, now: float) -> str:
        """Without what the rows were given last; `now` in seconds from anywhere. What is no painting stays as it is."""
        if self._is_void:
            self._is_void = False
            self._rows.clear()
        if not data.startswith("\x1b[") or _ROW.match(data) is None:
            if not data.startswith("\x1b") or any(clear in data for clear in _CLEARS):
                self._rows.clear()
            return data
        pieces = _MOVE.split(data)[1:]
        cursor = pieces.pop() if _ROW.fullmatch(pieces[-1]) else ""
        rows: dict[str, str] = {}
        for piece in pieces:  # all of a row together: its pieces may lie over each other
            found = _ROW.match(piece)
            row = found[1] if found else ""
            rows[row] = rows.get(row, "") + piece
        kept: list[str] = []
        for row, text in rows.items():
            before, at = self._rows.get(row, ("", now))
            if text != before or now - at > _KEPT:
                kept.append(text)
                self._rows[row] = text, now
        return "".join((*kept, cursor))
