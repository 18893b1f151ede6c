"""The lines of several logs in the order of their times, as many as are kept. Pure, but for the memory itself."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from operator import attrgetter
from typing import NamedTuple

from msgspec import Struct

from kubectl_goweb.kube.log_tail import Target
from kubectl_goweb.status.log_lines import Level, reading

MOST_LINES = 100_000
MOST_CHARACTERS = 48_000_000
"""Of the lines as they came; what is shown of them is about as much again."""


class LogLine(Struct, frozen=True, gc=False):
    target: Target
    at: str
    """RFC 3339 in UTC."""
    raw: str
    text: str
    level: Level
    fields_at: int


class Change(NamedTuple):
    """What an addition did to the lines that were there: so many went at the front, from `first` on they are others."""

    gone: int
    first: int


def read_lines(found: Iterable[tuple[Target, str, str]]) -> list[LogLine]:
    """Lines as they came, made readable: 10 us each, not for the screen's thread."""
    lines = []
    for target, at, raw in found:
        told = reading(raw)
        text = raw if told.text == raw else told.text
        lines.append(LogLine(target, at, raw, text, told.level, told.fields_at))
    return lines


class LogBuffer:
    def __init__(self, most: int = MOST_LINES, most_characters: int = MOST_CHARACTERS) -> None:
        self.lines: list[LogLine] = []
        self.dropped = 0
        """Lines that were here and had to make room."""
        self._most = most
        self._most_characters = most_characters
        self._characters = 0

    def add(self, new: list[LogLine]) -> Change:
        """Put lines where they belong by their time; those of one container stay in order."""
        lines = self.lines
        new.sort(key=attrgetter("at"))
        first = len(lines)
        if new and lines and new[0].at < lines[-1].at:
            first = bisect_right(lines, new[0].at, key=attrgetter("at"))
            new = sorted(lines[first:] + new, key=attrgetter("at"))
            self._characters -= sum(len(line.raw) for line in lines[first:])
            del lines[first:]
        lines += new
        self._characters += sum(len(line.raw) for line in new)
        gone = max(len(lines) - self._most, 0)
        self._characters -= sum(len(line.raw) for line in lines[:gone])
        while self._characters > self._most_characters and gone < len(lines):
            self._characters -= len(lines[gone].raw)
            gone += 1
        del lines[:gone]
        self.dropped += gone
        return Change(gone, max(first - gone, 0))
