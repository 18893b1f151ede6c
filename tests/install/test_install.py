"""install.sh for real: into a home folder of its own, from the package registry that is configured here."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from kubectl_goweb import __version__
from tests.install.machine import PROJECT, Machine, copy_checkout, lighten, make_machine

# One worker runs all of them, so that the shared installation is made once.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.xdist_group("install")]


def readme_commands(section: str) -> str:
    """The first block of commands in a section of the README."""
    _, _, text = (PROJECT / "README.md").read_text().partition(f"\n## {section}\n")
    found = re.search(r"(?m)(^    .+\n)+", text.partition("\n## ")[0])
    assert found is not None, f"the README's section {section} has no commands"
    return found[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("install")


@pytest.fixture(scope="module")
def installed(folder: Path) -> Machine:
    """A machine with uv, on which the README's commands for the installation have been run, word for word."""
    machine = make_machine(folder)
    machine.python()
    machine.uv()
    machine.link("kubectl")
    assert machine.link("git"), "this machine has no git"
    repository = lighten(copy_checkout(folder / "repository"))
    for command in (
        "init --quiet",
        "add --all",
        "-c user.name=tests -c user.email=tests@localhost commit --quiet -m Copy",
    ):
        subprocess.run(["git", *command.split()], cwd=repository, env=machine.environment(), check=True)

    text = readme_commands("Install").replace("<this repository>", f"'{repository}'")
    result = machine.run("sh", "-e", "-c", f"cd '{folder}'\n{text}")

    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    return machine


@pytest.fixture(scope="module")
def clone(folder: Path, installed: Machine) -> Path:
    """What was cloned and installed there."""
    return folder / "kubectl-goweb"


def version_of(machine: Machine) -> str:
    """What the installed command says its version is."""
    result = machine.run("kubectl-goweb", "--version")
    assert result.returncode == 0, result.stderr
    return result.stdout.split()[-1]


def environments(machine: Machine) -> set[str]:
    return {path.name for path in (machine.data / "environments").iterdir()}


def test_installed_commands_run(installed: Machine) -> None:
    assert version_of(installed) == __version__
    assert {path.name for path in installed.commands.iterdir()} == {"kubectl-goweb", "kubectl_complete-goweb"}
    completed = installed.run("kubectl_complete-goweb", "sta")
    assert completed.returncode == 0, completed.stderr
    assert "status" in completed.stdout


def test_installed_versions_are_the_locked_ones(installed: Machine, clone: Path) -> None:
    program = "import importlib.metadata as m; print(*(f'{d.name.lower()}=={d.version}' for d in m.distributions()))"
    result = installed.run(installed.data / "current" / "bin" / "python", "-I", "-c", program)

    lock = (clone / "requirements.lock").read_text()
    locked = set(re.findall(r"(?m)^([a-z0-9-]+==\S+) \\$", lock))
    found = {re.sub(r"[-_.]+(?=.*==)", "-", name) for name in result.stdout.split()}
    assert found == locked | {f"kubectl-goweb=={__version__}"}


def test_kubectl_finds_the_plugin_and_runs_it(installed: Machine) -> None:
    if not (installed.tools / "kubectl").exists():
        pytest.skip("there is no kubectl on PATH")

    listed = installed.run("kubectl", "plugin", "list")
    ran = installed.run("kubectl", "goweb", "--version")

    assert str(installed.commands / "kubectl-goweb") in listed.stdout.splitlines()
    assert ran.stdout.split()[-1] == __version__


def test_second_installation_changes_nothing(installed: Machine, clone: Path) -> None:
    before = installed.files()

    result = installed.run(clone / "install.sh")

    assert result.returncode == 0, result.stderr
    assert (
        result.stderr == f"kubectl-goweb {__version__} is installed already: {installed.commands}/kubectl-goweb\n"
        or ("no kubectl on PATH" in result.stderr)
    )
    assert installed.files() == before


def test_missing_kubectl_and_a_path_without_the_folder_are_warnings(
    installed: Machine, clone: Path, tmp_path: Path
) -> None:
    bare = make_machine(tmp_path)
    bare.python()
    bare.uv()

    result = installed.run(clone / "install.sh", PATH=str(bare.tools))

    assert result.returncode == 0, result.stderr
    assert "warning: there is no kubectl on PATH" in result.stderr
    assert f"warning: {installed.commands} is not on PATH" in result.stderr


def test_demo_gets_the_arguments_that_follow_it(installed: Machine, clone: Path) -> None:
    result = installed.run(clone / "install.sh", "--demo", "--help")

    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("usage: kubectl goweb demo")


def test_lost_link_comes_back(installed: Machine, clone: Path) -> None:
    (installed.commands / "kubectl-goweb").unlink()

    assert installed.run(clone / "install.sh").returncode == 0

    assert version_of(installed) == __version__


def test_users_pythonpath_does_not_reach_the_plugin(installed: Machine, tmp_path: Path) -> None:
    (tmp_path / "kubectl_goweb.py").write_text("raise SystemExit('the wrong module')")

    result = installed.run("kubectl-goweb", "--version", PYTHONPATH=str(tmp_path))

    assert result.stdout.split()[-1] == __version__, result.stderr


def test_upgrade_that_fails_leaves_the_old_version_working(installed: Machine, clone: Path) -> None:
    before = environments(installed)
    program = clone / "kubectl_goweb" / "__main__.py"
    good = program.read_text()
    program.write_text("raise SystemExit('this release is broken')\n")
    try:
        result = installed.run(clone / "install.sh")
    finally:
        program.write_text(good)

    assert result.returncode == 1
    assert "this release is broken" in result.stderr
    assert "what was installed before is untouched" in result.stderr
    assert version_of(installed) == __version__
    assert environments(installed) == before


def test_upgrade_takes_the_place_of_the_old_version_and_keeps_it_for_those_who_still_run_it(
    installed: Machine, clone: Path
) -> None:
    before = environments(installed)
    package = clone / "kubectl_goweb" / "__init__.py"
    package.write_text(package.read_text().replace(__version__, "99.0.0"))

    result = installed.run(clone / "install.sh")

    assert result.returncode == 0, result.stderr
    assert f"kubectl-goweb 99.0.0 installed: {installed.commands}/kubectl-goweb" in result.stderr
    assert version_of(installed) == "99.0.0"
    assert environments(installed) > before
    assert len(environments(installed)) == 2
