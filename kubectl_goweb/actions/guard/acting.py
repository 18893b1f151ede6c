"""What is done about a rollout that has failed: its evidence is kept, what the policy says is done, the way back is
followed. Whether it has failed is judged elsewhere.

Blocking, in one thread. What is done goes through Plans, and only while all is as it was judged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct

from kubectl_goweb.actions.apply import ConflictError, apply
from kubectl_goweb.actions.guard import evidence
from kubectl_goweb.actions.guard.following import Follower, Moment
from kubectl_goweb.actions.guard.judging import Memory, Outcome
from kubectl_goweb.actions.guard.notes import timeline
from kubectl_goweb.actions.guard.orders import Orders
from kubectl_goweb.actions.guard.telling import Action, Step
from kubectl_goweb.actions.guard.terms import OnFailure, Terms
from kubectl_goweb.actions.guard.watch import Watch
from kubectl_goweb.actions.journal import Journal
from kubectl_goweb.actions.plan import Plan, Refusal
from kubectl_goweb.actions.planning import plan
from kubectl_goweb.actions.prepare import facts
from kubectl_goweb.actions.requests import Abort, Pause, Undo, WorkloadRequest
from kubectl_goweb.errors import ApiError, Exit, ForbiddenError, GowebError, RefusedError, UnauthorizedError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.objects import Kind
from kubectl_goweb.status.verdicts import Ref

AGAIN = 1.0
"""Seconds until what did not get through is tried again, after another look."""
AS_IT_IS = "the rollout goes on as it is"
_ATTEMPTS = 30
_WAY_BACK = 900.0
"""Seconds the old revision may take to be fully available again before the way back counts as failed."""
_CONDEMNED = 3.0
"""Seconds that a Pod which has certainly failed may hold up the way back of its StatefulSet."""


class Deed(Struct, frozen=True):
    """What was done about a failure."""

    action: Action = Action.NONE
    sentence: str = ""
    exit_code: Exit | None = None
    """When the deed decides it and not the verdict."""
    took: float = 0.0
    """Seconds until the way back was over."""


class AgainError(GowebError):
    """It is not as it was judged, or the write did not get through: look and judge again."""


class Follow(Protocol):
    """Looks on until the verdict on what was written is final: a Follower's `until_final`."""

    def __call__(self, memory: Memory, terms: Terms, ends_at: datetime | None, generation: int = 0, /) -> Moment: ...


