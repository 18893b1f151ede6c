"""Ending a process that was started with a session of its own."""

from __future__ import annotations

import os
import signal
import subprocess


def end(process: subprocess.Popen[str], grace: float) -> None:
    """As Ctrl-C would, its children with it; what has not ended after `grace` seconds is killed."""
    for how, patience in ((signal.SIGINT, grace), (signal.SIGKILL, None)):
        if process.poll() is not None:
            return
        try:
            os.killpg(process.pid, how)
            process.wait(patience)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue
