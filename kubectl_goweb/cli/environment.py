"""What a command is given from outside. Tests give it values of their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from msgspec import Struct


def _now() -> datetime:
    return datetime.now(UTC)


class Environment(Struct, frozen=True):
    environ: Mapping[str, str]
    home: Path
    stdout: TextIO
    stderr: TextIO
    stdin: TextIO
    now: Callable[[], datetime] = _now
    """The present as an aware UTC datetime."""


def columns(stream: TextIO, environ: Mapping[str, str]) -> int:
    """Cells across: COLUMNS, else what the terminal says, else 80. (shutil's answer costs 4 ms of imports.)"""
    return _given(environ, "COLUMNS") or _size(stream).columns or 80


def rows(stream: TextIO, environ: Mapping[str, str]) -> int:
    """Lines down: LINES, else what the terminal says, else 24."""
    return _given(environ, "LINES") or _size(stream).lines or 24


def _given(environ: Mapping[str, str], name: str) -> int:
    given = environ.get(name, "")
    return int(given) if given.isdecimal() else 0


def _size(stream: TextIO) -> os.terminal_size:
    try:
        return os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):  # no terminal after all, as in a test
        return os.terminal_size((0, 0))


def real() -> Environment:
    return Environment(os.environ, Path.home(), sys.stdout, sys.stderr, sys.stdin)
