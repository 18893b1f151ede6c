"""Saving log lines to a file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from kubectl_goweb.kube.log_tail import Target
from kubectl_goweb.objects.text import plain
from kubectl_goweb.tui import keys
from kubectl_goweb.tui.dialog import Dialog
from kubectl_goweb.tui.log_buffer import LogLine


class SaveDialog(Dialog[None]):
    """Asks for the name of a new file; one that is there is never written over."""

    BINDINGS = keys.bindings(keys.SAVE)
    AUTO_FOCUS = "Input"

    def __init__(self, name: str, lines: tuple[LogLine, ...], names: Mapping[Target, str], *, ascii_only: bool) -> None:
        super().__init__()
        self._lines = lines
        self._names = names
        self._input = Input(f"{name}-{datetime.now().astimezone():%Y%m%d-%H%M%S}.log", select_on_focus=False)
        self._problem = Static(classes="problem", markup=False)
        self._problem.display = False

    def compose(self) -> ComposeResult:
        count = Static(f"{len(self._lines):,} lines, as they were written, go to", markup=False)
        box = Vertical(count, self._input, self._problem, classes="dialog")
        box.border_title = "Save the log"
        yield box

    def on_mount(self) -> None:
        self._input.action_end()

    async def on_input_submitted(self, message: Input.Submitted) -> None:
        path = Path(message.value.strip()).expanduser()
        try:
            size = await asyncio.to_thread(write, path, self._lines, self._names)
        except FileExistsError:
            self._say(f"{path} is there already: it is not written over")
        except (OSError, ValueError) as error:
            self._say(f"cannot write {path}: {getattr(error, 'strerror', None) or error}")
        else:
            self.app.notify(f"{len(self._lines):,} lines ({size:,} bytes) saved to {path.absolute()}", markup=False)
            self.dismiss(None)

    def _say(self, problem: str) -> None:
        self._problem.update(plain(problem))
        self._problem.display = True

    def action_close(self) -> None:
        self.dismiss(None)


def write(path: Path, lines: Iterable[LogLine], names: Mapping[Target, str]) -> int:
    """Write the lines to a new file; its size in bytes. What a program wrote is kept as it is, escapes and all."""
    with path.open("x", encoding="utf-8", errors="replace") as file:
        for line in lines:
            name = names.get(line.target)
            file.write(f"{line.at} {name} {line.raw}\n" if name else f"{line.at} {line.raw}\n")
        return file.tell()
