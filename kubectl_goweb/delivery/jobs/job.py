"""A verb of delivery, or a canary, under way in a process of its own: told line by line, asked, answered, cancelled."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from kubectl_goweb.delivery.image.events import Step, Transfer
from kubectl_goweb.delivery.jobs.story import Line, Stage, Story
from kubectl_goweb.delivery.jobs.telling import Asked
from kubectl_goweb.delivery.processes import end
from kubectl_goweb.errors import Exit

_GRACE = 20.0
"""Seconds that it has to end by itself; more than a pipeline gives its stages."""


class Work(StrEnum):
    """Verbs that are run as jobs."""

    BUILD = "build"
    SCAN = "scan"
    DEPLOY = "deploy"
    STEPWISE = "deploy --canary"
    PIPELINE = "pipeline"
    CANARY = "canary"

    @property
    def writes(self) -> bool:
        """Whether it changes the cluster."""
        return self not in (Work.BUILD, Work.SCAN)

    @property
    def words(self) -> tuple[str, ...]:
        """The verb, and the flag that makes it this work."""
        return tuple(self.value.split())


class Stand(StrEnum):
    RUNNING = "running"
    ASKING = "waits for an answer"
    CANCELLING = "ending"
    DONE = "done"
    FAILED = "failed"
    DECLINED = "not confirmed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        return self in (Stand.DONE, Stand.FAILED, Stand.DECLINED, Stand.CANCELLED)


class Picture(Struct, frozen=True):
    """A job as it is now."""

    stand: Stand
    stages: tuple[Stage, ...]
    steps: tuple[tuple[Step, float], ...]
    """Steps of a build that are under way, and for how many seconds."""
    transfers: tuple[Transfer, ...]
    question: Asked | None
    seconds: float
    result: str
    """What the verb printed at its end, or why it failed; empty before."""
    now: float
    """The instant of the stages' times."""


class Job:
    """Begins at once. Everything here may be called from any thread and returns at once, but for `wait`."""

    def __init__(
        self,
        work: Work,
        title: str,
        words: Sequence[str],
        folder: Path,
        environ: Mapping[str, str],
        *,
        context: str = "",
        about: str = "",
    ) -> None:
        """`context` is the one it works in; empty for one that needs no cluster, or the kubeconfig's own. `about` is
        the key of the workload that it changes, where that is known before.
        """
        self.work = work
        self.about = about
        self.title = title
        self.context = context
        self.command = tuple(words)
        self._lock = threading.Lock()
        self._story = Story()
        self._began = time.monotonic()
        self._ended = 0.0
        self._code: int | None = None
        self._is_cancelled = False
        self._is_declined = False
        self._process: subprocess.Popen[str] | None = None
        try:
            self._process = subprocess.Popen(
                self.command,
                cwd=folder,
                env=dict(environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
        except OSError as error:
            self._story.feed(f"goweb: {self.command[0]} cannot be started: {error.strerror}", self._began)
            self._end(int(Exit.UNKNOWN))
            return
        self._reader = threading.Thread(target=self._read, args=(self._process,), name=f"job: {title}", daemon=True)
        self._reader.start()

    def picture(self) -> Picture:
        with self._lock:
            story, now = self._story, self._ended or time.monotonic()
            return Picture(
                stand=self._stand(),
                stages=tuple(story.stages),
                steps=tuple((step, now - since) for step, since in story.steps.values()),
                transfers=tuple(story.transfers.values()),
                question=story.question,
                seconds=now - self._began,
                result="" if self._code is None else story.last if self._code == 0 else story.problem or story.last,
                now=now,
            )

    def lines(self, after: int) -> tuple[list[Line], int]:
        """What it printed after so many lines, as far as that is kept, and how many lines there were by now."""
        with self._lock:
            told, kept = self._story.told, self._story.lines
            new = min(told - after, len(kept))
            return [kept[place] for place in range(len(kept) - new, len(kept))], told

    def answer(self, text: str) -> None:
        """Answer its question; does nothing when it asks none."""
        with self._lock:
            question, self._story.question = self._story.question, None
            if question is None or self._process is None or self._process.stdin is None:
                return
            self._is_declined = text != question.answer
            with suppress(OSError, ValueError):  # it has ended in this moment
                self._process.stdin.write(f"{text}\n")
                self._process.stdin.flush()

    def cancel(self) -> None:
        """End it as Ctrl-C would, with everything that it started."""
        with self._lock:
            if self._code is not None or self._is_cancelled or self._process is None:
                return
            self._is_cancelled = True
            process = self._process
        threading.Thread(target=end, args=(process, _GRACE), name=f"end job: {self.title}", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Whether it is over within this time."""
        if self._process is not None:
            self._reader.join(seconds)
        return self._code is not None

    def _stand(self) -> Stand:
        if self._code is None:
            if self._is_cancelled:
                return Stand.CANCELLING
            return Stand.ASKING if self._story.question is not None else Stand.RUNNING
        if self._code == 0:
            return Stand.DONE
        if self._is_cancelled or self._code == Exit.INTERRUPTED:
            return Stand.CANCELLED
        return Stand.DECLINED if self._is_declined else Stand.FAILED

    def _read(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            with self._lock:
                self._story.feed(line, time.monotonic())
        code = process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        self._end(code)

    def _end(self, code: int) -> None:
        with self._lock:
            self._ended = time.monotonic()
            self._code = code
            outcome = {Stand.DONE: "passed", Stand.FAILED: "failed"}.get(self._stand(), str(self._stand()))
            self._story.end(outcome, self._ended)
