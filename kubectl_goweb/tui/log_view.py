"""Lines of logs on the screen: only what is visible is painted, and only rows that changed are painted again.

It stays at the end while it follows. Moving up stops that: what is looked at then stays where it is, whatever comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from kubectl_goweb.kube.log_tail import Target
from kubectl_goweb.status.log_lines import Level
from kubectl_goweb.tui import keys
from kubectl_goweb.tui.filters import parse
from kubectl_goweb.tui.log_buffer import LogBuffer, LogLine
from kubectl_goweb.tui.log_painter import LogLook, LogPainter, LogStyles
from kubectl_goweb.tui.log_window import LogWindow

_SHIFT = 20
_WHEEL = 3
_TARGET_COLOURS = 6


class LogView(Widget, can_focus=True):
    """Shows a LogBuffer."""

    BINDINGS = keys.bindings(keys.LOG)
    COMPONENT_CLASSES = {
        "log-view--faint",
        "log-view--match",
        "log-view--found",
        *(f"log-view--{level or 'none'}" for level in Level),
        *(f"log-view--pod-{number}" for number in range(_TARGET_COLOURS)),
    }

    class Changed(Message):
        """What is shown, or how, is not what it was."""

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self.buffer = LogBuffer()
        self.is_following = True
        self.is_document = False
        """The lines are one text: nothing comes after it, and no line has a time."""
        self.is_timeless = False
        """Lines come one after another, but without times, and there is no other way to read them."""
        self.filter = parse("")
        self.shows_all = False
        """Lines that the filter does not let through are shown too, and what it finds is marked in both cases."""
        self.look = LogLook(80, wraps=True, ellipsis="~" if ascii_only else "…")
        self._window = LogWindow(self.buffer.lines, self._rows)
        self._found: LogLine | None = None
        self._painter: LogPainter | None = None
        self._frame: list[Strip] = []

    @property
    def lines(self) -> list[LogLine]:
        """What can be scrolled to."""
        return self._window.lines

    @property
    def seen(self) -> tuple[int, int]:
        """The first and the last line on the screen, counted from 1."""
        return self._window.top + 1, min(self._window.last(self.size.height), len(self.lines))

    def clear(self) -> None:
        """Begin anew."""
        self.buffer = LogBuffer()
        self._found = None
        self.is_following = True
        self._choose()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "follow":
            return not self.is_document
        return not ((self.is_document or self.is_timeless) and action in ("timestamps", "raw"))

    def replace(self, lines: list[LogLine]) -> None:
        """Other lines in place of these; what is looked at stays where it is by its number."""
        window = self._window
        top, sub = window.top, window.sub
        self.buffer = LogBuffer()
        self.buffer.add(lines)
        self._found = None
        self._choose()
        window.top, window.sub = min(top, max(len(window.lines) - 1, 0)), sub
        self._arrange()

    def add(self, new: list[LogLine]) -> None:
        """More lines have come."""
        window, top = self._window, self._window.anchor
        change = self.buffer.add(new)
        if self._is_narrowed:
            if change.gone or change.first < len(self.buffer.lines) - len(new):
                self._choose(top)
                return
            passes = self.filter.passes
            window.lines += [line for line in self.buffer.lines[change.first :] if passes(line.text)]
        elif top is not None and not self.is_following:
            window.top = window.place(top, window.top - change.gone)
        self._arrange()

    @property
    def typed(self) -> str:
        return self.filter.typed

    @property
    def reader(self) -> Widget:
        return self

    def typing(self, *, is_on: bool) -> None:
        """Lines need nothing for it: they are looked through as they are."""

    def narrow(self, typed: str) -> None:
        """Show only lines that pass, or mark them."""
        found = parse(typed)
        if found.problem:
            self.filter = replace(self.filter, problem=found.problem)
            self.post_message(self.Changed())
            return
        self.filter = found
        self._found = None
        self.restyle(replace(self.look, find=found.find))
        self._choose(self._window.anchor)

    def show_all(self, *, shows_all: bool) -> None:
        self.shows_all = shows_all
        self._choose(self._window.anchor)

    def name_targets(self, names: Mapping[Target, str]) -> None:
        """Put these names before the lines."""
        self.restyle(replace(self.look, names=names))

    def restyle(self, look: LogLook) -> None:
        """Show the lines another way."""
        self.look = look
        self._painter = None
        self._arrange()

    @property
    def _is_narrowed(self) -> bool:
        return self.filter.is_active and not self.shows_all

    def _choose(self, anchor: LogLine | None = None) -> None:
        """Decide anew which lines are shown; the anchor, or what follows it, stays at the top."""
        if self._is_narrowed:
            passes = self.filter.passes
            self._window.show([line for line in self.buffer.lines if passes(line.text)], anchor)
        else:
            self._window.show(self.buffer.lines, anchor)
        self._arrange()

    # --- what is on the screen

    def _arrange(self) -> None:
        """Fill the screen with rows, and repaint those that differ."""
        width, height = self.size
        if not width or not height:
            return
        if self.look.width != width:
            self.look, self._painter = replace(self.look, width=width), None
        old, self._frame = self._frame, self._window.fill(height, is_following=self.is_following)
        for y in range(height):
            if old[y : y + 1] != self._frame[y : y + 1]:
                self.refresh(Region(0, y, width, 1))
        self.post_message(self.Changed())

    def _rows(self, line: LogLine) -> list[Strip]:
        painter = self._painter
        if painter is None:
            painter = self._painter = LogPainter(self.look, self._styles())
        return painter.rows(line, is_found=line is self._found)

    def render_line(self, y: int) -> Strip:
        if y < len(self._frame):
            return self._frame[y]
        return Strip.blank(self.size.width, self.rich_style)

    def _styles(self) -> LogStyles:
        style = self.get_component_rich_style

        def front(name: str) -> Style:
            found = style(f"log-view--{name}")
            return Style(color=found.color, bold=found.bold, dim=found.dim)

        match, found = style("log-view--match"), style("log-view--found")
        return LogStyles(
            back=self.rich_style,
            faint=front("faint"),
            match=match,
            found=Style(bgcolor=found.bgcolor, bold=found.bold, underline=found.underline),
            levels={level: front(level or "none") for level in Level},
            targets=tuple(front(f"pod-{number}") for number in range(_TARGET_COLOURS)),
        )

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._painter = None
        self._frame = []
        self.call_later(self._arrange)

    def on_resize(self) -> None:
        self._frame = []
        self._arrange()
        self.refresh()

    # --- moving

    def move(self, rows: int) -> None:
        """So many rows down, or up; moving up stops following, coming to the end begins it again."""
        if rows < 0:
            self.is_following = False
            self._window.go_up(-rows)
        elif not self.is_following:
            self._window.go_down(rows)
            if self._window.is_at_end(self.size.height):
                self.is_following = not self.is_document
        self._arrange()

    def action_move(self, rows: int) -> None:
        self.move(rows)

    def action_page(self, pages: int) -> None:
        self.move(pages * max(self.size.height - 2, 1))

    def action_top(self) -> None:
        self.is_following = False
        self._window.go_to(0)
        self._arrange()

    def action_bottom(self) -> None:
        self.is_following = not self.is_document
        self._window.go_to_end(self.size.height)
        self._arrange()

    def action_follow(self) -> None:
        self.is_following = not self.is_following
        self._arrange()

    def action_wrap(self) -> None:
        self._window.sub = 0
        self.restyle(replace(self.look, wraps=not self.look.wraps, shift=0))

    def action_timestamps(self) -> None:
        self.restyle(replace(self.look, timestamps=not self.look.timestamps))

    def action_raw(self) -> None:
        self.restyle(replace(self.look, is_raw=not self.look.is_raw))

    def action_shift(self, times: int) -> None:
        if not self.look.wraps:
            self.restyle(replace(self.look, shift=max(self.look.shift + times * _SHIFT, 0)))

    def action_find(self, step: int) -> None:
        """Go to the next line that the filter finds, below or above the one gone to last, or from the screen."""
        window, test = self._window, self.filter
        lines, last = window.lines, window.last(self.size.height)
        if not test.is_active or not lines:
            return
        if self._found is not None:
            start = window.place(self._found, window.top) + step
        else:
            start = min(last, len(lines)) - 1 if step < 0 else window.top
        place = start
        while 0 <= place < len(lines) and not test.passes(lines[place].text):
            place += step
        if 0 <= place < len(lines):
            self._found = lines[place]
            self.is_following = False
            if not window.top < place < last - 1:
                window.go_to(place)
                window.go_up(self.size.height // 2)
            self._arrange()
        else:
            self.app.bell()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-_WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(_WHEEL)
