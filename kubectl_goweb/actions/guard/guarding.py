"""A guard from its begin to its report: follow, keep the evidence, act by policy, follow the way back.

Blocking, in one thread. What is seen comes from the watch, what is done is `acting`'s. The verdict is `judging`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from kubectl_goweb.actions.apply import ConflictError, apply
from kubectl_goweb.actions.guard.acting import AGAIN, Actor, Deed, calls_for_action, verdict_words
from kubectl_goweb.actions.guard.following import Follower, LeftError, Moment
from kubectl_goweb.actions.guard.judging import Memory
from kubectl_goweb.actions.guard.orders import Orders
from kubectl_goweb.actions.guard.telling import Report, Step, Teller
from kubectl_goweb.actions.guard.terms import OnFailure, Terms
from kubectl_goweb.actions.guard.unblocking import blocking_pod, plan_unblocking
from kubectl_goweb.actions.guard.watch import Watch
from kubectl_goweb.actions.journal import Journal
from kubectl_goweb.errors import ApiError, ForbiddenError, NotFoundError, RefusedError, UnauthorizedError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.objects import Pod
from kubectl_goweb.status.verdicts import Ref


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
        self._hand = Actor(
            connection, ref, orders, self._eyes, self._watch, self._until_final, now=now, journal=journal
        )

    def run(self) -> Report:
        """Follow, judge, keep, act. KeyboardInterrupt and LeftError leave everything as it is, and that was said before
        they come. NotFoundError when there is no such workload.
        """
        try:
            with self._watch:
                return self._run()
        except (KeyboardInterrupt, LeftError):
            self._eyes.say(Step.INTERRUPTED, f"interrupted: {self._hand.left}")
            raise

    def leave(self) -> None:
        """Leave everything as it is, from any thread: run() ends with LeftError, a write under way with its answer."""
        self._eyes.leave()

    def _run(self) -> Report:
        eyes, hand, orders, began = self._eyes, self._hand, self._orders, self._now()
        ends_at = began + timedelta(seconds=orders.timeout) if orders.timeout is not None else None
        eyes.say(Step.BEGAN, f"guarding {self._ref.short} in namespace {self._ref.namespace}")
        moment = self._until_final(Memory(), orders.terms, ends_at)
        after = (self._now() - began).total_seconds()
        fetched, took, deed = None, 0.0, Deed()
        if calls_for_action(moment):
            fetched = hand.fetch(moment)
            moment = eyes.with_logs(moment, fetched.tails, orders.terms)
        eyes.say(Step.VERDICT, verdict_words(moment))
        if fetched is not None:
            hand.keep(moment, fetched)
            took = (self._now() - began).total_seconds() - after
            hand.say_kept()
            moment, deed = hand.acted(moment, lambda one: self._until_final(one.before, orders.terms, ends_at))
            hand.keep(moment, fetched)
        return Report(
            target=self._ref,
            outcome=moment.judged.outcome,
            sentence=verdict_words(moment),
            code=moment.judged.code,
            pods=moment.judged.pods,
            exit_code=deed.exit_code if deed.exit_code is not None else moment.judged.outcome.exit_code,
            timed_out=moment.timed_out,
            revision=moment.after.number,
            action=deed.action,
            acted=deed.sentence,
            available=self._watch.available,
            evidence=hand.captured,
            verdict_after=round(after, 2),
            capture_took=round(took, 2),
            way_back_took=round(deed.took, 2),
        )

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
            self._eyes.pause(AGAIN)
            memory = moment.before

    def _unblocked(self, pod: Pod, moment: Moment, deleted: dict[str, str]) -> bool:
        """Delete it, after its last words were kept; whether to look again. What is refused is told with the line that
        does it by hand.
        """
        if self._hand.captured is None:
            self._hand.keep(moment, self._hand.fetch(moment))
            self._hand.say_kept()
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
