"""What a canary tells at its end, and what is measured for it. Values only; how they are shown is the front's."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from kubectl_goweb.actions.canary.comparing import Comparison, Measured
from kubectl_goweb.actions.canary.steps import Numbers
from kubectl_goweb.actions.guard.evidence import Captured
from kubectl_goweb.actions.guard.judging import Outcome
from kubectl_goweb.actions.guard.telling import Action, Availability
from kubectl_goweb.errors import Exit
from kubectl_goweb.objects import Pod
from kubectl_goweb.status.verdicts import Answer, Ref
from kubectl_goweb.status.weight import Weight


class End(StrEnum):
    """How it ended."""

    PROMOTED = "promoted"
    FAILED = "failed"
    HELD = "held"
    """Nothing could be compared: it stays paused until somebody decides."""
    TIMED_OUT = "timed-out"
    SUPERSEDED = "superseded"
    """Somebody else has changed, resumed or deleted it: it is theirs now."""
    PAUSED = "paused"
    """Somebody else holds it."""
    HIDDEN = "hidden"
    """It may not be seen."""
    REFUSED = "refused"
    """The server did not let it be held, or go on."""

    @property
    def exit_code(self) -> Exit:
        return _EXITS[self]


_EXITS = {
    End.PROMOTED: Exit.OK,
    End.FAILED: Exit.FAILING,
    End.HELD: Exit.UNKNOWN,
    End.TIMED_OUT: Exit.TIMEOUT,
    End.SUPERSEDED: Exit.FAILING,
    End.PAUSED: Exit.PROGRESSING,
    End.HIDDEN: Exit.UNKNOWN,
    End.REFUSED: Exit.REFUSED,
}


def end_of(outcome: Outcome) -> End:
    """How a guard's verdict ends a canary; GOING and BLIND do when the time is over."""
    return _BY_OUTCOME[outcome]


_BY_OUTCOME = {
    Outcome.GOING: End.TIMED_OUT,
    Outcome.BLIND: End.HIDDEN,
    Outcome.DONE: End.PROMOTED,
    Outcome.FAILED: End.FAILED,
    Outcome.SUPERSEDED: End.SUPERSEDED,
    Outcome.PAUSED: End.PAUSED,
    Outcome.HIDDEN: End.HIDDEN,
}


class StepReport(Answer, frozen=True):
    """One step that was compared."""

    step: str
    """As it was written: `1`, `50%`."""
    wanted: int
    """New Pods it asked for."""
    numbers: Numbers
    """What came about."""
    weight: Weight
    compared_for: float
    """Seconds."""
    comparison: Comparison


class Report(Answer, frozen=True):
    """How it ended."""

    target: Ref
    end: End
    sentence: str
    code: str
    """Of a failure: a finding's code, where there is one."""
    pods: tuple[str, ...]
    exit_code: Exit
    revision: int
    """The one that was released."""
    steps: tuple[StepReport, ...]
    is_paused: bool
    """It was left so."""
    action: Action
    acted: str
    """What was done about a failure, in one sentence."""
    available: Availability
    evidence: Captured | None
    took: float
    """Seconds from the first write until the verdict."""
    way_back_took: float
    """Seconds from the write until the old revision was fully available again; 0 when there was no way back."""
    commands: tuple[str, ...] = ()
    """What promotes it or takes it back, where it was left paused."""


class Measurer(Protocol):
    """Measures new Pods and old ones side by side."""

    def begin(self, new: Sequence[Pod], old: Sequence[Pod]) -> None:
        """From now on these; what was measured before is forgotten."""
        ...

    def measured(self, *, is_last: bool) -> Measured:
        """So far; the last time everything that takes a moment too."""
        ...

    def rest(self) -> None:
        """Ask nobody any more."""
        ...
