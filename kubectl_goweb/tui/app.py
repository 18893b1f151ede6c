"""The cockpit as a program: how it begins and ends, and which room does what a key or a screen asks for."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from textual.app import App
from textual.await_complete import AwaitComplete
from textual.driver import Driver
from textual.events import Event, Key
from textual.notifications import Notify, SeverityLevel

from kubectl_goweb.hands import Hands
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.usage import thresholds
from kubectl_goweb.tui import acting, clipboard, doing, keys, screens, theme
from kubectl_goweb.tui.changing_context import change_context
from kubectl_goweb.tui.command_line import CommandLine
from kubectl_goweb.tui.going import Going
from kubectl_goweb.tui.jobbing import PLACE, JobNews, begin
from kubectl_goweb.tui.keyboard import Keyboard
from kubectl_goweb.tui.leaving import Leaving
from kubectl_goweb.tui.notice import Notice
from kubectl_goweb.tui.remembered import Memory
from kubectl_goweb.tui.screens.help import HelpScreen
from kubectl_goweb.tui.screens.namespaces import NamespaceDialog
from kubectl_goweb.tui.screens.palette import PaletteDialog
from kubectl_goweb.tui.showing import TICK, Showing
from kubectl_goweb.tui.source import Contexts, Session, Source
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.tidying import Tidying
from kubectl_goweb.tui.viewing import ViewScreen

if TYPE_CHECKING:  # most sessions build and deploy nothing
    from kubectl_goweb.delivery.jobs.desk import Desk

_HANDS = 64
"""Threads at most that judge and wait for servers: enough of them when one hangs and is asked again and again."""
_FAREWELL = 1.0
"""Seconds that they have to end in when the cockpit is left: requests end at once, and a write's end is recorded."""


