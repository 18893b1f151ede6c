"""The timeline of a guarded rollout as Markdown, for the folder of its evidence. Pure.

Text from the cluster stands in code spans: nothing in it may become markup.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kubectl_goweb.actions.guard.evidence import Captured
from kubectl_goweb.actions.guard.judging import Judgement
from kubectl_goweb.actions.guard.sight import Sight
from kubectl_goweb.actions.guard.telling import Availability, Happening
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.verdicts import Finding


def timeline(
    seen: Sight,
    judged: Judgement,
    happened: Iterable[Happening],
    available: Availability,
    kept: Captured,
) -> str:
    """What was guarded, the verdict, what happened when, what is wrong, what is kept here and what is not."""
    lines = [
        f"# {seen.ref.kind} {seen.ref.namespace}/{seen.ref.name}, revision {seen.number}: {judged.outcome}",
        "",
        f"{_span(judged.sentence)} ({judged.code})" if judged.code else _span(judged.sentence),
        "",
        f"Available Pods: at least {_number(available.lowest)}, promised {_number(available.promised)}.",
        "",
        "## What happened",
        "",
        *(f"- {_clock(one.at)} {one.step}: {_span(one.sentence)}" for one in happened),
        "",
        "## Pods of the new revision",
        "",
        *(_pod(one.health.name, one.health.status, one.health.message) for one in seen.pods),
        "",
        "## Findings",
        "",
    ]
    for finding in seen.workload.findings if seen.workload else ():
        lines += [*_finding(finding), ""]
    lines += ["## Kept here", "", *(f"- {_span(name)}" for name in kept.files), ""]
    lines += [
        "## Could not be had",
        "",
        *(f"- {_span(what)}" for what in kept.missing or ("nothing: all is here",)),
        "",
    ]
    return "\n".join(lines)


def _finding(finding: Finding) -> Iterable[str]:
    yield f"- {finding.code} ({finding.severity}): {_span(finding.title)}"
    yield f"  - likely cause: {_span(finding.cause)}"
    yield f"  - next: {_span(finding.next)}"
    for one in finding.evidence:
        at = f" at {_clock(one.at)}" if one.at else ""
        yield f"  - {_span(one.source)}{at}: {_span(one.text)}"


def _pod(name: str, status: str, message: str) -> str:
    return f"- {_span(name)}: {_span(status)}" + (f", {_span(message)}" if message else "")


def _span(text: str) -> str:
    return f"`{plain(text).replace('`', chr(39))}`"


def _number(count: int | None) -> str:
    return "unknown" if count is None else str(count)


def _clock(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S") + "Z"
