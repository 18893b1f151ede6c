"""The demo as a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(("deadly", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_served_demo_leaves_nothing_behind_however_it_is_ended(
    deadly: signal.Signals, code: int, tmp_path: Path
) -> None:
    command, root = [sys.executable, "-m", "kubectl_goweb", "demo", "--serve"], Path(__file__).parents[2]
    environ = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        command,
        env=environ,
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        kubeconfig = Path(demo.stdout.readline().strip().removeprefix("export KUBECONFIG="))
        assert kubeconfig.is_relative_to(tmp_path)
        assert kubeconfig.exists()
        demo.send_signal(deadly)
        assert demo.wait(30) == code
    assert list(tmp_path.glob("kubectl-goweb-demo-*")) == []
