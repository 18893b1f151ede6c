"""What a canary does next: `advance(state, sight, judged, compared, pace)`, a fold over what is seen. Pure; the time is
the sight's.

Rolling (the controller makes the step's Pods) → settling (held; they are not all available yet) → baking (they are, and
are compared) → the next step, and after the last one finishing, which is a guarded rollout like any other.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from msgspec import Struct, structs

from kubectl_goweb.actions.canary.comparing import Comparison, Standing
from kubectl_goweb.actions.canary.steps import Numbers, Step, following
from kubectl_goweb.actions.guard.judging import Judgement, Outcome
from kubectl_goweb.actions.guard.sight import Sight
from kubectl_goweb.status.diagnosis.codes import Code
from kubectl_goweb.status.verdicts import Phase
from kubectl_goweb.status.weight import Weight
from kubectl_goweb.status.workloads import Revision

_BREAKS = 3
"""As often new Pods may stop to be ready while they are compared, and it has failed; before, it begins anew."""


class Stage(StrEnum):
    ROLLING = "rolling"
    SETTLING = "settling"
    BAKING = "baking"
    FINISHING = "finishing"


class Move(StrEnum):
    """What is to be done now."""

    WAIT = "wait"
    PAUSE = "pause"
    MEASURE = "measure"
    """The comparison begins."""
    RESUME = "resume"
    HOLD = "hold"
    """Nothing is known: it stays paused, and somebody has to decide."""
    MISS = "miss"
    """The rollout was over before it could be held: the rest is a guard's."""
    END = "end"
    """The judgement is final: done, failed, or somebody else's."""


class Pace(Struct, frozen=True):
    """What the canary is told."""

    steps: tuple[Step, ...]
    bake: float
    """Seconds for which new Pods are compared, all of them available without a break."""
    stable: str
    """The ReplicaSet that served before."""
    promotes_unknown: bool = False
    """Go on where nothing can be compared."""
    settle: float | None = None
    """Seconds the Pods of a step may take to be available once it is held: the progress deadline, which does not run
    while a Deployment is paused. None: as long as they like."""


class State(Struct, frozen=True):
    """Where it stands."""

    stage: Stage
    step: int
    """The one that is gone for or held at, from 0."""
    since: datetime
    """Of the stage."""
    breaks: int = 0
    """How often a Pod that is compared was not ready any more."""
    compared: frozenset[str] = frozenset()
    """Names of the Pods that are compared, new and old."""

    @property
    def is_held(self) -> bool:
        """Whether the Deployment is paused by us."""
        return self.stage in (Stage.SETTLING, Stage.BAKING)


class Next(Struct, frozen=True):
    state: State
    move: Move
    judged: Judgement
    """In the canary's words while it goes on."""
    is_compared: bool = False
    """The comparison has come to its end."""


def begin(at: datetime) -> State:
    """Right after the new template was written."""
    return State(Stage.ROLLING, 0, at)


def held(state: State, at: datetime) -> State:
    """The pause was written."""
    return State(Stage.SETTLING, state.step, at)


def resumed(state: State, sight: Sight, pace: Pace) -> State:
    """The pause was ended: the next step that is not reached yet, or the rest."""
    step = following(pace.steps, _desired(sight), numbers(sight).new)
    return State(Stage.ROLLING, step, sight.at) if step is not None else State(Stage.FINISHING, state.step, sight.at)


def numbers(sight: Sight) -> Numbers:
    """Pods that the ReplicaSets are to have now: what a step is counted by."""
    revisions = sight.workload.revisions if sight.workload else ()
    return Numbers(
        sum(one.desired for one in revisions if one.is_current),
        sum(one.desired for one in revisions if not one.is_current),
    )


def bakes_until(state: State, pace: Pace) -> datetime | None:
    """When the comparison is over; None while none is under way."""
    return state.since + timedelta(seconds=pace.bake) if state.stage is Stage.BAKING else None


def advance(
    state: State, sight: Sight, judged: Judgement, compared: Comparison | None, pace: Pace, *, generation: int = 0
) -> Next:
    """The next state and what is to be done. `compared` is asked for while it bakes. Before the controller has seen
    `generation`, our last write, nothing follows from what is seen.
    """
    if judged.outcome is Outcome.BLIND:
        # What the Pods did meanwhile is not known.
        is_baking = state.stage is Stage.BAKING
        return Next(structs.replace(state, stage=Stage.SETTLING) if is_baking else state, Move.WAIT, judged)
    if judged.outcome.is_final:
        return Next(state, Move.END, judged)
    if sight.generation < generation or not sight.is_observed:
        return Next(state, Move.WAIT, judged)
    match state.stage:
        case Stage.ROLLING:
            return _rolling(state, sight, judged, pace)
        case Stage.SETTLING:
            return _settling(state, sight, judged, pace)
        case Stage.BAKING:
            return _baking(state, sight, judged, compared, pace)
        case Stage.FINISHING:
            return Next(state, Move.WAIT, judged)
        case _:
            assert_never(state.stage)


