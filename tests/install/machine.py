"""A machine to install on: a home folder, a PATH of what the test puts there, and a checkout to install from."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

PROJECT = Path(__file__).parents[2]
TOOLS = (
    *("sh", "basename", "cat", "chmod", "date", "dirname", "grep", "ln", "mkdir"),
    *("mv", "readlink", "rm", "rmdir", "sed", "tail"),
)
"""What install.sh may expect of any POSIX system."""


@dataclass(frozen=True)
class Machine:
    """A home folder and the only folder on its PATH beside ~/.local/bin."""

    home: Path
    tools: Path

    @property
    def commands(self) -> Path:
        return self.home / ".local" / "bin"

    @property
    def data(self) -> Path:
        return self.home / ".local" / "share" / "kubectl-goweb"

    def script(self, name: str, text: str) -> None:
        """Puts a shell script on PATH."""
        file = self.tools / name
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)

    def python(self, name: str = "python3") -> None:
        """Puts the Python of these tests on PATH, as a system's Python: not as the environment that they run in."""
        self.script(name, f"exec '{Path(sys.executable).resolve()}' \"$@\"")

    def fake_python(self, answer: str, name: str = "python3") -> None:
        """Puts a Python on PATH that gives `answer` to every question."""
        self.script(name, f"printf '{answer}\\n'")

    def uv(self) -> None:
        """Puts the uv of the test environment on PATH."""
        (self.tools / "uv").symlink_to(find_uv_bin())

    def link(self, command: str) -> bool:
        """Puts a command of this machine on PATH when there is one; says whether there is."""
        found = shutil.which(command)
        if found:
            (self.tools / command).symlink_to(Path(found).absolute())
        return found is not None

    def environment(self, **variables: str) -> dict[str, str]:
        """The environment variables of a user of this machine; how packages are fetched here is inherited."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("XDG_", "PYTHON", "VIRTUAL_ENV", "KUBE", "GOWEB_"))
        }
        own = {"HOME": str(self.home), "PATH": f"{self.tools}:{self.commands}"}
        return inherited | own | variables

    def run(self, *command: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Runs a command as a user of this machine would, with other environment variables when they are given."""
        return subprocess.run(
            [str(part) for part in command],
            env=self.environment(**variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def files(self) -> set[str]:
        """Everything below the home folder, as relative paths."""
        return {str(path.relative_to(self.home)) for path in self.home.rglob("*")}


def make_machine(folder: Path) -> Machine:
    """A machine with the tools of any system, without Python, uv and kubectl."""
    machine = Machine(folder / "home", folder / "tools")
    machine.home.mkdir()
    machine.tools.mkdir()
    for tool in TOOLS:
        assert machine.link(tool), f"this machine has no {tool}"
    return machine


def copy_checkout(folder: Path) -> Path:
    """A copy of this checkout, as it is now, that a test may change."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        if name and not name.startswith("tests/") and (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)
    return folder


def lighten(checkout: Path) -> Path:
    """Takes the two largest packages and what only they need out of the lock of a copied checkout.

    No start of the program may load them. They are most of an installation; with them, these tests would take three
    times as long. That all of it can be installed is seen with every new test environment, whose lock contains it.
    """
    lock = checkout / "requirements.lock"
    entries = {entry.partition("==")[0]: entry for entry in re.split(r"(?m)^(?=[a-z])", lock.read_text())}
    unwanted = {"kubernetes", "docker"}
    while unwanted & entries.keys():
        entries = {name: entry for name, entry in entries.items() if name not in unwanted}
        # "# via" names who asks for a package, on its own line or on the lines that follow it.
        askers = {name: set(re.findall(r"(?m)^    #(?: via|  ) +(\S+)", entry)) for name, entry in entries.items()}
        unwanted = {name for name in entries if not askers[name] & ({"kubectl-goweb"} | entries.keys())}
    lock.write_text("".join(entries.values()))
    return checkout
