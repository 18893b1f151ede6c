"""Findings, conditions, endpoints and events as lines of text: what explains a workload or a Pod. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from textual.content import Content

from kubectl_goweb import tables
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import age
from kubectl_goweb.status.verdicts import Confidence, Evidence, Finding, following
from kubectl_goweb.status.workloads import Endpoints
from kubectl_goweb.tables import Row, Table, Tone, severity_tone
from kubectl_goweb.tui.words import hanging, line, table_lines

_INDENT = 2
_MOST_LEAD = 0.6
"""Of the width, that what stands before a text may take."""


def heading(text: str) -> Content:
    return line((text, "bold $tone-faint"))


def findings(found: Iterable[Finding], now: datetime, width: int) -> Iterable[Content]:
    """Each root in full: what, since when, why, what it rests on, what to do next; then what follows from it."""
    known = tuple(found)
    ids = {one.id for one in known}
    for one in known:
        if one.explained_by in ids:
            continue
        tone = severity_tone(one.severity)
        since = f" for {age(one.since, now)}" if one.since else ""
        reason = f" ({one.reason})" if one.reason else ""
        yield line((one.code, f"bold {_style(tone)}"), (f"{reason}  {one.severity}{since}", Tone.FAINT))
        yield hanging(line("  "), line((plain(one.title), tone)), width)
        if one.explained_by:
            yield hanging(line(("  due to ", Tone.FAINT)), line(plain(one.explained_by)), width)
        if one.cause:
            sure = "" if one.confidence is Confidence.CERTAIN else f" ({one.confidence})"
            yield hanging(line(("  cause  ", Tone.FAINT)), line(plain(one.cause), (sure, Tone.FAINT)), width)
        for evidence in one.evidence:
            yield hanging(line(("  seen   ", Tone.FAINT)), _evidence(evidence, now), width)
        for unseen in one.unseen:
            yield hanging(line(("  unseen ", Tone.FAINT)), line(plain(unseen)), width)
        if one.affected:
            yield hanging(line(("  on     ", Tone.FAINT)), line(plain(", ".join(one.affected))), width)
        if one.back:
            yield hanging(line(("  back   ", Tone.FAINT)), line((plain(one.back), "bold")), width)
        if one.next:
            yield hanging(line(("  next   ", Tone.FAINT)), line((plain(one.next), "bold")), width)
        for below, depth in following(one, known):
            then = line((f"  {'  ' * depth}then   ", Tone.FAINT))
            yield hanging(then, line((plain(below.title), Tone.FAINT)), width)
        yield Content("")


def _style(tone: Tone) -> str:
    return f"$tone-{tone}"


def _evidence(one: Evidence, now: datetime) -> Content:
    when = f" ({age(one.at, now)} ago)" if one.at else ""
    return line((f"{plain(one.source)}: ", Tone.FAINT), plain(one.text), (when, Tone.FAINT))


def facts(title: str, found: tuple[Evidence, ...], now: datetime, width: int, *, ellipsis: str) -> Iterable[Content]:
    """Conditions or events under a heading; nothing when there are none."""
    yield from rows(title, tables.facts(found, now), width, ellipsis=ellipsis)


def rows(title: str, found: Table, width: int, *, ellipsis: str) -> Iterable[Content]:
    """A small table under a heading, nothing when it has no rows. The last column is told in full, beside the others or
    below them where they leave it too little.
    """
    if not found.rows:
        return
    yield heading(title)
    lead = Table(found.columns[:-1], tuple(Row(row.key, row.cells[:-1]) for row in found.rows))
    heads = table_lines(lead, width - _INDENT, ellipsis=ellipsis)
    longest = max(head.cell_length for head in heads) + 2 * _INDENT
    for head, row in zip(heads, found.rows, strict=True):
        says = line((row.cells[-1].text, row.cells[-1].tone))
        start = line(" " * _INDENT) + head
        if longest <= width * _MOST_LEAD:
            yield hanging(start.pad_right(longest - start.cell_length), says, width)
        else:
            yield start
            if row.cells[-1].text:
                yield hanging(line(" " * 4 * _INDENT), says, width)
    yield Content("")


def endpoints(found: Iterable[Endpoints]) -> Iterable[Content]:
    """Who answers behind the Services that select the workload's Pods."""
    found = tuple(found)
    if found:
        yield heading("Endpoints")
        for one in found:
            tone = Tone.GOOD if one.ready and one.ready == one.total else Tone.WARN if one.ready else Tone.BAD
            yield line(f"  svc/{plain(one.service)}  ", (f"{one.ready} of {one.total} ready", tone))
        yield Content("")
