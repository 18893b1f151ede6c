"""A Plan as lines of text, for a terminal before it is confirmed and for `--dry-run`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

from kubectl_goweb.actions.plan import Danger, Plan
from kubectl_goweb.cli.printing import Paper
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.template_changes import Change
from kubectl_goweb.tables import Tone, severity_tone

_DANGER = {
    Danger.LIGHT: (Tone.GOOD, "no Pod that serves ends"),
    Danger.ROLLING: (Tone.WARN, "Pods are replaced, within the limits of the strategy"),
    Danger.HEAVY: (Tone.BAD, "Pods end without a replacement"),
}


def plan_lines(plan: Plan, paper: Paper) -> Iterator[str]:
    """Everything one should know before saying yes."""
    where = f" in {plan.target.namespace}" if plan.target.namespace else ""
    context = f" (context {plain(plan.context)})" if plan.context else ""
    yield f"{plain(plan.sentence)}{where}{context}"
    if plan.is_nothing:
        yield f"  nothing to do: {plain(plan.nothing)}"
        return
    for change in plan.changes:
        yield from change_lines(change, paper, indent=2)
    if plan.simulation is not None:
        from kubectl_goweb.cli.drain_telling import simulation_lines  # drains alone have one

        yield from simulation_lines(plan.simulation, paper)
    tone, words = _DANGER[plan.danger]
    yield from _labelled("danger", f"{plan.danger}: {words}", tone, paper)
    for caution in plan.cautions:
        text = f"{caution.text} ({caution.code})"
        yield from _labelled(caution.severity, text, severity_tone(caution.severity), paper)
    for words in plan.preconditions:
        yield from _labelled("only when", words, Tone.PLAIN, paper)
    for note in plan.notes:
        yield from _labelled("note", note, Tone.PLAIN, paper)
    if plan.one_way:
        yield from _labelled("way back", f"none: {plan.one_way}", Tone.PLAIN, paper)
    if plan.stays:
        yield from _labelled("way back", f"not taken back by revert: {plan.stays}", Tone.PLAIN, paper)
    yield f"  kubectl    {plain(plan.kubectl)}"


def _labelled(label: str, text: str, tone: Tone, paper: Paper) -> Iterator[str]:
    """A label in its tone, and the text beside it, broken where the paper ends."""
    head, rest = f"  {label:<10} ", plain(text)
    width = None if paper.width is None else max(20, paper.width - len(head))
    parts = [rest] if width is None else wrap(rest, width, break_long_words=False, break_on_hyphens=False)
    for number, part in enumerate(parts or [""]):
        yield (paper.tinted(head, tone) if number == 0 else " " * len(head)) + part


def change_lines(change: Change, paper: Paper, *, indent: int = 0) -> Iterator[str]:
    """What goes, and what comes."""
    margin = " " * indent
    if change.before is not None:
        yield margin + paper.tinted(f"- {plain(change.field)}: {plain(change.before)}", Tone.BAD)
    if change.after is not None:
        yield margin + paper.tinted(f"+ {plain(change.field)}: {plain(change.after)}", Tone.GOOD)


def caution_lines(plan: Plan, paper: Paper) -> Iterable[str]:
    """The cautions alone, for who has confirmed already."""
    for caution in plan.cautions:
        yield f"{paper.tinted(caution.severity, severity_tone(caution.severity))}: {caution.text} ({caution.code})"
