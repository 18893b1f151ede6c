"""What a drain is told to do, what it tells while it runs, and how it ended."""

from enum import StrEnum

from msgspec import Struct

from kubectl_goweb.status.verdicts import Answer


class Step(StrEnum):
    EVICTING = "evicting"
    EVICTED = "evicted"
    """The server has let it go; it ends within its grace period."""
    GONE = "gone"
    BLOCKED = "blocked"
    FAILED = "failed"
    """It cannot be evicted, and will not be tried again."""


class News(Struct, frozen=True):
    """Something has happened to a Pod."""

    step: Step
    pod: str
    text: str = ""


class Target(Struct, frozen=True):
    """A Pod to be evicted."""

    pod: str
    """Its key."""
    uid: str
    budget: str = ""
    """The key of the budget that guards it, as far as known."""


class Orders(Struct, frozen=True):
    timeout: float | None = None
    """Seconds for everything; None: for ever, as kubectl does."""
    grace_period: int = -1
    dry_run: bool = False
    """Have the server check every eviction once, and keep none."""


class Ending(StrEnum):
    DONE = "done"
    TIMEOUT = "timeout"
    FAILED = "failed"
    STOPPED = "stopped"
    """By whoever began it."""


class Left(Answer, frozen=True, gc=False):
    """A Pod that is still there."""

    pod: str
    step: Step
    why: str


class Drained(Answer, frozen=True, gc=False):
    """How it ended."""

    ending: Ending
    gone: tuple[str, ...]
    left: tuple[Left, ...]
    seconds: float
