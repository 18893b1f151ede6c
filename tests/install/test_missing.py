"""What install.sh says when something is missing or in the way. Nothing gets installed here."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.install.machine import Machine, lighten

OLD = r"/usr/bin/python3\n3.9.18\nold"
WITHOUT_VENV = r"/usr/bin/python3\n3.12.1\nbare"

OFFLINE = {
    "UV_HTTP_RETRIES": "0",
    "UV_NO_INDEX": "",
    **dict.fromkeys(
        ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy"), "http://127.0.0.1:9"
    ),
    **dict.fromkeys(("NO_PROXY", "no_proxy"), ""),
}
"""A proxy that nobody listens for: no registry can be reached."""


def refused(result: subprocess.CompletedProcess[str]) -> str:
    """What an installation that failed said, on stderr alone."""
    assert result.returncode == 1, result
    assert result.stdout == ""
    return result.stderr


def test_python_that_is_too_old_is_named_with_its_version(machine: Machine, checkout: Path) -> None:
    machine.fake_python(OLD)

    said = refused(machine.run(checkout / "install.sh"))

    assert "Python 3.11 or newer is needed; python3 is 3.9.18\n" in said
    assert machine.files() == set()


def test_no_python_at_all_is_told(machine: Machine, checkout: Path) -> None:
    said = refused(machine.run(checkout / "install.sh"))

    assert "Python 3.11 or newer is needed; there is none on PATH\n" in said
    assert machine.files() == set()


def test_python_without_venv_is_told_what_to_install(machine: Machine, checkout: Path) -> None:
    machine.fake_python(WITHOUT_VENV)
    machine.script("apt-get", "exit 1")

    said = refused(machine.run(checkout / "install.sh"))

    assert "python3 (3.12.1) lacks the venv module" in said
    assert "sudo apt-get install python3-venv" in said
    assert machine.files() == set()


def test_newer_python_under_another_name_is_taken_and_a_lost_network_is_told(machine: Machine, checkout: Path) -> None:
    machine.fake_python(OLD)
    machine.python("python3.12")
    machine.uv()

    said = refused(machine.run(checkout / "install.sh", **OFFLINE))

    assert "making an environment with uv, Python 3." in said
    assert "the package registry could not be reached" in said
    assert machine.files() == set(), "a first installation that fails leaves nothing behind"


def test_package_that_differs_from_its_hash_is_refused(machine: Machine, checkout: Path) -> None:
    machine.python()
    machine.uv()
    (checkout / "requirements.lock").write_text(f"msgspec==0.19.0 \\\n    --hash=sha256:{'0' * 64}\n")

    said = refused(machine.run(checkout / "install.sh"))

    assert "a package differs from what the lock file says" in said
    assert machine.files() == set()


def test_command_of_another_installer_is_not_overwritten(machine: Machine, checkout: Path) -> None:
    machine.python()
    machine.commands.mkdir(parents=True)
    theirs = machine.commands / "kubectl-goweb"
    theirs.write_text("theirs")

    said = refused(machine.run(checkout / "install.sh"))

    assert f"{theirs} is there already" in said
    assert theirs.read_text() == "theirs"
    assert not machine.data.exists()


def test_two_installations_at_once_do_not_mix(machine: Machine, checkout: Path) -> None:
    machine.python()
    (machine.data / "lock").mkdir(parents=True)
    (machine.data / "lock" / "pid").write_text(str(os.getpid()))

    said = refused(machine.run(checkout / "install.sh"))

    assert f"another install.sh (process {os.getpid()}) is at work" in said
    assert (machine.data / "lock" / "pid").exists()


def test_lock_of_a_process_that_died_is_taken_over(machine: Machine, checkout: Path) -> None:
    machine.python()
    machine.uv()
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    (machine.data / "lock").mkdir(parents=True)
    (machine.data / "lock" / "pid").write_text(str(ended.pid))

    said = refused(machine.run(checkout / "install.sh", **OFFLINE))

    assert "the package registry could not be reached" in said


@pytest.mark.parametrize(("blow", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_installation_leaves_nothing_behind(
    machine: Machine, checkout: Path, blow: signal.Signals, code: int
) -> None:
    machine.python()
    machine.uv()
    # A signal that comes while sh starts uv is heeded only after uv: the light lock keeps that short.
    with subprocess.Popen(
        [lighten(checkout) / "install.sh"],
        env=machine.environment(),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        assert running.stderr is not None
        while "installing" not in (line := running.stderr.readline()):
            assert line, "install.sh ended before it installed anything"
        os.killpg(running.pid, blow)

    assert running.returncode == code
    assert machine.files() == set()


@pytest.mark.parametrize("arguments", [("--prefx", "/tmp"), ("now",)])
def test_argument_that_is_not_known_is_a_usage_error(
    machine: Machine, checkout: Path, arguments: tuple[str, ...]
) -> None:
    result = machine.run(checkout / "install.sh", *arguments)

    assert result.returncode == 2
    assert f"unknown argument {arguments[0]}\n" in result.stderr
    assert machine.files() == set()


def test_help_goes_to_stdout_and_does_nothing(machine: Machine, checkout: Path) -> None:
    result = machine.run(checkout / "install.sh", "--help")

    assert result.returncode == 0
    assert "--uninstall" in result.stdout
    assert result.stderr == ""
    assert machine.files() == set()


def test_uninstalling_what_is_not_there_is_no_failure(machine: Machine, checkout: Path) -> None:
    result = machine.run(checkout / "install.sh", "--uninstall")

    assert result.returncode == 0
    assert f"nothing is installed in {machine.data}" in result.stderr
