"""Lines of a log as strips: when, whose, how bad, what. Wrapped or shifted, with what is looked for made visible."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from rich.cells import cell_len, get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from kubectl_goweb.kube.log_tail import Target
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.log_lines import Level
from kubectl_goweb.tui.cells import fitted
from kubectl_goweb.tui.log_buffer import LogLine

_LEVEL_CELLS = 5
_PREFIX_MOST = 28
_KEPT = 400
"""Lines whose strips are kept: several screens full."""


@dataclass(frozen=True)
class LogStyles:
    back: Style
    faint: Style
    match: Style
    found: Style
    """The whole line that a search has gone to."""
    levels: Mapping[Level, Style]
    targets: tuple[Style, ...]


@dataclass(frozen=True)
class LogLook:
    """What is shown of each line."""

    width: int
    wraps: bool = False
    shift: int = 0
    """Cells that are cut off at the left of what is not wrapped."""
    timestamps: bool = False
    is_raw: bool = False
    """As it was written, not made readable."""
    names: Mapping[Target, str] = field(default_factory=dict)
    """What is put before each line; empty when all come from one container."""
    find: re.Pattern[str] | None = None
    ellipsis: str = "…"


class LogPainter:
    """For one look and one theme; when either changes, a new one is needed."""

    def __init__(self, look: LogLook, styles: LogStyles) -> None:
        self._look = look
        self._styles = styles
        self._prefix_cells = min(max(map(cell_len, look.names.values()), default=0), _PREFIX_MOST)
        self._places = {target: number for number, target in enumerate(look.names)}
        self._kept: dict[tuple[int, bool], tuple[LogLine, list[Strip]]] = {}

    def rows(self, line: LogLine, *, is_found: bool = False) -> list[Strip]:
        """The line in one strip, or in as many as it takes where it is wrapped."""
        key = (id(line), is_found)
        kept = self._kept.get(key)
        if kept is None:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            # The line is kept beside its strips, so that no other can come by its id.
            kept = self._kept[key] = (line, list(self._paint(line, is_found=is_found)))
        return kept[1]

    def _paint(self, line: LogLine, *, is_found: bool) -> Iterator[Strip]:
        look, styles = self._look, self._styles
        back = styles.back + styles.found if is_found else styles.back
        head = [Segment(text, back + style) for text, style in self._head(line)]
        indent = sum(len(one.text) if one.text.isascii() else cell_len(one.text) for one in head)
        text = plain(line.raw, len(line.raw) + 1) if look.is_raw else line.text
        body = self._pieces(line, text, back)
        if indent > look.width // 2:
            indent = look.width // 2
            head = Strip(head).crop(0, indent)._segments  # noqa: SLF001  # Strip has no other way to give them
        room = max(look.width - indent, 1)
        if look.wraps:
            for number, (start, end) in enumerate(_chunks(text, room)):
                lead = head if number == 0 else [Segment(" " * indent, back)]
                yield Strip([*lead, *_cut(body, start, end)]).adjust_cell_length(look.width, back)
            return
        start = _offset(text, look.shift)
        end = _offset(text, look.shift + room)
        if end < len(text):
            end = _offset(text, look.shift + room - 1)
            rest = [Segment(look.ellipsis, back + styles.faint)]
        else:
            rest = []
        yield Strip([*head, *_cut(body, start, end), *rest]).adjust_cell_length(look.width, back)

    def _head(self, line: LogLine) -> Iterator[tuple[str, Style]]:
        look, styles = self._look, self._styles
        if look.timestamps:
            yield f"{line.at[11:23].rstrip('Z'):<12} ", styles.faint
        if look.names:
            name = fitted(look.names.get(line.target, "?"), self._prefix_cells, ellipsis=look.ellipsis)
            yield f"{name} ", styles.targets[self._places.get(line.target, 0) % len(styles.targets)]
        if not look.is_raw and line.level is not Level.NONE and line.text is not line.raw:
            yield f"{line.level.upper():<{_LEVEL_CELLS}} ", styles.levels[line.level]

    def _pieces(self, line: LogLine, text: str, back: Style) -> list[tuple[int, int, Segment]]:
        """The text in pieces of one style each, with where they begin and end."""
        styles = self._styles
        plain_style = styles.levels[line.level] if line.level in (Level.ERROR, Level.FATAL) else Style()
        split = len(text) if line.fields_at < 0 or self._look.is_raw else line.fields_at
        spans = [(0, split, plain_style), (split, len(text), styles.faint)]
        matches = [found.span() for found in self._look.find.finditer(text)] if self._look.find else []
        pieces = []
        for start, end, style in _overlaid(spans, [span for span in matches if span[0] < span[1]], styles.match):
            pieces.append((start, end, Segment(text[start:end], back + style)))
        return pieces


def _overlaid(
    spans: Iterable[tuple[int, int, Style]], marks: list[tuple[int, int]], style: Style
) -> Iterator[tuple[int, int, Style]]:
    """The spans in order, with what lies under a mark in the mark's style."""
    for start, end, own in spans:
        place = start
        for first, last in marks:
            first, last = max(first, place), min(last, end)
            if first >= last:
                continue
            if first > place:
                yield place, first, own
            yield first, last, style
            place = last
        if place < end:
            yield place, end, own


def _cut(pieces: Iterable[tuple[int, int, Segment]], start: int, end: int) -> Iterator[Segment]:
    for first, last, segment in pieces:
        if first < end and last > start:
            yield Segment(segment.text[max(start - first, 0) : end - first], segment.style)


def _chunks(text: str, room: int) -> Iterator[tuple[int, int]]:
    """Where to break a text so that each part fits into `room` cells; no wide character is halved."""
    if not text:
        yield 0, 0
    elif text.isascii():
        for start in range(0, len(text), room):
            yield start, min(start + room, len(text))
    else:
        start, used = 0, 0
        for place, character in enumerate(text):
            size = get_character_cell_size(character)
            if used + size > room and place > start:
                yield start, place
                start, used = place, 0
            used += size
        yield start, len(text)


def _offset(text: str, cells: int) -> int:
    """How many characters fit into so many cells."""
    if text.isascii():
        return min(max(cells, 0), len(text))
    used = 0
    for place, character in enumerate(text):
        used += get_character_cell_size(character)
        if used > cells:
            return place
    return len(text)
