"""What is sent to the builder: the context as a tar, without what must never be in it, and what is worth a warning."""

from __future__ import annotations

import hashlib
import os
import re
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from msgspec import Struct

from kubectl_goweb.errors import UsageError

NEVER = (".git", ".env", ".env.*", "**/.git", "**/.env", "**/.env.*")
"""History and secrets: whatever .dockerignore says, they are not sent."""
_LARGE = 20_000_000
_KEY = re.compile(r"(\.pem|\.key|\.p12|\.pfx|^id_(rsa|ed25519|ecdsa)|\.kubeconfig|^kubeconfig|^credentials(\.json)?)$")


class Context(Struct, frozen=True):
    folder: Path
    files: tuple[str, ...]
    """From the folder, with slashes, sorted."""
    size: int
    """Bytes of all files."""
    warnings: tuple[str, ...]

    @property
    def digest(self) -> str:
        """A hash of names and contents: the same sources give the same one."""
        digest = hashlib.sha256()
        for name in self.files:
            path = self.folder / name
            digest.update(name.encode() + b"\0")
            if path.is_file():
                digest.update(path.read_bytes())
        return digest.hexdigest()


def context(folder: Path, dockerfile: str) -> Context:
    """What of a folder goes into the context. UsageError when the Dockerfile is not there."""
    from docker.utils.build import exclude_paths  # only a build needs the package

    if not (folder / dockerfile).is_file():
        raise UsageError(f"there is no {folder / dockerfile}", hint="write one: kubectl goweb init")
    ignore = folder / ".dockerignore"
    lines = ignore.read_text("utf-8").splitlines() if ignore.exists() else []
    wanted = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    chosen = exclude_paths(str(folder), [*wanted, *NEVER], dockerfile=dockerfile)
    files = tuple(sorted(name for name in chosen if not (folder / name).is_dir() or (folder / name).is_symlink()))
    sizes = {name: os.lstat(folder / name).st_size for name in files}
    kept_out = _kept_out(folder, wanted, dockerfile)
    return Context(folder, files, sum(sizes.values()), (*kept_out, *_warnings(sizes)))


def _kept_out(folder: Path, wanted: list[str], dockerfile: str) -> Iterable[str]:
    """What .dockerignore would have let through."""
    from docker.utils.build import exclude_paths

    for name in (".git", ".env"):
        path = folder / name
        if not path.exists() or name not in exclude_paths(str(folder), wanted, dockerfile=dockerfile):
            continue
        if path.is_dir():
            size = sum(one.lstat().st_size for one in path.rglob("*") if one.is_file())
        else:
            size = path.lstat().st_size
        yield f"{name} ({megabytes(size)}) is kept out of the context; add it to .dockerignore"


def _warnings(sizes: dict[str, int]) -> Iterable[str]:
    for name, size in sizes.items():
        if _KEY.search(name.rpartition("/")[2]):
            yield f"{name} looks like a key and is sent to the builder; add it to .dockerignore"
        elif size > _LARGE:
            yield f"{name} ({megabytes(size)}) is sent to the builder; does the build need it?"


def archive(sent: Context, target: IO[bytes]) -> None:
    """Write the context as a tar, in GNU's format: buildx tells a tar from a Dockerfile by its first 512 bytes, and in
    those of Python's usual format there is no file yet.
    """
    with tarfile.open(fileobj=target, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name in sent.files:
            entry = tar.gettarinfo(str(sent.folder / name), name)
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            entry.mtime = int(entry.mtime)
            if entry.isreg():
                with (sent.folder / name).open("rb") as file:
                    tar.addfile(entry, file)
            else:
                tar.addfile(entry)


def megabytes(size: int) -> str:
    """A size with its unit: `8.6 MB`, `420 kB`."""
    if size < 1_000_000:
        return f"{size / 1000:.0f} kB" if size >= 1000 else f"{size} B"
    return f"{size / 1_000_000:.1f} MB"
