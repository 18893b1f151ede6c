"""What all screens over the cluster have in common: header, filter, commands, keys, being told the newest View."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from kubectl_goweb.objects import Snapshot
from kubectl_goweb.objects.text import plain
from kubectl_goweb.objects.wants import Want
from kubectl_goweb.tui import jobbing, keys, subjects
from kubectl_goweb.tui.command_line import CommandLine
from kubectl_goweb.tui.commands import Choices
from kubectl_goweb.tui.details import Details
from kubectl_goweb.tui.filter_field import Filterable, FilterField
from kubectl_goweb.tui.header import HeaderLine
from kubectl_goweb.tui.key_line import KeyLine
from kubectl_goweb.tui.live_table import LiveTable
from kubectl_goweb.tui.offers import Offer, offer
from kubectl_goweb.tui.panel import Panel
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.view import View


class ViewScreen(Screen[None]):
    """A screen that shows a View. A subclass says what it is made of (`body`) and how a View is told (`prepare`)."""

    BINDINGS = keys.bindings((*keys.VERB, *keys.VIEW, *keys.JOB))
    AUTO_FOCUS = "LiveTable"
    FILTER = "text, /expression/, ~fuzzy, -l label=value; ! before it: not"
    """What a filter may be."""

    place = ""
    """What the screen is called by `screens.make`; empty for the overview."""
    shows_nodes = False
    """Whether it tells how busy nodes are, which is only asked while somebody looks."""
    about = ""
    """The key of the object that the screen is about, if it is about one."""

    class Open(Message):
        """Somebody wants to go to this place, see `screens.make`."""

        def __init__(self, place: str) -> None:
            super().__init__()
            self.place = place

    class Act(Message):
        """Somebody wants to change an object; `selected` is the row where the key was pressed."""

        def __init__(self, offer: Offer, selected: str = "") -> None:
            super().__init__()
            self.offer = offer
            self.selected = selected

    class Begin(Message):
        """Somebody wants a job begun: `build`, `scan`, `deploy` or `pipeline`."""

        def __init__(self, work: str) -> None:
            super().__init__()
            self.work = work

    class Shown(Message):
        """The screen is the topmost one now and wants to be told the newest View."""

        def __init__(self, screen: ViewScreen) -> None:
            super().__init__()
            self.screen = screen

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage
        self._header = HeaderLine(stage)
        self._filter = FilterField(self.FILTER)
        self._command = CommandLine(stage.history)
        self._panels: tuple[Panel, ...] = ()
        self._focused_before: Widget | None = None

    def compose(self) -> ComposeResult:
        yield self._header
        yield Vertical(*self.body(), id="body")
        yield self._filter
        yield self._command
        yield KeyLine(self.offer, self._may_begin)

    def on_mount(self) -> None:
        self._panels = (*self.query(Panel),)
        for panel in self._panels:
            panel.table.choice.labels = self._labels

    def body(self) -> Iterable[Widget]:
        """The parts between header and keys."""
        raise NotImplementedError

    def prepare(self, view: View) -> Callable[[], None]:
        """Do the thinking, in whatever thread, and return what is left to do in the screen's."""
        raise NotImplementedError

    def wants(self, view: View) -> tuple[Want, ...]:
        """What the screen needs to know beyond what is watched."""
        return ()

    def tick(self, snapshot: Snapshot, now: datetime) -> None:
        """A second has passed."""
        self._header.show(snapshot, now)

    def on_screen_resume(self) -> None:
        self.post_message(self.Shown(self))

    def on_live_table_opened(self, message: LiveTable.Opened) -> None:
        self.post_message(self.Open(message.key))

    # --- what keys act on

    @property
    def subject(self) -> str:
        """The key of the object that a key press acts on: what is selected, else what the screen is about."""
        focused = self.focused
        return (focused.selected if isinstance(focused, LiveTable) else "") or self.about

    def offer(self, key: str) -> Offer | None:
        """What a verb's key would do to the selected object, else to that of the screen."""
        stage = self.stage
        if stage.view is None:
            return None
        guarded = stage.guards.keys
        found = (
            offer(stage.view, stage.session, stage.denied, key, one, guarded)
            for one in (self.subject, self.about)
            if one
        )
        return next((one for one in found if one is not None), None)

    def action_verb(self, key: str) -> None:
        if (found := self.offer(key)) is not None:
            self.post_message(self.Act(found, self.subject))

    def _may_begin(self, work: str) -> bool:
        return not jobbing.why_not(self.stage, work)

    def action_job(self, work: str) -> None:
        self.post_message(self.Begin(work))

    def _labels(self, key: str) -> Mapping[str, str]:
        return self.stage.labels(key)

    def on_live_table_selected(self) -> None:
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that would do nothing here are not shown; those that would with another selection are grey."""
        match action:
            case "back":
                return self._filter.display or bool(self._narrowed()) or len(self.app.screen_stack) > 1
            case "verb":
                return self.offer(str(parameters[0])) is not None
            case "job":
                return self.stage.desk is not None
            case "look":
                return True if self.leading_to(str(parameters[0])) else None
            case "keep_probing":
                return True if self.leading_to("probes") else None
            case "filter":
                return bool(self.filterables())
            case "copy":
                return bool(self.subject or isinstance(self.focused, Details))
            case "next_panel" | "previous_panel":
                return len(self.focus_chain) > 1
            case _:
                return True

    def leading_to(self, what: str) -> str:
        """The key of the object of which that can be shown, see `subjects`."""
        return subjects.leading_to(what, (self.subject, self.about), self.stage)

    def action_look(self, what: str) -> None:
        """Show the logs, probes, path, changes, YAML or description of what is selected."""
        if key := self.leading_to(what):
            self.post_message(self.Open(f"{what} {key}"))

    def action_keep_probing(self) -> None:
        """Probe the selected workload or Pod until it is said again."""
        if key := self.leading_to("probes"):
            probes, name = self.stage.probes, plain(key.partition("/")[2])
            told = "is probed from now on, until this key again" if probes.toggle(key) else "is not probed any more"
            if not probes.is_running:
                probes.stop()
            self.app.notify(f"{name} {told}", markup=False, timeout=3)

    def action_copy(self) -> None:
        """The text of the details when they have the focus, else the object's name."""
        focused = self.focused
        if isinstance(focused, Details):
            text, what = focused.text, "the text"
        else:
            text = self.subject.partition("#")[0].rpartition("/")[2]
            what = text
        self.app.copy_to_clipboard(text)
        self.app.notify(f"copied {what}", markup=False, timeout=2)

    def action_next_panel(self) -> None:
        self.focus_next()

    def action_previous_panel(self) -> None:
        self.focus_previous()

    # --- going back

    def _narrowed(self) -> list[Filterable]:
        return [one for one in self.filterables() if one.typed]

    def action_back(self) -> None:
        """Clear the filter if there is one, else leave the screen."""
        if self._filter.display:
            self._filter.give_up()
        elif narrowed := self._narrowed():
            for one in narrowed:
                one.narrow("")
            self.refresh_bindings()
        else:
            self.leave()

    def leave(self) -> None:
        """Go to the screen below, if there is one and nothing lies on this one: a key may come late."""
        if self.app.screen is self and len(self.app.screen_stack) > 1:
            self.app.pop_screen()

    # --- filter and commands

    def filterables(self) -> list[Filterable]:
        """What can be filtered; first what a filter is for that is typed now."""
        return [*sorted(self._panels, key=lambda panel: panel.table is not self.focused)]

    def action_filter(self) -> None:
        """Ask for what the rows of the focused table must be like."""
        for one in self.filterables()[:1]:  # a screen of texts alone has none
            self._filter.ask(one)

    def on_live_table_sorted(self) -> None:
        self.stage.orders[self.place] = {
            panel.id or "": panel.table.choice.order for panel in self._panels if panel.table.choice.order
        }

    def action_command(self) -> None:
        self._focused_before = self.focused
        self._command.ask(self._choices)

    def _choices(self, typed: str) -> Choices:
        focused = self._focused_before
        columns = focused.column_keys if isinstance(focused, LiveTable) else ()
        return self.stage.choices(columns, wants_contexts=typed.startswith("c"))

    def on_command_line_cancelled(self) -> None:
        self.set_focus(self._focused_before)

    def sort(self, column: str) -> None:
        """Sort the focused table, or the first one that has such a column."""
        tables = (self.focused, *(panel.table for panel in self._panels))
        for table in (one for one in tables if isinstance(one, LiveTable)):
            if column in table.column_keys:
                table.action_sort_by(column)
                return
        self.app.notify(f"no column is called {column}", severity="warning", markup=False)
