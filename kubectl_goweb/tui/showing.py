"""Shows what the Source gives: one worker that follows it, judges aside, and has the topmost screen told."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from textual.app import App

from kubectl_goweb.errors import GowebError
from kubectl_goweb.objects import FeedState, Snapshot
from kubectl_goweb.objects.wants import CONTROL_PLANE, around
from kubectl_goweb.status.diagnosis.wants import wants
from kubectl_goweb.status.usage import Loads
from kubectl_goweb.tui.feeds import is_moving
from kubectl_goweb.tui.source import Session, Source
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.view import View, judge
from kubectl_goweb.tui.viewing import ViewScreen

TICK = 1.0
"""Seconds between two looks at the clock."""
_IDLE_SHARE = 100
"""Ages are told anew after at least so many times the time that takes: at most 1 % of a core for a quiet cluster; the
clock and the feeds take as much."""


class Showing:
    """Shows the newest View of a stage on the screens of an app."""

    def __init__(self, app: App[None], stage: Stage) -> None:
        self._app = app
        self._stage = stage
        self._is_over = False

    @property
    def screen(self) -> ViewScreen | None:
        """The topmost screen over the cluster; a dialog may lie on it. None while the program is being left."""
        return next((screen for screen in reversed(self._app.screen_stack) if isinstance(screen, ViewScreen)), None)

    @property
    def snapshot(self) -> Snapshot:
        """The newest that is shown; before there is any, one that says where is looked."""
        view = self._stage.view
        return view.snapshot if view is not None else Snapshot(namespace=self._stage.session.namespace)

    def begin(self) -> None:
        self._app.run_worker(self._follow(), name="follow the source", exclusive=True)

    def end(self) -> None:
        """Show nothing more, and let go of the cluster."""
        self._is_over = True
        self._stage.source.close()

    async def _follow(self) -> None:
        """Show the newest Snapshot as soon as it is there; when there is none, the time that has passed.

        Judging goes on in another thread and takes at most half of the time.
        """
        stage, loop = self._stage, asyncio.get_running_loop()
        cost = 0.0
        last: Snapshot | None = None
        while not self._is_over:
            source = stage.source
            snapshot = await asyncio.to_thread(source.next, max(TICK, _IDLE_SHARE * cost))
            if source is not stage.source:
                last = None  # another context is looked at now
                continue
            if snapshot is None and (last is None or not self._is_moving(last)):
                continue
            if snapshot is not None:
                last, stage.newest = snapshot, snapshot.heard or stage.now()
            if last is None or self._is_over:
                continue
            began = loop.time()
            await self._show(last)
            cost = loop.time() - began
            await asyncio.sleep(cost)

    def _is_moving(self, last: Snapshot) -> bool:
        """Whether there is something to show although the cluster has told nothing new."""
        return is_moving(last.followed) or self._stage.loads.has_news(self._stage.now())

    async def _show(self, snapshot: Snapshot) -> None:
        stage, screen, now = self._stage, self.screen, self._stage.now()
        if screen is None:
            return
        source, before = stage.source, stage.view
        view, paint = await asyncio.to_thread(self._think, snapshot, screen, source, now)
        on_top = self.screen
        if source is not stage.source or on_top is None:
            return
        is_elsewhere = before is None or before.snapshot.namespace != snapshot.namespace
        stage.view = view
        stage.probes.run(view.probed)
        if is_elsewhere:
            self._app.run_worker(self._ask_rights(snapshot.namespace), group="rights", exclusive=True)
        if before is None or before.states != view.states:
            on_top.refresh_bindings()  # what is stale cannot be changed, and the keys say so
        if screen is on_top:
            paint()
            screen.tick(snapshot, stage.now())
        else:  # another screen came up while this one's View was made, and other things are to be asked for it
            self._loads(on_top, snapshot, stage.now())
            self._paint(on_top, view)
        if before is None and all(feed.state is not FeedState.LISTING for feed in snapshot.feeds.values()):
            gc.freeze()

    def _think(
        self, snapshot: Snapshot, screen: ViewScreen, source: Source, now: datetime
    ) -> tuple[View, Callable[[], None]]:
        """What the Snapshot means, and what paints it; in another thread than the screen's."""
        stage = self._stage
        view = judge(snapshot, now, self._loads(screen, snapshot, now), server_version=stage.session.version)
        view = replace(view, probed=stage.probes.look(view))
        beside = around(snapshot.namespace)
        source.suspect((CONTROL_PLANE, *screen.wants(view), *beside, *wants(snapshot, view.overview)))
        if snapshot.facts.plane is not None:
            stage.parts.note(view.parts, snapshot.facts.plane.at)
        return view, screen.prepare(view)

    def _loads(self, screen: ViewScreen, snapshot: Snapshot, now: datetime) -> Loads:
        """How busy nodes are; they are asked as long as this screen shows them."""
        first = screen.about.removeprefix("Node//")
        return self._stage.loads.look(snapshot, now, asks=screen.shows_nodes, first=first)

    async def _ask_rights(self, namespace: str) -> None:
        source = self._stage.source
        try:
            denied = await asyncio.to_thread(source.denied, namespace)
        except GowebError:
            return  # the Plan will tell
        if source is self._stage.source:
            self._stage.denied = denied
            if self.screen is not None:
                self.screen.refresh_bindings()

    def arrived(self, screen: ViewScreen) -> None:
        """Another screen is the topmost now, and wants to be told the newest View."""
        if (view := self._stage.view) is not None:
            self._loads(screen, view.snapshot, self._stage.now())
            self._paint(screen, view)

    def tick(self) -> None:
        """A second has passed."""
        view = self._stage.view
        if self.screen is not None:
            self.screen.tick(view.snapshot if view is not None else Snapshot(), self._stage.now())

    def turn(self, source: Source, session: Session) -> None:
        """Look at another cluster from now on; the one before is let go."""
        stage = self._stage
        old, old_view = stage.source, stage.view
        stage.begin(source, session)
        old.close()
        if old_view is not None and self.screen is not None:
            self._paint(self.screen, judge(Snapshot(namespace=session.namespace), stage.now()))

    def _paint(self, screen: ViewScreen, view: View) -> None:
        screen.prepare(view)()
        screen.tick(view.snapshot, self._stage.now())
