"""A pipeline run as it goes: a live table in a terminal, a line for each stage elsewhere; and its history."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from kubectl_goweb.cli.driven import Driven
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.printing import Paper, lines, paper, write
from kubectl_goweb.delivery.pipeline.prediction import Prediction
from kubectl_goweb.delivery.pipeline.results import Outcome, RunResult, StageResult
from kubectl_goweb.objects.text import fit, plain
from kubectl_goweb.settings import Settings
from kubectl_goweb.tables import Cell, Column, Row, Table, Tone

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

_TONES = {
    Outcome.PASSED: Tone.GOOD,
    Outcome.FAILED: Tone.BAD,
    Outcome.TIMED_OUT: Tone.BAD,
    Outcome.UNKNOWN: Tone.WARN,
    Outcome.CANCELLED: Tone.WARN,
    Outcome.REFUSED: Tone.WARN,
    Outcome.SKIPPED: Tone.FAINT,
    Outcome.NOT_RUN: Tone.FAINT,
}
_COLUMNS = (
    Column("stage", "STAGE"),
    Column("state", "STATE"),
    Column("time", "TIME", right=True),
    Column("expected", "EXPECTED", spare=1),
    Column("note", "NOTE", elastic=True),
)
_PER_SECOND = 4


class Board(Protocol):
    """Where a run is shown."""

    def begins(self, name: str) -> None: ...

    def heard(self, line: str) -> None: ...

    def ended(self, result: StageResult) -> None: ...

    def paused(self) -> None:
        """A question is asked: nothing may be repainted meanwhile."""
        ...


class _Lines:
    def __init__(self, environment: Environment, on: Paper, expected: dict[str, Prediction]) -> None:
        self._environment = environment
        self._on = on
        self._expected = expected

    def begins(self, name: str) -> None:
        write(self._environment.stderr, f"{name}: begins, expected: {self._expected[name]}\n")

    def heard(self, line: str) -> None:
        pass

    def ended(self, result: StageResult) -> None:
        write(self._environment.stderr, _line(result, self._on) + "\n")

    def paused(self) -> None:
        pass


class _Screen:
    """All stages as a table that is repainted, with the last words of the one that runs."""

    def __init__(self, console: Console, on: Paper, names: Sequence[str], expected: dict[str, Prediction]) -> None:
        self._console = console
        self._live: Live | None = None
        self._on = on
        self._names = names
        self._expected = expected
        self._results: dict[str, StageResult] = {}
        self._running = ("", 0.0)
        self._last = ""

    def begins(self, name: str) -> None:
        from rich.live import Live

        self._running, self._last = (name, time.monotonic()), ""
        if self._live is None:  # a new one after a question: what stood before it is left as it is
            self._live = Live(self, console=self._console, refresh_per_second=_PER_SECOND)
            self._live.start()

    def heard(self, line: str) -> None:
        self._last = line

    def ended(self, result: StageResult) -> None:
        self._results[result.name] = result
        self._running, self._last = ("", 0.0), ""

    def paused(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def __rich__(self) -> Text:
        from rich.text import Text

        rows = tuple(self._row(name) for name in self._names)
        text = [*lines(Table(_COLUMNS, rows), self._on)]
        if self._last:
            text.append(fit(f"    {self._last}", (self._on.width or 80) - 1))
        return Text.from_ansi("\n".join(text))

    def _row(self, name: str) -> Row:
        result = self._results.get(name)
        running, since = self._running
        if result is not None:
            return _row(result, str(self._expected[name]))
        if name == running:
            took = f"{time.monotonic() - since:.0f} s"
            cells = (Cell(name), Cell("running", Tone.BUSY), Cell(took), Cell(str(self._expected[name])), Cell(""))
        else:
            cells = (Cell(name), Cell("waiting", Tone.FAINT), Cell(""), Cell(str(self._expected[name])), Cell(""))
        return Row(name, cells)


@contextmanager
def board(
    environment: Environment,
    settings: Settings,
    names: Sequence[str],
    expected: dict[str, Prediction],
    *,
    driven: bool = False,
) -> Iterator[Board]:
    if driven:
        told = Driven(environment)
        told.stages(*names, expected={name: str(one) for name, one in expected.items()})
        yield told
        return
    on = paper(environment.stderr, environment.environ, settings)
    if on.width is None:
        yield _Lines(environment, on, expected)
        return
    from rich.console import Console

    console = Console(
        file=environment.stderr, width=on.width, no_color=not on.color, highlight=False, emoji=False, markup=False
    )
    screen = _Screen(console, on, names, expected)
    try:
        yield screen
    finally:
        screen.paused()


def _line(result: StageResult, on: Paper) -> str:
    note = f": {plain(result.note)}" if result.note else ""
    return f"{result.name}: {on.tinted(result.outcome, _TONES[result.outcome])} after {result.seconds:.1f} s{note}"


def _row(result: StageResult, expected: str) -> Row:
    took = f"{result.seconds:.1f} s" if result.seconds else ""
    state = Cell(result.outcome, _TONES[result.outcome])
    return Row(result.name, (Cell(result.name), state, Cell(took), Cell(expected), Cell(plain(result.note))))


def history_lines(runs: Sequence[RunResult], on: Paper) -> Iterator[str]:
    """Earlier runs, the newest first."""
    columns = (
        Column("id", "RUN"),
        Column("outcome", "OUTCOME"),
        Column("time", "TIME", right=True),
        Column("change", "CHANGE", spare=2),
        Column("stopped", "STOPPED AT"),
        Column("subject", "COMMIT", elastic=True),
    )
    rows = []
    for run in reversed(runs):
        stopped = next((one.name for one in run.stages if not one.outcome.goes_on), "")
        rows.append(
            Row(
                run.id,
                (
                    Cell(run.id),
                    Cell(run.outcome, _TONES[run.outcome]),
                    Cell(f"{run.seconds:.0f} s"),
                    Cell(run.change),
                    Cell(stopped),
                    Cell(f"{run.revision[:8]} {plain(run.subject)}".strip()),
                ),
            )
        )
    yield from lines(Table(columns, tuple(rows)), on)
