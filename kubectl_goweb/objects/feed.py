"""How far what is known of a kind can be trusted."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class FeedState(StrEnum):
    LISTING = "listing"
    """Asked for, not all here yet: absence proves nothing."""
    LIVE = "live"
    """Complete, and changes arrive as they happen (or, for a single answer, complete when it was read)."""
    POLLED = "polled"
    """Complete when it was read, at `since`; it may not be watched, so it is listed again every half minute."""
    STALE = "stale"
    """It was complete once; since `since` nothing is heard."""
    DENIED = "denied"
    """The server refuses to tell (403)."""
    FAILED = "failed"
    """Never complete: the list could not be had."""

    @property
    def is_current(self) -> bool:
        """Whether what is known is complete and no older than it is meant to be: something may be concluded from it."""
        return self in (FeedState.LIVE, FeedState.POLLED)


class Malformed(Struct, frozen=True):
    """One object that could not be read, set aside so that the others can be told."""

    name: str
    """`namespace/name` as far as it could be read."""
    why: str


class Feed(Struct, frozen=True):
    """The state of one kind's stream."""

    state: FeedState
    since: datetime
    """When it entered this state."""
    why: str = ""
    """One sentence, for every state but listing and live."""
    retry_at: datetime | None = None
    """When it will be asked again, if it will."""
    malformed: tuple[Malformed, ...] = ()
