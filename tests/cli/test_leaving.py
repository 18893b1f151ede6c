"""A server that takes connections and says nothing keeps nobody who opens or leaves the cockpit."""

from __future__ import annotations

import json
import os
import pty
import socket
import subprocess
import sys
import time
from pathlib import Path

HANGS = 10.0
"""Seconds that a connection may take to be opened: one of them would keep the first screen waiting, two the end."""


def test_the_cockpit_of_a_server_that_says_nothing_opens_and_is_left_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"https://127.0.0.1:{silent.getsockname()[1]}"
        config = tmp_path / "kubeconfig"
        config.write_text(
            json.dumps(
                {
                    "clusters": [{"name": "silent", "cluster": {"server": place}}],
                    "users": [{"name": "silent", "user": {}}],
                    "contexts": [{"name": "silent", "context": {"cluster": "silent", "user": "silent"}}],
                    "current-context": "silent",
                }
            )
        )
        ours, its = pty.openpty()
        environ = {**os.environ, "HOME": str(tmp_path), "KUBECONFIG": str(config), "TERM": "xterm-256color"}
        began = time.monotonic()
        command = [sys.executable, "-m", "kubectl_goweb"]
        with subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=environ) as process:
            os.close(its)
            seen = b""
            while b"Workloads" not in seen:
                seen += os.read(ours, 1 << 16)
            opened = time.monotonic() - began
            os.write(ours, b"q")
            try:
                assert process.wait(1.5 * HANGS) == 0, "its permissions and health are still being asked for"
            finally:
                process.kill()
                os.close(ours)
    assert opened < HANGS, "the version of the server may keep the screen waiting for 2 seconds"
