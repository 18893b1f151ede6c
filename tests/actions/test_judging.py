"""When a guard is certain: films of a rollout, a frame a second, and the second in which the verdict falls."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from kubectl_goweb.actions.guard.following import Moment
from kubectl_goweb.actions.guard.judging import Judgement, Memory, Outcome, judge
from kubectl_goweb.actions.guard.sight import sight
from kubectl_goweb.actions.guard.terms import Terms
from kubectl_goweb.actions.guard.unblocking import blocking_pod, plan_unblocking
from kubectl_goweb.objects import Feed, FeedState, Kind, Object, Snapshot
from kubectl_goweb.status.overview import overview
from kubectl_goweb.status.verdicts import Ref
from tests.status.objects import (
    NOW,
    Json,
    container,
    decoded,
    deployment,
    pod_json,
    ready_pod,
    replica_set,
    snapshot,
    waiting,
)

WEB = Ref("Deployment", "web", "shop")
OLD = tuple(ready_pod(f"old-{n}", "rs1", "rs1") for n in range(4))
SETS = (replica_set("rs2", 2, replicas=3, ready=0), replica_set("rs1", 1, replicas=4, ready=4))
GOING = deployment(existing=7, updated=3, ready=4, reason="ReplicaSetUpdated")
PROBE = {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1, "failureThreshold": 3}


def at(seconds: float) -> str:
    return (NOW + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def gone(code: int, seconds: float, reason: str = "Error") -> Json:
    return {"terminated": {"exitCode": code, "reason": reason, "finishedAt": at(seconds)}}


def runs(seconds: float) -> Json:
    return {"running": {"startedAt": at(seconds)}}


def new(*statuses: Json, name: str = "new-0", ready: bool = False, probe: Json | None = None, **more: Any) -> Json:
    conditions = {"Ready": {"status": "True" if ready else "False", "lastTransitionTime": at(0)}}
    one = pod_json(
        *statuses,
        name=name,
        owner="rs2",
        labels={"pod-template-hash": "rs2"},
        created=at(0),
        **{"conditions": conditions, **more},
    )
    if probe is not None:
        one["spec"]["containers"][0] |= {"readinessProbe": probe, "ports": [{"containerPort": 8080}]}
    return one


def scene(
    *pods: Json, head: Json = GOING, sets: tuple[Json, ...] = SETS, old: tuple[Json, ...] = OLD, **more: Any
) -> Snapshot:
    return snapshot((head,), sets, (*old, *pods), **more)


def event(reason: str, message: str, pod: str = "new-0", seconds: float = 1) -> Json:
    return {
        "metadata": {"name": f"{pod}.{reason}", "namespace": "shop"},
        "involvedObject": {"kind": "Pod", "name": pod, "namespace": "shop", "uid": f"uid-{pod}"},
        "type": "Warning",
        "reason": reason,
        "message": message,
        "lastTimestamp": at(seconds),
    }


Film = Mapping[int, Snapshot]
"""What is seen from each second on."""


TERMS = Terms()


def watch(film: Film, until: float = 120, terms: Terms = TERMS, ref: Ref = WEB) -> tuple[float, Judgement]:
    """The second of the final verdict and the verdict; what is said in the last second when there is none."""
    memory, judged = Memory(), Judgement(Outcome.GOING, "")
    second = 0.0
    while second <= until:
        found = film[max(begin for begin in film if begin <= second)]
        told = overview(found, NOW + timedelta(seconds=second))
        memory, judged = judge(memory, sight(found, told, ref), terms)
        if judged.outcome.is_final:
            break
        second += 1
    return second, judged


CRASHED = container("web", gone(2, 1))
AGAIN = container("web", runs(2), restarts=1, last=gone(2, 1))
LOOP = container("web", waiting("CrashLoopBackOff"), restarts=1, last=gone(2, 3))
READY = container("web", runs(2), restarts=1, last=gone(2, 1), ready=True)


def creating(reason: str, message: str = "") -> Json:
    return new(container("web", waiting(reason, message)), phase="Pending")


def unplaced(message: str, reason: str = "Unschedulable", memory: str = "64Mi") -> Json:
    condition = {"status": "False", "reason": reason, "message": message, "lastTransitionTime": at(0)}
    one = new(phase="Pending", conditions={"PodScheduled": condition})
    one["spec"]["nodeName"] = ""
    one["spec"]["containers"][0]["resources"] = {"requests": {"memory": memory}}
    return one


NODES: tuple[Json, ...] = tuple(
    {"metadata": {"name": name}, "status": {"allocatable": {"cpu": "4", "memory": "8Gi"}}} for name in ("n1", "n2")
)
NOT_FOUND = 'failed to resolve reference "reg/web:9": reg/web:9: not found'
HICCUP = 'failed to do request: Head "https://reg/v2/": dial tcp 10.0.0.9:443: i/o timeout'


def test_it_is_known_when_time_alone_will_make_something_certain() -> None:
    """So that the guard looks in that moment and not up to a second later."""

    def due(found: Snapshot) -> float | None:
        seen = sight(found, overview(found, NOW), WEB)
        after, _ = judge(Memory(), seen, TERMS)
        return None if after.due is None else (after.due - NOW).total_seconds()

    assert due(scene(new(container("web", waiting("CreateContainerConfigError", "no secret"))))) == 8
    assert due(scene(new(container("web", waiting("ContainerCreating"))))) is None
    ready = tuple(new(container("web", runs(0), ready=True), name=f"new-{n}", ready=True) for n in range(5))
    done = deployment(existing=5, updated=5, ready=5)
    assert due(scene(*ready, head=done, sets=(replica_set("rs2", 2, replicas=5, ready=5),), old=())) == 10


def test_a_crash_loop_is_certain_with_its_second_end() -> None:
    seen = watch(
        {0: scene(creating("ContainerCreating")), 1: scene(new(CRASHED)), 2: scene(new(AGAIN)), 3: scene(new(LOOP))}
    )
    assert (seen[0], seen[1].outcome, seen[1].code) == (3, Outcome.FAILED, "GW-POD-CRASHLOOP")
    assert seen[1].pods == ("new-0",)


def test_one_crash_that_recovers_is_no_failure() -> None:
    film = {0: scene(new(CRASHED)), 2: scene(new(AGAIN)), 4: scene(new(READY, ready=True))}
    second, seen = watch(film, until=50)
    assert (second, seen.outcome) == (51, Outcome.GOING)
    assert "new-0 has ended once" in watch(film, until=1)[1].watched[0]


def test_more_restarts_are_allowed_when_the_terms_say_so() -> None:
    film = {0: scene(new(LOOP))}
    assert watch(film, until=9)[1].outcome is Outcome.FAILED
    assert watch(film, until=9, terms=Terms(restarts=2))[1].outcome is Outcome.GOING


def test_ends_of_a_pod_that_serves_when_the_guard_begins_are_forgiven() -> None:
    old_hand = container("web", runs(-900), restarts=7, last=gone(2, -900), ready=True)
    crashes_once_more = container("web", runs(6), restarts=8, last=gone(2, 5))
    film = {0: scene(new(old_hand, ready=True)), 5: scene(new(crashes_once_more))}
    assert watch(film, until=40)[1].outcome is Outcome.GOING


def test_an_exit_with_0_is_an_end_like_any_other() -> None:
    loop = container("web", waiting("CrashLoopBackOff"), restarts=1, last=gone(0, 3, "Completed"))
    assert watch({0: scene(new(loop))})[1].outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("pod", "second", "code"),
    [
        (creating("ErrImagePull", NOT_FOUND), 0, "GW-POD-IMAGE"),
        (creating("InvalidImageName", "couldn't parse image name"), 0, "GW-POD-IMAGE"),
        (creating("ImagePullBackOff", HICCUP), 45, "GW-POD-IMAGE"),
        (creating("CreateContainerConfigError", 'secret "db" not found'), 8, "GW-POD-CONFIG"),
        (creating("RunContainerError", "exec: no such file"), 5, "GW-POD-START"),
    ],
)
def test_what_keeps_a_container_from_starting_is_certain_when_waiting_cannot_mend_it(
    pod: Json, second: float, code: str
) -> None:
    found = watch({0: scene(pod)})
    assert (found[0], found[1].outcome, found[1].code) == (second, Outcome.FAILED, code)


def test_an_image_that_comes_after_a_hiccup_is_no_failure() -> None:
    film = {
        0: scene(creating("ErrImagePull", HICCUP)),
        2: scene(creating("ImagePullBackOff", HICCUP)),
        30: scene(creating("ContainerCreating")),
    }
    assert watch(film)[1].outcome is Outcome.GOING


def test_a_secret_that_comes_a_moment_later_is_no_failure_and_its_time_starts_anew() -> None:
    lacks = scene(creating("CreateContainerConfigError", 'secret "db" not found'))
    film = {0: lacks, 6: scene(creating("ContainerCreating")), 10: lacks}
    assert watch(film, until=15)[1].outcome is Outcome.GOING
    assert watch(film)[0] == 18


def test_a_volume_that_lacks_its_secret_is_certain_too() -> None:
    told = (event("FailedMount", 'MountVolume.SetUp failed for volume "tls" : secret "tls" not found'),)
    second, seen = watch({0: scene(creating("ContainerCreating"), events=told)})
    assert (second, seen.outcome, seen.code) == (8, Outcome.FAILED, "GW-POD-CONFIG")
    runs_now = new(container("web", runs(3)))
    assert watch({0: scene(runs_now, events=told)}, until=30)[1].outcome is Outcome.GOING


@pytest.mark.parametrize(
    ("pod", "events", "second"),
    [
        (unplaced("0/2 nodes are available: 2 Insufficient memory.", memory="64Gi"), (), 10),
        (unplaced("0/2 nodes are available: 2 Insufficient memory."), (), 60),
        (unplaced("0/2 nodes are available", memory="64Gi"), (event("TriggeredScaleUp", "pool 1->2"),), None),
        (unplaced("waits for a gate", reason="SchedulingGated"), (), None),
    ],
)
def test_a_pod_without_a_node_is_certain_sooner_when_no_node_could_ever_have_it(
    pod: Json, events: tuple[Json, ...], second: float | None
) -> None:
    found = watch({0: scene(pod, events=events, nodes=NODES)})
    assert (found[0] if found[1].outcome is Outcome.FAILED else None) == second


REFUSED = 'Readiness probe failed: Get "http://10.1.0.9:9999/": dial tcp 10.1.0.9:9999: connect: connection refused'
REFUSED_HERE = (
    'Readiness probe failed: Get "http://10.1.0.9:8080/": dial tcp 10.1.0.9:8080: connect: connection refused'
)


@pytest.mark.parametrize(
    ("answer", "second"),
    [
        (REFUSED, 8),
        ("Readiness probe failed: HTTP probe failed with statuscode: 404", 8),
        (REFUSED_HERE, 63),
        ("Readiness probe failed: HTTP probe failed with statuscode: 503", 63),
    ],
)
def test_a_probe_that_cannot_succeed_is_certain_soon_and_a_slow_start_is_waited_for(answer: str, second: float) -> None:
    film = {0: scene(new(container("web", runs(0)), probe=PROBE), events=(event("Unhealthy", answer),))}
    found = watch(film)
    assert (found[0], found[1].outcome, found[1].code) == (second, Outcome.FAILED, "GW-POD-NOT-READY")


def test_a_port_at_which_the_old_revision_is_ready_is_no_wrong_one() -> None:
    old = replica_set("rs1", 1, replicas=4, ready=4)
    old["spec"]["template"]["spec"]["containers"][0]["readinessProbe"] = {"httpGet": {"path": "/", "port": 9999}}
    one = new(container("web", runs(0)), probe=PROBE)
    film = {0: scene(one, events=(event("Unhealthy", REFUSED),), sets=(SETS[0], old))}
    assert watch(film)[0] == 63, "it is a slow start like any other"


def test_the_time_to_get_ready_can_be_given() -> None:
    film = {0: scene(new(container("web", runs(0)), probe=PROBE))}
    assert watch(film, terms=Terms(ready_within=20))[0] == 20
    assert watch(film, until=119, terms=Terms(ready_within=600))[1].outcome is Outcome.GOING


def refused(message: str, **more: Any) -> Json:
    condition = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message}
    return deployment(existing=4, updated=0, ready=4, reason="ReplicaSetUpdated", conditions=(condition,), **more)


MEMORY = "limits.memory"
QUOTA = (
    'pods "web-1" is forbidden: exceeded quota: small, requested: limits.memory=1Gi, '
    "used: limits.memory=512Mi, limited: limits.memory=1Gi"
)


def quota(used: str) -> dict[str, Object]:
    """The quota `small` as it counts now."""
    body = {
        "metadata": {"name": "small", "namespace": "shop"},
        "status": {"hard": {MEMORY: "1Gi"}, "used": {MEMORY: used}},
    }
    return {"shop/small": decoded(Kind.RESOURCE_QUOTA, body)[0]}


@pytest.mark.parametrize(("used", "second"), [("512Mi", 8), ("0", None), ("", 60)])
def test_a_quota_that_refuses_pods_is_certain_once_nothing_moves_and_it_has_no_room(
    used: str, second: float | None
) -> None:
    film = {0: scene(head=refused(QUOTA), quotas=quota(used) if used else {})}
    found = watch(film)
    assert (found[0] if found[1].outcome is Outcome.FAILED else None) == second
    assert found[1].code == ("GW-ROLLOUT-REFUSED" if second else "")


def test_a_webhook_that_does_not_answer_has_a_minute() -> None:
    hiccup = 'Internal error occurred: failed calling webhook "x": context deadline exceeded'
    assert watch({0: scene(head=refused(hiccup))})[0] == 60


def test_a_quota_that_old_pods_give_back_is_no_failure() -> None:
    film = {}
    for second in range(0, 60, 6):  # every six seconds another Pod comes to be
        film[second] = scene(
            new(container("web", runs(0), ready=True), name=f"new-{second}", ready=True), head=refused(QUOTA)
        )
    assert watch(film, until=59)[1].outcome is Outcome.GOING
    leaving = pod_json(
        container("web", runs(-60)), name="old-9", owner="rs1", labels={"pod-template-hash": "rs1"}, deleted=at(30)
    )
    assert watch({0: scene(leaving, head=refused(QUOTA))}, until=29)[1].outcome is Outcome.GOING


def test_the_controllers_deadline_is_a_failure() -> None:
    late = deployment(existing=7, updated=3, ready=4, reason="ProgressDeadlineExceeded", progressing="False")
    second, seen = watch({0: scene(head=late)})
    assert (second, seen.outcome, seen.code) == (3, Outcome.FAILED, "GW-ROLLOUT-DEADLINE")


ALL_NEW = tuple(ready_pod(f"new-{n}", "rs2", "rs2") for n in range(5))
COMPLETE = scene(*ALL_NEW, old=(), head=deployment(), sets=(replica_set("rs2", 2, replicas=5, ready=5),))


def test_done_is_said_after_the_new_revision_stayed_available() -> None:
    assert watch({0: scene(new(CRASHED)), 3: COMPLETE})[0] == 13
    assert watch({0: COMPLETE}, terms=Terms(soak=0))[0] == 0
    assert watch({0: COMPLETE})[1].outcome is Outcome.DONE


def test_a_crash_after_completion_starts_the_soak_anew_and_the_second_one_fails_it() -> None:
    def with_one(*statuses: Json, ready: int, is_ready: bool = False) -> Snapshot:
        head = deployment(ready=ready)
        return scene(
            *ALL_NEW[1:],
            new(*statuses, ready=is_ready),
            old=(),
            head=head,
            sets=(replica_set("rs2", 2, replicas=5, ready=ready),),
        )

    crashed = with_one(container("web", gone(2, 5)), ready=4)
    back = with_one(container("web", runs(6), restarts=1, last=gone(2, 5), ready=True), ready=5, is_ready=True)
    assert watch({0: COMPLETE, 5: crashed, 7: back})[0] == 17
    loop = with_one(container("web", waiting("CrashLoopBackOff"), restarts=1, last=gone(2, 9)), ready=4)
    second, seen = watch({0: COMPLETE, 5: crashed, 7: back, 9: loop})
    assert (second, seen.outcome) == (9, Outcome.FAILED)


def test_another_revision_is_somebody_elses_and_scaling_is_not() -> None:
    third = (replica_set("rs3", 3, replicas=2, ready=0), *SETS)
    film = {
        0: scene(new(AGAIN)),
        4: scene(
            new(AGAIN),
            head=deployment(revision=3, existing=7, updated=2, ready=4, reason="ReplicaSetUpdated"),
            sets=third,
        ),
    }
    second, seen = watch(film)
    assert (second, seen.outcome) == (4, Outcome.SUPERSEDED)
    assert "revision 2 was replaced by revision 3" in seen.sentence
    scaled = deployment(desired=8, existing=7, updated=3, ready=4, generation=9, observed=9, reason="ReplicaSetUpdated")
    assert watch({0: scene(new(AGAIN)), 4: scene(new(AGAIN), head=scaled)}, until=20)[1].outcome is Outcome.GOING


def test_a_failure_is_not_judged_while_a_newer_spec_is_unobserved() -> None:
    ahead = deployment(existing=7, updated=3, ready=4, generation=4, observed=3, reason="ReplicaSetUpdated")
    assert watch({0: scene(new(LOOP), head=ahead)}, until=5)[1].outcome is Outcome.GOING


def test_a_deleted_object_is_somebody_elses_change() -> None:
    assert watch({0: scene(new(AGAIN)), 3: snapshot()})[1].outcome is Outcome.SUPERSEDED
    other = deployment()
    other["metadata"]["uid"] = "another"
    assert "made anew" in watch({0: scene(new(AGAIN)), 3: scene(head=other)})[1].sentence


def test_paused_by_somebody_is_no_failure() -> None:
    held = deployment(existing=7, updated=3, ready=4, paused=True, reason="DeploymentPaused", progressing="Unknown")
    second, seen = watch({0: scene(new(AGAIN)), 2: scene(new(LOOP), head=held)})
    assert (second, seen.outcome) == (2, Outcome.PAUSED)


STALE = {Kind.POD: Feed(FeedState.STALE, NOW, "connection refused")}


def test_nothing_is_concluded_from_what_is_stale() -> None:
    lacks = creating("CreateContainerConfigError", 'secret "db" not found')
    second, seen = watch({0: scene(new(LOOP), feeds=STALE)}, until=30)
    assert (second, seen.outcome) == (31, Outcome.BLIND)
    film = {0: scene(lacks), 5: scene(lacks, feeds=STALE), 9: scene(lacks)}
    assert watch(film)[0] == 17, "the time in the dark does not count, nor the time before"


def test_a_workload_that_may_not_be_seen_has_no_verdict() -> None:
    denied = {Kind.DEPLOYMENT: Feed(FeedState.DENIED, NOW, "eve may not list deployments.apps")}
    seen = watch({0: scene(feeds=denied)})[1]
    assert (seen.outcome, seen.sentence) == (Outcome.HIDDEN, "eve may not list deployments.apps")


def test_a_sign_that_several_pods_show_is_told_once() -> None:
    second = new(CRASHED, name="new-1")
    assert watch({0: scene(new(CRASHED), second)}, until=0)[1].watched == (
        "new-0 and 1 more: has ended once (exit code 2)",
    )
    assert watch({0: scene(new(CRASHED))}, until=0)[1].watched == ("new-0 has ended once (exit code 2)",)


def revision(number: int) -> Json:
    name = f"web-{number}"
    owner = {"kind": "StatefulSet", "name": "web", "uid": "sts", "controller": True}
    labels = {"controller-revision-hash": name}
    return {
        "metadata": {"name": name, "namespace": "shop", "labels": labels, "ownerReferences": [owner]},
        "revision": number,
    }


def of_set(name: str, number: int, *statuses: Json, **more: Any) -> Json:
    one = pod_json(*statuses, name=name, labels={"controller-revision-hash": f"web-{number}"}, **more)
    one["metadata"]["ownerReferences"] = [{"kind": "StatefulSet", "name": "web", "uid": "sts", "controller": True}]
    return one


def test_a_stateful_set_that_a_broken_pod_holds_up_is_certain_and_told_with_the_way_out() -> None:
    """As it is after the way back: its controller replaces no Pod that is not ready."""
    body = {
        "metadata": {"name": "web", "namespace": "shop", "uid": "sts", "generation": 3},
        "spec": {"replicas": 2},
        "status": {
            "observedGeneration": 3, "replicas": 2, "readyReplicas": 1, "availableReplicas": 1,
            "currentRevision": "web-3", "updateRevision": "web-3",
        },
    }  # fmt: skip
    pods = (
        of_set("web-0", 3, container("web", runs(-60), ready=True), conditions={"Ready": "True"}),
        of_set("web-1", 2, container("web", waiting("ImagePullBackOff", NOT_FOUND)), phase="Pending"),
    )
    sets = {one.key: one for one in decoded(Kind.STATEFUL_SET, body)}
    revisions = {one.key: one for one in decoded(Kind.CONTROLLER_REVISION, revision(2), revision(3))}
    held = snapshot(pods=pods, stateful_sets=sets, controller_revisions=revisions)
    second, seen = watch({0: held}, ref=Ref("StatefulSet", "web", "shop"))
    assert (second, seen.outcome, seen.code) == (15, Outcome.FAILED, "GW-SET-BLOCKED")
    assert "kubectl delete pod web-1 -n shop" in seen.sentence

    sts = Ref("StatefulSet", "web", "shop")
    moment = Moment(held, sight(held, overview(held, NOW), sts), Memory(), Memory(), seen)
    pod = blocking_pod(moment)
    assert pod is not None
    made = plan_unblocking(pod, sts, "prod")
    assert made.sentence == "delete Pod web-1, which is not ready and of an older revision: sts/web makes it anew"
    (write,) = made.writes
    assert (write.method, write.path) == ("DELETE", "/api/v1/namespaces/shop/pods/web-1")
    assert write.shown()["preconditions"] == {"uid": "uid-web-1", "resourceVersion": pod.metadata.resource_version}
    going = structs.replace(moment, judged=structs.replace(seen, outcome=Outcome.GOING))
    assert blocking_pod(going) is None, "it may get ready after all"
