"""Lines of a container's log, made readable: level, message, fields. JSON as slog, zap and zerolog write it, logfmt as
slog's text handler does, klog's headers, and plain text as it stands. Reading them from the cluster lives in kube.
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
    **dict.fromkeys(("fatal", "panic", "dpanic", "critical", "ftl", "pnc", "f"), Level.FATAL),
}
_LEVEL_KEYS = ("level", "lvl", "severity", "L", "@level")
_MESSAGE_KEYS = ("msg", "message", "M", "@message")
_TIME_KEYS = frozenset({"time", "ts", "timestamp", "T", "@timestamp"})
"""Left out: every line has the time at which the container runtime got it."""

_PAIR = re.compile(r'([A-Za-z_@][\w.@/-]*)=("(?:[^"\\]|\\.)*"|\S*)\s*')
_KLOG = re.compile(r"([IWEF])\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ ([\w.-]+:\d+)\] ")
_CONSOLE = re.compile(r"\S*\d\S* (?:\S* )?\[?(TRC|DBG|INF|WRN|ERR|FTL|PNC|DEBUG|INFO|WARN|ERROR|FATAL|PANIC)\]?:? ")
"""A time, then a level, as zerolog's and zap's writers for people have it."""
_CRASH = ("panic: ", "fatal error: ", "[signal ")


class Reading(Struct, frozen=True, gc=False):
    """One line as it is shown; `text` is plain and in one piece."""

    text: str
    """The message, then the fields as `key=value`."""
    level: Level = Level.NONE
    fields_at: int = -1
    """Where the fields begin in the text; -1 when there are none."""


def reading(line: str) -> Reading:
    """What a line says; never an error, whatever stands in it."""
    if line.startswith("{"):
        found = _object(line)
        if found is not None:
            return _structured({key: _value(value) for key, value in found.items()})
    text = plain(line, _LONGEST)
    if "msg=" in text and (pairs := _pairs(text)):
        return _structured(pairs)
    if (klog := _KLOG.match(text)) is not None:
        return _assembled(text[klog.end() :], _LEVELS[klog[1].lower()], f"at={klog[2]}")
    if text.startswith(_CRASH):
        return Reading(text, Level.FATAL)
    console = _CONSOLE.match(text)
    return Reading(text, _LEVELS[console[1].lower()] if console else Level.NONE)


def _object(line: str) -> dict[str, object] | None:
    try:
        return msgspec.json.decode(line, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _value(value: object) -> str:
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def _pairs(text: str) -> Mapping[str, str]:
    """The pairs of a logfmt line; none when something else stands in it."""
    found, end = {}, 0
    for pair in _PAIR.finditer(text):
        if pair.start() != end:
            return {}
        value = pair[2]
        found[pair[1]] = re.sub(r"\\(.)", r"\1", value[1:-1]) if value[:1] == '"' else value
        end = pair.end()
    return found if end == len(text) else {}


def _structured(pairs: Mapping[str, str]) -> Reading:
    level_key = next((key for key in _LEVEL_KEYS if key in pairs), "")
    message_key = next((key for key in _MESSAGE_KEYS if key in pairs), "")
    word = pairs.get(level_key, "").lower()
    level = _LEVELS.get(re.split(r"[+-]", word)[0], Level.NONE)  # slog writes levels in between as INFO+2
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
