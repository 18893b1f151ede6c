"""govulncheck's JSON and its complaints. Pure.

Its output is a stream of pretty-printed objects, its exit code 0 with and without findings. The Go database has no
severities: how near a vulnerability is to the code takes their place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from kubectl_goweb.delivery.scan.findings import Reach, Severity, Vulnerability
from kubectl_goweb.objects.text import plain

NAME = "govulncheck"
_SEVERITY = {Reach.CALLED: Severity.HIGH, Reach.IMPORTED: Severity.MEDIUM, Reach.REQUIRED: Severity.LOW}


class _Position(Struct, frozen=True):
    filename: str = ""
    line: int = 0


class _Frame(Struct, frozen=True):
    module: str
    version: str = ""
    package: str = ""
    function: str = ""
    receiver: str = ""
    position: _Position | None = None


class _Finding(Struct, frozen=True):
    osv: str
    trace: tuple[_Frame, ...]
    fixed_version: str = ""

    @property
    def reach(self) -> Reach:
        if self.trace[0].function:
            return Reach.CALLED
        return Reach.IMPORTED if self.trace[0].package else Reach.REQUIRED


class _Osv(Struct, frozen=True):
    id: str
    aliases: tuple[str, ...] = ()
    summary: str = ""


class _Config(Struct, frozen=True):
    db_last_modified: datetime | None = None
    scan_mode: str = ""


class _Message(Struct, frozen=True):
    config: _Config | None = None
    osv: _Osv | None = None
    finding: _Finding | None = None


class Told(Struct, frozen=True):
    """One run."""

    findings: tuple[Vulnerability, ...]
    database: datetime | None
    """When the database was last changed."""


def source_command(database: str) -> list[str]:
    return ["govulncheck", "-format=json", *([f"-db={database}"] if database else []), "./..."]


def binary_command(path: str, database: str) -> list[str]:
    return ["govulncheck", "-format=json", "-mode=binary", *([f"-db={database}"] if database else []), path]


def told(output: str) -> Told:
    """What a run tells: each vulnerability of a module once, at the level nearest to the code. ValueError when it is
    not govulncheck's output.
    """
    names: dict[str, _Osv] = {}
    nearest: dict[tuple[str, str], _Finding] = {}
    database = None
    for message in _messages(output):
        if message.config is not None:
            database = message.config.db_last_modified
        if message.osv is not None:
            names[message.osv.id] = message.osv
        if message.finding is not None and message.finding.trace:
            key = (message.finding.osv, message.finding.trace[0].module)
            if key not in nearest or nearest[key].reach < message.finding.reach:
                nearest[key] = message.finding
    return Told(tuple(_vulnerability(one, names.get(one.osv, _Osv(one.osv))) for one in nearest.values()), database)


def _messages(output: str) -> Iterator[_Message]:
    decoder = json.JSONDecoder()
    position = 0
    while (start := output.find("{", position)) >= 0:
        found: Any
        found, position = decoder.raw_decode(output, start)
        try:
            yield msgspec.convert(found, _Message)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from error


def _vulnerability(one: _Finding, osv: _Osv) -> Vulnerability:
    frame, reach = one.trace[0], one.reach
    cve = next((alias for alias in osv.aliases if alias.startswith("CVE-")), osv.id)
    return Vulnerability(
        id=plain(cve),
        aliases=tuple(sorted({osv.id, *osv.aliases} - {cve})),
        severity=_SEVERITY[reach],
        is_own_severity=False,
        package=plain(frame.module),
        installed=plain(frame.version),
        fixed=plain(one.fixed_version),
        title=plain(osv.summary),
        url=f"https://pkg.go.dev/vuln/{plain(osv.id)}",
        scanners=(NAME,),
        reach=reach,
        trace=tuple(_place(each) for each in reversed(one.trace)) if reach is Reach.CALLED else (),
    )


def _place(frame: _Frame) -> str:
    receiver = f"{frame.receiver}." if frame.receiver else ""
    where = ""
    if frame.position is not None and frame.position.filename:
        where = f" ({frame.position.filename}:{frame.position.line})"
    return plain(f"{frame.package.rpartition('/')[2]}.{receiver}{frame.function}{where}")


def complaint(code: int, stderr: str) -> str:
    """Why it gave up."""
    if re.search(r"not a Go binary|could not parse provided binary|unrecognized (binary|file) format", stderr):
        return "the program of the image is no Go binary"
    if re.search(r"creating client|vulndb|no such host|connection refused|timeout|unreachable|fetching vuln", stderr):
        return "its vulnerability database cannot be used"
    if "no go.mod file" in stderr or "no required module" in stderr or "loading packages" in stderr:
        return "the code does not build"
    lines = [line for line in stderr.splitlines() if line.strip()]
    return plain(lines[-1].removeprefix("govulncheck: "), 300) if lines else f"it ended with {code}"
