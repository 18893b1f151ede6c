"""What a guard tells, in words for people, the same on the command line and in the cockpit. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from kubectl_goweb.actions.guard.evidence import Captured
from kubectl_goweb.actions.guard.judging import Outcome
from kubectl_goweb.actions.guard.telling import Action, Availability, Progress, Report
from kubectl_goweb.actions.guard.terms import OnFailure
from kubectl_goweb.objects.text import plain

_DONE = (Action.DONE, Action.PAUSED, Action.FAILED)
_UNDONE = (Action.REFUSED, Action.FAILED)


class Said(Struct, frozen=True):
    """One line of a report."""

    text: str
    is_bad: bool = False
    is_minor: bool = False


def policy_words(policy: OnFailure) -> str:
    """What is done when the rollout fails, in a word or two."""
    return {
        OnFailure.ROLLBACK: "roll back",
        OnFailure.PAUSE: "pause",
        OnFailure.NONE: "only tell",
    }[policy]


def count_words(now: Progress) -> str:
    """`3/5 updated, 1 ready, 4 old, 4 available (at least 4)`."""
    workload = now.sight.workload
    if workload is None:
        return ""
    counts, ready = workload.counts, sum(pod.health.is_ready for pod in now.sight.pods)
    promised = f" (at least {now.available.promised})" if now.available.promised is not None else ""
    return (
        f"{counts.updated}/{counts.desired} updated, {ready} ready, {len(now.sight.old_pods)} old, "
        f"{counts.available} available{promised}"
    )


def headline(report: Report) -> str:
    """`deploy/web revision 2: failed GW-POD-CRASHLOOP`."""
    word = "timed out" if report.timed_out and report.outcome is Outcome.GOING else str(report.outcome)
    code = f" {report.code}" if report.code else ""
    return f"{report.target.short} revision {report.revision}: {word}{code}"


def report_lines(report: Report) -> Iterator[Said]:
    """Below the headline: the verdict, what was done about it, how long each part took, whether the promise was kept,
    where to look.
    """
    yield Said(plain(report.sentence))
    yield from deed_line(report.acted, report.action)
    times = [f"verdict after {report.verdict_after:.1f} s"]
    if report.evidence is not None:
        times.append(f"evidence in {report.capture_took:.1f} s")
    if report.way_back_took:
        times.append(f"available again {report.way_back_took:.1f} s later")
    yield Said(", ".join(times))
    yield from available_line(report.available)
    yield from evidence_lines(report.evidence)


def deed_line(acted: str, action: Action) -> Iterator[Said]:
    """What was done about a failure."""
    if acted:
        word = "done: " if action in _DONE else ""
        yield Said(f"{word}{plain(acted)}", is_bad=action in _UNDONE)


def available_line(available: Availability) -> Iterator[Said]:
    """Whether the promise was kept."""
    lowest, promised = available.lowest, available.promised
    if lowest is not None:
        broken = f": {available.missing} fewer than promised at worst" if available.missing else ""
        is_told = promised is not None and (lowest >= promised or broken)
        least = f", the strategy promises {promised}" if is_told else ""
        yield Said(f"available Pods: never below {lowest}{least}{broken}", is_bad=bool(broken))


def evidence_lines(evidence: Captured | None) -> Iterator[Said]:
    """Where it is, and what is not there."""
    if evidence is not None and evidence.folder:
        yield Said(f"evidence: {evidence.folder}")
    for missing in evidence.missing if evidence is not None else ():
        yield Said(f"  could not be had: {plain(missing)}", is_minor=True)
