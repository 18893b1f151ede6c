"""What the cockpit remembers of a context from one time to the next, in a small file of the user's own. It is never
needed: a file that cannot be read is as none, one that cannot be written is not written.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct


class Remembered(Struct, frozen=True):
    """Where somebody was in a context."""

    namespace: str = ""
    place: str = ""
    """As `screens.make` takes it."""
    recent: tuple[str, ...] = ()
    """Namespaces, by their digits."""


_Contexts = dict[str, Remembered]


def state_path(environ: Mapping[str, str], home: Path) -> Path:
    base = environ.get("XDG_STATE_HOME", "")
    return (Path(base) if base else home / ".local" / "state") / "kubectl-goweb" / "cockpit.json"


class Memory:
    """`path` None remembers for as long as the program runs."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._contexts: _Contexts = {}
        if path is not None:
            try:
                self._contexts = msgspec.json.decode(path.read_bytes(), type=_Contexts)
            except (OSError, msgspec.DecodeError, UnicodeDecodeError):
                self._contexts = {}

    def of(self, context: str) -> Remembered | None:
        return self._contexts.get(context)

    def keep(self, context: str, what: Remembered) -> None:
        """Remember this from now on."""
        if not context or self._contexts.get(context) == what:
            return
        self._contexts[context] = what
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._path.with_suffix(f".{os.getpid()}")
            fresh.write_bytes(msgspec.json.format(msgspec.json.encode(self._contexts)))
            fresh.chmod(0o600)
            fresh.replace(self._path)
        except OSError:
            return
