"""Keeping a Store up to date: one thread a kind that lists, watches, and lists again when it must.

The protocol is https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes. A failure
is never an exception here but a Feed state: listing, live, stale (since when, why, when it is tried again), denied,
failed; polled for what may be listed but not watched. What the events mean is nobody's business in this room.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from time import monotonic

from kubectl_goweb.errors import ExpiredError, ForbiddenError, GowebError, NotFoundError, ServerError, ThrottledError
from kubectl_goweb.kube import backoff
from kubectl_goweb.kube.connection import IDLE_SECONDS, Connection
from kubectl_goweb.kube.line_stream import LineStream
from kubectl_goweb.kube.reading import Ask
from kubectl_goweb.kube.store import Store
from kubectl_goweb.objects import Feed, FeedState, Malformed, Object, WatchEvent, decode_event, decode_page

_WATCH_SECONDS = 300
"""Each watch is ended by the server after this long, or up to twice as long, as client-go asks for: no stream outlives
a server's change of certificates or of load for ever."""
_SHORT_WATCH = 1.0
"""A watch that ends sooner, without an event, is a failure: otherwise it would be asked for in a tight loop."""
_STEADY_WATCH = 10.0
"""A watch that lasted so long was a good one, even if nothing happened."""
_GONE = 410


def utc_now() -> datetime:
    """The clock of everything here that tests do not replace."""
    return datetime.now(UTC)


