"""How a guard is shown: a line a change into a pipe, JSON documents with `-o json`, and in a terminal lines with the
live state below them (`guard_screen`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from kubectl_goweb.actions.guard import wording
from kubectl_goweb.actions.guard.judging import Outcome
from kubectl_goweb.actions.guard.telling import Happening, Progress, Report, Step
from kubectl_goweb.actions.guard.wording import count_words, headline
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.printing import Paper, write
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.verdicts import Answer
from kubectl_goweb.tables import Tone


class Ending(Protocol):
    """How it ended, for people and for programs."""

    def lines(self, on: Paper) -> Iterable[str]: ...

    def document(self, context: str) -> Answer: ...


class GuardTeller(Protocol):
    """A teller for as long as a `with` block lasts."""

    def progress(self, now: Progress) -> None: ...

    def happened(self, what: Happening) -> None: ...

    def ended(self, how: Ending) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


# --- words


def clock(at: datetime) -> str:
    """As people here read it."""
    return at.astimezone().strftime("%H:%M:%S")


def waiting_words(now: Progress) -> str:
    """What is waited for, and what may become a failure."""
    return "; ".join((plain(now.judged.sentence), *now.judged.watched))


_TONES = {
    Step.BLIND: Tone.WARN,
    Step.BACK: Tone.GOOD,
    Step.EVIDENCE: Tone.PLAIN,
    Step.ACTING: Tone.WARN,
    Step.ACTED: Tone.WARN,
    Step.AGAIN: Tone.WARN,
    Step.REFUSED: Tone.BAD,
    Step.RECOVERED: Tone.GOOD,
    Step.INTERRUPTED: Tone.WARN,
    Step.HELD: Tone.HELD,
}


def happening_line(what: Happening, on: Paper) -> str:
    """`12:00:05  verdict    3 Pods of revision 2 crash`."""
    return f"{clock(what.at)}  {what.step:<11}  {on.tinted(plain(what.sentence), _TONES.get(what.step, Tone.PLAIN))}"


_OUTCOMES = {
    Outcome.DONE: ("✔", Tone.GOOD),
    Outcome.FAILED: ("✖", Tone.BAD),
    Outcome.GOING: ("✖", Tone.BAD),
    Outcome.BLIND: ("?", Tone.WARN),
    Outcome.HIDDEN: ("?", Tone.WARN),
    Outcome.SUPERSEDED: ("!", Tone.WARN),
    Outcome.PAUSED: ("!", Tone.HELD),
}


def report_lines(report: Report, on: Paper) -> Iterable[str]:
    """The verdict, and everything that is to be known about how it ended."""
    sign, tone = _OUTCOMES[report.outcome]
    yield on.tinted(f"{sign if on.signs else '*'} {headline(report)}", tone)
    yield from said_lines(wording.report_lines(report), on)


def said_lines(said: Iterable[wording.Said], on: Paper) -> Iterable[str]:
    """Below a headline."""
    for one in said:
        yield on.tinted(f"  {one.text}", Tone.BAD if one.is_bad else Tone.FAINT if one.is_minor else Tone.PLAIN)


# --- tellers


class LineTeller:
    """A line a change."""

    def __init__(self, environment: Environment, on: Paper) -> None:
        self._stream = environment.stdout
        self._on = on
        self._last = ""

    def progress(self, now: Progress) -> None:
        if now.judged.outcome not in (Outcome.GOING, Outcome.BLIND):
            return  # the verdict is told as a happening
        words = count_words(now)
        line = "  ".join(part for part in (words, waiting_words(now)) if part)
        if words and line != self._last:
            self._last = line
            write(self._stream, f"{clock(now.sight.at)}  {line}\n")

    def happened(self, what: Happening) -> None:
        write(self._stream, happening_line(what, self._on) + "\n")

    def ended(self, how: Ending) -> None:
        write(self._stream, "".join(line + "\n" for line in how.lines(self._on)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return
