"""Starts the scanners that are there. What they say is read in trivy and govulncheck."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from kubectl_goweb.delivery.scan import govulncheck, trivy
from kubectl_goweb.delivery.scan.gate import Ran

_SECONDS = 600


def scan_image(image: str, environ: Mapping[str, str]) -> Ran:
    """What Trivy finds in an image, which it gets from the engine or a registry."""
    if not _is_there("trivy", environ):
        return Ran(trivy.NAME, failure="it is not installed", is_absent=True)
    done = _run(trivy.command(image), environ)
    if isinstance(done, str):
        return Ran(trivy.NAME, failure=done)
    if done.returncode != 0:
        return Ran(trivy.NAME, failure=trivy.complaint(done.stderr))
    version = _run(trivy.VERSION, environ)
    try:
        found = trivy.findings(done.stdout.encode())
        age = None if isinstance(version, str) else trivy.database_updated(version.stdout.encode())
    except msgspec.DecodeError as error:
        return Ran(trivy.NAME, failure=f"its report cannot be read: {error}")
    return Ran(trivy.NAME, found, age)


def scan_source(folder: Path, environ: Mapping[str, str], database: str = "") -> Ran:
    """What govulncheck finds in a module's source, with the way from main to what is vulnerable."""
    return _govulncheck(govulncheck.source_command(database), environ, folder)


def scan_binary(path: Path, environ: Mapping[str, str], database: str = "") -> Ran:
    """What govulncheck finds in a Go program."""
    return _govulncheck(govulncheck.binary_command(str(path), database), environ, path.parent)


def _govulncheck(command: Sequence[str], environ: Mapping[str, str], folder: Path) -> Ran:
    if not _is_there("govulncheck", environ):
        return Ran(govulncheck.NAME, failure="it is not installed", is_absent=True)
    done = _run(command, environ, folder)
    if isinstance(done, str):
        return Ran(govulncheck.NAME, failure=done)
    if done.returncode != 0:
        return Ran(govulncheck.NAME, failure=govulncheck.complaint(done.returncode, done.stderr))
    try:
        told = govulncheck.told(done.stdout)
    except ValueError as error:
        return Ran(govulncheck.NAME, failure=f"its report cannot be read: {error}")
    return Ran(govulncheck.NAME, told.findings, told.database)


def _is_there(program: str, environ: Mapping[str, str]) -> bool:
    return shutil.which(program, path=environ.get("PATH")) is not None


def _run(
    command: Sequence[str], environ: Mapping[str, str], folder: Path | None = None
) -> subprocess.CompletedProcess[str] | str:
    """The ended program, or why it did not end."""
    try:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            env=dict(environ),
            cwd=folder,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it did not end within {_SECONDS // 60} minutes"
    except OSError as error:
        return f"it cannot be started: {error.strerror}"