class Timing:
    """The clock, the dice and the waiting, so that tests can hand in theirs."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = utc_now,
        jitter: Callable[[], float] = random.random,
        wait: Callable[[threading.Event, float], bool] = threading.Event.wait,
        elapsed: Callable[[], float] = monotonic,
        idle_timeout: float = IDLE_SECONDS,
    ) -> None:
        """`wait` blocks until the event is set or so many seconds are over; `elapsed` counts seconds from anywhere;
        `idle_timeout` ends a silent stream.
        """
        self.now = now
        self.jitter = jitter
        self.wait = wait
        self.elapsed = elapsed
        self.idle_timeout = idle_timeout


class Watching:
    """Threads that keep `store` up to date with what is asked for, until close()."""

    def __init__(
        self, connection: Connection, asks: Iterable[Ask], store: Store, *, timing: Timing | None = None
    ) -> None:
        self._watchers = [Watcher(connection, ask, store, timing or Timing()) for ask in asks]
        self._threads = [
            threading.Thread(target=watcher.run, name=f"watch {watcher.ask.kind}", daemon=True)
            for watcher in self._watchers
        ]

    def start(self) -> None:
        """Begin to list. Every kind has a feed in the store from here on."""
        for watcher in self._watchers:
            watcher.announce()
        for thread in self._threads:
            thread.start()

    def retry_now(self) -> None:
        """Whoever waits before trying again tries now."""
        for watcher in self._watchers:
            watcher.retry_now()

    def close(self) -> None:
        """Stop: open streams end, nothing waits any more. Returns at once; a list under way ends with its page."""
        for watcher in self._watchers:
            watcher.close()

    def join(self, timeout: float) -> bool:
        """Whether every thread has ended within so many seconds."""
        deadline = monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - monotonic()))
        return not any(thread.is_alive() for thread in self._threads)


class Watcher:
    """One kind: run() is a thread's work, the other methods may be called from any thread."""

    def __init__(self, connection: Connection, ask: Ask, store: Store, timing: Timing) -> None:
        self.ask = ask
        self._connection = connection
        self._store = store
        self._timing = timing
        self._wake = threading.Event()
        self._closed = False
        self._stream: LineStream | None = None
        self._version = ""
        """Where the next watch resumes; empty means that a list comes first."""
        self._was_complete = False
        self._is_fresh = False
        """Nothing has happened since the list."""
        self._unwatchable = ""
        """Why it may not be watched, which is asked again after every list; empty when it may."""
        self._failures = 0
        self._malformed: dict[str, Malformed] = {}
        self._feed = Feed(FeedState.LISTING, timing.now())

    def announce(self) -> None:
        """Say that the kind is asked for."""
        self._say(FeedState.LISTING)

    def run(self) -> None:
        """List and watch until closed."""
        try:
            while not self._closed:
                try:
                    if not self._version:
                        self._list()
                    self._watch()
                except GowebError as error:
                    self._failed(error)
        finally:
            if not self._closed:
                # Whatever this is, it must not look live. The traceback goes to threading.excepthook.
                self._say(self._broken_state(), "its watch has stopped by an error in kubectl-goweb itself")

    def retry_now(self) -> None:
        """End the pause before the next try."""
        self._wake.set()

    def close(self) -> None:
        """End the stream and every pause."""
        self._closed = True
        self._wake.set()
        stream = self._stream
        if stream is not None:
            stream.close()

    def _list(self) -> None:
        """All objects, page by page; shown page by page only the first time, so that a later list takes nothing away
        before it is complete.
        """
        kind, found, malformed = self.ask.kind, dict[str, Object](), dict[str, Malformed]()
        version = ""
        for body in self._connection.pages(self.ask.path, self.ask.query):
            if self._closed:
                return
            self._store.heard = self._timing.now()
            page = decode_page(kind, body)
            found.update((item.key, item) for item in page.items)
            malformed.update((item.name, item) for item in page.malformed)
            version = page.resource_version
            if not self._was_complete:
                self._store.add(kind, page.items)
        if not version:
            raise ServerError(
                f"the list of {kind.resource.group_plural} has no resourceVersion",
                hint="is this a Kubernetes API server?",
            )
        self._malformed = malformed
        self._version = version
        self._was_complete, self._is_fresh = True, True
        state = FeedState.POLLED if self._unwatchable else FeedState.LIVE
        self._store.replace(kind, found, self._made(state, self._unwatchable))

    def _watch(self) -> None:
        """Follow the changes until the server ends the stream. ExpiredError when the version is too old."""
        plural = self.ask.kind.resource.group_plural
        seconds = _WATCH_SECONDS * (1 + self._timing.jitter())
        query = {**self.ask.query, "resourceVersion": self._version, "timeoutSeconds": f"{seconds:.0f}"}
        try:
            watch = self._connection.watch(self.ask.path, query, idle_timeout=self._timing.idle_timeout)
        except ForbiddenError as error:
            self._poll(error)
            return
        started, heard = self._timing.elapsed(), False
        with watch as stream:
            self._stream, self._is_fresh, self._unwatchable = stream, False, ""
            if self._closed:
                return
            self._say(FeedState.LIVE)
            try:
                for line in stream:
                    self._store.heard = self._timing.now()
                    self._apply(line)
                    self._failures, heard = 0, True
            finally:
                self._stream = None
                if self._timing.elapsed() - started >= _STEADY_WATCH:
                    self._failures = 0
        if not heard and self._timing.elapsed() - started < _SHORT_WATCH and not self._closed:
            raise ServerError(f"{self._connection.access.place} ends the watch of {plural} at once")

    def _poll(self, error: ForbiddenError) -> None:
        """It may not be watched. Whether it may still be listed, only a list tells: at once, unless one just did."""
        self._version = ""
        if not self._is_fresh:
            return
        self._unwatchable = error.sentence
        self._failures = 0
        seconds = backoff.poll_pause(self._timing.jitter())
        retry_at = self._timing.now() + timedelta(seconds=seconds)
        self._store.feed(self.ask.kind, self._made(FeedState.POLLED, error.sentence, retry_at))
        self._pause(seconds)
        self._is_fresh = False

    def _apply(self, line: bytes) -> None:
        kind = self.ask.kind
        try:
            event = decode_event(kind, line)
        except ServerError:
            self._version = ""  # what was in it is lost: only a list tells
            raise
        if event.type == "ERROR":
            raise self._refusal(event)
        if event.object is not None:
            key = event.object.key
            if event.type == "DELETED":
                self._store.remove(kind, key)
            else:
                self._store.put(kind, event.object)
            if self._malformed.pop(key, None) is not None:
                self._say(FeedState.LIVE)
        elif event.malformed is not None:
            self._set_aside(event.malformed, is_deleted=event.type == "DELETED")
        if event.resource_version:
            self._version = event.resource_version

    def _set_aside(self, malformed: Malformed, *, is_deleted: bool) -> None:
        """An object that can no longer be read is not shown as it once was."""
        if is_deleted:
            self._malformed.pop(malformed.name, None)
        else:
            self._malformed[malformed.name] = malformed
        self._say(FeedState.LIVE)
        self._store.remove(self.ask.kind, malformed.name)

    def _refusal(self, event: WatchEvent) -> GowebError:
        why = event.message or "the server gives no reason"
        sentence = f"the watch of {self.ask.kind.resource.group_plural} ended: {why}"
        return ExpiredError(sentence) if event.code == _GONE else ServerError(sentence)

    def _failed(self, error: GowebError) -> None:
        """Say what is wrong, wait as long as it deserves."""
        if self._closed:
            return
        self._failures += 1
        if isinstance(error, ExpiredError):
            self._version = ""
            if self._failures == 1:  # a watch that slept too long: its ordinary end, list at once
                self._say(self._broken_state(), error.sentence)
                return
        jitter = self._timing.jitter()
        seconds = backoff.pause(self._failures, jitter)
        if isinstance(error, ThrottledError):
            seconds = max(seconds, error.retry_after)
        is_refused = isinstance(error, ForbiddenError | NotFoundError)
        if is_refused:
            seconds = backoff.slow_pause(jitter)
            self._forget()
        state = FeedState.DENIED if isinstance(error, ForbiddenError) else self._broken_state()
        feed = self._made(state, error.sentence, self._timing.now() + timedelta(seconds=seconds))
        if is_refused:
            self._store.replace(self.ask.kind, {}, feed)
        else:
            self._store.feed(self.ask.kind, feed)
        self._pause(seconds)

    def _pause(self, seconds: float) -> None:
        """Until then, or until retry_now() or close()."""
        self._wake.clear()
        if not self._closed:
            self._timing.wait(self._wake, seconds)

    def _forget(self) -> None:
        """What was known may be read no longer; shown on, it would look as if it still could."""
        self._version, self._was_complete, self._malformed = "", False, {}

    def _broken_state(self) -> FeedState:
        return FeedState.STALE if self._was_complete else FeedState.FAILED

    def _say(self, state: FeedState, why: str = "") -> None:
        self._store.feed(self.ask.kind, self._made(state, why))

    def _made(self, state: FeedState, why: str = "", retry_at: datetime | None = None) -> Feed:
        """The feed as it now is; `since` stays while the state does, but what is polled is as old as its list."""
        is_new = state is not self._feed.state or (state is FeedState.POLLED and self._is_fresh)
        since = self._timing.now() if is_new else self._feed.since
        self._feed = Feed(state, since, why, retry_at, tuple(self._malformed.values()))
        return self._feed
