"""Earlier runs, in the repository's own .goweb folder: a line each, and a folder with the logs of the last ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec

from kubectl_goweb.delivery.pipeline.results import RunResult
from kubectl_goweb.delivery.starting import STATE_IGNORE

_KEPT = 20
"""Runs whose logs are kept."""


class History:
    def __init__(self, folder: Path) -> None:
        """`folder` is the repository's; nothing is touched yet."""
        self._file = folder / ".goweb" / "history.jsonl"
        self._runs = folder / ".goweb" / "runs"

    def runs(self) -> tuple[RunResult, ...]:
        """The oldest first; lines of another version are left out."""
        try:
            lines = self._file.read_bytes().splitlines()
        except FileNotFoundError:
            return ()
        decoder = msgspec.json.Decoder(RunResult)
        found = []
        for line in lines:
            try:
                found.append(decoder.decode(line))
            except msgspec.DecodeError:
                continue
        return tuple(found)

    def folder(self, id: str) -> Path:
        """The folder of a new run's logs; those of the oldest runs go."""
        for old in sorted(self._runs.glob("*"))[: -_KEPT + 1]:
            shutil.rmtree(old, ignore_errors=True)
        made = self._runs / id
        made.mkdir(parents=True)
        ignore = self._file.with_name(".gitignore")
        if not ignore.exists():
            ignore.write_text(STATE_IGNORE)  # or every run would make the sources differ from their commit
        return made

    def add(self, run: RunResult) -> None:
        with self._file.open("ab") as file:
            file.write(msgspec.json.encode(run) + b"\n")
