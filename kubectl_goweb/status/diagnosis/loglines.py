"""One line of a Go program's log: level, message, error, caller, whichever logger wrote it.

slog, zap, zerolog, logrus (JSON and text), klog, and the plain `log` package.
"""

from __future__ import annotations

import re

import msgspec
from msgspec import Struct


class Line(Struct, frozen=True, gc=False):
    level: str
    """Lower case: `error`, `fatal`; empty when the line does not say."""
    message: str
    error: str = ""
    caller: str = ""
    """`main.go:42`, when the logger tells."""

    @property
    def text(self) -> str:
        """The message with its error, once."""
        if not self.error or self.error in self.message:
            return self.message
        return f"{self.message}: {self.error}" if self.message else self.error


_MESSAGE_KEYS = ("msg", "message", "event")
_LEVEL_KEYS = ("level", "severity", "lvl", "L")
_ERROR_KEYS = ("error", "err", "cause", "reason", "exception")
_CALLER_KEYS = ("caller", "source", "C")
_STAMP = re.compile(
    r"^(?:\d{4}[/-]\d\d[/-]\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\s+|^\d{4}/\d\d/\d\d\s+"
)
_FILE = re.compile(r"^(?P<caller>[\w./-]+\.go:\d+): (?P<rest>.*)$")
_KLOG = re.compile(r"^(?P<level>[IWEF])\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ (?P<caller>\S+\.go:\d+)\] (?P<rest>.*)$")
_KLOG_LEVELS = {"I": "info", "W": "warn", "E": "error", "F": "fatal"}
_PAIR = re.compile(r'(?P<key>[A-Za-z_][\w.]*)=(?P<value>"(?:[^"\\]|\\.)*"|\S*)')
_WORD = re.compile(
    r"^\[?(?P<level>FATAL|PANIC|DPANIC|ERROR|ERR|WARN|WARNING|INFO|DEBUG|fatal|error)\]?[:\s|]+(?P<rest>.*)$"
)
_CONSOLE_CALLER = re.compile(r"^(?P<caller>[\w./-]+\.go:\d+)\s+(?P<rest>.*)$")
_LEVELS = {"err": "error", "warning": "warn", "crit": "critical", "ftl": "fatal"}


def read_line(raw: str) -> Line:
    """Understand one line; what is not understood is its own message."""
    text = raw.strip()
    if text.startswith("{"):
        found = _json(text)
        if found is not None:
            return found
    klog = _KLOG.match(text)
    if klog:
        return Line(_KLOG_LEVELS[klog["level"]], klog["rest"], caller=_base(klog["caller"]))
    pairs = {one["key"]: _unquoted(one["value"]) for one in _PAIR.finditer(text)} if "=" in text else {}
    if any(key in pairs for key in _LEVEL_KEYS) and any(key in pairs for key in _MESSAGE_KEYS):
        return _from(pairs)
    return _plain(text)


def _json(text: str) -> Line | None:
    try:
        fields = msgspec.json.decode(text, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    flat: dict[str, str] = {}
    for key, value in fields.items():
        if isinstance(value, str):
            flat[key] = value
        elif isinstance(value, dict):
            flat[key] = _nested(value)
    return _from(flat)


def _nested(value: dict[object, object]) -> str:
    """slog's `source`, or an error written as an object."""
    if "file" in value and "line" in value:
        return f"{value['file']}:{value['line']}"
    return next((str(value[key]) for key in ("msg", "message", "error") if isinstance(value.get(key), str)), "")


def _from(fields: dict[str, str]) -> Line:
    level = _first(fields, _LEVEL_KEYS).lower()
    return Line(
        _LEVELS.get(level, level),
        _first(fields, _MESSAGE_KEYS),
        _first(fields, _ERROR_KEYS),
        _base(_first(fields, _CALLER_KEYS)),
    )


def _first(fields: dict[str, str], keys: tuple[str, ...]) -> str:
    return next((fields[key] for key in keys if fields.get(key)), "")


def _plain(text: str) -> Line:
    """`2026/03/01 12:00:00 main.go:12: listen tcp :8080: ...`, and what console loggers make of it."""
    rest = text
    while (stamp := _STAMP.match(rest)) is not None:
        rest = rest[stamp.end() :]
    level = ""
    word = _WORD.match(rest)
    if word:
        level, rest = word["level"].lower(), word["rest"]
    placed = _FILE.match(rest) or (_CONSOLE_CALLER.match(rest) if level else None)
    caller = ""
    if placed:
        caller, rest = _base(placed["caller"]), placed["rest"]
    error = ""
    message, tab, tail = rest.partition("\t{")
    if tab:  # zap's console encoder puts its fields behind a tab
        found = _json("{" + tail)
        error = found.error if found else ""
        rest = message
    return Line(_LEVELS.get(level, level), rest or text, error, caller)


def _unquoted(value: str) -> str:
    if value.startswith('"'):
        try:
            return msgspec.json.decode(value, type=str)
        except msgspec.DecodeError:
            return value.strip('"')
    return value


def _base(caller: str) -> str:
    return caller.rsplit("/", 1)[-1]
