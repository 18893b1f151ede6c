"""Gives each key to what the keys before it have led to, however fast they come.

Over a slow connection, or from a quick hand, `:pods` comes at once. Textual gives all of that to what has the focus at
that moment, which is the table: the line that `:` opens would stay empty, and a digit for a dialog would go elsewhere.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from textual.app import App
from textual.events import Key
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

_PATIENCE = 0.5
"""Seconds after which the next key is given all the same: what the one before it went to may be gone."""
_ROUNDS = 3


class Keyboard:
    """For the app's own thread. `give` does what the app does with a key."""

    def __init__(self, app: App[None], give: Callable[[Key], Awaitable[None]]) -> None:
        self._app = app
        self._give = give
        self._waiting: deque[Key] = deque()
        self._turn = 0
        self._is_busy = False

    async def typed(self, key: Key) -> None:
        """Give it, now or once those before it have done what they do."""
        self._waiting.append(key)
        if not self._is_busy:
            await self._next()

    async def _next(self) -> None:
        self._turn += 1
        self._is_busy = bool(self._waiting)
        if not self._waiting:
            return
        screen = self._app.screen
        goes_to = self._app.focused or screen
        key = self._waiting.popleft()
        await self._give(key)
        while self._waiting and _changes_nothing(key, self._waiting[0], goes_to):
            key = self._waiting.popleft()
            await self._give(key)
        asyncio.get_running_loop().call_later(_PATIENCE, self._app.call_later, self._end, self._turn)
        # A key goes up to the app, where its action is looked for; what that posts goes up from where the key was, and
        # may make a parent post something else: what was typed becomes a command.
        await self._follow(_ROUNDS * (*goes_to.ancestors_with_self,), screen, self._turn)

    async def _follow(self, way: Sequence[MessagePump], before: Screen[object], turn: int) -> None:
        """Go the key's way behind it, then on: to the screen that it has opened, if any, until that can take keys."""
        for place, stop in enumerate(way):
            if stop.call_later(self._follow, way[place + 1 :], before, turn):
                return
        now = self._app.screen
        if now is not before:
            await self._follow((now, self._app), now, turn)
        else:
            await self._end(turn)

    async def _end(self, turn: int) -> None:
        if turn == self._turn:
            await self._next()


def _changes_nothing(key: Key, after: Key, goes_to: Widget) -> bool:
    """Whether the next one goes there too, so that both are painted at once: a letter of a text, a key held down."""
    return after.key == key.key or (isinstance(goes_to, Input) and key.is_printable)
