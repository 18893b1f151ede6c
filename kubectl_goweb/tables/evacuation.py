"""A simulated drain as rows and lines, the same for the command line and the cockpit's dialog."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.evacuation.simulation import Move, Outcome, Simulation
from kubectl_goweb.tables.model import Cell, Column, Row, Table, Tone

_COLUMNS = (
    Column("wave", "WAVE", right=True),
    Column("pod", "POD"),
    Column("to", "ROOM ON"),
    Column("note", "NOTE", elastic=True),
)
_TONES = {Outcome.MOVES: Tone.GOOD, Outcome.PENDING: Tone.BAD, Outcome.GONE: Tone.WARN, Outcome.BLOCKED: Tone.BAD}
_PLACES = {Outcome.PENDING: "no node", Outcome.GONE: "not replaced", Outcome.BLOCKED: "stays"}


class Line(Struct, frozen=True, gc=False):
    """One more thing to know about the drain."""

    label: str
    text: str
    tone: Tone = Tone.PLAIN


def evacuation(simulation: Simulation) -> Table:
    """One row a Pod that is to be evicted, in order."""
    return Table(_COLUMNS, tuple(_row(move) for move in simulation.moves))


def evacuation_lines(simulation: Simulation) -> Iterator[Line]:
    """What is not about one of those Pods: who needs a flag, who stays, budgets, what serves, what is not known."""
    for one in simulation.refused:
        yield Line("refused", plain(f"{one.pod}: {one.why} (allow it with {one.flag})"), Tone.BAD)
    for one in simulation.stays:
        yield Line("stays", plain(f"{one.pod}: {one.why}"), Tone.FAINT)
    for budget in simulation.budgets:
        text = f"{budget.text}; {budget.rule}, lets {budget.allowed} go now"
        yield Line("budget", plain(f"{budget.namespace}: {text}"), Tone.PLAIN if budget.allowed else Tone.WARN)
    for serving in simulation.serving:
        yield Line("serving", plain(serving.text), Tone.BAD if serving.is_gap else Tone.PLAIN)
    for part in simulation.unchecked:
        yield Line("not seen", f"{plain(part)}, so that a Pod with room may still be refused", Tone.WARN)


def _row(move: Move) -> Row:
    note = "; ".join(filter(None, (move.why, move.warning)))
    place = move.to if move.outcome is Outcome.MOVES else _PLACES[move.outcome]
    return Row(
        f"Pod/{move.pod}",
        (
            Cell(str(move.wave) if move.wave else "-", Tone.FAINT),
            Cell(plain(move.pod)),
            Cell(plain(place), _TONES[move.outcome]),
            Cell(plain(note)),
        ),
    )
