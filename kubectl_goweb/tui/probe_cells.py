"""Probe results in a few cells: of a Pod, of a workload's Pods. Nothing is called well without a result. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from kubectl_goweb.status.ages import duration
from kubectl_goweb.status.probes.results import ProbeResult
from kubectl_goweb.tables import Cell, Column, Row, Table, Tone
from kubectl_goweb.tables.probes import milliseconds, result_tone
from kubectl_goweb.tui.probed import Probe
from kubectl_goweb.tui.view import View

PROBE = Column("probe", "PROBE")
STALE = 15.0
"""Seconds: a result is old when two more should have come since."""
_DOTS = 8
_NOT_PROBED = Cell("-", Tone.FAINT)


def newest(probes: Iterable[Probe]) -> ProbeResult | None:
    """The worst of the last results of a Pod's probes; None when one of them has none, and no other failed."""
    last = [one.history.last for one in probes if not one.target.unready]
    failed = [one for one in last if one is not None and one.success is False]
    if failed:
        return failed[0]
    if not last or any(one is None for one in last):
        return None
    return next((one for one in last if one is not None and one.success is None), last[0])


def pod_cell(probes: tuple[Probe, ...], now: datetime, *, ascii_only: bool) -> Cell:
    """`● 3ms`, `✖ refused`, `◌` while nothing is known; since when, when it is old."""
    if all(one.target.unready for one in probes):
        return _NOT_PROBED
    result = newest(probes)
    if result is None:
        return Cell(_sign(None, ascii_only=ascii_only), Tone.FAINT)
    told = milliseconds(result.durations.total) if result.success else str(result.reason)
    old = _old(result, now)
    tone = Tone.FAINT if old else result_tone(result)
    return Cell(f"{_sign(result, ascii_only=ascii_only)} {told}{old}", tone)


def workload_cell(pods: Iterable[tuple[Probe, ...]], now: datetime, *, ascii_only: bool) -> Cell:
    """A dot a Pod, how many answer well, and how long they take: `●●●✖ 3/4 3ms`."""
    probed = [one for one in pods if not all(probe.target.unready for probe in one)]
    if not probed:
        return _NOT_PROBED
    last = [newest(one) for one in probed]
    known = [one for one in last if one is not None]
    dots = "".join(_sign(one, ascii_only=ascii_only) for one in last) + " " if len(last) <= _DOTS else ""
    if not known:
        return Cell(dots.rstrip() or f"?/{len(last)}", Tone.FAINT)
    well = sum(one.success is True for one in known)
    took = sorted(one.durations.total for one in known if one.success)
    middle = f" {milliseconds(took[len(took) // 2])}" if took else ""
    newest_one = max(known, key=lambda one: one.at)
    return Cell(f"{dots}{well}/{len(last)}{middle}{_old(newest_one, now)}", _tone(last, newest_one, now))


def _tone(last: list[ProbeResult | None], newest_one: ProbeResult, now: datetime) -> Tone:
    if _old(newest_one, now):
        return Tone.FAINT
    if any(one is not None and one.success is False for one in last):
        return Tone.BAD
    return Tone.GOOD if all(one is not None and one.success for one in last) else Tone.WARN


def _sign(result: ProbeResult | None, *, ascii_only: bool) -> str:
    if result is None:
        return "o" if ascii_only else "◌"
    if result.success is None:
        return "?"
    if result.success:
        return "*" if ascii_only else "●"
    return "x" if ascii_only else "✖"


def _old(result: ProbeResult, now: datetime) -> str:
    seconds = (now - result.at).total_seconds()
    return f", {duration(seconds)} ago" if seconds > STALE else ""


class ProbeColumn:
    """Puts probe cells into a table, `behind` a column; a row that is as before stays the very same row."""

    def __init__(self, behind: str) -> None:
        self._behind = behind
        self._made: dict[str, tuple[Row, Cell, Row]] = {}

    def on(self, table: Table, cells: Mapping[str, Cell]) -> Table:
        """The table with the column; rows that nobody probes have a dash in it."""
        place = [column.key for column in table.columns].index(self._behind) + 1
        before, self._made = self._made, {}
        for row in table.rows:
            cell = cells.get(row.key, _NOT_PROBED)
            made = before.get(row.key)
            if made is None or made[0] is not row or made[1] != cell:
                made = (row, cell, Row(row.key, (*row.cells[:place], cell, *row.cells[place:])))
            self._made[row.key] = made
        columns = (*table.columns[:place], PROBE, *table.columns[place:])
        return Table(columns, tuple(made[2] for made in self._made.values()))


def pod_cells(view: View, *, ascii_only: bool) -> dict[str, Cell]:
    """By the row's key, for every Pod that is probed."""
    return {
        f"Pod/{key}": pod_cell(probes, view.now, ascii_only=ascii_only)
        for key, probes in view.probed.pods.items()
        if probes
    }
