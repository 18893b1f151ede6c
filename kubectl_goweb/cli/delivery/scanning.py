"""Scanning an image and its source, and the verdict in a table."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from kubectl_goweb.cli.delivery.service_file import Here
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Parser
from kubectl_goweb.cli.printing import Paper, lines
from kubectl_goweb.delivery.image.engine import Engine
from kubectl_goweb.delivery.image.programs import program
from kubectl_goweb.delivery.scan.findings import Reach, Severity, merged
from kubectl_goweb.delivery.scan.gate import Judged, Outcome, Ran, Verdict, Why, judge
from kubectl_goweb.delivery.scan.running import scan_binary, scan_image, scan_source
from kubectl_goweb.tables import Cell, Column, Row, Table, Tone

ANNOTATION = "kubectl-goweb/scan"
_REACH = {Reach.CALLED: "called", Reach.IMPORTED: "imported", Reach.REQUIRED: "not used", None: "?"}
_COLUMNS = (
    Column("severity", "SEVERITY"),
    Column("id", "ID"),
    Column("package", "PACKAGE"),
    Column("installed", "INSTALLED", spare=2),
    Column("fixed", "FIXED", spare=1),
    Column("code", "CODE", spare=3),
    Column("gate", "GATE", elastic=True),
)
_TONES = {Severity.CRITICAL: Tone.BAD, Severity.HIGH: Tone.BAD, Severity.MEDIUM: Tone.WARN}


def declare_scan(parser: Parser) -> None:
    parser.add_argument("--govulndb", metavar="URL", default="", help="vulnerability database for govulncheck")


def gate(
    here: Here, engine: Engine | None, image: str, database: str, running: str, environment: Environment
) -> Verdict:
    """Scan an image, and the source beside the file. `running` is the image that runs, or empty when none does."""
    environ = environment.environ
    folder = here.folder / here.reading.file.build.context
    runs = [scan_image(image, environ)]
    if (folder / "go.mod").exists():
        runs.append(scan_source(folder.resolve(), environ, database))
    elif engine is not None:
        runs.append(_binary(engine, image, environment, database))
    terms = here.reading.file.scan
    known = _known(running, engine, environment, database) if terms.only_new and running else None
    return judge(tuple(runs), terms, environment.now(), running=known)


def _binary(engine: Engine, image: str, environment: Environment, database: str) -> Ran:
    with tempfile.TemporaryDirectory() as folder:
        found = program(engine, image, Path(folder))
        if found is None:
            return Ran("govulncheck", failure="the program cannot be taken out of the image")
        return scan_binary(found, environment.environ, database)


def _known(
    running: str, engine: Engine | None, environment: Environment, database: str
) -> frozenset[tuple[str, str]] | None:
    """What the image that runs has; None when no scanner can tell."""
    runs = [scan_image(running, environment.environ)]
    if engine is not None:
        runs.append(_binary(engine, running, environment, database))
    if all(run.failure for run in runs):
        return None
    return frozenset(one.key for one in merged(tuple(one for run in runs for one in run.findings)))


def verdict_lines(verdict: Verdict, on: Paper) -> Iterator[str]:
    """The table of what was found, then the verdict."""
    if verdict.findings:
        rows = tuple(Row("/".join(one.vulnerability.key), _cells(one)) for one in verdict.findings)
        yield from lines(Table(_COLUMNS, rows), on)
        if any(not one.vulnerability.is_own_severity for one in verdict.findings):
            yield "* the Go database has no severities: called counts as high, imported as medium, not used as low"
        for one in verdict.findings:
            if one.vulnerability.trace:
                yield f"{one.vulnerability.id} is reached: {' → '.join(_ends(one.vulnerability.trace))}"
    for run in verdict.scanners:
        if run.database is not None:
            yield f"{run.scanner}: database of {run.database:%Y-%m-%d %H:%M} UTC"
    for problem in verdict.problems:
        yield on.tinted(problem, Tone.WARN)
    tone = {Outcome.PASSED: Tone.GOOD, Outcome.BLOCKED: Tone.BAD, Outcome.UNKNOWN: Tone.WARN}[verdict.outcome]
    yield f"{on.tinted(verdict.outcome, tone)}: {verdict.sentence}"


def _ends(trace: tuple[str, ...]) -> tuple[str, ...]:
    return trace if len(trace) <= 3 else (*trace[:1], "…", *trace[-2:])


def _cells(one: Judged) -> tuple[Cell, ...]:
    found = one.vulnerability
    tone = _TONES.get(found.severity, Tone.PLAIN)
    why = "blocks" if one.why is Why.BLOCKS else str(one.why)
    new = " (new)" if one.is_new else ""
    severity = found.severity.name if found.is_own_severity else f"{found.severity.name}*"
    return (
        Cell(severity, tone),
        Cell(found.id),
        Cell(found.package),
        Cell(found.installed),
        Cell(found.fixed or "-"),
        Cell(_REACH[found.reach]),
        Cell(f"{why}{new}{' ' + one.note if one.note else ''}", Tone.BAD if one.why is Why.BLOCKS else Tone.FAINT),
    )
