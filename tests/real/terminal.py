"""A real terminal: the program in tmux, real keys, the screen as a person sees it."""

import os
import shlex
import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from .harness.waiting import until


@dataclass(frozen=True)
class Terminal:
    """One tmux server of its own, with one window."""

    socket: str

    def press(self, *keys: str) -> None:
        """Keys by tmux's names (`Enter`, `Escape`, `C-c`); anything else is typed."""
        self._tmux("send-keys", "-t", "window", *keys)

    def screen(self) -> str:
        """What is on the screen now, without colours."""
        return self._tmux("capture-pane", "-p", "-t", "window")

    def shows(self, *texts: str, timeout: float = 30) -> str:
        """The screen, once it shows all of these."""

        def complete() -> str | None:
            screen = self.screen()
            return screen if all(text in screen for text in texts) else None

        try:
            return until(complete, what=f"a screen that shows {texts}", timeout=timeout)
        except TimeoutError as error:
            raise TimeoutError(f"{error}:\n{self.screen()}") from None

    def is_open(self) -> bool:
        """Whether the program still runs."""
        done = subprocess.run(["tmux", "-L", self.socket, "has-session"], capture_output=True)
        return done.returncode == 0

    def _tmux(self, *arguments: str) -> str:
        command = ["tmux", "-L", self.socket, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@contextmanager
def terminal(
    command: Sequence[str], environ: Mapping[str, str], *, columns: int = 120, lines: int = 40
) -> Iterator[Terminal]:
    """The command in a terminal of that size; whatever runs in it ends with the block.

    The caller's own COLUMNS and LINES are left out: a program believes them more than its terminal.
    """
    one = Terminal(f"goweb-{uuid.uuid4().hex[:8]}")
    size = ["-x", str(columns), "-y", str(lines)]
    start = ["tmux", "-L", one.socket, "-f", os.devnull, "new-session", "-d", "-s", "window", *size]
    own = {name: value for name, value in environ.items() if name not in ("COLUMNS", "LINES")}
    subprocess.run([*start, shlex.join(command)], check=True, env={**own, "LC_ALL": "C.UTF-8"})
    try:
        yield one
    finally:
        subprocess.run(["tmux", "-L", one.socket, "kill-server"], capture_output=True)
