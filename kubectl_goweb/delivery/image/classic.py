"""The classic builder's messages as build events. Pure: the clock is passed in.

https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Image/operation/ImageBuild
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kubectl_goweb.delivery.image.events import BuildEvent, Output, Step, StepState, Transfer
from kubectl_goweb.delivery.image.failures import BuildError, build_failure, lines_of

_STEP = re.compile(r"^Step (\d+)/(\d+) : (.*)$")
_NOISE = re.compile(r"^( ---> |Removing intermediate container |Successfully (built|tagged) )")
_KEPT = 200
"""Lines of output that are kept to explain a failure."""


class ClassicReader:
    """Feed it every message; it gives events, and raises BuildError for the one that says that all was in vain."""

    def __init__(self) -> None:
        self.image = ""
        """The image's id, once it is built."""
        self._step: Step | None = None
        self._began = 0.0
        self._is_cached = False
        self._output: list[str] = []

    def feed(self, message: Mapping[str, Any], now: float) -> Iterator[BuildEvent]:
        """`now` in seconds of any steady clock."""
        if "errorDetail" in message or "error" in message:
            if self._step is not None:
                yield self._ended(StepState.FAILED, now)
            raise self._failure(message)
        if "stream" in message:
            for line in lines_of(str(message["stream"])):
                yield from self._line(line, now)
        elif "aux" in message:
            self.image = message["aux"].get("ID", self.image)
        elif "id" in message:
            detail = message.get("progressDetail") or {}
            yield Transfer(message["id"], message.get("status", ""), detail.get("current", 0), detail.get("total", 0))

    def end(self, now: float) -> Iterator[BuildEvent]:
        """The stream is over."""
        if self._step is not None:
            yield self._ended(StepState.CACHED if self._is_cached else StepState.DONE, now)
            self._step = None

    def _line(self, line: str, now: float) -> Iterator[BuildEvent]:
        begun = _STEP.match(line)
        if begun:
            yield from self.end(now)
            self._step = Step(int(begun[1]), begun[3], StepState.RUNNING)
            self._began, self._is_cached, self._output = now, False, []
            yield self._step
        elif "---> Using cache" in line:
            self._is_cached = True
        elif not _NOISE.match(line):
            self._output = [*self._output[-_KEPT:], line]
            yield Output(line)

    def _ended(self, state: StepState, now: float) -> Step:
        step = self._step
        assert step is not None  # noqa: S101  # the callers have looked
        return Step(step.number, step.name, state, now - self._began)

    def _failure(self, message: Mapping[str, Any]) -> BuildError:
        detail = message.get("errorDetail") or {}
        said = str(detail.get("message") or message.get("error") or "")
        return build_failure(said, self._step.name if self._step else "", self._output)