def _rolling(state: State, sight: Sight, judged: Judgement, pace: Pace) -> Next:
    if sight.revision in ("", pace.stable):  # the controller has not begun with the new one
        return Next(state, Move.WAIT, judged)
    made, wanted = numbers(sight), pace.steps[state.step].pods(_desired(sight))
    if sight.workload and (sight.workload.rollout.phase is Phase.SUCCEEDED or not made.old):
        # It was faster than we: there is nothing left to be held, or to compare with.
        return Next(State(Stage.FINISHING, state.step, sight.at), Move.MISS, judged)
    words = f"{step_words(state, pace)}: {made.new} of {wanted} new Pods are made"
    return Next(state, Move.PAUSE if made.new >= wanted else Move.WAIT, _going(judged, words))


def _settling(state: State, sight: Sight, judged: Judgement, pace: Pace) -> Next:
    new = _new(sight)
    if new is None or not _is_available(new):
        took = (sight.at - state.since).total_seconds()
        available, wanted = (new.available, new.desired) if new else (0, 0)
        words = f"{step_words(state, pace)}: {available} of {wanted} new Pods are available"
        if pace.settle is not None and took >= pace.settle:
            why = f"{words} after {took:.0f} s, which is the progress deadline"
            return Next(state, Move.END, Judgement(Outcome.FAILED, why, Code.ROLLOUT_DEADLINE, _unready(sight)))
        return Next(state, Move.WAIT, _going(judged, words))
    baking = structs.replace(state, stage=Stage.BAKING, since=sight.at, compared=_ready(sight))
    return Next(baking, Move.MEASURE, _going(judged, _baking_words(baking, sight, pace)))


def _baking(state: State, sight: Sight, judged: Judgement, compared: Comparison | None, pace: Pace) -> Next:
    again = structs.replace(state, stage=Stage.SETTLING, since=sight.at)
    if not state.compared <= _there(sight):  # scaled down, evicted: nobody's fault, but it answers no more
        return Next(again, Move.WAIT, _going(judged, f"{step_words(state, pace)}: a Pod that was compared is gone"))
    if state.compared & set(_unready(sight)):
        if state.breaks + 1 >= _BREAKS:
            why = f"new Pods did not stay ready for {pace.bake:g} s, tried {_BREAKS} times"
            return Next(state, Move.END, Judgement(Outcome.FAILED, why, Code.POD_NOT_READY, _unready(sight)))
        again = structs.replace(again, breaks=state.breaks + 1)
        return Next(again, Move.WAIT, _going(judged, f"{step_words(state, pace)}: a new Pod is not ready any more"))
    is_over = (sight.at - state.since).total_seconds() >= pace.bake
    going = _going(judged, _baking_words(state, sight, pace))
    if compared is None or not (is_over or compared.is_certain):
        return Next(state, Move.WAIT, going)
    match compared.standing:
        case Standing.WORSE:
            why = f"new Pods are worse than old ones: {compared.sentence}"
            return Next(state, Move.END, Judgement(Outcome.FAILED, why, pods=compared.pods), is_compared=True)
        case Standing.FINE:
            return Next(state, Move.RESUME, going, is_compared=True)
        case Standing.UNKNOWN:
            move = Move.RESUME if pace.promotes_unknown else Move.HOLD
            return Next(state, move, going, is_compared=True)
        case _:
            assert_never(compared.standing)


def step_words(state: State, pace: Pace) -> str:
    """`step 1 of 2 (50%)`."""
    return f"step {state.step + 1} of {len(pace.steps)} ({pace.steps[state.step].said})"


def weight_of(sight: Sight) -> Weight:
    """How much of the service the new revision carries now."""
    revisions = sight.workload.revisions if sight.workload else ()
    new = sum(one.available for one in revisions if one.is_current)
    return Weight(new, sum(one.available for one in revisions))


def _baking_words(state: State, sight: Sight, pace: Pace) -> str:
    return f"{step_words(state, pace)}: {weight_of(sight).words}; compared for {pace.bake:g} s"


def _new(sight: Sight) -> Revision | None:
    revisions = sight.workload.revisions if sight.workload else ()
    return next((one for one in revisions if one.is_current), None)


def _is_available(one: Revision) -> bool:
    return one.existing == one.desired == one.available and one.desired > 0


def _ready(sight: Sight) -> frozenset[str]:
    new = (pod.health for pod in sight.pods)
    return frozenset(one.name for one in (*new, *sight.old_pods) if one.is_ready)


def _there(sight: Sight) -> frozenset[str]:
    return frozenset((*(pod.health.name for pod in sight.pods), *(one.name for one in sight.old_pods)))


def _unready(sight: Sight) -> tuple[str, ...]:
    return tuple(pod.health.name for pod in sight.pods if not pod.health.is_ready)


def _desired(sight: Sight) -> int:
    return sight.workload.counts.desired if sight.workload else 0


def _going(judged: Judgement, words: str) -> Judgement:
    return structs.replace(judged, sentence=words)
