"""Go stack traces as text: the stacks in it, the first frame of one's own code, what the goroutines wait for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

_HEADER = re.compile(r"^goroutine \d+(?: gp=\S+ m=\S+(?: mp=\S+)?)? \[(?P<state>[^\]]*)\]:?$")
_RACE_HEADER = re.compile(r"^\s*(?:Previous )?(?:write|read|Write|Read) at \S+ by .*:$")
_FUNCTION = re.compile(
    r"^\s*(?:created by )?(?P<name>[^\s(]\S*?)(?:\([^()]*(?:\(.*\))?[^()]*\))?(?: in goroutine \d+)?$"
)
_FILE = re.compile(r"^\s+(?P<path>\S.*?\.(?:go|s|c)):(?P<line>\d+)(?: \+0x[0-9a-f]+)?(?: fp=\S+.*)?$")

_STANDARD = re.compile(
    "(?:archive|bufio|bytes|cmp|compress|container|context|crypto|database|debug|embed|encoding|errors|expvar|flag|fmt|go"
    "|hash|html|image|index|internal|io|iter|log|maps|math|mime|net|os|path|plugin|reflect|regexp|runtime|slices|sort"
    "|strconv|strings|structs|sync|syscall|testing|text|time|unicode|unique|unsafe|vendor|weak)(?:/|$)"
)
"""The import paths of the Go distribution (https://pkg.go.dev/std)."""
_RUNTIME = re.compile(r"(?:^|/src/)(?:runtime|internal)/")


class Frame(Struct, frozen=True, gc=False):
    function: str
    path: str
    line: int

    @property
    def place(self) -> str:
        """`store.go:14`"""
        return f"{self.path.rsplit('/', 1)[-1]}:{self.line}"

    @property
    def text(self) -> str:
        return f"{self.function} {self.path}:{self.line}" if self.function else f"{self.path}:{self.line}"

    @property
    def is_own(self) -> bool:
        """Neither of the Go distribution nor of a module fetched from elsewhere.

        With -trimpath a fetched module's files stand at `module@version/`, the distribution's at their import path.
        """
        if "/pkg/mod/" in self.path or "@v" in self.path or "/vendor/" in self.path:
            return False
        package = _package(self.function)
        if _RUNTIME.search(self.path) and _STANDARD.match(package):
            return False  # linked by name: internal/runtime/maps.fatal stands in runtime/panic.go
        if package:
            return package == "main" or _STANDARD.match(package) is None or not self._is_at(package)
        return "/go/src/" not in self.path and _STANDARD.match(self.path) is None

    def _is_at(self, package: str) -> bool:
        return self.path.startswith(f"{package}/") or f"/src/{package}/" in self.path


class Stack(Struct, frozen=True, gc=False):
    state: str
    """`running`, `chan receive, 5 minutes`; empty in a race report."""
    frames: tuple[Frame, ...]


def is_trace_line(line: str) -> bool:
    return _HEADER.match(line) is not None or _FILE.match(line) is not None or line.startswith("PC=")


def stacks(lines: Iterable[str]) -> list[Stack]:
    """Every stack of the text, in its order. Frames before any header are one of their own."""
    found: list[Stack] = []
    state, frames, function = "", list[Frame](), ""

    def close() -> None:
        if frames or state:
            found.append(Stack(state, tuple(frames)))
        frames.clear()

    for line in lines:
        header = _HEADER.match(line)
        if header or _RACE_HEADER.match(line):
            close()
            state, function = header["state"] if header else "", ""
            continue
        place = _FILE.match(line)
        if place:
            frames.append(Frame(function, place["path"], int(place["line"])))
            function = ""
        elif (named := _FUNCTION.match(line)) is not None:
            function = named["name"]
    close()
    return found


def own_frame(stack: Stack) -> Frame | None:
    """The innermost frame of one's own code."""
    return next((frame for frame in stack.frames if frame.is_own), None)


def logged_frame(trace: str) -> Frame | None:
    """The place that a logged stack trace is about: below a panic where it was raised, else where it was logged."""
    lines = trace.splitlines()
    raised = next((index for index, line in enumerate(lines) if line.startswith("panic(")), -2)
    return next((frame for stack in stacks(lines[raised + 2 :]) if (frame := own_frame(stack)) is not None), None)


def summary(found: Sequence[Stack]) -> str:
    """`212 goroutines: 200 chan receive at worker.go:31, 12 IO wait`, the commonest first."""
    waits: Counter[str] = Counter()
    for stack in found:
        frame = own_frame(stack)
        word = stack.state.partition(",")[0] or "running"
        waits[f"{word} at {frame.place}" if frame else word] += 1
    parts = [f"{count} {what}" for what, count in waits.most_common(3)]
    rest = len(found) - sum(count for _, count in waits.most_common(3))
    return f"{len(found)} goroutines: " + ", ".join(parts) + (f", {rest} others" if rest else "")


def _package(function: str) -> str:
    """`net/http.(*conn).serve.func1` → `net/http`."""
    head, slash, last = function.rpartition("/")
    return f"{head}{slash}{last.partition('.')[0]}"
