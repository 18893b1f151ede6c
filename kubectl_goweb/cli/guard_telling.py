"""How a guard is shown: a line a change into a pipe, JSON documents with `-o json`, and in a terminal lines with the
live state below them (`guard_screen`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from kubectl_goweb.actions.guard.judging import Outcome
from kubectl_goweb.actions.guard.telling import Action, Happening, Progress, Report, Step
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.printing import Paper, paper, write
from kubectl_goweb.objects.text import plain
from kubectl_goweb.settings import Settings
from kubectl_goweb.tables import Tone


class GuardTeller(Protocol):
    """A teller for as long as a `with` block lasts."""

    def progress(self, now: Progress) -> None: ...

    def happened(self, what: Happening) -> None: ...

    def ended(self, report: Report) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def teller(context: str, settings: Settings, environment: Environment, *, is_json: bool) -> GuardTeller:
    """The one that fits what is written to."""
    if is_json:
        from kubectl_goweb.cli.guard_documents import JsonTeller  # only this format needs it

        return JsonTeller(context, environment)
    on = paper(environment.stdout, environment.environ, settings)
    if on.width is not None and on.signs:
        from kubectl_goweb.cli.guard_screen import ScreenTeller  # loads rich

        return ScreenTeller(environment, on)
    return LineTeller(environment, on)


# --- words


def clock(at: datetime) -> str:
    """As people here read it."""
    return at.astimezone().strftime("%H:%M:%S")


def count_words(now: Progress) -> str:
    """`3/5 updated, 1 ready, 4 old, 4 available (at least 4)`."""
    workload = now.sight.workload
    if workload is None:
        return ""
    counts, ready = workload.counts, sum(pod.health.is_ready for pod in now.sight.pods)
    promised = f" (at least {now.available.promised})" if now.available.promised is not None else ""
    return (
        f"{counts.updated}/{counts.desired} updated, {ready} ready, {len(now.sight.old_pods)} old, "
        f"{counts.available} available{promised}"
    )


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


_UNDONE = (Action.REFUSED, Action.FAILED)


def report_lines(report: Report, on: Paper) -> Iterable[str]:
    """The verdict, what was done about it, how long each part took, whether the promise was kept, where to look."""
    sign, tone = _OUTCOMES[report.outcome]
    word = "timed out" if report.timed_out and report.outcome is Outcome.GOING else str(report.outcome)
    head = f"{sign if on.signs else '*'} {report.target.short} revision {report.revision}: {word}"
    code = f" {report.code}" if report.code else ""
    yield on.tinted(f"{head}{code}", tone)
    yield f"  {plain(report.sentence)}"
    if report.acted:
        word = {Action.DONE: "done: ", Action.FAILED: "done: ", Action.PAUSED: "done: "}.get(report.action, "")
        yield on.tinted(f"  {word}{plain(report.acted)}", Tone.BAD if report.action in _UNDONE else Tone.PLAIN)
    times = [f"verdict after {report.verdict_after:.1f} s"]
    if report.evidence is not None:
        times.append(f"evidence in {report.capture_took:.1f} s")
    if report.way_back_took:
        times.append(f"available again {report.way_back_took:.1f} s later")
    yield f"  {', '.join(times)}"
    lowest, promised = report.available.lowest, report.available.promised
    if lowest is not None:
        kept = "" if not report.available.missing else f": {report.available.missing} fewer than promised at worst"
        is_told = promised is not None and (lowest >= promised or kept)
        least = f", the strategy promises {promised}" if is_told else ""
        yield on.tinted(f"  available Pods: never below {lowest}{least}{kept}", Tone.BAD if kept else Tone.PLAIN)
    if report.evidence is not None and report.evidence.folder:
        yield f"  evidence: {report.evidence.folder}"
    for missing in report.evidence.missing if report.evidence is not None else ():
        yield on.tinted(f"    could not be had: {plain(missing)}", Tone.FAINT)


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

    def ended(self, report: Report) -> None:
        write(self._stream, "".join(line + "\n" for line in report_lines(report, self._on)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return
