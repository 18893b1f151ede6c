"""The whole life with venv and pip, and a prefix whose name is not a plain one."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubectl_goweb import __version__
from tests.install.machine import Machine, lighten

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_installing_with_pip_and_uninstalling_leaves_nothing_behind(machine: Machine, checkout: Path) -> None:
    machine.python()
    install = lighten(checkout) / "install.sh"
    prefix = machine.home / "Jo's own tools"
    other = machine.home / "other"
    other.mkdir()
    before = machine.files()

    installed = machine.run(install, "--prefix", prefix)
    ran = machine.run(prefix / "bin" / "kubectl-goweb", "--version")
    uninstalled = machine.run(install, "--prefix", prefix, "--uninstall")

    assert installed.returncode == 0, installed.stderr
    assert "making an environment with venv" in installed.stderr
    assert ran.stdout.split()[-1] == __version__, ran.stderr
    assert uninstalled.returncode == 0, uninstalled.stderr
    assert machine.files() == before
