"""The control plane in one line, and in a table: what is well, what is not and since when, what cannot be seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, tzinfo

from textual.content import Content

from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import age, duration
from kubectl_goweb.status.controlplane import Part
from kubectl_goweb.status.verdicts import Verdict
from kubectl_goweb.tables import ASCII_SIGNS, SIGNS, Cell, Column, Row, Table, Tone, health, verdict_tone
from kubectl_goweb.tables.probes import milliseconds
from kubectl_goweb.tui.details import Writer
from kubectl_goweb.tui.feeds import clock
from kubectl_goweb.tui.view import View
from kubectl_goweb.tui.words import line

_SHORT = {"kube-controller-manager": "controllers", "kube-scheduler": "scheduler"}
_BAD = (Verdict.FAILING, Verdict.DEGRADED)
_SINCE = Column("since", "SINCE", right=True)


class PartMemory:
    """Since when each part is as it is, as far as this program has seen it."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Verdict, datetime]] = {}

    def note(self, parts: Iterable[Part], at: datetime) -> None:
        """What a look at `at` has told."""
        told = {one.name: one.verdict for one in parts}
        if told:
            self._known = {
                name: known if (known := self._known.get(name)) and known[0] is verdict else (verdict, at)
                for name, verdict in told.items()
            }

    @property
    def since(self) -> Mapping[str, datetime]:
        return {name: at for name, (_, at) in self._known.items()}


def plane_line(view: View, since: Mapping[str, datetime], zone: tzinfo | None, *, ascii_only: bool) -> Writer:
    """What is wrong first and with its reason, where there is room for all of them; then what is well, then what cannot
    be seen; how old that is.
    """
    plane, why = view.snapshot.facts.plane, view.snapshot.facts.unseen.get("the control plane", "")

    def write(width: int) -> Iterator[Content]:
        head = line(("Control plane  ", "bold"))
        if plane is None:
            yield head + line((f"not known: {plain(why)}" if why else "not asked yet", Tone.FAINT))
            return
        right = line("  ", plane_age(view, zone))
        room = width - head.cell_length - right.cell_length
        is_stale = view.is_stale(*view.snapshot.feeds)
        bad = _bad(view.parts, since, view.now, room, ascii_only=ascii_only)
        told = Content("  ").join((*bad, *_others(view.parts, ascii_only=ascii_only, is_stale=is_stale)))
        told = told.truncate(max(room, 10), ellipsis=not ascii_only)
        yield head + told + " " * max(room - told.cell_length, 0) + right

    return write


def plane_age(view: View, zone: tzinfo | None) -> tuple[str, Tone]:
    """How old that is; while what is shown is stale, ages stand still and only the time of day holds."""
    plane = view.snapshot.facts.plane
    if plane is None:
        return "", Tone.FAINT
    if view.is_stale(*view.snapshot.feeds):
        return f"as of {clock(plane.at, zone)}", Tone.WARN
    seconds = max((view.now - plane.at).total_seconds(), 0.0)
    return f"{duration(seconds)} ago", Tone.WARN if seconds > _OLD else Tone.FAINT


_OLD = 90.0
"""Seconds from which on the age of what is told is worth a look: it is asked about every half minute."""


def _bad(
    parts: tuple[Part, ...], since: Mapping[str, datetime], now: datetime, room: int, *, ascii_only: bool
) -> list[Content]:
    """Each with its reason; where there is no room for that, all names, and then the reason of the first."""
    signs = ASCII_SIGNS if ascii_only else SIGNS
    bad = [one for one in parts if one.verdict in _BAD]
    names, whys = [], []
    for one in bad:
        known = f" for {age(since[one.name], now)}" if one.name in since else ""
        names.append(line((f"{signs[one.verdict]} {_short(one)}{known}", verdict_tone(one.verdict))))
        whys.append(line((f": {plain(one.why)}", verdict_tone(one.verdict))))
    told = [name + why for name, why in zip(names, whys, strict=True)]
    if len(bad) < 2 or Content("  ").join(told).cell_length <= room:
        return told
    return [*names, line((_short(bad[0]), verdict_tone(bad[0].verdict))) + whys[0]]


def _short(one: Part) -> str:
    return plain(_SHORT.get(one.name, one.name))


def _others(parts: tuple[Part, ...], *, ascii_only: bool, is_stale: bool) -> Iterator[Content]:
    signs = ASCII_SIGNS if ascii_only else SIGNS
    for one in parts:
        if one.verdict is Verdict.HEALTHY:
            took = f" {milliseconds(one.latency)}" if one.latency is not None else ""
            tone = Tone.FAINT if is_stale else Tone.GOOD
            yield line((signs[one.verdict], tone), f" {_short(one)}", (took, Tone.FAINT))
    hidden = [_short(one) for one in parts if one.verdict is Verdict.UNKNOWN]
    if hidden:
        yield line((f"not visible: {', '.join(hidden)}", Tone.FAINT))


def _since(part: Part, since: Mapping[str, datetime], now: datetime) -> str:
    """Nothing is known of what cannot be seen, also not since when."""
    if part.verdict is Verdict.UNKNOWN:
        return "-"
    return age(since[part.name], now) if part.name in since else "?"


def part_rows(view: View, since: Mapping[str, datetime], *, ascii_only: bool) -> Table:
    """One row a part, with since when this program has seen it so."""
    told = health.parts(view.parts, signs=not ascii_only)
    behind = [column.key for column in told.columns].index("verdict") + 1
    columns = (*told.columns[:behind], _SINCE, *told.columns[behind:])
    rows = tuple(
        Row(
            row.key,
            (
                *row.cells[:behind],
                Cell(_since(part, since, view.now)),
                *row.cells[behind:],
            ),
        )
        for part, row in zip(view.parts, told.rows, strict=True)
    )
    return Table(columns, rows)
