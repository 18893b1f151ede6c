"""A Go repository of a test's own, and looking at what became of it."""

import json
import subprocess
import urllib.request
from pathlib import Path
from typing import IO, Any

import pytest

from tests.real.harness.kubectl import Kubectl
from tests.real.program import Goweb, Ran

SHOP = Path(__file__).parents[1] / "go" / "shop"
MAIN = "cmd/shop/main.go"
BUILDING = pytest.mark.timeout(600)
"""The first build compiles Go's own packages; later ones find them in the engine's cache."""


class Repository:
    """A Go repository of the test's own, in which kubectl goweb is run."""

    def __init__(self, folder: Path, goweb: Goweb) -> None:
        self.folder = folder
        self._goweb = goweb

    def __call__(self, *arguments: str, timeout: float = 300) -> Ran:
        return self._goweb(*arguments, timeout=timeout, cwd=self.folder)

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return self._goweb.start(*arguments, cwd=self.folder)

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]
        command = ["git", *identity, "-C", str(self.folder), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, subject: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", subject)

    def replace(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


def wait_for(stream: IO[str] | None, text: str) -> None:
    """Read lines until one has the text; the test's own limit is the time for it."""
    assert stream is not None
    said = []
    for line in stream:
        said.append(line)
        if text in line:
            return
    pytest.fail(f"it ended without {text!r}: {''.join(said)}")


def processes_with(text: str) -> list[str]:
    """Processes with that in their command line."""
    return subprocess.run(["pgrep", "-f", text], capture_output=True, text=True).stdout.split()


def deployment(kubectl: Kubectl, namespace: str) -> Any:
    return kubectl.json("-n", namespace, "get", "deployment", "shop")


def get(kubectl: Kubectl, namespace: str, path: str) -> Any:
    """What the Service answers."""
    address = kubectl.json("-n", namespace, "get", "service", "shop")["spec"]["clusterIP"]
    with urllib.request.urlopen(f"http://{address}{path}", timeout=5) as answer:
        return json.load(answer)
