"""What is done while an API server says nothing: whoever waits is told so, and the server is asked how it is. One that
has lost its etcd takes every request and answers none, and is worth no waiting; one with much to say is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from time import monotonic

from kubectl_goweb.objects.facts import Checked

DOUBT_SECONDS = 2.0
"""Of silence after which the server is asked how it is."""
_EVERY = 0.5
"""Seconds between two looks up of who waits."""
_TOLD = 1.0
"""Seconds of waiting that nobody need hear of."""
_HOLDS = 5.0
"""Seconds that an answer about its health holds: then it is asked again."""

Tell = Callable[[str], None]
"""Told in words what is waited for, each thing once. One thread at a time calls it."""


@contextmanager
def told_when_late(tell: Tell | None, sentence: str) -> Iterator[None]:
    """A `with` block of which the sentence is told when it takes more than a second; with None it never is."""
    if tell is None:
        yield
        return
    timer = threading.Timer(_TOLD, tell, (sentence,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class Patience:
    """Of one connection; thread-safe."""

    def __init__(
        self, place: str, ask: Callable[[], Checked], *, doubt: float = DOUBT_SECONDS, tell: Tell | None = None
    ) -> None:
        """`ask` gives what the server says of its own health, within seconds."""
        self.every = min(_EVERY, doubt)
        """Seconds between two calls of `is_over`."""
        self._place = place
        self._ask = ask
        self._doubt = doubt
        self._tell = tell
        self._lock = threading.Lock()
        self._told: set[str] = set()
        self._is_asking = False
        self._health: tuple[float, Checked] | None = None

    def is_over(self, silent: float) -> bool:
        """Whether this thread, after so many seconds without a byte, need wait no longer: the server itself has said
        in this time that etcd is gone.
        """
        now = monotonic()
        with self._lock:
            known = self._health
            if silent >= self._doubt and not self._is_asking and (known is None or now - known[0] > _HOLDS):
                self._is_asking = True
                threading.Thread(target=self._look, name="health", daemon=True).start()
        if silent >= _TOLD:
            self.say(f"waiting for {self._place}...")
        if known is None or known[0] < now - silent:
            return False
        if known[1].is_etcd_down:
            return True
        self.say(f"{self._place} is silent{_words(known[1])}")
        return False

    def reaching(self) -> AbstractContextManager[None]:
        """While a connection is being opened, which has a limit of its own."""
        return told_when_late(self.say if self._tell is not None else None, f"waiting for {self._place}...")

    @property
    def health(self) -> Checked | None:
        """What the server said of itself just now, if it was asked."""
        return self._known(_HOLDS)

    def words(self) -> str:
        """The same for the end of a sentence, and a little older; nothing when nothing is known."""
        return _words(self._known(2 * _HOLDS))

    def _known(self, seconds: float) -> Checked | None:
        with self._lock:
            return self._health[1] if self._health and monotonic() - self._health[0] < seconds else None

    def _look(self) -> None:
        found = self._ask()
        with self._lock:
            self._health, self._is_asking = (monotonic(), found), False

    def say(self, what: str) -> None:
        """Tell it, unless that was done before."""
        with self._lock:
            if self._tell is not None and what not in self._told:
                self._told.add(what)
                self._tell(what)


def _words(known: Checked | None) -> str:
    if known is None or known.status in (401, 403):
        return ""
    if known.status == 0:
        return ", and its health check is not answered either"
    if known.failed:
        return f", and its own checks fail: {', '.join(known.failed)}"
    return ", though its /readyz is well" if known.status == 200 else f", and its /readyz answers {known.status}"
