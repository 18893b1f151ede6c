"""Looking closer while the program runs: facts about suspects, asked for in the background and asked again as they age.

One look with a time budget, for a single answer, lives in investigating; which facts are worth asking for, in status.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from time import monotonic

from msgspec.structs import replace

from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.investigating import Got, ask_all, with_answers
from kubectl_goweb.objects import Feed, FeedState, Snapshot
from kubectl_goweb.objects.wants import CONTROL_PLANE, Ask, Want

_AGAIN = 30.0
"""Seconds after which an answer is asked for anew while it is still wanted."""
_KEPT = 120.0
"""Seconds that an answer is kept after it was last wanted: what is learnt may change what is wanted, which must not
make it forgotten and wanted again in turn.
"""
_AT_ONCE = 20
"""Requests of one round, so that the newest wishes need not wait behind many old ones."""
_BUDGET = 10.0
"""Seconds for one round."""


class Inquiry:
    """Thread-safe. `wake` is called, from the thread that asks, whenever something was learnt."""

    def __init__(
        self,
        connection: Connection,
        now: Callable[[], datetime],
        wake: Callable[[], None],
        *,
        budget: float = _BUDGET,
        again: float = _AGAIN,
    ) -> None:
        """No thread runs and nothing is asked before the first wish. `budget` and `again` in seconds."""
        self._budget, self._again = budget, again
        self._connection = connection
        self._now = now
        self._wake = wake
        self._changed = threading.Condition()
        self._wanted: tuple[Want, ...] = ()
        self._last_wanted: dict[Want, float] = {}
        self._answers: dict[Want, tuple[float, Got]] = {}
        self._silent: Feed | None = None
        """What becomes of a feed while the API server answers nothing; None while it does."""
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def ask(self, wants: Iterable[Want]) -> None:
        """Want these, the most telling first, instead of what was wanted before."""
        at = monotonic()
        with self._changed:
            self._wanted = tuple(dict.fromkeys(wants))
            self._last_wanted.update((want, at) for want in self._wanted)
            if self._wanted and self._thread is None and not self._is_closed:
                self._thread = threading.Thread(target=self._work, name="inquiry", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def told(self, snapshot: Snapshot) -> Snapshot:
        """The Snapshot with what is known so far. Where nothing was heard since the API server answers no more, what is
        followed is stale: that a watch is silent tells nothing for minutes.
        """
        with self._changed:
            answers = [got for want, (_, got) in self._answers.items() if _is_of(want, snapshot.namespace)]
            silent = self._silent
        if silent is not None and (snapshot.heard is None or snapshot.heard <= silent.since):
            since = snapshot.heard or silent.since
            feeds = {kind: _stale(feed, replace(silent, since=since)) for kind, feed in snapshot.feeds.items()}
            snapshot = replace(snapshot, feeds=feeds)
        return with_answers(snapshot, answers) if answers else snapshot

    def close(self) -> None:
        """Ask no more. Returns at once."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._is_closed and not (due := self._due()):
                    self._changed.wait(self._again / 2 if self._wanted else None)
                if self._is_closed:
                    return
            begun = self._now()
            found = ask_all(self._connection, due, self._now, monotonic() + self._budget, self._budget)
            at = monotonic()
            with self._changed:
                if self._is_closed:
                    return
                if not all(got.is_late for got in found):
                    self._silent = None
                elif CONTROL_PLANE in due:  # others may wait for a kubelet
                    why = f"the API server does not answer: nothing was read within {self._budget:g} s"
                    self._silent = Feed(FeedState.STALE, begun, why)
                self._answers.update((got.want, (at, got)) for got in found)
                self._forget(at)
            self._wake()

    def _due(self) -> tuple[Want, ...]:
        """What is wanted and not known, or known for too long."""
        at = monotonic()
        due = [want for want in self._wanted if want not in self._answers or at - self._answers[want][0] >= self._again]
        return tuple(due[:_AT_ONCE])

    def _forget(self, at: float) -> None:
        for want in [want for want, last in self._last_wanted.items() if at - last > _KEPT]:
            del self._last_wanted[want]
            self._answers.pop(want, None)


def _stale(feed: Feed, silent: Feed) -> Feed:
    return replace(silent, malformed=feed.malformed) if feed.state is FeedState.LIVE else feed


def _is_of(want: Want, namespace: str) -> bool:
    """Whether an answer is about what is looked at: a list of the namespace looked at before is kept for a while."""
    return want.ask is not Ask.LIST or not want.kind.resource.namespaced or want.key == namespace
