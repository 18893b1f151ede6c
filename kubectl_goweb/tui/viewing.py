"""What all screens over the cluster have in common: header, filter, keys, and being told the newest View."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, tzinfo

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from kubectl_goweb.objects import Snapshot
from kubectl_goweb.tui import keys
from kubectl_goweb.tui.header import HeaderLine
from kubectl_goweb.tui.key_line import KeyLine
from kubectl_goweb.tui.live_table import LiveTable
from kubectl_goweb.tui.log_targets import KINDS
from kubectl_goweb.tui.panel import Panel
from kubectl_goweb.tui.source import Session, Source
from kubectl_goweb.tui.view import View


class Stage:
    """What every screen needs to know of the program it is part of."""

    def __init__(self, source: Source, session: Session, zone: tzinfo | None, *, ascii_only: bool) -> None:
        self.source = source
        self.session = session
        self.zone = zone
        self.ascii_only = ascii_only

    @property
    def ellipsis(self) -> str:
        return "~" if self.ascii_only else "…"

    def panel(self, title: str, name: str) -> Panel:
        return Panel(title, id=name, ascii_only=self.ascii_only)


class ViewScreen(Screen[None]):
    """A screen that shows a View. A subclass says what it is made of (`body`) and how a View is told (`prepare`)."""

    BINDINGS = keys.bindings(keys.VIEW)
    AUTO_FOCUS = "LiveTable"

    about = ""
    """The key of the object that the screen is about, if it is about one."""

    class Open(Message):
        """Somebody wants to see this object: a row's key."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class OpenLogs(Open):
        """Somebody wants to see what this object writes."""

    class Shown(Message):
        """The screen is the topmost one now and wants to be told the newest View."""

        def __init__(self, screen: ViewScreen) -> None:
            super().__init__()
            self.screen = screen

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage
        self._header = HeaderLine(stage.session, stage.zone, ascii_only=stage.ascii_only)
        self._filter = Input(placeholder="show only rows that contain ...", id="filter", select_on_focus=False)
        self._filter.display = False
        self._filtered: Panel | None = None

    def compose(self) -> ComposeResult:
        yield self._header
        yield Vertical(*self.body(), id="body")
        yield self._filter
        yield KeyLine()

    def body(self) -> Iterable[Widget]:
        """The parts between header and keys."""
        raise NotImplementedError

    def prepare(self, view: View) -> Callable[[], None]:
        """Do the thinking, in whatever thread, and return what is left to do in the screen's."""
        raise NotImplementedError

    def tick(self, snapshot: Snapshot, now: datetime) -> None:
        """A second has passed."""
        self._header.show(snapshot, now)

    def on_screen_resume(self) -> None:
        self.post_message(self.Shown(self))

    def on_live_table_opened(self, message: LiveTable.Opened) -> None:
        self.post_message(self.Open(message.key))

    @property
    def subject(self) -> str:
        """The key of the object that a key press acts on: what is selected, else what the screen is about."""
        focused = self.focused
        return (focused.selected if isinstance(focused, LiveTable) else "") or self.about

    def _with_logs(self) -> str:
        """The selected object, or that of the screen, whichever has logs."""
        subjects = (key.partition("#")[0] for key in (self.subject, self.about))
        return next((key for key in subjects if key.partition("/")[0] in KINDS), "")

    def on_live_table_selected(self) -> None:
        self.refresh_bindings()

    def action_logs(self) -> None:
        if key := self._with_logs():
            self.post_message(self.OpenLogs(key))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that would do nothing here are not shown."""
        match action:
            case "back":
                return self._filter.display or bool(self._narrowed) or len(self.app.screen_stack) > 1
            case "logs":
                return True if self._with_logs() else None
            case "next_panel" | "previous_panel":
                return len(self.focus_chain) > 1
            case _:
                return True

    @property
    def _narrowed(self) -> list[Panel]:
        return [panel for panel in self.query(Panel) if panel.table.filter]

    def action_back(self) -> None:
        """Clear the filter if there is one, else leave the screen."""
        if self._filter.display and self._filtered is not None:
            self._filtered.narrow("")
            self._leave_filter()
            return
        if self._narrowed:
            for panel in self._narrowed:
                panel.narrow("")
            self.refresh_bindings()
        elif len(self.app.screen_stack) > 1:
            self.app.pop_screen()

    def action_filter(self) -> None:
        """Ask for the text that rows of the focused table must contain."""
        focused = self.focused
        table = focused if isinstance(focused, LiveTable) else self.query(LiveTable).first()
        self._filtered = table.query_ancestor(Panel)
        self._filter.value = table.filter
        self._filter.action_end()
        table.is_led = True
        self._filter.display = True
        self.set_focus(self._filter)  # at once: the next key belongs to it

    def action_next_panel(self) -> None:
        self.focus_next()

    def action_previous_panel(self) -> None:
        self.focus_previous()

    def on_input_changed(self, message: Input.Changed) -> None:
        if self._filtered is not None:
            self._filtered.narrow(message.value)

    def on_input_submitted(self) -> None:
        self._leave_filter()

    def _leave_filter(self) -> None:
        panel, self._filtered = self._filtered, None
        self._filter.display = False
        if panel is not None:
            panel.table.is_led = False
            self.set_focus(panel.table)
