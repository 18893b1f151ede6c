"""A guard from its begin to its report: follow, keep the evidence, act by policy, follow the way back.

Blocking, in one thread. What is seen comes from the watch, what is done goes through Plans. The verdict is `judging`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct

from kubectl_goweb.actions.apply import ConflictError, apply
from kubectl_goweb.actions.guard import evidence
from kubectl_goweb.actions.guard.following import Follower, LeftError, Moment
from kubectl_goweb.actions.guard.judging import Memory, Outcome
from kubectl_goweb.actions.guard.notes import timeline
from kubectl_goweb.actions.guard.orders import Orders
from kubectl_goweb.actions.guard.telling import Action, Report, Step, Teller
from kubectl_goweb.actions.guard.terms import OnFailure, Terms
from kubectl_goweb.actions.guard.unblocking import blocking_pod, plan_unblocking
from kubectl_goweb.actions.guard.watch import Watch
from kubectl_goweb.actions.journal import Journal
from kubectl_goweb.actions.plan import Plan, Refusal
from kubectl_goweb.actions.planning import plan
from kubectl_goweb.actions.prepare import facts
from kubectl_goweb.actions.requests import Abort, Pause, Undo, WorkloadRequest
from kubectl_goweb.errors import (
    ApiError,
    Exit,
    ForbiddenError,
    GowebError,
    NotFoundError,
    RefusedError,
    UnauthorizedError,
)
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.objects import Kind, Pod
from kubectl_goweb.status.verdicts import Ref

_AGAIN = 1.0
"""Seconds until what did not get through is tried again, after another look."""
_ATTEMPTS = 30
_WAY_BACK = 900.0
"""Seconds the old revision may take to be fully available again before the way back counts as failed."""
_AS_IT_IS = "the rollout goes on as it is"
_CONDEMNED = 3.0
"""Seconds that a Pod which has certainly failed may hold up the way back of its StatefulSet."""


class _Deed(Struct, frozen=True):
    """What was done about a failure."""

    action: Action = Action.NONE
    sentence: str = ""
    exit_code: Exit | None = None
    """When the deed decides it and not the verdict."""
    took: float = 0.0
    """Seconds until the way back was over."""


class _AgainError(GowebError):
    """It is not as it was judged, or the write did not get through: look and judge again."""


class Guard:
    """One rollout under guard: run() once."""

    def __init__(
        self,
        connection: Connection,
        ref: Ref,
        orders: Orders,
        teller: Teller,
        *,
        now: Callable[[], datetime],
        journal: Journal | None = None,
    ) -> None:
        self._connection = connection
        self._ref = ref
        self._orders = orders
        self._now = now
        self._journal = journal
        self._watch = Watch(connection, ref, now)
        self._eyes = Follower(self._watch, ref, teller, now)
        self._left = _AS_IT_IS
        """What becomes of things when the guard is interrupted now."""
        self._captured: evidence.Captured | None = None

    def run(self) -> Report:
        """Follow, judge, keep, act. KeyboardInterrupt and LeftError leave everything as it is, and that was said before
        they come. NotFoundError when there is no such workload.
        """
        try:
            with self._watch:
                return self._run()
        except (KeyboardInterrupt, LeftError):
            self._eyes.say(Step.INTERRUPTED, f"interrupted: {self._left}")
            raise

    def leave(self) -> None:
        """Leave everything as it is, from any thread: run() ends with LeftError, a write under way with its answer."""
        self._eyes.leave()

    def _run(self) -> Report:
        eyes, orders, began = self._eyes, self._orders, self._now()
        ends_at = began + timedelta(seconds=orders.timeout) if orders.timeout is not None else None
        eyes.say(Step.BEGAN, f"guarding {self._ref.short} in namespace {self._ref.namespace}")
        moment = self._until_final(Memory(), orders.terms, ends_at)
        after = (self._now() - began).total_seconds()
        fetched, took, deed = None, 0.0, _Deed()
        if _calls_for_action(moment):
            fetched = evidence.fetch(self._connection, moment.found, moment.seen, moment.judged)
            moment = eyes.with_logs(moment, fetched.tails, orders.terms)
        eyes.say(Step.VERDICT, _verdict(moment))
        if fetched is not None:
            self._captured = self._keep(moment, fetched)
            took = (self._now() - began).total_seconds() - after
            eyes.say(Step.EVIDENCE, _kept(self._captured))
            moment, deed = self._acted(moment, ends_at)
            self._captured = self._keep(moment, fetched)
        return Report(
            target=self._ref,
            outcome=moment.judged.outcome,
            sentence=_verdict(moment),
            code=moment.judged.code,
            pods=moment.judged.pods,
            exit_code=deed.exit_code if deed.exit_code is not None else moment.judged.outcome.exit_code,
            timed_out=moment.timed_out,
            revision=moment.after.number,
            action=deed.action,
            acted=deed.sentence,
            available=self._watch.available,
            evidence=self._captured,
            verdict_after=round(after, 2),
            capture_took=round(took, 2),
            way_back_took=round(deed.took, 2),
        )

    def _keep(self, moment: Moment, fetched: evidence.Fetched) -> evidence.Captured:
        """Write the folder, or write it anew with what has happened since."""
        findings = moment.seen.workload.findings if moment.seen.workload else ()
        more = {"findings.json": evidence.document(findings), "verdict.json": evidence.document(moment.judged)}
        kept = evidence.write(fetched, more, self._orders.evidence)
        told = timeline(moment.seen, moment.judged, self._eyes.happened, self._watch.available, kept)
        return evidence.with_file(kept, "timeline.md", told.encode())

    # --- a StatefulSet that its broken Pod holds up

    def _until_final(self, memory: Memory, terms: Terms, ends_at: datetime | None, generation: int = 0) -> Moment:
        """As the eyes tell; but a broken Pod of an older revision that alone holds up a StatefulSet is deleted, by the
        policy that takes back what fails, and then is looked again.
        """
        deleted: dict[str, str] = {}
        while True:
            moment = self._eyes.until_final(memory, terms, ends_at, generation)
            pod = blocking_pod(moment)
            if pod is None or moment.timed_out or self._orders.on_failure is not OnFailure.ROLLBACK:
                return moment
            uid = deleted.get(pod.name)
            if uid not in (None, pod.metadata.uid):
                return moment  # it came back as it was, as below a partition: once more would be no better
            if uid is None and not self._unblocked(pod, moment, deleted):
                return moment
            self._eyes.pause(_AGAIN)
            memory = moment.before

    def _unblocked(self, pod: Pod, moment: Moment, deleted: dict[str, str]) -> bool:
        """Delete it, after its last words were kept; whether to look again. What is refused is told with the line that
        does it by hand.
        """
        if self._captured is None:
            self._captured = self._keep(
                moment, evidence.fetch(self._connection, moment.found, moment.seen, moment.judged)
            )
            self._eyes.say(Step.EVIDENCE, _kept(self._captured))
        planned = plan_unblocking(pod, self._ref, self._connection.access.context)
        self._eyes.say(Step.ACTING, planned.sentence)
        try:
            apply(planned, self._connection, journal=self._journal, now=self._now)
        except (ConflictError, NotFoundError) as error:
            self._eyes.say(Step.AGAIN, error.sentence)
        except (RefusedError, ForbiddenError, UnauthorizedError) as error:
            self._eyes.say(Step.REFUSED, f"not deleted: {error.sentence}; to do it by hand: {planned.kubectl}")
            return False
        except ApiError as error:
            self._eyes.say(Step.AGAIN, f"not deleted yet: {error.sentence}")
        else:
            deleted[pod.name] = pod.metadata.uid
            self._eyes.say(Step.ACTED, f"{planned.done} Pod {pod.name}")
        return True

    # --- acting

    def _acted(self, moment: Moment, ends_at: datetime | None) -> tuple[Moment, _Deed]:
        """Act on the verdict, as long as it is the verdict: what was judged may have become somebody else's."""
        why = ""
        for _ in range(_ATTEMPTS):
            if not _calls_for_action(moment):
                return moment, _Deed(Action.NONE, "left as it is")
            if self._orders.on_failure is OnFailure.NONE:
                return moment, _Deed(Action.NONE, "left as it is, as told (--on-failure=none)")
            self._eyes.check()
            self._left = _AS_IT_IS
            try:
                return moment, self._act(moment)
            except _AgainError as error:
                self._eyes.say(Step.AGAIN, error.sentence)
                self._eyes.pause(_AGAIN)
                later = self._until_final(moment.before, self._orders.terms, ends_at)
                if later.judged.outcome is Outcome.SUPERSEDED and later.seen.revision == self._eyes.stable:
                    # The write whose answer got lost was done after all.
                    return moment, self._followed_back(later.seen.generation, "went back")
                moment, why = later, error.sentence
        return moment, self._not_done(why, Exit.UNKNOWN)

    def _act(self, moment: Moment) -> _Deed:
        """Plan and do it, if all is still as it was judged; _AgainError when it is not, or did not get through."""
        try:
            known = facts(self._connection, self._request(), self._now)
            meta = known.object["metadata"]
            if meta.get("uid") != moment.seen.uid or meta.get("generation", 0) != moment.seen.generation:
                raise _AgainError("it has changed since the verdict: looking again before anything is done")
            planned = plan(self._request(), known, self._now())
            if isinstance(planned, Refusal):
                return self._not_done(planned.why, Exit.REFUSED if known.denied else None)
            if planned.is_nothing:
                return self._not_done(planned.nothing, None)
            return self._done(planned, moment.seen.generation + 1)
        except ConflictError as error:
            raise _AgainError(error.sentence) from error
        except (RefusedError, ForbiddenError, UnauthorizedError) as error:
            return self._not_done(error.sentence, Exit.REFUSED)
        except ApiError as error:
            raise _AgainError(f"not done yet: {error.sentence}") from error

    def _done(self, planned: Plan, generation: int) -> _Deed:
        """Send it. `generation` is the one that it makes, should the answer not tell."""
        self._eyes.say(Step.ACTING, planned.sentence)
        began = self._now()
        self._left = f"it was about to {planned.sentence}; whether it did is not known, so look before repeating it"
        applied = apply(planned, self._connection, journal=self._journal, now=self._now)
        generation = applied.generation or generation
        if applied.lost:
            self._eyes.say(Step.ACTING, applied.lost)
        self._eyes.say(Step.ACTED, planned.done)
        if self._orders.on_failure is OnFailure.PAUSE:
            self._left = "the rollout stays paused"
            return _Deed(Action.PAUSED, planned.sentence, took=(self._now() - began).total_seconds())
        return self._followed_back(generation, planned.sentence)

    def _request(self) -> WorkloadRequest:
        if self._orders.on_failure is OnFailure.PAUSE:
            return Pause(self._ref)
        if self._orders.way_back is not None:
            return self._orders.way_back
        if self._eyes.stable:
            return Undo(self._ref, recorded=self._eyes.stable)
        return Abort(self._ref) if self._ref.kind == Kind.DEPLOYMENT else Undo(self._ref)

    def _not_done(self, why: str, exit_code: Exit | None) -> _Deed:
        word = {OnFailure.PAUSE: "paused"}.get(self._orders.on_failure, "rolled back")
        sentence = f"not {word}: {why}"
        self._eyes.say(Step.REFUSED, sentence)
        return _Deed(Action.REFUSED, sentence, exit_code)

    def _followed_back(self, generation: int, sentence: str) -> _Deed:
        """Wait until what was gone back to is fully available."""
        began = self._now()
        self._left = "the way back was asked for and goes on by itself"
        terms = Terms(restarts=self._orders.terms.restarts, soak=0, blocked=_CONDEMNED)
        moment = self._until_final(Memory(), terms, began + timedelta(seconds=_WAY_BACK), generation)
        took = (self._now() - began).total_seconds()
        if moment.judged.outcome is Outcome.DONE:
            self._eyes.say(Step.RECOVERED, f"{moment.judged.sentence} again after {took:.1f} s")
            return _Deed(Action.DONE, sentence, took=took)
        self._eyes.say(Step.REFUSED, f"the way back did not get there: {_verdict(moment)}")
        return _Deed(Action.FAILED, f"{sentence}, but: {_verdict(moment)}", took=took)


def _calls_for_action(moment: Moment) -> bool:
    """A failure, or time that ran out while it was seen that it was not done."""
    outcome = moment.judged.outcome
    return outcome is Outcome.FAILED or (moment.timed_out and outcome is Outcome.GOING)


def _verdict(moment: Moment) -> str:
    if moment.timed_out:
        return "; ".join((f"not done in the time given: {moment.judged.sentence}", *moment.judged.watched))
    return moment.judged.sentence


def _kept(kept: evidence.Captured) -> str:
    if not kept.folder:
        return "; ".join(kept.missing)
    missing = f", {len(kept.missing)} could not be had (listed in timeline.md)" if kept.missing else ""
    return f"kept {len(kept.files)} files in {kept.folder}{missing}"
