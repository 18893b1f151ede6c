"""Problems as Markdown, for the incident's channel or ticket. Text from the cluster is quoted, never markup."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.triage import Problem
from kubectl_goweb.status.overview import Overview
from kubectl_goweb.status.verdicts import Confidence


def markdown(told: Overview, found: tuple[Problem, ...], context: str) -> str:
    """One table, then each problem with its evidence."""
    return "\n".join(_lines(told, found, context)) + "\n"


def _lines(told: Overview, found: tuple[Problem, ...], context: str) -> Iterable[str]:
    where = f"namespace {told.namespace}" if told.namespace else "all namespaces"
    count = f"{len(found)} problem{'' if len(found) == 1 else 's'}"
    yield f"## {_quoted(context)}, {where}: {count} at {_time(told.at)}"
    if found:
        yield ""
        yield "| impact | object | what | since | code |"
        yield "|---|---|---|---|---|"
    for one in found:
        it = one.finding
        since = _time(it.since) if it.since else ""
        yield f"| {one.impact} | {_name(one)} | {_quoted(it.title)} | {since} | {it.code} |"
    for one in found:
        yield ""
        yield from _problem(one)
    for gap in told.gaps:
        yield ""
        yield f"*Not seen:* {_quoted(gap.part)}: {_quoted(gap.why)}"


def _problem(one: Problem) -> Iterable[str]:
    it = one.finding
    yield f"### {_name(one)}: {_quoted(it.title)}"
    yield ""
    sure = "" if it.confidence is Confidence.CERTAIN else f" ({it.confidence})"
    yield f"* cause{sure}: {_quoted(it.cause)}"
    if one.serving:
        yield f"* {one.serving}"
    for evidence in it.evidence:
        at = f" ({_time(evidence.at)})" if evidence.at else ""
        yield f"* {_quoted(evidence.source)}: `{_code(evidence.text)}`{at}"
    for below in one.below:
        yield f"* follows from it: {below.code} {_quoted(below.title)}"
    if it.back:
        yield f"* way back: `{_code(it.back)}`"
    yield f"* next: `{_code(it.next)}`"


def _name(one: Problem) -> str:
    ref = one.finding.object
    return _quoted(f"{ref.namespace}/{ref.short}" if ref.namespace else ref.short)


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")


def _quoted(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|~@])", r"\\\1", plain(text))


def _code(text: str) -> str:
    return plain(text).replace("`", "'")
