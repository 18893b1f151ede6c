"""Whether what was found may pass: severity, fixes, waivers, what runs already, and what is not known. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from kubectl_goweb.delivery.scan.findings import Severity, Vulnerability, merged
from kubectl_goweb.delivery.service import durations
from kubectl_goweb.delivery.service.model import Scan, Waiver

_DAY = 86400


class Outcome(StrEnum):
    PASSED = "passed"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"
    """It could not be told, and the policy lets it pass with a warning."""


class Ran(Struct, frozen=True):
    """One scanner's run."""

    scanner: str
    findings: tuple[Vulnerability, ...] = ()
    database: datetime | None = None
    """When its database was made."""
    failure: str = ""
    """Why it could not tell; empty when it could."""
    is_absent: bool = False
    """It is not installed."""


class Why(StrEnum):
    """What becomes of a finding."""

    BLOCKS = "blocks"
    BELOW = "below the severity that blocks"
    UNFIXED = "not fixed yet"
    WAIVED = "waived"
    KNOWN = "in the running image too"


class Judged(Struct, frozen=True, rename="camel"):
    vulnerability: Vulnerability
    why: Why
    note: str = ""
    """For a waiver: by whom and until when; for one that has expired, that."""
    is_new: bool | None = None
    """Not in the image that runs; None when that is not known."""


class Verdict(Struct, frozen=True, rename="camel"):
    outcome: Outcome
    sentence: str
    findings: tuple[Judged, ...]
    scanners: tuple[Ran, ...]
    problems: tuple[str, ...]
    """What was not seen, and what is known too badly to be trusted."""

    @property
    def blocks(self) -> bool:
        return self.outcome is Outcome.BLOCKED

    def mark(self, digest: str) -> str:
        """What is written on the Deployment: the same for the same image and findings: no change."""
        counted = counts(one.vulnerability for one in self.findings)
        return f"{self.outcome} {digest}: {counted or 'no vulnerabilities'}"


def judge(
    runs: tuple[Ran, ...], terms: Scan, now: datetime, *, running: frozenset[tuple[str, str]] | None = None
) -> Verdict:
    """The verdict on all runs together. `running` are the keys of what the image has that runs now; None: not known."""
    problems = tuple(_problems(runs, terms, now, running))
    found = merged(tuple(one for run in runs for one in run.findings))
    judged = tuple(_judged(one, terms, now.date(), running) for one in found)
    blocking = [one for one in judged if one.why is Why.BLOCKS]
    if blocking:
        sentence = f"{counts(one.vulnerability for one in blocking)} at or above {terms.fail_on}"
        return Verdict(Outcome.BLOCKED, sentence, judged, runs, problems)
    blind = _blind(runs, terms, now)
    if blind:
        outcome = Outcome.BLOCKED if terms.on_error == "fail" else Outcome.UNKNOWN
        return Verdict(outcome, blind, judged, runs, problems)
    counted = counts(found)
    sentence = f"nothing that blocks among {counted}" if counted else "no vulnerabilities"
    return Verdict(Outcome.PASSED, sentence, judged, runs, problems)


def _blind(runs: tuple[Ran, ...], terms: Scan, now: datetime) -> str:
    """Why nothing may be concluded from silence; empty when it may."""
    if all(run.is_absent for run in runs):
        return "no scanner is installed: neither trivy nor govulncheck"
    for run in runs:
        if run.failure and not run.is_absent:
            return f"{run.scanner} cannot tell: {run.failure}"
        if _is_old(run, terms, now):
            return f"{run.scanner}'s database is {_age(run, now)} old, which is more than {terms.database_age}"
    return ""


def _problems(
    runs: tuple[Ran, ...], terms: Scan, now: datetime, running: frozenset[tuple[str, str]] | None
) -> Iterable[str]:
    for run in runs:
        if run.is_absent:
            yield f"{run.scanner} is not installed"
        elif run.failure:
            yield f"{run.scanner} cannot tell: {run.failure}"
        elif _is_old(run, terms, now):
            yield f"{run.scanner}'s database is {_age(run, now)} old"
    if terms.only_new and running is None:
        yield "what the running image has is not known, so everything counts as new"
    for waiver in terms.waivers:
        if date.fromisoformat(waiver.expires) <= now.date():
            yield f"the waiver of {waiver.owner} for {waiver.id} has expired on {waiver.expires}"


def _is_old(run: Ran, terms: Scan, now: datetime) -> bool:
    if run.database is None or run.failure:
        return False
    return (now - run.database).total_seconds() > durations.seconds(terms.database_age)


def _age(run: Ran, now: datetime) -> str:
    if run.database is None:
        return "?"
    seconds = (now - run.database).total_seconds()
    return f"{seconds / _DAY:.0f} days" if seconds >= 2 * _DAY else f"{seconds / 3600:.0f} hours"


def _judged(one: Vulnerability, terms: Scan, today: date, running: frozenset[tuple[str, str]] | None) -> Judged:
    is_new = None if running is None else one.key not in running
    if one.severity < Severity[terms.fail_on]:
        return Judged(one, Why.BELOW, is_new=is_new)
    if terms.ignore_unfixed and not one.fixed:
        return Judged(one, Why.UNFIXED, is_new=is_new)
    note = ""
    for waiver in terms.waivers:
        if not _covers(waiver, one):
            continue
        if today < date.fromisoformat(waiver.expires):
            return Judged(one, Why.WAIVED, f"by {waiver.owner} until {waiver.expires}: {waiver.reason}", is_new)
        note = f"the waiver of {waiver.owner} has expired on {waiver.expires}"
    if terms.only_new and is_new is False:
        return Judged(one, Why.KNOWN, note, is_new)
    return Judged(one, Why.BLOCKS, note, is_new)


def _covers(waiver: Waiver, one: Vulnerability) -> bool:
    return waiver.id in one.names and waiver.package in ("", one.package)


def counts(found: Iterable[Vulnerability]) -> str:
    """`1 critical, 2 high`; empty for none."""
    severities = [one.severity for one in found]
    told = [(severities.count(level), level.name.lower()) for level in reversed(Severity)]
    return ", ".join(f"{count} {name}" for count, name in told if count)
