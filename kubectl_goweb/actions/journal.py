"""What was done with this program, on this machine, by this user: JSON lines that only the user can read.

One entry for each applied Plan: who, when, where, what changed from what to what, and the request that leads back.
Never a secret: values are those of a Plan's shown changes, whole templates are fingerprints.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct

from kubectl_goweb.actions.entries import Entry
from kubectl_goweb.actions.plan import Plan
from kubectl_goweb.errors import GowebError
from kubectl_goweb.settings import state_folder


class Who(Struct, frozen=True):
    """Who acts, and on which cluster."""

    user: str
    """The kubeconfig's user, or whom it impersonates."""
    login: str
    """Of this machine: `ana@laptop`."""
    server: str
    """The API server's URL: a context may be renamed, and mean another cluster tomorrow."""


class Journal:
    """The file. Any number of processes may append to it."""

    def __init__(self, path: Path, who: Who) -> None:
        """Nothing is touched yet."""
        self.path = path
        self.who = who

    def append(self, plan: Plan, after: Mapping[str, str], generation: int, outcome: str, at: datetime) -> Entry:
        """Write one entry down, numbered after the last one; OSError when that fails."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _locked(self.path) as file:
            entry = Entry(
                id=_last_id(file) + 1,
                at=at,
                user=self.who.user,
                login=self.who.login,
                context=plan.context,
                server=self.who.server,
                verb=plan.verb,
                target=plan.target,
                uid=plan.uid,
                sentence=plan.sentence,
                kubectl=plan.kubectl,
                outcome=outcome,
                changes=plan.changes,
                before=plan.before,
                after=after,
                generation=generation,
                inverse=plan.inverse,
                one_way=plan.one_way,
                stays=plan.stays,
            )
            file.write(msgspec.json.encode(entry) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        return entry

    def entries(self) -> tuple[tuple[Entry, ...], int]:
        """Every entry, oldest first, and how many lines could not be read (written by a newer version, or damaged).
        GowebError when the file itself cannot be read.
        """
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return (), 0
        except OSError as error:
            raise GowebError(f"cannot read the journal {self.path}: {error.strerror}") from error
        found = [entry for line in lines if line.strip() and (entry := _decoded(line)) is not None]
        return tuple(found), sum(1 for line in lines if line.strip()) - len(found)


def journal_path(environ: Mapping[str, str], home: Path) -> Path:
    """$XDG_STATE_HOME/kubectl-goweb/journal.jsonl."""
    return state_folder(environ, home) / "journal.jsonl"


def login(environ: Mapping[str, str]) -> str:
    """`ana@laptop`, as this machine knows the user."""
    name = environ.get("LOGNAME") or environ.get("USER")
    if not name:
        import pwd  # most environments say it

        try:
            name = pwd.getpwuid(os.getuid()).pw_name
        except KeyError:
            name = str(os.getuid())  # as in a container that runs as a number
    return f"{name}@{os.uname().nodename}"


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    """The file, for appending, for this process alone; made readable by the user only."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "ab+") as file:
        os.fchmod(descriptor, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield file


def _last_id(file: BinaryIO) -> int:
    """The highest number given so far. Also ends a line that a crash left unfinished."""
    file.seek(0)
    text = file.read()
    if text and not text.endswith(b"\n"):
        file.write(b"\n")
    ids = [entry.id for line in text.splitlines() if (entry := _decoded(line)) is not None]
    return max(ids, default=0)


# Made at import, in one thread; see objects.decoding.decoders.
_ENTRY = msgspec.json.Decoder(Entry)


def _decoded(line: bytes) -> Entry | None:
    try:
        return _ENTRY.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
