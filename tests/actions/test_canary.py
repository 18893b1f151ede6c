"""A canary's arithmetic, its comparison and its next step: tables, and films of a rollout a second a frame."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from kubectl_goweb.actions.canary.comparing import Comparison, Measured, Standing, compare
from kubectl_goweb.actions.canary.planning import stepwise
from kubectl_goweb.actions.canary.stepping import Move, Next, Pace, Stage, State, advance, begin, held, resumed
from kubectl_goweb.actions.canary.steps import Numbers, course, following, parse_steps, waits_at
from kubectl_goweb.actions.facts import Facts
from kubectl_goweb.actions.guard.judging import Judgement, Memory, Outcome, judge
from kubectl_goweb.actions.guard.sight import Sight, sight
from kubectl_goweb.actions.guard.terms import Terms
from kubectl_goweb.actions.plan import Plan, Refusal
from kubectl_goweb.actions.planning import plan
from kubectl_goweb.actions.requests import Abort, SetImage, Undo
from kubectl_goweb.errors import UsageError
from kubectl_goweb.status.overview import overview
from kubectl_goweb.status.probes.results import ProbeResult, Reason, Way
from kubectl_goweb.status.probes.sides import Side, side
from kubectl_goweb.status.service_metrics import ServiceMetrics
from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.status.workloads import Limits
from tests.actions import made
from tests.probing.results import result
from tests.status.objects import (
    NOW,
    Json,
    container,
    crashing_pod,
    deployment,
    pod_json,
    ready_pod,
    replica_set,
    running,
    snapshot,
)

WEB = Ref("Deployment", "web", "shop")

# --- steps


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "cannot be ''"),
        ("0", "cannot be '0'"),
        ("1,x", "cannot be 'x'"),
        ("-1", "cannot be '-1'"),
        ("100%", "all Pods are what comes after"),
        ("2,1", "do not grow"),
        ("50%,20%", "do not grow"),
        ("1,1", "do not grow"),
    ],
)
def test_steps_that_cannot_be_meant_are_refused(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        parse_steps(text)


def test_a_share_is_rounded_up_and_at_least_one_pod() -> None:
    (share,) = parse_steps("20%")
    assert [share.pods(desired) for desired in (1, 5, 6, 10)] == [1, 1, 2, 2]


@pytest.mark.parametrize(
    ("desired", "limits", "stops"),
    [
        (5, Limits(1, 0), [("1", 1, 5), ("50%", 3, 3)]),
        (4, Limits(0, 1), [("1", 1, 3), ("50%", 2, 2)]),
        (1, Limits(1, 0), [("1, 50%", 1, 1)]),
        (10, Limits(3, 2), [("1, 50%", 5, 8)]),
        (5, Limits(2, 1), [("1, 50%", 3, 4)]),
        (5, Limits(5, 0), [("1, 50%", 5, 5)]),
        (1, Limits(0, 1), []),
        (3, Limits(0, 3), []),
    ],
)
def test_where_the_controller_can_be_held(desired: int, limits: Limits, stops: list[tuple[str, int, int]]) -> None:
    found = course(parse_steps("1,50%"), desired, limits)
    assert [(one.said, one.numbers.new, one.numbers.old) for one in found] == stops


def test_it_waits_where_the_real_controller_does() -> None:
    """10 Pods, 25 %/25 %: (10,0) → (10,3) → (8,3) → (8,5), and with five available (3,10)."""
    limits = Limits(3, 2)
    first = waits_at(10, limits, Numbers(0, 10), 0)
    assert (first, waits_at(10, limits, first, 5)) == (Numbers(5, 8), Numbers(10, 3))


def test_steps_that_are_reached_already_are_passed_over() -> None:
    steps = parse_steps("1,2,50%")
    assert [following(steps, 10, new) for new in (0, 1, 3, 5)] == [0, 1, 2, None]


# --- comparing

GOOD = [result()] * 10
BAD = [result(success=False, reason=Reason.STATUS)]
BLIND = [result(success=None, reason=Reason.NOT_ALLOWED)]


def one(results: list[ProbeResult], name: str = "p") -> Side:
    return side({name: results}, ["GET :8080/"])


def slow(total: float, way: Way = Way.DIRECT) -> Side:
    return one([result(total=total, way=way)] * 10)


def late(count: int, of: int = 12) -> Side:
    """So many of so many took half a second."""
    return one([result(total=0.5)] * count + [result(total=0.2)] * (of - count))


def metrics(errors: float | None, p95: float | None = None, rate: float | None = 1.0) -> ServiceMetrics:
    return ServiceMetrics(WEB, "prom", "5m", request_rate=rate, error_ratio=errors, p95=p95)


FINE, WORSE, UNKNOWN = Standing.FINE, Standing.WORSE, Standing.UNKNOWN
OLD = one(GOOD)


@pytest.mark.parametrize(
    ("measured", "standing", "words"),
    [
        (
            Measured(one(GOOD), OLD),
            FINE,
            "10 of 10 probes went well on new Pods, 10 of 10 probes went well on old ones",
        ),
        (Measured(one(GOOD + BAD), OLD), FINE, "10 of 11"),
        (Measured(one(GOOD + BAD * 2), OLD), FINE, "10 of 12"),
        (Measured(one(GOOD + BAD * 3), OLD), WORSE, "10 of 13"),
        (Measured(one(GOOD * 6 + BAD * 3), OLD), FINE, "60 of 63"),
        (Measured(one(BAD * 3), OLD), WORSE, "0 of 3"),
        (Measured(one(BAD * 2), OLD), UNKNOWN, "tell nothing of new Pods"),
        (Measured(one(BAD * 9), one(BAD * 9)), UNKNOWN, "old Pods fail as well"),
        (Measured(one(GOOD + BAD * 5), one(GOOD + BAD * 5)), FINE, "10 of 15"),
        (Measured(one(BLIND * 9), OLD), UNKNOWN, "not-allowed"),
        (Measured(one(GOOD), side({})), UNKNOWN, "tell nothing of old Pods"),
        (Measured(why="no probe"), UNKNOWN, "nothing is probed: no probe"),
        (Measured(slow(0.5), slow(0.2)), WORSE, "p95 of probes 500 ms on new Pods, 200 ms on old ones"),
        (Measured(slow(0.5), slow(0.3)), FINE, "500 ms"),
        (Measured(late(2), slow(0.2)), FINE, "p95 of probes 500 ms"),
        (Measured(late(3), slow(0.2)), WORSE, "3 of 12 took more than 400 ms"),
        (Measured(late(3, of=40), slow(0.2)), FINE, "10 of 10"),
        (Measured(slow(0.09), slow(0.01)), FINE, "90 ms"),
        (Measured(slow(2.5, Way.API_PROXY), slow(0.2)), FINE, "10 of 10"),
        (Measured(one(GOOD), OLD, metrics=(metrics(0.2), metrics(0.01))), WORSE, "20.0% errors on new Pods, 1.0% on"),
        (
            Measured(one(GOOD), OLD, metrics=(metrics(0, 2), metrics(0, 0.5))),
            WORSE,
            "p95 of requests 2.0 s on new Pods",
        ),
        (Measured(one(GOOD), OLD, metrics=(metrics(0.2, rate=0.05), metrics(0))), FINE, "10 of 10"),
        (Measured(why="no", metrics=(metrics(0.2, rate=0.05), metrics(0))), UNKNOWN, "too few requests: 15"),
        (Measured(why="no probe", metrics=(metrics(0.01), metrics(0.01))), FINE, "1.0% errors on new Pods"),
        (Measured(one(GOOD), OLD, metrics=(metrics(None), metrics(0))), FINE, "10 of 10"),
        (Measured(one(GOOD), OLD, metrics=(metrics(None), metrics(0)), needs_metrics=True), UNKNOWN, "nothing of new"),
        (Measured(one(GOOD), OLD, no_metrics="it refused", needs_metrics=True), UNKNOWN, "no metrics: it refused"),
        (Measured(one(GOOD), OLD, no_metrics="it refused"), FINE, "10 of 10"),
    ],
)
def test_new_pods_are_measured_by_the_old_ones(measured: Measured, standing: Standing, words: str) -> None:
    found = compare(measured, 0)
    assert (found.standing, words in found.sentence) == (standing, True), found.sentence


def test_pods_that_only_fail_need_no_more_time_and_are_named() -> None:
    found = compare(Measured(one(BAD * 5, "web-new"), OLD), 0)
    assert (found.is_certain, found.pods) == (True, ("web-new",))
    assert not compare(Measured(one(BAD * 5), one(GOOD + BAD)), 0).is_certain, "old ones fail, too: more time may tell"
    assert not compare(Measured(one(GOOD + BAD * 5), OLD), 0).is_certain


# --- stepping

PACE = Pace(parse_steps("1,50%"), bake=10, stable="rs1", settle=60)


def seen(
    at: float,
    new: int = 1,
    old: int = 5,
    *,
    ready: int = 0,
    desired: int = 5,
    observed: int = 4,
    paused: bool = True,
    crash: bool = False,
    reason: str = "DeploymentPaused",
) -> Sight:
    """So many new and old Pods after so many seconds; generation 4."""
    head = deployment(
        desired=desired, existing=new + old, updated=new, ready=old + ready, paused=paused, reason=reason,
        revision=2 if new else 1, generation=4, observed=observed,
    )  # fmt: skip
    sets = [replica_set("rs1", 1, replicas=old, ready=old)]
    pods: list[Json] = [ready_pod(f"old-{n}", "rs1", "rs1") for n in range(old)]
    if new:
        sets.append(replica_set("rs2", 2, replicas=new, ready=ready))
        unready = crashing_pod if crash else starting_pod
        pods += [(ready_pod if n < ready else unready)(f"new-{n}", "rs2", "rs2") for n in range(new)]
    found = snapshot((head,), tuple(sets), tuple(pods))
    return sight(found, overview(found, NOW + timedelta(seconds=at)), WEB)


def starting_pod(name: str, owner: str, label: str) -> Json:
    """It runs and is not ready."""
    return pod_json(
        container("web", running(seconds=1)),
        name=name,
        owner=owner,
        labels={"pod-template-hash": label},
        conditions={"Ready": "False"},
    )


GOING = Judgement(Outcome.GOING, "")


def after(seconds: float, stage: Stage, step: int = 0, breaks: int = 0, pods: int = 0) -> State:
    """While it bakes: with the first new Pod and so many old ones compared."""
    names = frozenset(("new-0", *(f"old-{n}" for n in range(pods)))) if pods else frozenset[str]()
    return State(stage, step, NOW + timedelta(seconds=seconds), breaks, names)


def compared(standing: Standing, *, is_certain: bool = False) -> Comparison:
    return Comparison(standing, "probes", is_certain=is_certain, pods=("new-0",))


def ahead(state: State, what: Sight, how: Comparison | None = None, judged: Judgement = GOING, **pace: Any) -> Next:
    return advance(state, what, judged, how, msgspec.structs.replace(PACE, **pace), generation=4)


def test_it_is_held_as_soon_as_the_pods_of_the_step_are_made() -> None:
    state = begin(NOW)
    assert ahead(state, seen(0, 0, paused=False)).move is Move.WAIT, "the controller has not begun"
    found = ahead(state, seen(1, 1, paused=False))
    assert (found.move, found.judged.sentence) == (Move.PAUSE, "step 1 of 2 (1): 1 of 1 new Pods are made")
    second = ahead(after(0, Stage.ROLLING, 1), seen(1, 2, 4, paused=False))
    assert (second.move, second.judged.sentence) == (Move.WAIT, "step 2 of 2 (50%): 2 of 3 new Pods are made")
    assert held(found.state, NOW) == after(0, Stage.SETTLING)


def test_nothing_follows_from_what_was_before_our_write() -> None:
    assert ahead(begin(NOW), seen(1, 1, observed=3, paused=False)).move is Move.WAIT
    assert advance(begin(NOW), seen(1, 1, paused=False), GOING, None, PACE, generation=5).move is Move.WAIT


def test_they_are_compared_once_all_are_available_and_for_as_long_as_told() -> None:
    state = after(0, Stage.SETTLING)
    assert ahead(state, seen(3)).judged.sentence == "step 1 of 2 (1): 0 of 1 new Pods are available"
    found = ahead(state, seen(4, ready=1))
    assert (found.move, found.state) == (Move.MEASURE, after(4, Stage.BAKING, pods=5))
    assert "1 of 6 Pods serves the new revision (17 %)" in found.judged.sentence
    assert ahead(found.state, seen(13, ready=1), compared(FINE)).move is Move.WAIT
    assert ahead(found.state, seen(14, ready=1), compared(FINE)).move is Move.RESUME


@pytest.mark.parametrize(
    ("how", "pace", "move", "outcome"),
    [
        (compared(FINE), {}, Move.RESUME, Outcome.GOING),
        (compared(WORSE), {}, Move.END, Outcome.FAILED),
        (compared(UNKNOWN), {}, Move.HOLD, Outcome.GOING),
        (compared(UNKNOWN), {"promotes_unknown": True}, Move.RESUME, Outcome.GOING),
        (compared(WORSE), {"promotes_unknown": True}, Move.END, Outcome.FAILED),
    ],
)
def test_what_comes_of_a_comparison(how: Comparison, pace: dict[str, Any], move: Move, outcome: Outcome) -> None:
    found = ahead(after(0, Stage.BAKING), seen(10, ready=1), how, **pace)
    assert (found.move, found.judged.outcome, found.is_compared) == (move, outcome, True)


def test_what_is_certain_is_not_waited_for() -> None:
    found = ahead(after(0, Stage.BAKING), seen(2, ready=1), compared(WORSE, is_certain=True))
    assert (found.move, found.judged.pods) == (Move.END, ("new-0",))


def test_a_pod_that_is_not_ready_any_more_begins_the_comparison_anew_and_the_third_time_ends_it() -> None:
    found = ahead(after(0, Stage.BAKING, pods=5), seen(5), compared(FINE))
    assert (found.move, found.state.stage, found.state.breaks) == (Move.WAIT, Stage.SETTLING, 1)
    again = ahead(found.state, seen(8, ready=1)).state
    assert (again.stage, again.breaks) == (Stage.BAKING, 1)
    last = ahead(after(0, Stage.BAKING, breaks=2, pods=5), seen(5), compared(FINE))
    assert (last.judged.outcome, last.judged.code) == (Outcome.FAILED, "GW-POD-NOT-READY")


def test_scaling_is_no_fault_of_new_pods() -> None:
    up = ahead(after(0, Stage.BAKING, pods=5), seen(5, 2, 7, ready=1, desired=8), compared(FINE))
    assert (up.move, up.state.stage) == (Move.WAIT, Stage.BAKING), "the new one that starts is not compared yet"
    down = ahead(after(0, Stage.BAKING, pods=5), seen(5, 1, 3, ready=1, desired=3), compared(WORSE, is_certain=True))
    assert (down.state.stage, down.state.breaks) == (Stage.SETTLING, 0), "what is gone answers nobody"


def test_the_progress_deadline_runs_while_it_is_held() -> None:
    assert ahead(after(0, Stage.SETTLING), seen(59)).move is Move.WAIT
    late = ahead(after(0, Stage.SETTLING), seen(60))
    assert (late.judged.outcome, late.judged.code) == (Outcome.FAILED, "GW-ROLLOUT-DEADLINE")
    assert ahead(after(0, Stage.SETTLING), seen(9999), settle=None).move is Move.WAIT


def test_in_the_dark_nothing_is_compared_and_it_begins_anew() -> None:
    dark = Judgement(Outcome.BLIND, "pods stale")
    found = ahead(after(0, Stage.BAKING), seen(10, ready=1), compared(FINE), dark)
    assert (found.move, found.state.stage, found.state.breaks) == (Move.WAIT, Stage.SETTLING, 0)


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.SUPERSEDED, Outcome.PAUSED, Outcome.HIDDEN])
@pytest.mark.parametrize("stage", list(Stage))
def test_a_guards_verdict_ends_it_at_any_stage(outcome: Outcome, stage: Stage) -> None:
    judged = Judgement(outcome, "so it is")
    found = ahead(after(0, stage), seen(10, ready=1), compared(FINE), judged)
    assert (found.move, found.judged) == (Move.END, judged)


def test_after_the_last_step_comes_the_rest_and_steps_that_are_reached_are_passed_over() -> None:
    state = after(0, Stage.BAKING)
    assert resumed(state, seen(10, 1, ready=1), PACE) == after(10, Stage.ROLLING, 1)
    assert resumed(state, seen(10, 3, 3, ready=3), PACE) == after(10, Stage.FINISHING)


def test_a_rollout_that_was_over_before_it_could_be_held_is_said_to_be() -> None:
    found = ahead(begin(NOW), seen(1, 5, 0, ready=5, paused=False, reason="NewReplicaSetAvailable"))
    assert (found.move, found.state.stage) == (Move.MISS, Stage.FINISHING)


def test_a_held_rollout_is_judged_by_who_holds_it_and_left_by_others() -> None:
    crashing = seen(5, ready=0, crash=True)
    ours = judge(Memory(), crashing, Terms(is_held=True))[1]
    assert (ours.outcome, ours.code) == (Outcome.FAILED, "GW-POD-CRASHLOOP")
    assert judge(Memory(), crashing, Terms())[1].outcome is Outcome.PAUSED


# --- planning

ONE, TWO, THREE = made.template("web:1"), made.template("web:2"), made.template("web:3")
SERVING = made.replica_set(2, TWO, pods=5)
DONE = made.facts(made.deployment(TWO, surge=1, unavailable=0), made.replica_set(1, ONE), SERVING)
HELD = made.facts(
    made.deployment(
        THREE, paused=True, reason="DeploymentPaused",
        status={"replicas": 6, "updatedReplicas": 1, "readyReplicas": 6, "availableReplicas": 6},
    ),
    made.replica_set(1, ONE), SERVING, made.replica_set(3, THREE, pods=1),
)  # fmt: skip
WANTED = SetImage(WEB, {"web": "web:3"})


def canary(known: Facts, wanted: SetImage = WANTED) -> Plan | Refusal:
    planned = plan(wanted, known, NOW)
    assert isinstance(planned, Plan)
    return stepwise(planned, known, parse_steps("1,50%"), 60)


def test_the_plan_tells_each_stop_as_the_strategy_will_have_it() -> None:
    planned = canary(DONE)
    assert isinstance(planned, Plan)
    assert planned.sentence == "roll out web=web:3 in deploy/web step by step: 2 stops, each compared for 60 s"
    assert planned.notes[:2] == (
        "stop 1 (step 1): 1 new and 5 old Pods, 17 % new",
        "stop 2 (step 50%): 3 new and 3 old Pods, 50 % new",
    )
    coarse = canary(made.facts(made.deployment(TWO), SERVING))
    assert isinstance(coarse, Plan)
    assert coarse.notes[0] == "stop 1 (step 1, 50%): 3 new and 4 old Pods, 43 % new"
    assert "maxSurge 2 and maxUnavailable 1 let the controller replace that many at once" in coarse.notes[1]


def facts(*, surge: int = 1, unavailable: int = 0, sets: tuple[Json, ...] = (SERVING,), **more: Any) -> Facts:
    return made.facts(made.deployment(TWO, surge=surge, unavailable=unavailable, **more), *sets)


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (facts(paused=True), "it is paused"),
        (facts(status=made.MID, reason="ReplicaSetUpdated"), "a rollout is under way"),
        (facts(replicas=0), "it has no Pods to compare with"),
        (facts(strategy={"type": "Recreate"}), "its strategy ends every old Pod"),
        (facts(sets=()), "is not to be seen"),
        (facts(replicas=1, surge=0, unavailable=1), "makes 1 of 1 Pods new at once and leaves 0 old ones"),
    ],
    ids=["paused", "under way", "no Pods", "Recreate", "no ReplicaSet", "no old Pod left"],
)
def test_what_cannot_be_released_step_by_step_is_refused_with_the_reason(known: Facts, why: str) -> None:
    refused = canary(known)
    assert isinstance(refused, Refusal)
    assert why in refused.why


def test_what_replaces_no_pod_is_no_canary_but_one_that_is_held_is_not_called_done() -> None:
    nothing = canary(DONE, SetImage(WEB, {"web": "web:2"}))
    assert isinstance(nothing, Plan)
    assert nothing.is_nothing
    held = canary(HELD, SetImage(WEB, {"web": "web:3"}))
    assert isinstance(held, Refusal)
    assert held.why == "it is paused"


def test_an_abort_ends_the_pause_in_the_same_write_and_an_undo_only_when_told() -> None:
    for request in (Abort(WEB), Undo(WEB, recorded="web-h2", resumes=True)):
        planned = plan(request, HELD, NOW)
        assert isinstance(planned, Plan)
        (write,) = planned.writes
        operations = msgspec.json.decode(write.body)
        assert operations[2] == {"op": "replace", "path": "/spec/template", "value": TWO}
        assert operations[-1] == {"op": "remove", "path": "/spec/paused"}
        assert planned.stays == "it is not paused any more"
    refused = plan(Undo(WEB), HELD, NOW)
    assert isinstance(refused, Refusal)
    assert refused.hint.endswith("or go back at once: kubectl goweb abort deployment/web")
