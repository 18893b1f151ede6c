"""A terminal that goes away takes the cockpit with it, though nobody sends it a signal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path


def test_a_cockpit_whose_terminal_is_gone_ends(tmp_path: Path) -> None:
    ours, its = pty.openpty()
    environ = {**os.environ, "HOME": str(tmp_path), "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "kubectl_goweb", "demo"]
    # In a session of its own the terminal is not its controlling one, so that no SIGHUP comes.
    with subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=environ, start_new_session=True) as process:
        os.close(its)
        seen = b""
        while b"Workloads" not in seen:
            seen += os.read(ours, 1 << 16)
        os.close(ours)
        try:
            assert process.wait(20) == 129
        finally:
            process.kill()
