"""A screen whose content is asked for in another thread, and asked for again while it is looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from time import monotonic

from kubectl_goweb.errors import GowebError
from kubectl_goweb.objects import Kind, Snapshot
from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.tui.live_table import LiveTable
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.view import View
from kubectl_goweb.tui.viewing import ViewScreen

_HAVE_SCREENS = ("Deployment", "StatefulSet", "DaemonSet", "Pod", "Node")


class AskingAgainScreen(ViewScreen):
    """A subclass says what is asked for (`ask`, in another thread), and how the answer or its failure is told."""

    every = 15.0
    """Seconds from one answer to the next question."""

    def __init__(self, stage: Stage, key: str) -> None:
        super().__init__(stage)
        self.about = key
        kind, namespace, name = key.split("/", 2)
        self.ref = Ref(kind, name, namespace)
        self._is_asking = False
        self._answered: float | None = None

    def ask(self) -> Callable[[], None]:
        """Ask, and give what is left to do in the screen's thread. GowebError for what the server refuses."""
        raise NotImplementedError

    def failed(self, sentence: str) -> None:
        """It could not be asked."""
        raise NotImplementedError

    def prepare(self, view: View) -> Callable[[], None]:
        return self._begin_if_due

    def tick(self, snapshot: Snapshot, now: datetime) -> None:
        super().tick(snapshot, now)
        self._begin_if_due()

    def on_live_table_opened(self, message: LiveTable.Opened) -> None:
        """What has no other screen is described."""
        message.prevent_default()
        key = message.key.partition("#")[0]
        kind = key.partition("/")[0]
        if kind in _HAVE_SCREENS:
            self.post_message(self.Open(key))
        elif kind in Kind.__members__.values():
            self.post_message(self.Open(f"describe {key}"))

    def _begin_if_due(self) -> None:
        is_due = self._answered is None or monotonic() - self._answered >= self.every
        if is_due and not self._is_asking and self.is_mounted:
            self._is_asking = True
            self.run_worker(self._asked(), exclusive=True, group="asking")

    async def _asked(self) -> None:
        try:
            paint = await asyncio.to_thread(self.ask)
        except GowebError as error:
            self.failed(error.sentence)
        else:
            paint()
        finally:
            self._is_asking = False
            self._answered = monotonic()
