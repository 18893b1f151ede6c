"""What a canary tells, in words for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_goweb.actions.canary.comparing import Standing
from kubectl_goweb.actions.canary.telling import End, Report, StepReport
from kubectl_goweb.actions.guard.wording import Said, available_line, deed_line, evidence_lines
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.verdicts import Ref

_WORDS = {Standing.FINE: "as good", Standing.WORSE: "worse", Standing.UNKNOWN: "cannot tell"}


def commands(ref: Ref) -> tuple[str, str]:
    """What promotes a canary that was left paused, and what takes it back."""
    named = f"{ref.short} -n {ref.namespace}"
    return f"kubectl goweb resume {named} --guard", f"kubectl goweb abort {named} --guard"


def ways_on(ref: Ref) -> str:
    """The two in one line."""
    on, back = commands(ref)
    return f"on: {on}; back: {back}"


def step_judged(one: StepReport) -> str:
    """`as good, compared for 60.0 s: 30 of 30 probes went well ...`."""
    return f"{_WORDS[one.comparison.standing]}, compared for {one.compared_for:g} s: {one.comparison.sentence}"


def headline(report: Report) -> str:
    """`deploy/web revision 2: promoted after 2 steps`."""
    code = f" {report.code}" if report.code else ""
    steps = f" after {len(report.steps)} {'step' if len(report.steps) == 1 else 'steps'}" if report.steps else ""
    return f"{report.target.short} revision {report.revision}: {report.end}{code}{steps}"


def report_lines(report: Report) -> Iterator[Said]:
    """Below the headline."""
    yield Said(plain(report.sentence))
    for one in report.steps:
        yield Said(f"step {one.step}: {one.weight.words}; {_WORDS[one.comparison.standing]}")
    yield from deed_line(report.acted, report.action)
    back = f", available again {report.way_back_took:.1f} s later" if report.way_back_took else ""
    yield Said(f"verdict after {report.took:.1f} s{back}")
    yield from available_line(report.available)
    yield from evidence_lines(report.evidence)
    if report.is_paused and report.end is not End.PAUSED:
        yield Said("it stays paused")
    for word, command in zip(("on:   ", "back: "), report.commands, strict=False):
        yield Said(f"{word}{command}")
