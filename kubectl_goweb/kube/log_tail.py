"""Following one container's log, in a thread: it goes on where it was when its stream is cut or the container starts
again. No line is lost or given twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from kubectl_goweb.errors import (
    BadRequestError,
    ForbiddenError,
    GowebError,
    NotFoundError,
    SilenceError,
    ThrottledError,
)
from kubectl_goweb.kube import backoff
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.line_stream import LineStream
from kubectl_goweb.kube.resuming import Seen, stamped
from kubectl_goweb.kube.watching import Timing
from kubectl_goweb.objects import Kind

LONGEST_LINE = 16 * 1024
"""Bytes of a line that are kept, its time included."""
_NO_CHANGE = 10.0
"""Seconds after which a container that is not known to have started again is asked for its log all the same."""


class LogState(StrEnum):
    CONNECTING = "connecting"
    FOLLOWING = "following"
    WAITING = "waiting"
    """The container has not started, or not started again."""
    ENDED = "ended"
    """Nothing more will come."""
    LOST = "lost"
    """The stream was cut and is tried again; nothing will be missing."""
    DENIED = "denied"


class Target(Struct, frozen=True):
    """One container whose log is wanted."""

    namespace: str
    pod: str
    uid: str
    """The Pod's: another Pod of the same name has another log."""
    container: str

    @property
    def path(self) -> str:
        return f"{Kind.POD.resource.path(self.namespace, self.pod)}/log"


class LogAsk(Struct, frozen=True):
    """Which part of the logs is wanted."""

    previous: bool = False
    """Of the run before this one; nothing is followed then."""
    tail: int | None = None
    """At most so many of the lines that are already there."""
    since: float | None = None
    """Only lines of so many seconds before now."""

    @property
    def query(self) -> Mapping[str, str]:
        query = {}
        if self.tail is not None:
            query["tailLines"] = str(self.tail)
        if self.since is not None:
            query["sinceSeconds"] = f"{self.since:.0f}"
        return query


class Stream(Struct, frozen=True):
    """How far the log of one container can be trusted."""

    state: LogState
    since: datetime
    why: str = ""
    retry_at: datetime | None = None


class Tail:
    """`work` is a thread's; the other methods may be called from any."""

    def __init__(
        self,
        connection: Connection,
        target: Target,
        ask: LogAsk,
        run: str,
        take: Callable[[str, str], None],
        say: Callable[[Stream], None],
        timing: Timing,
    ) -> None:
        """Lines go to `take` (time, text), which may block; how it stands goes to `say`."""
        self._connection = connection
        self._target = target
        self._ask = ask
        self._run = run
        self._take = take
        self._tell = say
        self._timing = timing
        self._wake = threading.Event()
        self._closed = False
        self._stream: LineStream | None = None
        self._seen = Seen()
        self._read_run: str | None = None
        """The run that was followed last."""
        self._failures = 0
        self.is_over = False
        """Nothing comes or is told any more."""
        self._half = ""
        """A last line without its end: the server may have been cut off in the middle of it."""

    def run_is(self, run: str) -> None:
        """The container has started or ended; empty when it will never start again."""
        if run != self._run:
            self._run = run
            self._wake.set()

    def close(self) -> None:
        self._closed = True
        self._wake.set()
        stream = self._stream
        if stream is not None:
            stream.close()

    def work(self) -> None:
        """Follow until closed, or until nothing more can come."""
        end = LogState.LOST, "its reader has stopped by an error in kubectl-goweb itself"
        try:
            end = self._follow()
        finally:
            # Whatever this is, it must not look live. A traceback goes to threading.excepthook.
            if not self._closed:
                self._say(*end)
            self.is_over = True

    def _follow(self) -> tuple[LogState, str]:
        """Go on for as long as more can come; how it ended."""
        while not self._closed:
            self._wake.clear()
            run = self._run
            try:
                self._catch_up(run)
                self._read(run, previous=self._ask.previous)
            except SilenceError:
                continue  # most containers have nothing to say for a while
            except GowebError as error:
                if self._ask.previous and isinstance(error, BadRequestError):
                    return LogState.WAITING, error.sentence
                if not run and isinstance(error, NotFoundError):
                    break
                self._failed(error)
            else:
                if self._ask.previous or not run:
                    break
                self._await_next_run(run)
        return LogState.ENDED, ""

    def _await_next_run(self, run: str) -> None:
        self._say(LogState.WAITING, "the container has ended")
        if run == self._run:
            self._timing.wait(self._wake, _NO_CHANGE)

    def _catch_up(self, run: str) -> None:
        """Give what a run that has ended meanwhile wrote after what was last seen of it."""
        if self._read_run is None or self._ask.previous or not (self._seen.is_any or run != self._read_run):
            return
        try:
            self._read(run, previous=True)
        except BadRequestError:
            return  # it never ran before

    def _read(self, run: str, *, previous: bool) -> None:
        """Give what is new in the log, and what comes while its container runs."""
        query = {"container": self._target.container, "timestamps": "true"}
        query |= {"previous": "true"} if previous else {"follow": "true"}
        since = self._seen.resume()
        if since:
            query["sinceTime"] = since
        elif self._read_run is None:
            query |= self._ask.query
        with self._connection.lines(
            self._target.path, query, idle_timeout=self._timing.idle_timeout, longest=LONGEST_LINE
        ) as stream:
            self._stream = stream
            if self._closed:
                return
            if not previous:
                self._read_run = run
                self._say(LogState.FOLLOWING)
            try:
                for line in stream:
                    self._line(line)
            finally:
                self._stream = None
            self._failures = 0
            self._last(stream.rest, is_final=previous or not run)

    def _line(self, line: bytes) -> None:
        at, text = stamped(line.decode("utf-8", "replace").rstrip("\r"))
        if not at:
            self._say(LogState.FOLLOWING, text)  # the kubelet's own words: there is no such log any more
        elif self._seen.is_new(at):
            self._take(at, text)

    def _last(self, rest: bytes, *, is_final: bool) -> None:
        half, self._half = self._half, rest.decode("utf-8", "replace")
        if self._half and (is_final or half == self._half):
            self._line(rest)

    def _failed(self, error: GowebError) -> None:
        """Say what is wrong, wait as long as it deserves."""
        if self._closed:
            return
        self._failures += 1
        seconds = backoff.pause(self._failures, self._timing.jitter())
        state = LogState.LOST
        if isinstance(error, ThrottledError):
            seconds = max(seconds, error.retry_after)
        elif isinstance(error, ForbiddenError):
            state, seconds = LogState.DENIED, backoff.slow_pause(self._timing.jitter())
        elif isinstance(error, BadRequestError):
            state = LogState.WAITING
        self._say(state, error.sentence, self._timing.now() + timedelta(seconds=seconds))
        if not self._closed:
            self._timing.wait(self._wake, seconds)

    def _say(self, state: LogState, why: str = "", retry_at: datetime | None = None) -> None:
        self._tell(Stream(state, self._timing.now(), why, retry_at))
