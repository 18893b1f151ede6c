"""What a Go program wrote before it ended: the panic, fatal error, race or last error, and the first line of one's own
code.

https://pkg.go.dev/runtime, runtime/panic.go and runtime/traceback.go say how Go writes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec import Struct, structs

from kubectl_goweb.objects.text import masked
from kubectl_goweb.status.diagnosis.goroutines import is_trace_line, logged_frame, own_frame, stacks, summary
from kubectl_goweb.status.log_lines import Level, Line, read_line

_HEAD = re.compile(r"^(?:panic: |fatal error: |runtime: out of memory|SIG[A-Z]+: )")
_SERVED = re.compile(r"http: panic serving [^:]+(?::\d+)?: (?P<message>[^\n]*)")
_RECOVERED = re.compile(r" \[recovered.*\]$")
_STACK_LIMIT = re.compile(r"^runtime: goroutine stack exceeds \d+-byte limit")
_USAGE = re.compile(r"^\s*(?:Usage(?: of .*)?|USAGE):")
_INCORRECT = "Incorrect Usage: "
_RACE = "WARNING: DATA RACE"
_MESSAGE_LINES = 20


class CrashKind(StrEnum):
    PANIC = "panic"
    FATAL = "fatal-error"
    """The runtime gave up: `fatal error: ...`, which no recover() can stop."""
    DEADLOCK = "deadlock"
    MAP_RACE = "concurrent-map"
    STACK = "stack-overflow"
    MEMORY = "out-of-memory"
    RACE = "data-race"
    SIGNAL = "signal-dump"
    LOGGED = "logged"
    """The program said why and ended by itself: log.Fatal, or an error line of a structured log."""
    RECOVERED = "recovered"
    """As logged, and the error is a panic: the program, or net/http for it, recovered from it and wrote it down."""
    LAST_LINE = "last-line"
    """Nothing is recognised; the last line is the best that is known."""


class Crash(Struct, frozen=True, gc=False):
    """One crash as read from a log."""

    message: str
    """`panic: assignment to entry in nil map`, whole; or the last words when it was no Go crash."""
    place: str
    """`main.go:42` of the first frame that is not of the Go runtime or library; empty when no trace is there."""
    is_go: bool
    """Whether the Go runtime itself wrote it."""
    lines: tuple[str, ...]
    """The lines that show it."""
    kind: CrashKind = CrashKind.LAST_LINE
    function: str = ""
    """The function at `place`, as Go names it: `main.(*store).put`."""
    goroutines: str = ""
    """How many goroutines there were and what they waited for; empty when only one was shown."""
    error: str = ""
    """The words of the error alone, without the program's own frame around it."""

    @property
    def is_told(self) -> bool:
        """Whether the program itself said why, as an error."""
        return self.kind in (CrashKind.LOGGED, CrashKind.RECOVERED)

    @property
    def sign(self) -> str:
        """What makes two crashes the same one: numbers that differ from run to run are left out."""
        return re.sub(r"0x[0-9a-f]+|\b\d+\b", "#", f"{self.kind} {self.message} {self.place}")


def read_crash(lines: Iterable[str]) -> Crash | None:
    """Read the newest crash from the last lines of a container that ended; None when it wrote nothing."""
    written = [masked(line.rstrip("\r\n")) for line in lines]
    while written and not written[-1].strip():
        written.pop()
    if not any(line.strip() for line in written):
        return None
    heads = [index for index, line in enumerate(written) if _HEAD.match(line)]
    if heads:
        return _runtime_crash(written, _first_of(heads, written))
    races = [index for index, line in enumerate(written) if line.strip() == _RACE]
    if races:
        return _race(written, races[-1])
    return _last_words(written)


def _first_of(heads: Sequence[int], written: Sequence[str]) -> int:
    """A panic while panicking is printed below the first one, which is the cause."""
    first = heads[-1]
    while first > 0 and (first - 1) in heads:
        first -= 1
    if first > 0 and _STACK_LIMIT.match(written[first - 1]):
        return first
    return first


def _runtime_crash(written: Sequence[str], first: int) -> Crash:
    message = _whole_message(written, first)
    found = stacks(written[first + 1 :])
    frame = next((frame for stack in found[:1] if (frame := own_frame(stack)) is not None), None)
    if frame is None:
        frame = next((frame for stack in found if (frame := own_frame(stack)) is not None), None)
    shown = [written[first]]
    if frame is not None:
        shown.append(frame.text)
    return Crash(
        message=message,
        place=frame.place if frame else "",
        is_go=True,
        lines=tuple(shown),
        kind=_runtime_kind(message, written[max(0, first - 3) : first]),
        function=frame.function if frame else "",
        goroutines=summary(found) if len(found) > 1 else "",
        error=message.partition(": ")[2] or message,
    )


