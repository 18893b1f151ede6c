"""BuildKit's messages, as `docker buildx build --progress=rawjson` writes them, as build events. Pure.

A step is a vertex; it is told when it begins and when it is over, with BuildKit's own times.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime

import msgspec
from msgspec import Struct

from kubectl_goweb.delivery.image.events import BuildEvent, Output, Step, StepState, Transfer
from kubectl_goweb.delivery.image.failures import BuildError, build_failure, lines_of

_KEPT = 200


class _Vertex(Struct, frozen=True):
    digest: str
    name: str = ""
    started: datetime | None = None
    completed: datetime | None = None
    cached: bool = False
    error: str = ""


class _Status(Struct, frozen=True):
    id: str
    vertex: str = ""
    name: str = ""
    current: int = 0
    total: int = 0
    completed: datetime | None = None


class _Log(Struct, frozen=True):
    vertex: str
    data: str = ""


class _Message(Struct, frozen=True):
    vertexes: tuple[_Vertex, ...] = ()
    statuses: tuple[_Status, ...] = ()
    logs: tuple[_Log, ...] = ()


class RawJsonReader:
    """Feed it every line of standard error."""

    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder(_Message)
        self._numbers: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._over: set[str] = set()
        self._partial: dict[str, str] = {}
        self._output: dict[str, list[str]] = {}
        self._failed = ""
        self._errors: list[str] = []

    def feed(self, line: str) -> Iterator[BuildEvent]:
        if not line.startswith("{"):
            if line.strip():
                self._errors.append(line.strip().removeprefix("ERROR: "))
            return
        try:
            message = self._decoder.decode(line)
        except msgspec.DecodeError:
            self._errors.append(line.strip())
            return
        for vertex in message.vertexes:
            yield from self._vertex(vertex)
        for status in message.statuses:
            yield Transfer(status.name or status.id, "done" if status.completed else "", status.current, status.total)
        for log in message.logs:
            yield from self._log(log)

    def failure(self, code: int) -> BuildError:
        """Why the command ended with this code."""
        said = self._errors[-1] if self._errors else f"docker buildx ended with {code}"
        return build_failure(said, self._names.get(self._failed, ""), self._output.get(self._failed, self._errors))

    def _vertex(self, vertex: _Vertex) -> Iterator[BuildEvent]:
        if vertex.digest in self._over or (vertex.started is None and not vertex.cached):
            return
        is_new = vertex.digest not in self._numbers
        number = self._numbers.setdefault(vertex.digest, len(self._numbers) + 1)
        self._names[vertex.digest] = vertex.name
        if vertex.error:
            self._failed = vertex.digest
        if vertex.completed is None:
            if is_new:
                yield Step(number, vertex.name, StepState.RUNNING)
            return
        self._over.add(vertex.digest)
        state = StepState.FAILED if vertex.error else StepState.CACHED if vertex.cached else StepState.DONE
        took = (vertex.completed - vertex.started).total_seconds() if vertex.started else 0.0
        yield Step(number, vertex.name, state, took)

    def _log(self, log: _Log) -> Iterator[BuildEvent]:
        text = self._partial.pop(log.vertex, "") + base64.b64decode(log.data).decode("utf-8", "replace")
        whole, newline, rest = text.rpartition("\n")
        if not newline:
            whole, rest = "", text
        if rest:
            self._partial[log.vertex] = rest
        for line in lines_of(whole):
            kept = self._output.setdefault(log.vertex, [])
            kept.append(line)
            del kept[:-_KEPT]
            yield Output(line)
