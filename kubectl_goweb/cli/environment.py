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


def real() -> Environment:
    return Environment(os.environ, Path.home(), sys.stdout, sys.stderr, sys.stdin)
