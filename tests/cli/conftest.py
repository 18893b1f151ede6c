"""The command line as a program sees it: arguments in, streams and an exit code out."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.main import main
from kubectl_goweb.demo.cluster import kubeconfig_text
from kubectl_goweb.demo.server import ApiServer


class Ran(NamedTuple):
    code: int
    out: str
    err: str


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


Goweb = Callable[..., Ran]


@pytest.fixture
def kubeconfig(server: ApiServer, tmp_path: Path) -> Path:
    path = tmp_path / "kubeconfig"
    path.write_text(kubeconfig_text(server.open_url, server.token))
    return path


@pytest.fixture
def environ(kubeconfig: Path) -> dict[str, str]:
    return {"KUBECONFIG": str(kubeconfig)}


@pytest.fixture
def goweb(environ: dict[str, str], tmp_path: Path, server: ApiServer) -> Goweb:
    """goweb("status", "-A", terminal=False, now=...) runs the command against the demo's server, at its time.

    `typed` is what somebody types at a terminal; without it there is nobody to ask.
    """

    def run(
        *argv: str, terminal: bool = False, typed: str | None = None, now: Callable[[], datetime] = server.now
    ) -> Ran:
        out = Terminal() if terminal else io.StringIO()
        err = io.StringIO() if typed is None else Terminal()
        stdin = io.StringIO() if typed is None else Terminal(typed)
        code = main(argv, Environment(environ, tmp_path, out, err, stdin, now))
        return Ran(code, out.getvalue(), err.getvalue())

    return run
