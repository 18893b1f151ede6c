"""The rollouts under guard, and those that were, for as long as one context is looked at.

A guard goes on whichever screen is shown. What it tells is put in place by its own thread, whole values only, and read
by the screen's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from kubectl_goweb.status.verdicts import Ref

if TYPE_CHECKING:  # they are loaded when the first guard begins, not before the first screen
    from kubectl_goweb.actions.guard.telling import Happening, Progress, Report
    from kubectl_goweb.actions.guard.terms import OnFailure


class Guarded:
    """One rollout under guard, as far as is known: what its guard tells to."""

    def __init__(self, ref: Ref, policy: OnFailure, began: datetime) -> None:
        self.ref = ref
        self.policy = policy
        self.began = began
        self.latest: Progress | None = None
        self.happenings: tuple[Happening, ...] = ()
        self.report: Report | None = None
        """How it ended; None while it goes on, when it was left, and when it failed itself."""
        self.failure = ""
        """Why the guard could not go on."""
        self.is_left = False
        self._leave: Callable[[], None] | None = None

    @property
    def is_going(self) -> bool:
        return self.report is None and not self.failure and not self.is_left

    def progress(self, now: Progress) -> None:
        self.latest = now

    def happened(self, what: Happening) -> None:
        self.happenings = (*self.happenings, what)

    def on_leaving(self, leave: Callable[[], None]) -> None:
        """What ends the guard; done at once when it was left before it had begun."""
        self._leave = leave
        if self.is_left:
            leave()

    def leave(self) -> None:
        """Leave the rollout as it is."""
        if self.is_going:
            self.is_left = True
            if self._leave is not None:
                self._leave()


class Guards:
    """By workload, the newest of each."""

    def __init__(self) -> None:
        self._known: dict[str, Guarded] = {}

    def add(self, guarded: Guarded) -> None:
        """A new one; one of the same workload that still goes on is left."""
        key = guarded.ref.key
        if key in self._known:
            self._known[key].leave()
        self._known[key] = guarded

    def of(self, key: str) -> Guarded | None:
        return self._known.get(key)

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._known)

    @property
    def going(self) -> tuple[Guarded, ...]:
        return tuple(one for one in self._known.values() if one.is_going)

    def leave(self) -> tuple[str, ...]:
        """Leave all that go on; what becomes of them, in a sentence each."""
        going = self.going
        for one in going:
            one.leave()
        return tuple(farewell(one.ref) for one in going)


def farewell(ref: Ref) -> str:
    """What becomes of a rollout whose guard is left."""
    return (
        f"the guard of {ref.short} was left, its rollout goes on as it is\n"
        f"  to guard it again: kubectl goweb guard {ref.short} -n {ref.namespace}"
    )
