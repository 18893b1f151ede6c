"""What a Go program wrote before it ended: the panic or fatal error, and the first line of one's own code."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

_HEAD = re.compile(r"^(?:panic: |fatal error: |runtime: out of memory)")
_FRAME = re.compile(r"^\t(?P<path>/?[^\s:][^:]*\.go):(?P<line>\d+)(?: \+0x[0-9a-f]+)?$")
_RECOVERED = re.compile(r" \[recovered.*\]$")


class Crash(Struct, frozen=True, gc=False):
    """One crash as read from a log."""

    message: str
    """`panic: assignment to entry in nil map`, or the last line when it was no Go crash."""
    place: str
    """`main.go:42` of the first frame that is not of the Go runtime or library; empty when no trace is there."""
    is_go: bool
    lines: tuple[str, ...]
    """The lines that show it."""


def read_crash(lines: Iterable[str]) -> Crash | None:
    """Read the newest crash from the last lines of a container that ended; None when it wrote nothing.

    Go writes `panic: MESSAGE` or `fatal error: MESSAGE`, then `goroutine N [running]:` and two lines a frame, the
    second one a tab, the file, a colon and the line number (runtime/panic.go, runtime/traceback.go).
    """
    written = [line.rstrip("\r\n") for line in lines]
    written = [line for line in written if line.strip()]
    if not written:
        return None
    heads = [index for index, line in enumerate(written) if _HEAD.match(line)]
    if not heads:
        return Crash(written[-1], "", is_go=False, lines=tuple(written[-3:]))
    # A panic while panicking is printed below the first one, which is the cause.
    first = heads[-1]
    while first > 0 and (first - 1) in heads:
        first -= 1
    place, shown = "", [written[first]]
    for line in written[first + 1 :]:
        match = _FRAME.match(line)
        if match and not _is_library(match["path"]):
            place = f"{match['path'].rsplit('/', 1)[-1]}:{match['line']}"
            shown.append(line.strip())
            break
    return Crash(_RECOVERED.sub("", written[first]), place, is_go=True, lines=tuple(shown))


def _is_library(path: str) -> bool:
    """Frames of the Go distribution, and of modules fetched from elsewhere."""
    return "/go/src/" in path or path.startswith(("runtime/", "net/", "internal/", "os/")) or "/pkg/mod/" in path
