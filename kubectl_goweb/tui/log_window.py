"""Which part of a log is on the screen, in rows: a line may take several of them. Pure."""

from __future__ import annotations

from collections.abc import Callable

from textual.strip import Strip

from kubectl_goweb.tui.log_buffer import LogLine


class LogWindow:
    """`rows` paints a line; it is asked for those near the window only."""

    def __init__(self, lines: list[LogLine], rows: Callable[[LogLine], list[Strip]]) -> None:
        self.lines = lines
        """What can be scrolled to."""
        self.top = 0
        """The first line that is seen."""
        self.sub = 0
        """Its first row that is seen."""
        self._rows = rows

    @property
    def anchor(self) -> LogLine | None:
        """The first line that is seen."""
        return self.lines[self.top] if self.top < len(self.lines) else None

    def show(self, lines: list[LogLine], anchor: LogLine | None) -> None:
        """Other lines; the anchor, or what follows it, is at the top, without one the first line."""
        self.lines = lines
        self.go_to(0 if anchor is None else self.place(anchor, self.top))

    def place(self, wanted: LogLine, near: int) -> int:
        """Where a line is now, or the one that comes after its time."""
        lines = self.lines
        if 0 <= near < len(lines) and lines[near] is wanted:
            return near
        after = None
        for place, line in enumerate(lines):
            if line is wanted:
                return place
            if after is None and line.at > wanted.at:
                after = place
        return max(len(lines) - 1, 0) if after is None else after

    def fill(self, height: int, *, is_following: bool) -> list[Strip]:
        """The rows on a screen of this height: the last ones while following, and where nothing would be gained by an
        empty rest.
        """
        if is_following:
            self.go_to_end(height)
        self.top = min(self.top, max(len(self.lines) - 1, 0))
        rows = self._seen(height)
        if len(rows) < height and not is_following and (self.top or self.sub):
            self.go_to_end(height)
            rows = self._seen(height)
        return rows

    def _seen(self, height: int) -> list[Strip]:
        rows: list[Strip] = []
        for line in self.lines[self.top : self.top + height + 1]:
            rows += self._rows(line)
            if len(rows) - self.sub >= height:
                break
        return rows[self.sub : self.sub + height]

    def last(self, height: int) -> int:
        """The place behind the last line that is seen."""
        rows, place = -self.sub, self.top
        while rows < height and place < len(self.lines):
            rows += len(self._rows(self.lines[place]))
            place += 1
        return place

    def is_at_end(self, height: int) -> bool:
        """Whether nothing is below."""
        return self.last(height) >= len(self.lines) and len(self._seen(height + 1)) <= height

    def go_to(self, top: int) -> None:
        self.top, self.sub = top, 0

    def go_to_end(self, height: int) -> None:
        self.go_to(len(self.lines))
        self.go_up(height)

    def go_up(self, rows: int) -> None:
        while rows > 0:
            if self.sub >= rows:
                self.sub -= rows
                return
            rows -= self.sub
            self.sub = 0
            if self.top == 0:
                return
            self.top -= 1
            self.sub = len(self._rows(self.lines[self.top]))

    def go_down(self, rows: int) -> None:
        while rows > 0 and self.top < len(self.lines):
            left = len(self._rows(self.lines[self.top])) - self.sub
            if rows < left:
                self.sub += rows
                return
            rows -= left
            self.go_to(self.top + 1)
