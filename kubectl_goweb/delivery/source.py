"""Which commit the sources are, told by git."""

from __future__ import annotations

import subprocess
from pathlib import Path

from msgspec import Struct

_SECONDS = 20


class Source(Struct, frozen=True):
    """All empty when the folder is in no repository."""

    tag: str = ""
    """For the image: `v1.2.3`, `v1.2.3-4-g1a2b3c4d`, `1a2b3c4d`; with `-dirty` when something is not committed."""
    revision: str = ""
    """The whole commit hash."""
    created: str = ""
    """When the commit was made, RFC 3339; empty when something is not committed."""
    remote: str = ""
    """Where the repository is kept, without user and password."""
    subject: str = ""
    """First line of the commit's message."""
    is_dirty: bool = False


def source(folder: Path) -> Source:
    """The commit of a folder, and whether something in that folder is not committed."""
    head = _git(folder, "log", "-1", "--format=%H%n%cI%n%s")
    if not head:
        return Source()
    revision, created, subject = (*head.split("\n", 2), "", "")[:3]
    is_dirty = bool(_git(folder, "status", "--porcelain", "--", "."))
    described = _git(folder, "describe", "--tags", "--always", "--abbrev=8") or revision[:8]
    tag = "".join(sign if sign.isalnum() or sign in "._-" else "-" for sign in described)[:100].lstrip(".-")
    return Source(
        tag=f"{tag}-dirty" if is_dirty else tag,
        revision=revision,
        created="" if is_dirty else created,
        remote=_without_login(_git(folder, "remote", "get-url", "origin")),
        subject=subject,
        is_dirty=is_dirty,
    )


def changed_paths(folder: Path, since: str) -> tuple[str, ...]:
    """What differs between a commit and the folder as it is, uncommitted changes too."""
    told = _git(folder, "diff", "--name-only", since, "--", ".")
    new = _git(folder, "ls-files", "--others", "--exclude-standard", "--", ".")
    return tuple(line for line in f"{told}\n{new}".splitlines() if line)


def _git(folder: Path, *arguments: str) -> str:
    """What git says; empty when it is not there or says no."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _without_login(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    return f"{scheme}://{rest.rpartition('@')[2]}"
