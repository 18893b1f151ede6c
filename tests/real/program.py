"""kubectl-goweb as a user runs it: a process of its own, against the real cluster."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-m", "kubectl_goweb"]


def validate(document: Any, name: str) -> None:
    """Against the published schema, such as `probe`."""
    jsonschema.validate(document, json.loads((ROOT / "docs" / "schema" / f"goweb-v1-{name}.json").read_text()))


class Ran(NamedTuple):
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Goweb:
    """kubectl-goweb with one kubeconfig; called with its arguments it answers code, output and complaints."""

    kubeconfig: Path
    environment: dict[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()
    """A command that runs it, as in `ip netns exec NAME`."""

    @property
    def environ(self) -> dict[str, str]:
        """What the program finds in its environment; nothing of the caller's that would change what it does."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("GOWEB_")}
        return {
            **inherited,
            "PYTHONPATH": str(ROOT),
            "KUBECONFIG": str(self.kubeconfig),
            "NO_PROXY": "*",
            **self.environment,
        }

    def __call__(self, *arguments: str, timeout: float = 60, cwd: Path = ROOT) -> Ran:
        done = subprocess.run(
            [*self.prefix, *PROGRAM, *arguments],
            capture_output=True,
            text=True,
            env=self.environ,
            timeout=timeout,
            cwd=cwd,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str, cwd: Path = ROOT) -> "subprocess.Popen[str]":
        """The program in the background; whoever starts it ends it."""
        return subprocess.Popen(
            [*self.prefix, *PROGRAM, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            env=self.environ,
            cwd=cwd,
        )

    def document(self, *arguments: str) -> Any:
        """The status document, checked against the published schema."""
        ran = self("status", *arguments, "-o", "json")
        document = json.loads(ran.out)
        validate(document, "status")
        assert document["exitCode"] == ran.code
        return document
