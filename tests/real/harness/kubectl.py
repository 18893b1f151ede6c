"""The real kubectl, run against the cluster."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import HarnessError


@dataclass(frozen=True)
class Kubectl:
    """kubectl with one kubeconfig; called with its arguments it answers what it printed."""

    program: Path
    kubeconfig: Path
    environment: Mapping[str, str]
    """What it finds in its environment besides the caller's."""

    def __call__(self, *arguments: str, stdin: str = "") -> str:
        """Run it and answer its output; raises HarnessError with what it complained of."""
        done = self.run(*arguments, stdin=stdin)
        if done.returncode != 0:
            raise HarnessError(f"kubectl {' '.join(arguments)} failed ({done.returncode}): {done.stderr.strip()}")
        return done.stdout

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run it and answer exit code, output and complaints, for a test that expects it to fail."""
        command = [str(self.program), f"--kubeconfig={self.kubeconfig}", *arguments]
        return subprocess.run(
            command, input=stdin, capture_output=True, text=True, env={**os.environ, **self.environment}
        )

    def json(self, *arguments: str) -> Any:
        """Run it with `-o json` and answer the decoded document; its shape is the API's."""
        return json.loads(self(*arguments, "-o", "json"))

    def apply(self, *objects: Mapping[str, Any]) -> None:
        """Apply objects on the server's side, all in one run."""
        self._send(["apply", "--server-side"], objects)

    def create(self, *objects: Mapping[str, Any]) -> None:
        """Create objects, all in one run; one that exists is an error."""
        self._send(["create"], objects)

    def _send(self, verb: Sequence[str], objects: Sequence[Mapping[str, Any]]) -> None:
        self(*verb, "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
