"""The cockpit as a program: one worker that follows the Source, one reactive View, and the way between the screens."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from textual.app import App
from textual.await_complete import AwaitComplete
from textual.driver import Driver
from textual.reactive import reactive

from kubectl_goweb.errors import GowebError
from kubectl_goweb.hands import Hands
from kubectl_goweb.objects import FeedState, Snapshot
from kubectl_goweb.objects.wants import CONTROL_PLANE, around
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.diagnosis.wants import wants
from kubectl_goweb.tui import acting, clipboard, doing, keys, screens, theme
from kubectl_goweb.tui.command_line import CommandLine
from kubectl_goweb.tui.feeds import is_moving
from kubectl_goweb.tui.going import Going
from kubectl_goweb.tui.jobbing import PLACE, JobNews, begin
from kubectl_goweb.tui.leaving import Leaving
from kubectl_goweb.tui.remembered import Memory
from kubectl_goweb.tui.screens.help import HelpScreen
from kubectl_goweb.tui.screens.namespaces import NamespaceDialog
from kubectl_goweb.tui.screens.palette import PaletteDialog
from kubectl_goweb.tui.source import Contexts, Session, Source
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.tidying import Tidying
from kubectl_goweb.tui.view import View, judge
from kubectl_goweb.tui.viewing import ViewScreen

if TYPE_CHECKING:  # most sessions build and deploy nothing
    from kubectl_goweb.delivery.jobs.desk import Desk

_TICK = 1.0
"""Seconds between two looks at the clock."""
_IDLE_SHARE = 50
"""Ages are told anew after at least so many times the time that takes: at most 2 % of a core for a quiet cluster."""
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

    view: reactive[View | None] = reactive(None, init=False, repaint=False)

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
        self._now = now
        self._keys = dict(keymap or {})
        self._stage = Stage(
            source, session, zone, now, contexts=contexts, memory=memory, desk=desk, ascii_only=settings.ascii
        )
        self._job_news = JobNews(self._stage)
        self._going = Going(self, self._stage)
        self._is_over = False
        self.failure: Exception | None = None
        """A mistake in this program itself, which has ended it."""
        self._left: tuple[str, ...] = ()
        self._leaving = Leaving(self._stage)
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

    def on_mount(self) -> None:
        asyncio.get_running_loop().set_default_executor(Hands(_HANDS, "aside", patience=_FAREWELL))
        self.set_class(self._stage.ascii_only, "-ascii")
        self.set_keymap(self._keys)
        self.set_interval(_TICK, self._tick)
        self.run_worker(self._follow(), name="follow the source", exclusive=True)

    def leave_guards(self) -> tuple[str, ...]:
        """Leave every rollout that is guarded as it is; what becomes of them, in a sentence each, told once."""
        self._left = (*self._left, *self._stage.guards.leave())
        told, self._left = self._left, ()
        return told

    def on_unmount(self) -> None:
        self._end()

    def _end(self) -> None:
        """Let every thread end: none is waited for long."""
        self._is_over = True
        self._left = (*self._left, *self._stage.guards.leave())
        self._stage.source.close()

    def _handle_exception(self, error: Exception) -> None:
        """What nobody has caught ends the program, and is told by whoever has started it."""
        self.failure = self.failure or error
        self._end()
        super()._handle_exception(error)
        if not self.is_headless:  # a test is told as Textual does it
            self._exit_renderables.clear()

    async def _follow(self) -> None:
        """Show the newest Snapshot as soon as it is there; when there is none, the time that has passed.

        Judging goes on in another thread and takes at most half of the time.
        """
        loop = asyncio.get_running_loop()
        cost = 0.0
        last: Snapshot | None = None
        while not self._is_over:
            source = self._stage.source
            snapshot = await asyncio.to_thread(source.next, max(_TICK, _IDLE_SHARE * cost))
            if source is not self._stage.source:
                last = None  # another context is looked at now
                continue
            if snapshot is None and (last is None or not self._is_moving(last)):
                continue
            if snapshot is not None:
                last, self._stage.newest = snapshot, self._now()
            if last is None or self._is_over:
                continue
            began = loop.time()
            await self._show(last)
            cost = loop.time() - began
            await asyncio.sleep(cost)

    def _is_moving(self, last: Snapshot) -> bool:
        """Whether there is something to show although the cluster has told nothing new."""
        return is_moving(last.followed) or self._stage.loads.has_news(self._now())

    async def _show(self, snapshot: Snapshot) -> None:
        screen, now = self._viewing, self._now()

        is_first = self.view is None
        source = self._stage.source

        def think() -> tuple[View, Callable[[], None]]:
            view = judge(snapshot, now)
            nodes = snapshot.nodes if screen.shows_nodes else {}
            loads = self._stage.loads.look(nodes, now, screen.about.removeprefix("Node//"))
            view = replace(view, probed=self._stage.probes.look(view), loads=loads)
            beside = around(snapshot.namespace)
            source.suspect((CONTROL_PLANE, *screen.wants(view), *beside, *wants(snapshot, view.overview)))
            if snapshot.facts.plane is not None:
                self._stage.parts.note(view.parts, snapshot.facts.plane.at)
            return view, screen.prepare(view)

        view, paint = await asyncio.to_thread(think)
        if source is not self._stage.source:
            return
        before = self.view
        is_elsewhere = self.view is None or self.view.snapshot.namespace != snapshot.namespace
        self.view = self._stage.view = view
        self._stage.probes.run(view.probed)
        if is_elsewhere:
            self.run_worker(self._ask_rights(snapshot.namespace), group="rights", exclusive=True)
        if before is None or before.states != view.states:
            self._viewing.refresh_bindings()  # what is stale cannot be changed, and the keys say so
        if screen is self._viewing:
            paint()
            screen.tick(snapshot, self._now())
        else:
            self._tell(self._viewing)
        if is_first and all(feed.state is not FeedState.LISTING for feed in snapshot.feeds.values()):
            gc.freeze()

    async def _ask_rights(self, namespace: str) -> None:
        source = self._stage.source
        try:
            denied = await asyncio.to_thread(source.denied, namespace)
        except GowebError:
            return  # the Plan will tell
        if source is self._stage.source:
            self._stage.denied = denied
            self._viewing.refresh_bindings()

    @property
    def _viewing(self) -> ViewScreen:
        """The topmost screen over the cluster; a dialog may lie on it."""
        return next(screen for screen in reversed(self.screen_stack) if isinstance(screen, ViewScreen))

    def pop_screen(self) -> AwaitComplete:
        self._tidying.left()
        return super().pop_screen()

    def _tell(self, screen: ViewScreen) -> None:
        if self.view is not None:
            screen.prepare(self.view)()
            screen.tick(self.view.snapshot, self._now())

    def _tick(self) -> None:
        self._tidying.tick()
        self._job_news.look(self, is_shown=self._viewing.place == PLACE)
        self._viewing.tick(self.view.snapshot if self.view else Snapshot(), self._now())

    def on_view_screen_shown(self, message: ViewScreen.Shown) -> None:
        if message.screen is self._viewing:  # not one that was only passed on the way
            self._going.arrived(message.screen)
            if not message.screen.shows_nodes:
                self._stage.loads.rest()
            self._tell(message.screen)

    def on_view_screen_open(self, message: ViewScreen.Open) -> None:
        self._going.open(message.place)

    def on_view_screen_act(self, message: ViewScreen.Act) -> None:
        acting.act(self, self._stage, message.offer, message.selected)

    def on_view_screen_begin(self, message: ViewScreen.Begin) -> None:
        self.action_job(message.work)

    def action_job(self, work: str) -> None:
        def show() -> None:
            if self._viewing.place != PLACE:
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
        self.run_worker(self._change_context(name), group="context", exclusive=True)

    async def _change_context(self, name: str) -> None:
        stage, known = self._stage, self._stage.memory.of(name)
        try:
            source, session = await asyncio.to_thread(stage.contexts.open, name, known.namespace if known else None)
        except GowebError as error:
            self.notify(f"{error.sentence}; {error.hint}", title=name, severity="error", markup=False)
            return
        for sentence in stage.guards.leave():
            self.notify(sentence, severity="warning", timeout=15, markup=False)
        self._going.keep()
        old, old_view = stage.source, self.view
        self._going.home()
        stage.begin(source, session)
        self.view = None
        old.close()
        if old_view is not None:
            empty = judge(Snapshot(namespace=session.namespace), self._now())
            self._viewing.prepare(empty)()
            self._viewing.tick(empty.snapshot, self._now())
        if known is not None and known.place:
            self._going.open(known.place)

    async def action_quit(self) -> None:
        """At once, but for guards and jobs that would be left: then at the second time."""
        if not self._leaving.may(self):
            return
        self._going.keep()
        self.exit()

    def action_namespace(self) -> None:
        snapshot = self.view.snapshot if self.view else Snapshot(namespace=self._stage.session.namespace)
        dialog = NamespaceDialog(snapshot, self._stage.recent, ascii_only=self._stage.ascii_only)
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

    def copy_to_clipboard(self, text: str) -> None:
        """Over SSH, and through tmux and screen, too."""
        if self._driver is not None:
            self._driver.write(clipboard.sequence(text, os.environ))

    def action_theme(self) -> None:
        self.theme = theme.after(self.theme)

    def action_help(self) -> None:
        self.push_screen(HelpScreen(self.screen, ascii_only=self._stage.ascii_only))
