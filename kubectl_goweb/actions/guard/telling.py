"""What a guard tells while it works, and its report at the end. Values only; how they are shown is the front's."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from kubectl_goweb.actions.guard.evidence import Captured
from kubectl_goweb.actions.guard.judging import Judgement, Outcome
from kubectl_goweb.actions.guard.sight import Sight
from kubectl_goweb.errors import Exit
from kubectl_goweb.status.verdicts import Answer, Ref


class Step(StrEnum):
    """What has just happened."""

    BEGAN = "began"
    BLIND = "blind"
    """The API server does not tell any more."""
    BACK = "back"
    """It tells again."""
    VERDICT = "verdict"
    EVIDENCE = "evidence"
    ACTING = "acting"
    """The write that follows from the verdict is about to be sent."""
    ACTED = "acted"
    AGAIN = "again"
    """It could not be done, or is not as it was judged: another look comes first."""
    REFUSED = "refused"
    RECOVERED = "recovered"
    """The revision that was gone back to is fully available again."""
    INTERRUPTED = "interrupted"
    HELD = "held"
    """A canary is paused with the Pods of a step."""
    COMPARED = "compared"
    """What came of comparing them with the old ones."""


class Action(StrEnum):
    """What became of a failure."""

    NONE = "none"
    """Nothing was to be done."""
    DONE = "rolled-back"
    """And what was gone back to is fully available again."""
    PAUSED = "paused"
    REFUSED = "refused"
    """It was to be done and was not."""
    FAILED = "failed"
    """It was done, and what was gone back to does not get available."""


class Happening(Answer, frozen=True):
    """One line of the timeline."""

    at: datetime
    step: Step
    sentence: str


class Availability(Answer, frozen=True):
    """How many Pods were available while the guard watched, as the controller counted them."""

    lowest: int | None
    """None when no count was seen."""
    promised: int | None
    """What the strategy promises at least; None when it cannot be read."""
    missing: int = 0
    """How many fewer than promised there were at the worst moment."""


class Progress(Struct, frozen=True):
    """Where it stands, told at every change and every second."""

    sight: Sight
    judged: Judgement
    available: Availability
    ends_at: datetime | None
    """When the time given (--timeout) is over."""
    going_back: bool = False
    """What is followed is the way back."""
    notes: tuple[str, ...] = ()
    """What else is known at the moment, for who has room for it: what a canary measures."""


class Report(Answer, frozen=True):
    """How it ended."""

    target: Ref
    outcome: Outcome
    sentence: str
    code: str
    pods: tuple[str, ...]
    exit_code: Exit
    timed_out: bool
    revision: int
    """The one that was guarded."""
    action: Action
    acted: str
    """What was done about it, in one sentence; empty when nothing had to be."""
    available: Availability
    evidence: Captured | None
    verdict_after: float
    """Seconds from the begin of the guard."""
    capture_took: float
    """Seconds."""
    way_back_took: float
    """Seconds from the write until the old revision was fully available again; 0 when there was no way back."""


class Teller(Protocol):
    """Who shows it."""

    def progress(self, now: Progress) -> None: ...

    def happened(self, what: Happening) -> None: ...
