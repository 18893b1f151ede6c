"""A canary from its first write to its report: follow, hold, measure, go on or back.

Blocking, in one thread. What comes next is `stepping`'s to say, what is written is `owning`'s, what is done about a
failure the guard's hand.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from types import TracebackType

from msgspec import structs

from kubectl_goweb.actions.apply import Applied
from kubectl_goweb.actions.canary import stepping
from kubectl_goweb.actions.canary.comparing import Comparison, compare
from kubectl_goweb.actions.canary.owning import Hold
from kubectl_goweb.actions.canary.stepping import Move, Next, Pace, Stage, State
from kubectl_goweb.actions.canary.telling import End, Measurer, Report, StepReport, end_of
from kubectl_goweb.actions.canary.wording import commands, step_judged, ways_on
from kubectl_goweb.actions.guard import evidence
from kubectl_goweb.actions.guard.acting import Actor, Deed, calls_for_action, verdict_words
from kubectl_goweb.actions.guard.following import Follower, LeftError, Moment
from kubectl_goweb.actions.guard.judging import Memory, Outcome
from kubectl_goweb.actions.guard.orders import Orders
from kubectl_goweb.actions.guard.telling import Action, Step, Teller
from kubectl_goweb.actions.guard.terms import Terms
from kubectl_goweb.actions.guard.watch import Watch
from kubectl_goweb.actions.journal import Journal
from kubectl_goweb.actions.requests import Pause, Resume, Undo
from kubectl_goweb.errors import Exit, GowebError, RefusedError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.objects import Pod
from kubectl_goweb.status.verdicts import Ref


class Canary:
    """A `with` block around the first write, so that nothing is missed that follows it; then run() once."""

    def __init__(
        self,
        connection: Connection,
        ref: Ref,
        orders: Orders,
        teller: Teller,
        measurer: Measurer,
        *,
        now: Callable[[], datetime],
        journal: Journal | None,
    ) -> None:
        self._connection = connection
        self._ref = ref
        self._orders = orders
        self._measurer = measurer
        self._now = now
        self._journal = journal
        self._watch = Watch(connection, ref, now)
        self._eyes = Follower(self._watch, ref, teller, now)
        self._hold = Hold(connection, ref, self._eyes, now=now, journal=journal)
        self._hand = self._handed("")
        self._pace = Pace((), 0.0, "")
        self._state = stepping.begin(now())
        self._steps: list[StepReport] = []
        self._is_decided = False
        self._began = now()

    def __enter__(self) -> Canary:
        self._watch.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._measurer.rest()
        self._watch.__exit__(kind, error, trace)

    def _handed(self, stable: str) -> Actor:
        """What goes back to that ReplicaSet."""
        orders = structs.replace(self._orders, way_back=Undo(self._ref, recorded=stable, resumes=True))
        return Actor(
            self._connection,
            self._ref,
            orders,
            self._eyes,
            self._watch,
            self._eyes.until_final,
            now=self._now,
            journal=self._journal,
        )

    def run(self, applied: Applied, pace: Pace) -> Report:
        """Follow what was written until the end. KeyboardInterrupt leaves it held, and what leads on and back was said
        before it comes.
        """
        self._pace, self._eyes.stable, self._hand = pace, pace.stable, self._handed(pace.stable)
        self._hold.take(applied)
        try:
            return self._run()
        except (KeyboardInterrupt, LeftError):
            self._left()
            raise
        except BaseException:
            # Such as a reader that has gone: nobody is told, but nothing may roll on unwatched either.
            with suppress(GowebError, OSError):
                self._is_held()
            raise

    def _run(self) -> Report:
        self._began = self._now()
        self._state = stepping.begin(self._began)
        timeout = self._orders.timeout
        ends_at = self._began + timedelta(seconds=timeout) if timeout is not None else None
        self._eyes.say(Step.BEGAN, f"releasing {self._ref.short} in namespace {self._ref.namespace} step by step")
        self._hold.look()
        try:
            moment = self._until_decided(ends_at)
        except RefusedError as error:
            self._eyes.say(Step.REFUSED, error.sentence)
            moment = self._eyes.look(Memory(), self._terms(), None)
            return self._report(moment, End.REFUSED, error.sentence)
        self._measurer.rest()
        self._is_decided = True
        if moment.judged.outcome is Outcome.GOING and not moment.timed_out:
            sentence = f"cannot tell whether it is good, so it is not promoted: {self._steps[-1].comparison.sentence}"
            self._eyes.say(Step.VERDICT, sentence)
            return self._report(moment, End.HELD, sentence)
        return self._concluded(moment)

    # --- step by step

    def _until_decided(self, ends_at: datetime | None) -> Moment:
        """The look that ends it: final, out of time, or (still going) with nothing that can be compared."""
        memory, pace = Memory(), self._pace
        while True:
            state = self._state
            due = stepping.bakes_until(state, pace)
            seen = self._eyes.look(memory, self._terms(), ends_at, self._hold.generation, due=due)
            seen = self._hold.checked(seen)
            compared = self._compared(seen, due) if state.stage is Stage.BAKING else None
            generation = self._hold.generation
            ahead = stepping.advance(state, seen.seen, seen.judged, compared, pace, generation=generation)
            is_over = seen.timed_out and not ahead.judged.outcome.is_final
            moment = structs.replace(seen, judged=ahead.judged, timed_out=is_over)
            self._eyes.tell(moment, ends_at, notes=_notes(compared, due, moment.seen.at))
            if compared is not None and ahead.is_compared:
                self._note(moment, state, compared)
            if moment.timed_out or ahead.move in (Move.END, Move.HOLD):
                return moment
            memory = moment.after
            self._state = self._moved(ahead, moment)

    def _terms(self) -> Terms:
        return structs.replace(self._orders.terms, is_held=self._hold.is_paused)

    def _moved(self, ahead: Next, moment: Moment) -> State:
        """Do what is to be done; the state after it, or the one before when it did not get through."""
        before, eyes, pace = self._state, self._eyes, self._pace
        match ahead.move:
            case Move.PAUSE:
                if not self._hold.written(Pause(self._ref)):
                    return before
                made = stepping.numbers(moment.seen)
                words = f"paused with {made.new} new and {made.old} old Pods"
                eyes.say(Step.HELD, f"{stepping.step_words(before, pace)}: {words}")
                return stepping.held(ahead.state, self._now())
            case Move.MEASURE:
                eyes.say(Step.HELD, ahead.judged.sentence)
                self._measurer.begin(*_pods(moment))
            case Move.RESUME:
                if not self._hold.written(Resume(self._ref)):
                    return before
                self._measurer.rest()
                after = stepping.resumed(ahead.state, moment.seen, pace)
                onward = stepping.step_words(after, pace) if after.stage is Stage.ROLLING else "all Pods"
                eyes.say(Step.ACTED, f"resumed, on to {onward}")
                return after
            case Move.MISS:
                eyes.say(Step.HELD, "not held: every old Pod was replaced before, and nothing can be compared")
            case _:
                pass
        return ahead.state

    def _compared(self, moment: Moment, due: datetime | None) -> Comparison:
        is_last = due is not None and moment.seen.at >= due
        return compare(self._measurer.measured(is_last=is_last), sum(pod.ends for pod in moment.seen.pods))

    def _note(self, moment: Moment, state: State, compared: Comparison) -> None:
        """Keep and tell what came of a step."""
        step = self._pace.steps[state.step]
        one = StepReport(
            step.said,
            step.pods(moment.seen.workload.counts.desired if moment.seen.workload else 0),
            stepping.numbers(moment.seen),
            stepping.weight_of(moment.seen),
            round((moment.seen.at - state.since).total_seconds(), 2),
            compared,
        )
        if self._steps and self._steps[-1].step == one.step:
            self._steps.pop()  # what followed from it did not get through
        self._steps.append(one)
        self._eyes.say(Step.COMPARED, f"{stepping.step_words(state, self._pace)}: {step_judged(one)}")

    # --- the end

    def _concluded(self, moment: Moment) -> Report:
        """Say the verdict, do what it calls for, and report."""
        took = (self._now() - self._began).total_seconds()
        fetched = self._hand.fetch(moment) if calls_for_action(moment) else None
        self._eyes.say(Step.VERDICT, verdict_words(moment))
        deed = Deed()
        if fetched is not None:
            more = {"canary.json": evidence.document(self._steps)}
            self._hand.keep(moment, fetched, more)
            self._hand.say_kept()
            moment, deed = self._hand.acted(moment, self._again)
            self._hand.keep(moment, fetched, more)
        end = End.TIMED_OUT if moment.timed_out else end_of(moment.judged.outcome)
        return self._report(moment, end, verdict_words(moment), deed, took)

    def _again(self, moment: Moment) -> Moment:
        """The same verdict on what is there now, unless it has become somebody else's."""
        later = self._eyes.look(moment.before, self._terms(), None, self._hold.generation)
        later = self._hold.checked(later)
        if later.judged.outcome.is_final:
            return later
        return structs.replace(later, judged=moment.judged, timed_out=moment.timed_out)

    def _report(self, moment: Moment, end: End, sentence: str, deed: Deed | None = None, took: float = 0.0) -> Report:
        deed = deed or Deed()
        workload, is_back = moment.seen.workload, deed.action in (Action.DONE, Action.FAILED)
        is_paused = deed.action is Action.PAUSED or (workload is not None and workload.paused and not is_back)
        code = deed.exit_code if deed.exit_code is not None else end.exit_code
        if end is End.PROMOTED and not self._steps and not self._pace.promotes_unknown:
            code = Exit.UNKNOWN
        return Report(
            target=self._ref,
            end=end,
            sentence=sentence,
            code=moment.judged.code,
            pods=moment.judged.pods,
            exit_code=code,
            revision=moment.after.number,
            steps=tuple(self._steps),
            is_paused=is_paused,
            action=deed.action,
            acted=deed.sentence,
            available=self._watch.available,
            evidence=self._hand.captured,
            took=round(took or (self._now() - self._began).total_seconds(), 2),
            way_back_took=round(deed.took, 2),
            commands=commands(self._ref) if is_paused and end is not End.SUPERSEDED else (),
        )

    def _is_held(self) -> bool:
        """Hold it, if it is on its way to a step; whether it is held now."""
        if self._is_decided or self._state.stage is Stage.FINISHING:
            return False
        return self._hold.is_paused or self._hold.written(Pause(self._ref))

    def _left(self) -> None:
        """Interrupted: hold what is under way to a step, for nobody would any more, and say what leads on and back."""
        say = self._eyes.say
        if self._is_decided:
            say(Step.INTERRUPTED, f"interrupted: {self._hand.left}")
            return
        if self._state.stage is Stage.FINISHING:
            say(Step.INTERRUPTED, f"interrupted: every step has passed, and {self._hand.left}")
            return
        try:
            is_held = self._is_held()
        except GowebError as error:
            say(Step.REFUSED, error.sentence)
            is_held = False
        how = "it stays paused" if is_held else "it could not be held, and may go on by itself"
        say(Step.INTERRUPTED, f"interrupted: {how}; {ways_on(self._ref)}")


def _notes(compared: Comparison | None, due: datetime | None, at: datetime) -> tuple[str, ...]:
    """What is measured so far, and how long it still goes on."""
    if compared is None or due is None:
        return ()
    left = max(0, math.ceil((due - at).total_seconds()))
    return (f"{left} s left", *(one.sentence for one in compared.measures))


def _pods(moment: Moment) -> tuple[list[Pod], list[Pod]]:
    """New and old ones that are ready; the others have nothing to say yet, or not any more."""
    seen, pods = moment.seen, moment.found.pods
    new = [pod.health for pod in seen.pods]
    return (
        [pods[f"{one.namespace}/{one.name}"] for one in new if one.is_ready],
        [pods[f"{one.namespace}/{one.name}"] for one in seen.old_pods if one.is_ready],
    )