def _whole_message(written: Sequence[str], first: int) -> str:
    """The message up to the trace: Go indents the further lines of a panic's text with a tab, and what other goroutines
    log meanwhile stands between.
    """
    parts = [_RECOVERED.sub("", written[first])]
    for line in written[first + 1 : first + _MESSAGE_LINES]:
        if not line.startswith("\t") or is_trace_line(line) or line.startswith(("\tpanic: ", "\t[signal ")):
            break
        parts.append(line.strip())
    return " ".join(parts)


def _runtime_kind(message: str, before: Sequence[str]) -> CrashKind:
    if message.startswith("panic: "):
        return CrashKind.PANIC
    if message.startswith("SIG"):
        return CrashKind.SIGNAL
    if "all goroutines are asleep" in message:
        return CrashKind.DEADLOCK
    if "concurrent map" in message:
        return CrashKind.MAP_RACE
    if "out of memory" in message or "cannot allocate" in message:
        return CrashKind.MEMORY
    if "stack overflow" in message or any(_STACK_LIMIT.match(line) for line in before):
        return CrashKind.STACK
    return CrashKind.FATAL


def _race(written: Sequence[str], head: int) -> Crash:
    """A report of the race detector, which ends the program with exit code 66 when it is told to halt."""
    body = written[head + 1 :]
    found = stacks(body)
    frame = next((frame for stack in found if (frame := own_frame(stack)) is not None), None)
    what = next((line.strip().partition(" at ")[0].lower() for line in body if " by goroutine " in line), "access")
    return Crash(
        message=f"data race: unsynchronised {what}",
        place=frame.place if frame else "",
        is_go=True,
        lines=(written[head].strip(), *((frame.text,) if frame else ())),
        kind=CrashKind.RACE,
        function=frame.function if frame else "",
        error="data race",
    )


def _last_words(written: Sequence[str]) -> Crash:
    """The newest line that a log calls fatal or an error, else the last one."""
    read = [(line, read_line(line)) for line in written[-30:] if line.strip()]
    raw, line = _refused_arguments(read) or _newest(read, Level.FATAL) or _newest(read, Level.ERROR) or _last(read)
    served = _SERVED.search(line.message)
    if served:
        line = Line(Level.ERROR, f"panic: {served['message']}", error=served["message"], is_panic=True)
    is_told = line.level in (Level.FATAL, Level.ERROR)
    frame = logged_frame(line.stack)
    # A library's error may be followed by the program's own last line, which then says what it could not do without.
    if is_told and raw != read[-1][0] and read[-1][1].level is Level.NONE and _sounds_final(read[-1][0]):
        raw, line = read[-1]
    return Crash(
        message=line.text,
        place=frame.place if frame and (line.is_panic or not line.caller) else line.caller,
        is_go=False,
        lines=((raw,) if is_told else tuple(one for one, _ in read[-3:])) + ((frame.text,) if frame else ()),
        kind=CrashKind.RECOVERED if line.is_panic else CrashKind.LOGGED if is_told else CrashKind.LAST_LINE,
        function=frame.function if frame else "",
        error=line.error or line.message,
    )


def _refused_arguments(read: Sequence[tuple[str, Line]]) -> tuple[str, Line] | None:
    """The line above the usage that a program prints when it does not understand its arguments.

    https://pkg.go.dev/flag#FlagSet.Parse; cobra and pflag print theirs in the same order, urfave/cli its name between.
    """
    texts = [raw for raw, _ in read]
    at = next((index for index, text in enumerate(texts) if index and _USAGE.match(text)), None)
    # A line that was logged before may come behind it, by another stream; a program that goes on logs more.
    after = [line.level for _, line in read[at:] if line.level is not Level.NONE] if at else []
    if not at or len(after) > 1 or any(level in (Level.ERROR, Level.FATAL) for level in after):
        return None
    before = [one for one in read[:at] if one[1].level is Level.NONE]
    said = next((one for one in before if one[0].startswith(_INCORRECT)), before[-1] if before else None)
    if said is None:
        return None
    raw, line = said
    return raw, structs.replace(line, level=Level.ERROR)


def _last(read: Sequence[tuple[str, Line]]) -> tuple[str, Line]:
    """The last line; what is indented below it only goes on with it, as psql's hints do."""
    return next((one for one in reversed(read) if not one[0][:1].isspace()), read[-1])


def _newest(read: Sequence[tuple[str, Line]], level: Level) -> tuple[str, Line] | None:
    return next((one for one in reversed(read) if one[1].level is level), None)


def _sounds_final(line: str) -> bool:
    return re.search(r"(?i)\b(?:error|failed|cannot|can't|unable|could not|refused|denied|fatal)\b", line) is not None
