"""The hops of a request: how each is marked, and the rows of a screen about them."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.live_paths import BELOW, Checked, Traced, live_answer
from kubectl_goweb.status.paths import Hop, HopState, answer
from kubectl_goweb.tables.model import Cell, Column, Row, Table, Tone

_SIGNS = {HopState.OK: "\u2714", HopState.BROKEN: "\u2716", HopState.UNKNOWN: "?"}
_ASCII = {HopState.OK: "+", HopState.BROKEN: "x", HopState.UNKNOWN: "?"}
_TONES = {HopState.OK: Tone.GOOD, HopState.BROKEN: Tone.BAD, HopState.UNKNOWN: Tone.WARN}
_MARKS = {True: "\u25c0", False: "<"}
COLUMNS = (
    Column("state", ""),
    Column("hop", "HOP"),
    Column("mark", ""),
    Column("text", "WHAT IS SAID OF IT", elastic=True),
    Column("way", "ASKED BY", spare=1),
)


def hop_sign(state: HopState, *, signs: bool) -> str:
    return (_SIGNS if signs else _ASCII)[state]


def hop_tone(state: HopState) -> Tone:
    return _TONES[state]


def in_order(told: Traced) -> Iterator[Hop | Checked]:
    """Each hop as the objects have it, and below it what it answered; last the answers that no hop stands for."""
    live = list(told.live)
    for hop in told.hops:
        yield hop
        for one in [one for one in live if BELOW[one.what] == hop.what]:
            live.remove(one)
            yield one
    yield from live


def deciding(told: Traced) -> tuple[Hop | Checked, ...]:
    """What is broken and decides: by the objects, and of the answers."""
    static, live = answer(told.hops), live_answer(told.live)
    return tuple(one for one in (static, live) if one is not None and one.state is HopState.BROKEN)


def path_hops(found: tuple[Traced, ...], *, signs: bool) -> Table:
    """One row a hop, its key that of its object; a title row before each way in where there are several."""
    return Table(COLUMNS, tuple(_rows(found, signs=signs)))


def _rows(found: tuple[Traced, ...], *, signs: bool) -> Iterator[Row]:
    for number, told in enumerate(found):
        if len(found) > 1:
            title = Cell(plain(told.route.title), Tone.HELD)
            yield Row(f"#{number}", (Cell(""), title, Cell(""), Cell(""), Cell("")))
        decides = deciding(told)
        for place, one in enumerate(in_order(told)):
            tone = hop_tone(one.state)
            name = one.what if isinstance(one, Hop) else f"  live {one.what}"
            mark = _MARKS[signs] if one in decides else ""
            way = Cell(plain(one.way) if isinstance(one, Checked) else "", Tone.FAINT)
            text = Cell(plain(one.text), tone if one.state is HopState.BROKEN else Tone.PLAIN)
            cells = (Cell(hop_sign(one.state, signs=signs), tone), Cell(name), Cell(mark, Tone.BAD), text, way)
            yield Row(f"{one.object.key if one.object else ''}#{number}.{place}", cells)
