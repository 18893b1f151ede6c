"""Reads a Go module's folder for `init`. What its text means lives in go_source."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from kubectl_goweb.delivery.go_source import GoFile, GoModule, module
from kubectl_goweb.errors import UsageError

_SKIPPED = {"vendor", "testdata", "node_modules"}
_FILES = 4000
"""How many Go files are read: enough for any service, and an end for a monorepo."""
_LARGEST = 1_000_000


def look(folder: Path) -> GoModule:
    """The module in a folder. UsageError when there is none."""
    try:
        go_mod = (folder / "go.mod").read_text("utf-8", "replace")
    except OSError as error:
        raise UsageError(
            f"there is no Go module in {folder}: {error.strerror} (go.mod)",
            hint="run it in the folder of go.mod, or begin one: go mod init example.com/NAME",
        ) from error
    found = module(go_mod, _sources(folder), is_vendored=(folder / "vendor" / "modules.txt").exists())
    if found is None:
        raise UsageError(
            f"{folder / 'go.mod'} names no module", hint="its first line should be: module example.com/NAME"
        )
    return found


def _sources(folder: Path) -> Iterator[GoFile]:
    count = 0
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(
            name
            for name in folders
            if name not in _SKIPPED and name[0] not in "._" and not (Path(here, name) / "go.mod").exists()
        )
        for name in sorted(files):
            path = Path(here, name)
            if not name.endswith(".go") or name.endswith("_test.go") or name[0] in "._":
                continue
            count += 1
            if count > _FILES:
                return
            if path.stat().st_size <= _LARGEST:
                yield GoFile(path.relative_to(folder).as_posix(), path.read_text("utf-8", "replace"))