class GowebApp(App[None]):
    """`zone` is the time zone of times of day, the machine's own when None; `colours` what the terminal can show, as
    `theme.themes` takes it.
    """

    TITLE = "kubectl goweb"
    CSS_PATH = "goweb.tcss"
    BINDINGS = keys.bindings(keys.APP)
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (150, "-wide")]

    def __init__(
        self,
        source: Source,
        session: Session,
        settings: Settings,
        now: Callable[[], datetime],
        *,
        zone: tzinfo | None = None,
        keymap: Mapping[str, str] | None = None,
        contexts: Contexts | None = None,
        memory: Memory | None = None,
        desk: Desk | None = None,
        colours: str = "truecolor",
    ) -> None:
        # With the terminal's own colours NO_COLOR takes them all away, without them it makes them grey.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self._keys = dict(keymap or {})
        self._stage = Stage(
            source,
            session,
            zone,
            now,
            contexts=contexts,
            memory=memory,
            desk=desk,
            limits=thresholds(settings.metrics),
            ascii_only=settings.ascii,
        )
        self._job_news = JobNews(self._stage)
        self._going = Going(self, self._stage)
        self._showing = Showing(self, self._stage)
        self.failure: Exception | None = None
        """A mistake in this program itself, which has ended it."""
        self._left: tuple[str, ...] = ()
        self._leaving = Leaving(self._stage)
        self._keyboard = Keyboard(self, super().on_event)
        self._tidying = Tidying()
        for one in theme.themes(colours):
            self.register_theme(one)
        self.theme = theme.chosen(settings.theme)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return theme.themes()[0].variables

    def get_driver_class(self) -> type[Driver]:
        from kubectl_goweb.tui.terminal_driver import TerminalDriver  # a test has none

        return TerminalDriver

    def get_default_screen(self) -> screens.OverviewScreen:
        return screens.OverviewScreen(self._stage)

    async def on_event(self, event: Event) -> None:
        if isinstance(event, Key) and not event.is_forwarded:
            await self._keyboard.typed(event)
        else:
            await super().on_event(event)

    def on_mount(self) -> None:
        asyncio.get_running_loop().set_default_executor(Hands(_HANDS, "aside", patience=_FAREWELL))
        self.set_class(self._stage.ascii_only, "-ascii")
        self.set_keymap(self._keys)
        self.set_interval(TICK, self._tick)
        self._showing.begin()

    def leave_guards(self) -> tuple[str, ...]:
        """Leave every rollout that is guarded as it is; what becomes of them, in a sentence each, told once."""
        self._left = (*self._left, *self._stage.guards.leave())
        told, self._left = self._left, ()
        return told

    def give_back_terminal(self) -> None:
        """Once the app has ended, however: what a signal has thrown into its midst may have passed by Textual's own
        end, and then the thread that reads keys would keep the program.
        """
        if self._driver is not None:
            self._driver.stop_application_mode()
            self._driver.close()

    def on_unmount(self) -> None:
        self._end()

    def _end(self) -> None:
        """Let every thread end: none is waited for long."""
        self._left = (*self._left, *self._stage.guards.leave())
        self._showing.end()

    def _handle_exception(self, error: Exception) -> None:
        """What nobody has caught ends the program, and is told by whoever has started it."""
        self.failure = self.failure or error
        self._end()
        super()._handle_exception(error)
        if not self.is_headless:  # a test is told as Textual does it
            self._exit_renderables.clear()

    def pop_screen(self) -> AwaitComplete:
        self._tidying.left()
        return super().pop_screen()

    def _is_at(self, place: str) -> bool:
        return self._showing.screen is not None and self._showing.screen.place == place

    def _tick(self) -> None:
        self._tidying.tick()
        self._job_news.look(self, is_shown=self._is_at(PLACE))
        self._showing.tick()

    def on_view_screen_shown(self, message: ViewScreen.Shown) -> None:
        if message.screen is self._showing.screen:  # not one that was only passed on the way
            self._going.arrived(message.screen)
            self._showing.arrived(message.screen)

    def on_view_screen_open(self, message: ViewScreen.Open) -> None:
        self._going.open(message.place)

    def on_view_screen_act(self, message: ViewScreen.Act) -> None:
        acting.act(self, self._stage, message.offer, message.selected)

    def on_view_screen_begin(self, message: ViewScreen.Begin) -> None:
        self.action_job(message.work)

    def action_job(self, work: str) -> None:
        def show() -> None:
            if not self._is_at(PLACE):
                self._going.open(PLACE)

        begin(self, self._stage, work, show)

    def on_command_line_given(self, message: CommandLine.Given) -> None:
        doing.do(self, self._going, self._stage, message.name, message.argument)

    def action_go(self, place: str) -> None:
        self._going.go(place)

    def action_recent(self, digit: int) -> None:
        self._going.recent(digit)

    def action_travel(self, step: int) -> None:
        self._going.travel(step)

    def action_context(self, name: str) -> None:
        """Look at another context of the kubeconfig, where it was left the last time."""
        work = change_context(self, self._going, self._showing, self._stage, name)
        self.run_worker(work, group="context", exclusive=True)

    async def action_quit(self) -> None:
        """At once, but for guards and jobs that would be left: then at the second time."""
        if not self._leaving.may(self):
            return
        self._going.keep()
        self.exit()

    def action_namespace(self) -> None:
        dialog = NamespaceDialog(self._showing.snapshot, self._stage.recent, ascii_only=self._stage.ascii_only)
        self.push_screen(dialog, self._look_at)

    def _look_at(self, namespace: str | None) -> None:
        if namespace is not None:
            self._going.look_at(namespace)

    def action_palette(self) -> None:
        below = self.screen
        bindings = {one.binding.id: one for one in below.active_bindings.values()}

        async def chosen(what: str | None) -> None:
            if what is None:
                return
            if what.startswith(":"):
                doing.do(self, self._going, self._stage, what[1:], "")
            elif (one := bindings.get(what)) is not None:
                await self.run_action(one.binding.action, default_namespace=one.node)

        self.push_screen(PaletteDialog(below, ascii_only=self._stage.ascii_only), chosen)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        seconds = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
        self.post_message(Notify(Notice(message, title, severity, seconds, markup)))

    def copy_to_clipboard(self, text: str) -> None:
        """Over SSH, and through tmux and screen, too."""
        if self._driver is not None:
            self._driver.write(clipboard.sequence(text, os.environ))

    def action_theme(self) -> None:
        self.theme = theme.after(self.theme)

    def action_help(self) -> None:
        self.push_screen(HelpScreen(self.screen, ascii_only=self._stage.ascii_only))