class Actor:
    """The hand of a guard."""

    def __init__(
        self,
        connection: Connection,
        ref: Ref,
        orders: Orders,
        eyes: Follower,
        watch: Watch,
        follow: Follow,
        *,
        now: Callable[[], datetime],
        journal: Journal | None,
    ) -> None:
        self.left = AS_IT_IS
        """What becomes of things when the guard is interrupted now."""
        self.captured: evidence.Captured | None = None
        self._connection = connection
        self._ref = ref
        self._orders = orders
        self._eyes = eyes
        self._watch = watch
        self._follow = follow
        self._now = now
        self._journal = journal

    # --- keeping

    def fetch(self, moment: Moment) -> evidence.Fetched:
        """What the failing Pods have left behind, before it is gone."""
        return evidence.fetch(self._connection, moment.found, moment.seen, moment.judged)

    def keep(self, moment: Moment, fetched: evidence.Fetched, more: Mapping[str, bytes] = {}) -> None:
        """Write the folder, or write it anew with what has happened since."""
        findings = moment.seen.workload.findings if moment.seen.workload else ()
        more = {
            **more,
            "findings.json": evidence.document(findings),
            "verdict.json": evidence.document(moment.judged),
        }
        kept = evidence.write(fetched, more, self._orders.evidence)
        told = timeline(moment.seen, moment.judged, self._eyes.happened, self._watch.available, kept)
        self.captured = evidence.with_file(kept, "timeline.md", told.encode())

    def say_kept(self) -> None:
        """How much is in the folder, or why there is none."""
        if self.captured is not None:
            self._eyes.say(Step.EVIDENCE, _kept(self.captured))

    # --- acting

    def acted(self, moment: Moment, again: Callable[[Moment], Moment]) -> tuple[Moment, Deed]:
        """Act on the verdict, as long as it is the verdict: what was judged may have become somebody else's. `again`
        looks and judges once more.
        """
        why = ""
        for _ in range(_ATTEMPTS):
            if not calls_for_action(moment):
                return moment, Deed(Action.NONE, "left as it is")
            if self._orders.on_failure is OnFailure.NONE:
                return moment, Deed(Action.NONE, "left as it is, as told (--on-failure=none)")
            self._eyes.check()
            self.left = AS_IT_IS
            try:
                return moment, self._act(moment)
            except AgainError as error:
                self._eyes.say(Step.AGAIN, error.sentence)
                self._eyes.pause(AGAIN)
                later = again(moment)
                if later.judged.outcome is Outcome.SUPERSEDED and later.seen.revision == self._eyes.stable:
                    # The write whose answer got lost was done after all.
                    return moment, self._followed_back(later.seen.generation, "went back")
                moment, why = later, error.sentence
        return moment, self._not_done(why, Exit.UNKNOWN)

    def _act(self, moment: Moment) -> Deed:
        """Plan and do it, if all is still as it was judged; AgainError when it is not, or did not get through."""
        try:
            known = facts(self._connection, self._request(), self._now)
            meta = known.object["metadata"]
            if meta.get("uid") != moment.seen.uid or meta.get("generation", 0) != moment.seen.generation:
                raise AgainError("it has changed since the verdict: looking again before anything is done")
            planned = plan(self._request(), known, self._now())
            if isinstance(planned, Refusal):
                return self._not_done(planned.why, Exit.REFUSED if known.denied else None)
            if planned.is_nothing and self._orders.on_failure is OnFailure.PAUSE and known.is_paused:
                return Deed(Action.PAUSED, "it stays paused")
            if planned.is_nothing:
                return self._not_done(planned.nothing, None)
            return self._done(planned, moment.seen.generation + 1)
        except ConflictError as error:
            raise AgainError(error.sentence) from error
        except (RefusedError, ForbiddenError, UnauthorizedError) as error:
            return self._not_done(error.sentence, Exit.REFUSED)
        except ApiError as error:
            raise AgainError(f"not done yet: {error.sentence}") from error

    def _done(self, planned: Plan, generation: int) -> Deed:
        """Send it. `generation` is the one that it makes, should the answer not tell."""
        self._eyes.say(Step.ACTING, planned.sentence)
        began = self._now()
        self.left = f"it was about to {planned.sentence}; whether it did is not known, so look before repeating it"
        applied = apply(planned, self._connection, journal=self._journal, now=self._now)
        generation = applied.generation or generation
        if applied.lost:
            self._eyes.say(Step.ACTING, applied.lost)
        self._eyes.say(Step.ACTED, planned.done)
        if self._orders.on_failure is OnFailure.PAUSE:
            self.left = "the rollout stays paused"
            return Deed(Action.PAUSED, planned.sentence, took=(self._now() - began).total_seconds())
        return self._followed_back(generation, planned.sentence)

    def _request(self) -> WorkloadRequest:
        if self._orders.on_failure is OnFailure.PAUSE:
            return Pause(self._ref)
        if self._orders.way_back is not None:
            return self._orders.way_back
        if self._eyes.stable:
            return Undo(self._ref, recorded=self._eyes.stable)
        return Abort(self._ref) if self._ref.kind == Kind.DEPLOYMENT else Undo(self._ref)

    def _not_done(self, why: str, exit_code: Exit | None) -> Deed:
        word = {OnFailure.PAUSE: "paused"}.get(self._orders.on_failure, "rolled back")
        sentence = f"not {word}: {why}"
        self._eyes.say(Step.REFUSED, sentence)
        return Deed(Action.REFUSED, sentence, exit_code)

    def _followed_back(self, generation: int, sentence: str) -> Deed:
        """Wait until what was gone back to is fully available."""
        began = self._now()
        self.left = "the way back was asked for and goes on by itself"
        terms = Terms(restarts=self._orders.terms.restarts, soak=0, blocked=_CONDEMNED)
        moment = self._follow(Memory(), terms, began + timedelta(seconds=_WAY_BACK), generation)
        took = (self._now() - began).total_seconds()
        if moment.judged.outcome is Outcome.DONE:
            self._eyes.say(Step.RECOVERED, f"{moment.judged.sentence} again after {took:.1f} s")
            return Deed(Action.DONE, sentence, took=took)
        self._eyes.say(Step.REFUSED, f"the way back did not get there: {verdict_words(moment)}")
        return Deed(Action.FAILED, f"{sentence}, but: {verdict_words(moment)}", took=took)


def calls_for_action(moment: Moment) -> bool:
    """A failure, or time that ran out while it was seen that it was not done."""
    outcome = moment.judged.outcome
    return outcome is Outcome.FAILED or (moment.timed_out and outcome is Outcome.GOING)


def verdict_words(moment: Moment) -> str:
    """The verdict in one line."""
    if moment.timed_out:
        return "; ".join((f"not done in the time given: {moment.judged.sentence}", *moment.judged.watched))
    return moment.judged.sentence


def _kept(kept: evidence.Captured) -> str:
    if not kept.folder:
        return "; ".join(kept.missing)
    missing = f", {len(kept.missing)} could not be had (listed in timeline.md)" if kept.missing else ""
    return f"kept {len(kept.files)} files in {kept.folder}{missing}"
