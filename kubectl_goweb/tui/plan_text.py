"""A Plan as it is shown before somebody says yes. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.content import Content

from kubectl_goweb.actions.plan import Danger, Plan, Refusal
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.template_changes import Change
from kubectl_goweb.tables import Tone, severity_tone
from kubectl_goweb.tui.words import hanging, line

if TYPE_CHECKING:
    from kubectl_goweb.actions.plan_document import PlanDocument
    from kubectl_goweb.status.evacuation.simulation import Simulation

_DANGER = {
    Danger.LIGHT: (Tone.GOOD, "no Pod that serves ends"),
    Danger.ROLLING: (Tone.WARN, "Pods are replaced, within the limits of the strategy"),
    Danger.HEAVY: (Tone.BAD, "Pods end without a replacement"),
}


def plan_lines(plan: Plan | PlanDocument, width: int) -> Iterator[Content]:
    """Everything one should know before saying yes, in so many cells."""
    yield hanging(line(""), line((plain(plan.sentence), "bold")), width)
    if plan.is_nothing:
        yield hanging(line(("nothing to do: ", Tone.HELD)), line(plain(plan.nothing)), width)
        return
    for change in plan.changes:
        yield from change_lines(change, width)
    if plan.simulation is not None:
        yield Content("")
        yield from simulation_lines(plan.simulation, width)
    yield Content("")
    tone, words = _DANGER[plan.danger]
    yield _named("danger", line((str(plan.danger), tone), f": {words}"), width)
    for caution in plan.cautions:
        tone = severity_tone(caution.severity)
        yield _named(caution.severity, line((plain(caution.text), tone), (f" {caution.code}", Tone.FAINT)), width, tone)
    for condition in plan.preconditions:
        yield _named("only when", line(plain(condition)), width)
    for note in plan.notes:
        yield _named("note", line(plain(note)), width)
    if plan.one_way:
        yield _named("way back", line(("none: ", Tone.BAD), plain(plan.one_way)), width)
    if plan.stays:
        yield _named("way back", line(("not taken back by revert: ", Tone.WARN), plain(plan.stays)), width)
    yield _named("kubectl", line((plain(plan.kubectl), "bold")), width)


def change_lines(change: Change, width: int) -> Iterator[Content]:
    """What goes, and what comes."""
    if change.before is not None:
        yield _side("- ", change.field, change.before, Tone.BAD, width)
    if change.after is not None:
        yield _side("+ ", change.field, change.after, Tone.GOOD, width)


def simulation_lines(simulation: Simulation, width: int) -> Iterator[Content]:
    """What a drain would do to every Pod, and what else is to be known."""
    from kubectl_goweb.tables.evacuation import evacuation, evacuation_lines  # no other plan needs them

    for row in evacuation(simulation).rows:
        wave, pod, place, note = row.cells
        more = f": {note.text}" if note.text else ""
        head = f"wave {wave.text}" if wave.text != "-" else ""
        where = "room on " if place.tone is Tone.GOOD else ""
        yield _named(head, line(pod.text, "  ", (f"{where}{place.text}", place.tone), more), width)
    for one in evacuation_lines(simulation):
        yield _named(one.label, line((one.text, one.tone)), width)


def refusal_lines(refusal: Refusal, width: int) -> Iterator[Content]:
    """Why there is no Plan."""
    yield hanging(
        line((f"cannot {refusal.verb} {plain(refusal.target.short)}: ", Tone.BAD)), line(plain(refusal.why)), width
    )
    if refusal.hint:
        yield _named("hint", line(plain(refusal.hint)), width)


def _side(sign: str, field: str, value: str, tone: Tone, width: int) -> Content:
    return hanging(line((sign, tone)), line((f"{plain(field)}: {plain(value)}", tone)), width)


def _named(name: str, told: Content, width: int, tone: Tone = Tone.FAINT) -> Content:
    return hanging(line((f"{name:<10} ", tone)), told, width)
