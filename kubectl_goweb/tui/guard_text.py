"""A guarded rollout in words and bars: where it stands, what is waited for, what has happened, how it ended. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

from textual.content import Content

from kubectl_goweb.actions.guard.judging import Outcome
from kubectl_goweb.actions.guard.telling import Availability, Step
from kubectl_goweb.actions.guard.wording import headline, policy_words, report_lines
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.workloads import Workload
from kubectl_goweb.tables import Tone
from kubectl_goweb.tui.feeds import clock
from kubectl_goweb.tui.guards import Guarded
from kubectl_goweb.tui.rollout_text import summary
from kubectl_goweb.tui.words import hanging, line

_OUTCOMES = {
    Outcome.DONE: Tone.GOOD,
    Outcome.FAILED: Tone.BAD,
    Outcome.GOING: Tone.BAD,
    Outcome.BLIND: Tone.WARN,
    Outcome.HIDDEN: Tone.WARN,
    Outcome.SUPERSEDED: Tone.WARN,
    Outcome.PAUSED: Tone.HELD,
}
_STEPS = {
    Step.BLIND: Tone.WARN,
    Step.BACK: Tone.GOOD,
    Step.VERDICT: Tone.PLAIN,
    Step.ACTING: Tone.WARN,
    Step.ACTED: Tone.WARN,
    Step.AGAIN: Tone.WARN,
    Step.REFUSED: Tone.BAD,
    Step.RECOVERED: Tone.GOOD,
    Step.INTERRUPTED: Tone.WARN,
}


def state(guarded: Guarded, now: datetime) -> tuple[str, Tone]:
    """Where the guard stands, in a few words."""
    if guarded.is_left:
        return "left: the rollout goes on as it is", Tone.WARN
    if guarded.failure:
        return "could not go on", Tone.BAD
    if guarded.report is not None:
        return str(guarded.report.outcome), _OUTCOMES[guarded.report.outcome]
    is_back = guarded.latest is not None and guarded.latest.going_back
    return f"{'going back' if is_back else 'going on'}, {(now - guarded.began).total_seconds():.0f} s", Tone.BUSY


def head(
    guarded: Guarded, workload: Workload | None, now: datetime, width: int, zone: tzinfo | None, *, ascii_only: bool
) -> Iterator[Content]:
    """The lines on top: the guard, and the rollout as it sees it; once it is over, `workload` is how that is now."""
    word, tone = state(guarded, now)
    yield line(
        ("guard ", Tone.FAINT),
        (word, tone),
        ("   if it fails: ", Tone.FAINT),
        policy_words(guarded.policy),
    )
    latest = guarded.latest
    seen = latest.sight.workload if latest is not None and guarded.is_going else workload
    if seen is not None:
        yield from summary(seen, now, width, zone, ascii_only=ascii_only)
    if latest is None:
        if guarded.is_going:
            yield line(("looking at it ...", Tone.FAINT))
        return
    yield _available(latest.available)
    if guarded.is_going:
        tone = Tone.WARN if latest.judged.outcome is Outcome.BLIND else Tone.PLAIN
        yield hanging(line(("waits for ", Tone.FAINT)), line((plain(latest.judged.sentence), tone)), width)
        for sign in latest.judged.watched:
            yield hanging(line(("watched   ", Tone.FAINT)), line((plain(sign), Tone.WARN)), width)


def _available(found: Availability) -> Content:
    promised = "unknown" if found.promised is None else str(found.promised)
    lowest = "unknown" if found.lowest is None else str(found.lowest)
    told = line(("lowest    ", Tone.FAINT), f"{lowest} available", (f", {promised} promised", Tone.FAINT))
    return told + line((f", {found.missing} fewer than promised", Tone.BAD)) if found.missing else told


def story(guarded: Guarded, width: int, zone: tzinfo | None) -> Iterator[Content]:
    """How it ended, if it has, and what has happened, oldest first."""
    if guarded.report is not None:
        yield line((plain(headline(guarded.report)), f"bold $tone-{_OUTCOMES[guarded.report.outcome]}"))
        for one in report_lines(guarded.report):
            tone = Tone.BAD if one.is_bad else Tone.FAINT if one.is_minor else Tone.PLAIN
            yield hanging(line("  "), line((one.text, tone)), width)
        yield Content("")
    elif guarded.failure:
        yield hanging(line(("failed: ", Tone.BAD)), line(plain(guarded.failure)), width)
        yield Content("")
    for what in guarded.happenings:
        when = line((f"{clock(what.at, zone)}  ", Tone.FAINT), f"{what.step:<11}  ")
        yield hanging(when, line((plain(what.sentence), _STEPS.get(what.step, Tone.PLAIN))), width)
