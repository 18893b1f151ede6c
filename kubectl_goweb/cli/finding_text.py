"""Findings as text: each root in full, and below it in one line each what only follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kubectl_goweb.cli.printing import Paper
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import age
from kubectl_goweb.status.verdicts import Confidence, Finding, following
from kubectl_goweb.tables import Tone, severity_tone


def finding_lines(findings: Iterable[Finding], now: datetime, paper: Paper) -> Iterable[str]:
    """An empty line before each root."""
    found = tuple(findings)
    ids = {one.id for one in found}
    for one in found:
        # What is explained by something that is not shown here stands for itself, and says so.
        if not one.is_root and one.explained_by in ids:
            continue
        yield ""
        yield from _root(one, now, paper)
        sign = "\u2514" if paper.signs else "-"
        for below, depth in following(one, found):
            text = f"  {'  ' * depth}{sign} follows    {below.code}: {plain(below.title)}"
            yield paper.tinted(text, Tone.FAINT)


def _root(one: Finding, now: datetime, paper: Paper) -> Iterable[str]:
    since = f", since {age(one.since, now)}" if one.since else ""
    severity = paper.tinted(one.severity, severity_tone(one.severity))
    reason = f" ({one.reason})" if one.reason else ""
    yield f"{severity} {one.code}{reason}: {plain(one.title)}{since}"
    if one.explained_by:
        yield f"  because of {plain(one.explained_by)}"
    if one.cause and one.cause not in one.title:
        sure = "" if one.confidence is Confidence.CERTAIN else f" ({one.confidence})"
        yield f"  cause      {plain(one.cause)}{sure}"
    for evidence in one.evidence:
        when = f" ({age(evidence.at, now)} ago)" if evidence.at else ""
        yield f"  evidence   {plain(evidence.source)}: {plain(evidence.text)}{when}"
    for unseen in one.unseen:
        yield f"  not seen   {plain(unseen)}"
    if one.back:
        yield f"  way back   {plain(one.back)}"
    yield f"  next       {plain(one.next)}"
