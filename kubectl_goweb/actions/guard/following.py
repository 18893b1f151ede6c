"""Looks at one workload again and again until the verdict is final, and tells what is seen. Nothing is decided here."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from msgspec import Struct, structs

from kubectl_goweb.actions.guard.judging import Judgement, Memory, Outcome, judge
from kubectl_goweb.actions.guard.sight import Sight, sight
from kubectl_goweb.actions.guard.telling import Happening, Progress, Step, Teller
from kubectl_goweb.actions.guard.terms import Terms
from kubectl_goweb.actions.guard.watch import Watch
from kubectl_goweb.errors import Exit, GowebError
from kubectl_goweb.objects import LogTail, Snapshot
from kubectl_goweb.status.overview import overview
from kubectl_goweb.status.verdicts import Ref

_TICK = 1.0
"""Seconds between two looks at most, so that what is shown goes on."""
_JUST_AFTER = 0.01
"""Seconds."""


class LeftError(GowebError):
    """Somebody has left the guard: everything stays as it is."""

    exit_code = Exit.INTERRUPTED


class Moment(Struct, frozen=True):
    """One look, judged."""

    found: Snapshot
    seen: Sight
    before: Memory
    """What it was judged with besides the sight."""
    after: Memory
    judged: Judgement
    timed_out: bool = False


class Follower:
    """Eyes and voice of a guard."""

    def __init__(self, watch: Watch, ref: Ref, teller: Teller, now: Callable[[], datetime]) -> None:
        self.now = now
        self.happened: list[Happening] = []
        self.stable = ""
        """The ReplicaSet or ControllerRevision that served before the one that is guarded."""
        self._watch = watch
        self._ref = ref
        self._teller = teller
        self._has_seen = False
        self._is_blind = False
        self._is_left = threading.Event()

    def leave(self) -> None:
        """End the next look, or the one under way, from any thread."""
        self._is_left.set()
        self._watch.wake()

    def check(self) -> None:
        """LeftError when it was left."""
        if self._is_left.is_set():
            raise LeftError(f"the guard of {self._ref.short} was left")

    def say(self, step: Step, sentence: str) -> None:
        """One line of the timeline."""
        one = Happening(self.now(), step, sentence)
        self.happened.append(one)
        self._teller.happened(one)

    def until_final(self, memory: Memory, terms: Terms, ends_at: datetime | None, generation: int = 0) -> Moment:
        """The first look of which the verdict is final, or the one when the time is over. Nothing is judged before the
        controller has seen `generation`.
        """
        while True:
            moment = self.look(memory, terms, ends_at, generation)
            self.tell(moment, ends_at, going_back=generation > 0)
            if moment.judged.outcome.is_final or moment.timed_out:
                return moment
            memory = moment.after

    def look(
        self,
        memory: Memory,
        terms: Terms,
        ends_at: datetime | None,
        generation: int = 0,
        *,
        due: datetime | None = None,
    ) -> Moment:
        """The next look, as soon as something changes or is due, and after a tick at the latest; it is not told."""
        known = [one for one in (memory.due, due) if one is not None]
        found, seen = self._look(ends_at, min(known, default=None))
        if seen.generation < generation or (generation and not seen.is_observed):
            after, judged = memory, _unobserved(seen)
        else:
            self._remember_stable(seen)
            after, judged = judge(memory, seen, terms)
        is_over = ends_at is not None and seen.at >= ends_at and not judged.outcome.is_final
        return Moment(found, seen, memory, after, judged, timed_out=is_over)

    def with_logs(self, moment: Moment, tails: tuple[LogTail, ...], terms: Terms) -> Moment:
        """The same moment, told with the last words of containers that ended."""
        if not tails:
            return moment
        found = structs.replace(moment.found, logs=tails)
        seen = sight(found, overview(found, moment.seen.at), self._ref)
        after, judged = judge(moment.before, seen, terms)
        return Moment(found, seen, moment.before, after, judged, moment.timed_out)

    def pause(self, seconds: float) -> None:
        """Wait until something has changed, or so long."""
        self._watch.next(seconds)
        self.check()

    def _look(self, ends_at: datetime | None, due: datetime | None) -> tuple[Snapshot, Sight]:
        """As soon as something changes or is due, and after a tick at the latest. What was due and did not come, as a
        refusal does not while something moves, is not waited for in a tight loop.
        """
        now = self.now()
        left = _TICK if due is None or due <= now else min(_TICK, (due - now).total_seconds() + _JUST_AFTER)
        if ends_at is not None:
            left = max(0.0, min(left, (ends_at - now).total_seconds()))
        found = self._watch.next(left)
        self.check()
        return found, sight(found, overview(found, self.now()), self._ref)

    def _remember_stable(self, seen: Sight) -> None:
        """Once, while the revision before still serves. Of several the oldest: the newer ones were given up on the
        way, as an older revision has no Pods left once a rollout is complete.
        """
        if self.stable or seen.workload is None or not seen.is_observed:
            return
        old = [one for one in seen.workload.revisions if not one.is_current and one.available > 0]
        if old:
            self.stable = min(old, key=lambda one: one.number).name

    def tell(
        self, moment: Moment, ends_at: datetime | None, *, going_back: bool = False, notes: tuple[str, ...] = ()
    ) -> None:
        """Show it; that the API server does not tell, or tells again, is part of the timeline."""
        judged = moment.judged
        is_blind = judged.outcome is Outcome.BLIND
        if self._has_seen and is_blind and not self._is_blind:
            self.say(Step.BLIND, f"cannot tell at the moment, and waits: {judged.sentence}")
        elif self._is_blind and not is_blind:
            self.say(Step.BACK, "the API server tells again")
        self._is_blind = self._has_seen and is_blind
        self._has_seen = self._has_seen or not is_blind
        self._teller.progress(Progress(moment.seen, judged, self._watch.available, ends_at, going_back, notes))


def _unobserved(seen: Sight) -> Judgement:
    if seen.blind:
        return Judgement(Outcome.BLIND, seen.blind)
    if seen.denied:
        return Judgement(Outcome.HIDDEN, seen.denied)
    return Judgement(Outcome.GOING, "waiting for the controller to see the change")
