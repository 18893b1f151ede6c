"""Lines of a Go program's log, whichever logger wrote them: JSON as slog, zap and zerolog write it, logfmt as slog's
text handler and logrus do, klog's headers, the loggers for people, the plain `log` package, and plain text.

For the screen a line is made readable (`reading`), for diagnosis its error and caller are found (`read_line`). Reading
them from the cluster lives in kube.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

import msgspec
from msgspec import Struct

from kubectl_goweb.objects.text import plain

_LONGEST = 10_000
"""Characters of a line that are shown."""
_SHORT = 60
_FIELDS = 4
"""Characters of a field, and fields of a line, that are told beside its message."""


class Level(StrEnum):
    NONE = ""
    """The line does not say."""
    DEBUG = "debug"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"
    FATAL = "fatal"


_LEVELS = {
    **dict.fromkeys(("trace", "debug", "trc", "dbg", "d"), Level.DEBUG),
    **dict.fromkeys(("info", "information", "notice", "inf", "i"), Level.INFO),
    **dict.fromkeys(("warn", "warning", "wrn", "w"), Level.WARN),
    **dict.fromkeys(("error", "err", "e"), Level.ERROR),
    **dict.fromkeys(("fatal", "panic", "dpanic", "critical", "crit", "emerg", "alert", "ftl", "pnc", "f"), Level.FATAL),
}
_LEVEL_KEYS = ("level", "lvl", "severity", "L", "@level")
_MESSAGE_KEYS = ("msg", "message", "M", "@message", "event")
_ERROR_KEYS = ("error", "err", "cause", "reason", "exception")
_CALLER_KEYS = ("caller", "source", "C")
_PANIC_KEYS = ("panic", "recovered", "panic_value")
"""What a program that recovers calls what it recovered from."""
_STACK_KEYS = ("stack", "stacktrace", "stack_trace", "S")
_TIME_KEYS = frozenset({"time", "ts", "timestamp", "T", "@timestamp"})
"""Left out: every line has the time at which the container runtime got it."""

_PAIR = re.compile(r'([A-Za-z_@][\w.@/-]*)=("(?:[^"\\]|\\.)*"|\S*)\s*')
_KLOG = re.compile(r"([IWEF])\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ ([^\s\]]+:\d+)\] ")
_STAMP = re.compile(
    r"(?:\d{4}[/-]\d\d[/-]\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\s+"
    r"|\d{4}/\d\d/\d\d\s+|\d?\d:\d\d[AP]M\s+"
)
_WORD = re.compile(
    r"\[?(TRC|DBG|INF|WRN|ERR|FTL|PNC|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|PANIC|DPANIC)\]?[:\s|]+"
    r"|(debug|info|warn|warning|error|fatal):\s+"
)
"""A level, as loggers for people write it behind the time."""
_FILE = re.compile(r"([\w./-]+\.go:\d+): ")
_CONSOLE_FILE = re.compile(r"([\w./-]+\.go:\d+)\s+(?:>\s+)?")
_CRASH = ("panic: ", "fatal error: ", "[signal ")


class Reading(Struct, frozen=True, gc=False):
    """One line as it is shown; `text` is plain and in one piece."""

    text: str
    """The message, then the fields as `key=value`."""
    level: Level = Level.NONE
    fields_at: int = -1
    """Where the fields begin in the text; -1 when there are none."""


class Line(Struct, frozen=True, gc=False):
    """One line as diagnosis takes it, raw."""

    level: Level
    message: str
    error: str = ""
    caller: str = ""
    """`main.go:42`, when the logger tells."""
    fields: str = ""
    """What a structured line says besides, as `key=value`; empty where it names an error."""
    stack: str = ""
    """The stack trace that was logged with it, in several lines."""
    is_panic: bool = False
    """The error is a panic that the program recovered from."""

    @property
    def text(self) -> str:
        """The message with its error, once; without an error with the other fields."""
        if not self.error or self.error in self.message:
            return f"{self.message} ({self.fields})" if self.fields else self.message
        return f"{self.message}: {self.error}" if self.message else self.error


def reading(line: str) -> Reading:
    """What a line says; never an error, whatever stands in it."""
    if line.startswith("{"):
        found = _object(line)
        if found is not None:
            return _shown({key: _value(value) for key, value in found.items()})
    text = plain(line, _LONGEST)
    if "msg=" in text and (pairs := _pairs(text)):
        return _shown(pairs)
    if (klog := _KLOG.match(text)) is not None:
        return _assembled(text[klog.end() :], _LEVELS[klog[1].lower()], f"at={klog[2]}")
    return Reading(text, _unstructured(text).level)


def read_line(raw: str) -> Line:
    """Understand one line; what is not understood is its own message."""
    text = (plain(raw, _LONGEST) if "\x1b" in raw else raw).strip()
    if text.startswith("{"):
        found = _object(text)
        if found is not None:
            return _line({key: _words(value) for key, value in found.items()})
    if (klog := _KLOG.match(text)) is not None:
        return Line(_LEVELS[klog[1].lower()], text[klog.end() :], caller=_base(klog[2]))
    if "=" in text:  # here something else may stand before the pairs
        pairs = {one[1]: _unquoted(one[2]) for one in _PAIR.finditer(text)}
        if _first(pairs, _LEVEL_KEYS) and _first(pairs, _MESSAGE_KEYS):
            return _line(pairs)
    return _unstructured(text)


def _level(word: str) -> Level:
    """slog writes levels in between as INFO+2."""
    return _LEVELS.get(re.split(r"[+-]", word.lower())[0], Level.NONE)


def _first(fields: Mapping[str, str], keys: tuple[str, ...]) -> str:
    return next((fields[key] for key in keys if fields.get(key)), "")


def _base(caller: str) -> str:
    return caller.rsplit("/", 1)[-1]


# --- what loggers write for programs


def _object(line: str) -> dict[str, object] | None:
    try:
        return msgspec.json.decode(line, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _pairs(text: str) -> Mapping[str, str]:
    """The pairs of a logfmt line; none when something else stands in it."""
    found, end = {}, 0
    for pair in _PAIR.finditer(text):
        if pair.start() != end:
            return {}
        found[pair[1]] = _unquoted(pair[2])
        end = pair.end()
    return found if end == len(text) else {}


def _unquoted(value: str) -> str:
    if value[:1] != '"' or len(value) < 2:
        return value
    try:
        return msgspec.json.decode(value, type=str)
    except msgspec.DecodeError:  # Go quotes more than JSON does
        return re.sub(r"\\(.)", r"\1", value[1:-1])


def _value(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _words(value: object) -> str:
    """A field's words: of slog's `source` the place, of an error written as an object its message."""
    if isinstance(value, str):
        return value
    if not isinstance(value, dict):
        return ""
    if "file" in value and "line" in value:
        return f"{value['file']}:{value['line']}"
    return next((value[key] for key in ("msg", "message", "error") if isinstance(value.get(key), str)), "")


def _line(fields: Mapping[str, str]) -> Line:
    panicked, error = _first(fields, _PANIC_KEYS), _first(fields, _ERROR_KEYS)
    return Line(
        _level(_first(fields, _LEVEL_KEYS)),
        _first(fields, _MESSAGE_KEYS),
        panicked or error,
        _base(_first(fields, _CALLER_KEYS)),
        "" if panicked or error else _others(fields),
        _first(fields, _STACK_KEYS),
        bool(panicked),
    )


def _others(fields: Mapping[str, str]) -> str:
    """The short fields that are not the line's own frame, as far as they are worth a reader's time."""
    frame = {*_LEVEL_KEYS, *_MESSAGE_KEYS, *_CALLER_KEYS, *_STACK_KEYS, *_TIME_KEYS}
    short = [(key, value) for key, value in fields.items() if key not in frame and value and len(value) <= _SHORT]
    return ", ".join(f"{key}={_quoted(value)}" for key, value in short[:_FIELDS])


def _shown(pairs: Mapping[str, str]) -> Reading:
    level_key = next((key for key in _LEVEL_KEYS if key in pairs), "")
    message_key = next((key for key in _MESSAGE_KEYS if key in pairs), "")
    level = _level(pairs.get(level_key, ""))
    hidden = {message_key, *_TIME_KEYS} | ({level_key} if level is not Level.NONE else set())
    fields = " ".join(f"{key}={_quoted(value)}" for key, value in pairs.items() if key not in hidden)
    return _assembled(pairs.get(message_key, ""), level, fields)


def _quoted(value: str) -> str:
    return f'"{value}"' if not value or re.search(r'[\s"=]', value) else value


def _assembled(message: str, level: Level, fields: str) -> Reading:
    message, fields = plain(message, _LONGEST), plain(fields, _LONGEST)
    if not fields:
        return Reading(message, level)
    head = f"{message}  " if message else ""
    return Reading(head + fields, level, len(head))


# --- what they write for people


def _unstructured(text: str) -> Line:
    """`2026/03/01 12:00:00 main.go:12: listen tcp :8080: ...`, and what console loggers make of it."""
    if text.startswith(_CRASH):
        return Line(Level.FATAL, text)
    at = 0
    while (stamp := _STAMP.match(text, at)) is not None:
        at = stamp.end()
    level = Level.NONE
    if (word := _WORD.match(text, at)) is not None:
        level, at = _level(word[1] or word[2]), word.end()
    caller = ""
    placed = _FILE.match(text, at) or (_CONSOLE_FILE.match(text, at) if level is not Level.NONE else None)
    if placed is not None:
        caller, at = _base(placed[1]), placed.end()
    message, tab, tail = text[at:].partition("\t{")
    error = ""
    if tab:  # zap's console encoder puts its fields behind a tab
        fields = _object("{" + tail) or {}
        error = _first({key: _words(value) for key, value in fields.items()}, _ERROR_KEYS)
    return Line(level, message or text, error, caller)
