from __future__ import annotations

from datetime import timedelta

import pytest

from kubectl_goweb.errors import Exit
from kubectl_goweb.objects import RollingUpdate
from kubectl_goweb.status.overview import overview
from kubectl_goweb.status.verdicts import Phase, Verdict
from kubectl_goweb.status.workloads import Limits, Workload, fence_posts
from tests.status.objects import (
    NOW,
    Json,
    ago,
    container,
    crashing_pod,
    deployment,
    pod_json,
    ready_pod,
    replica_set,
    snapshot,
    waiting,
)
from tests.status.worlds import crashing, made, said, world


def only(deployments: tuple[Json, ...], replica_sets: tuple[Json, ...] = (), pods: tuple[Json, ...] = ()) -> Workload:
    (one,) = overview(snapshot(deployments, replica_sets, pods), NOW).workloads
    return one


OLD = tuple(ready_pod(f"old-{n}", "rs1", "rs1") for n in range(4))
YOUNG: Json = {"created": ago(seconds=5)}


def starting(name: str) -> Json:
    not_ready = {"Ready": {"status": "False", "lastTransitionTime": ago(seconds=5)}}
    return pod_json(
        container("web", {"running": {}}),
        name=name,
        owner="rs2",
        labels={"pod-template-hash": "rs2"},
        conditions=not_ready,
        **YOUNG,
    )


MID = deployment(existing=7, updated=3, ready=4, reason="ReplicaSetUpdated")
MID_SETS = (replica_set("rs2", 2, replicas=3, ready=0), replica_set("rs1", 1, replicas=4, ready=4))


def test_new_pods_that_run_but_are_not_ready_are_updating() -> None:
    one = only((MID,), MID_SETS, (*OLD, *(starting(f"new-{n}") for n in range(3))))
    assert (one.rollout.phase, one.verdict) == (Phase.UPDATING, Verdict.PROGRESSING)
    assert one.rollout.message == "3 out of 5 new replicas have been updated"
    assert one.verdict.exit_code is Exit.PROGRESSING


def test_an_undo_began_with_its_first_pod_and_not_when_its_revision_was_made() -> None:
    """The recorded revision is as old as its first rollout, and so are Pods of it that still serve."""
    given_up = replica_set("rs1", 2, replicas=1, ready=0)
    given_up["metadata"]["creationTimestamp"] = ago(minutes=3)
    back = replica_set("rs2", 3, replicas=5, ready=4)
    pods = (*(ready_pod(f"old-{n}", "rs2", "rs2") for n in range(4)), starting("new"))
    under_way = deployment(existing=6, updated=5, ready=4, revision=3, reason="ReplicaSetUpdated")
    assert only((under_way,), (back, given_up), pods).rollout.started == NOW - timedelta(seconds=5)
    assert only((under_way,), (back, given_up), pods[:4]).rollout.started is None, "nothing tells"


def test_a_new_pod_in_a_crash_loop_fails_the_rollout_long_before_the_deadline() -> None:
    one = only((MID,), MID_SETS, (*OLD, *(crashing_pod(f"new-{n}", "rs2", "rs2") for n in range(3))))
    assert (one.rollout.phase, one.verdict) == (Phase.FAILED, Verdict.FAILING)
    assert one.why == "3 Pods of revision 2 crash: exit code 2"


def test_an_old_pod_in_a_crash_loop_does_not_fail_the_rollout() -> None:
    pods = (crashing_pod("old-0", "rs1", "rs1"), *OLD[1:], *(starting(f"new-{n}") for n in range(3)))
    assert only((MID,), MID_SETS, pods).rollout.phase is Phase.UPDATING


def test_all_new_pods_ready_is_succeeded() -> None:
    pods = tuple(ready_pod(f"new-{n}", "rs2", "rs2") for n in range(5))
    one = only((deployment(),), (replica_set("rs2", 2, replicas=5, ready=5),), pods)
    assert (one.rollout.phase, one.verdict, one.why) == (Phase.SUCCEEDED, Verdict.HEALTHY, "")


def test_an_exceeded_deadline_is_failed() -> None:
    stuck = deployment(existing=7, updated=3, ready=4, reason="ProgressDeadlineExceeded", progressing="False")
    one = only((stuck,), MID_SETS)
    assert one.rollout.phase is Phase.FAILED
    assert one.findings[0].code == "GW-ROLLOUT-DEADLINE"
    assert one.findings[0].next == "kubectl rollout undo deploy/web -n shop --to-revision=1"


def test_a_spec_that_the_controller_has_not_seen_hides_the_old_deadline() -> None:
    fresh = deployment(reason="ProgressDeadlineExceeded", progressing="False", generation=4, observed=3)
    one = only((fresh,))
    assert one.rollout.phase is Phase.UPDATING
    assert "generation 4" in one.rollout.message


def test_a_paused_deployment_with_a_change_is_paused_and_not_stuck() -> None:
    held = deployment(paused=True, updated=0, revision=1, reason="DeploymentPaused", progressing="Unknown")
    one = only((held,), (replica_set("rs1", 1, replicas=5, ready=5),))
    assert (one.rollout.phase, one.verdict) == (Phase.PAUSED, Verdict.PAUSED)
    assert one.verdict.exit_code is Exit.PROGRESSING
    assert [found.next for found in one.findings] == ["kubectl rollout resume deploy/web -n shop"]
    assert [found.since for found in one.findings] == [NOW - timedelta(minutes=1)]


def test_a_paused_deployment_without_a_change_is_healthy() -> None:
    held = deployment(paused=True, revision=1, reason="DeploymentPaused", progressing="Unknown")
    one = only((held,), (replica_set("rs1", 1, replicas=5, ready=5),))
    assert (one.rollout.phase, one.verdict) == (Phase.SUCCEEDED, Verdict.HEALTHY)


def test_a_rollout_paused_half_way_says_how_far_it_is() -> None:
    held = deployment(paused=True, existing=7, updated=3, ready=7, reason="DeploymentPaused", progressing="Unknown")
    one = only((held,), MID_SETS)
    assert one.rollout.phase is Phase.PAUSED
    assert one.rollout.message == "paused mid-rollout: 3 out of 5 new replicas have been updated"
    (held_between,) = (found for found in one.findings if found.code == "GW-ROLLOUT-PAUSED")
    assert held_between.reason == "mid-rollout"
    assert held_between.title == "held between two revisions: 0 of 4 Pods serve the new revision (0 %)"
    assert held_between.next == "kubectl goweb resume deploy/web -n shop --guard"
    assert "back: kubectl goweb abort deploy/web -n shop --guard" in held_between.cause


def test_a_paused_service_that_does_not_serve_is_failing_not_paused() -> None:
    held = deployment(paused=True, updated=0, ready=0, revision=1, reason="DeploymentPaused", progressing="Unknown")
    one = only((held,), (replica_set("rs1", 1, replicas=5, ready=0),))
    assert one.verdict is Verdict.FAILING


def test_pods_that_may_not_be_created_are_stuck_with_the_servers_sentence() -> None:
    refused = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota: small"}
    one = only((deployment(existing=4, updated=0, ready=4, reason="ReplicaSetUpdated", conditions=(refused,)),))
    assert (one.rollout.phase, one.verdict) == (Phase.STUCK, Verdict.FAILING)
    assert one.why == "Pods cannot be created: exceeded quota: small"


def unschedulable(minutes: float) -> Json:
    return pod_json(
        name="new-0",
        owner="rs2",
        labels={"pod-template-hash": "rs2"},
        phase="Pending",
        conditions={
            "PodScheduled": {
                "status": "False",
                "reason": "Unschedulable",
                "message": "0/3 nodes",
                "lastTransitionTime": ago(minutes=minutes),
            }
        },
    )


def test_new_pods_without_a_node_are_stuck_after_a_minute_and_updating_before() -> None:
    assert only((MID,), MID_SETS, (*OLD, unschedulable(2))).rollout.phase is Phase.STUCK
    assert only((MID,), MID_SETS, (*OLD, unschedulable(0.5))).rollout.phase is Phase.UPDATING


def test_scaled_to_zero_is_idle_and_fine() -> None:
    one = only((deployment(desired=0, existing=0, updated=0, ready=0),))
    assert (one.verdict, one.verdict.exit_code) == (Verdict.IDLE, Exit.OK)


def test_a_pod_lost_after_a_successful_rollout_degrades_the_service_and_not_the_rollout() -> None:
    pods = (crashing_pod("new-0", "rs2", "rs2"), *(ready_pod(f"new-{n}", "rs2", "rs2") for n in range(1, 5)))
    one = only((deployment(ready=4),), (replica_set("rs2", 2, replicas=5, ready=4),), pods)
    assert (one.rollout.phase, one.verdict) == (Phase.SUCCEEDED, Verdict.DEGRADED)


def test_fewer_available_than_allowed_is_failing() -> None:
    pods = tuple(crashing_pod(f"new-{n}", "rs2", "rs2") for n in range(5))
    one = only((deployment(ready=3),), (replica_set("rs2", 2, replicas=5, ready=3),), pods)
    assert one.verdict is Verdict.FAILING


def test_pods_that_were_just_added_by_scaling_are_progress() -> None:
    pods = (*(ready_pod(f"new-{n}", "rs2", "rs2") for n in range(3)), starting("new-3"), starting("new-4"))
    one = only((deployment(ready=3),), (replica_set("rs2", 2, replicas=5, ready=3),), pods)
    assert (one.verdict, one.why) == (Verdict.PROGRESSING, "3 of 5 available, 2 starting")
    assert one.findings == ()


def test_a_revision_that_was_replaced_is_superseded() -> None:
    found = snapshot((deployment(revision=3),))
    (one,) = overview(found, NOW, asked=2).workloads
    assert (one.rollout.phase, one.verdict) == (Phase.SUPERSEDED, Verdict.FAILING)


def test_a_failing_pull_is_told_with_the_registrys_sentence() -> None:
    sick = pod_json(
        container("web", waiting("ImagePullBackOff", "Back-off pulling image: not found")),
        name="new-0",
        owner="rs2",
        labels={"pod-template-hash": "rs2"},
        phase="Pending",
    )
    one = only((MID,), MID_SETS, (*OLD, sick))
    assert one.findings[0].code == "GW-POD-IMAGE"
    assert one.findings[0].cause == "Back-off pulling image: not found"


def test_the_deadline_counts_from_the_last_progress() -> None:
    one = only((MID,), MID_SETS)
    assert one.rollout.deadline is not None
    assert (one.rollout.deadline - NOW).total_seconds() == 540


@pytest.mark.parametrize(
    ("desired", "surge", "unavailable", "limits"),
    [
        (1, "25%", "25%", Limits(1, 0)),
        (2, "25%", "25%", Limits(1, 0)),
        (4, "25%", "25%", Limits(1, 1)),
        (10, "25%", "25%", Limits(3, 2)),
        (5, 2, 1, Limits(2, 1)),
        (5, "100%", 0, Limits(5, 0)),
        (5, 0, 0, Limits(0, 1)),
        (0, "25%", "25%", Limits(0, 0)),
    ],
)
def test_surge_rounds_up_and_unavailable_down_and_one_of_them_is_never_zero(
    desired: int, surge: int | str, unavailable: int | str, limits: Limits
) -> None:
    assert fence_posts(desired, "RollingUpdate", RollingUpdate(surge, unavailable)) == limits


def test_limits_that_are_no_numbers_are_unknown() -> None:
    assert fence_posts(5, "RollingUpdate", RollingUpdate("many", 1)) is None


@pytest.mark.parametrize(("policy", "is_told"), [("OrderedReady", True), ("Parallel", False)])
def test_a_pod_that_was_mended_since_holds_up_a_stateful_set_only_in_order(policy: str, is_told: bool) -> None:
    status = {"replicas": 1, "updatedReplicas": 0, "currentRevision": "a", "updateRevision": "c"}
    db = made("StatefulSet", "db", {"replicas": 1, "podManagementPolicy": policy}, status=status)
    pod = crashing("db-0")
    pod["metadata"] |= {"labels": {"controller-revision-hash": "b"}, "ownerReferences": [
        {"kind": "StatefulSet", "name": "db", "uid": "StatefulSet-db", "controller": True}]}  # fmt: skip
    expected = {"GW-SET-BLOCKED forced-rollback sts/db"} if is_told else {"GW-POD-CRASHLOOP  sts/db"}
    assert said(db, pod) == expected
    (one,) = overview(world(db, pod), NOW).workloads
    assert one.verdict is (Verdict.FAILING if is_told else Verdict.PROGRESSING)


@pytest.mark.parametrize(("seconds", "verdict"), [(300, Verdict.FAILING), (10, Verdict.PROGRESSING)])
def test_a_member_that_does_not_go_holds_up_its_successor(seconds: float, verdict: Verdict) -> None:
    status = {"replicas": 0, "currentRevision": "a", "updateRevision": "a"}
    pod = crashing("db-0")
    pod["metadata"] |= {"labels": {"controller-revision-hash": "a"}, "deletionTimestamp": ago(seconds=seconds),
                        "ownerReferences": [{"kind": "StatefulSet", "name": "db", "uid": "StatefulSet-db",
                                             "controller": True}]}  # fmt: skip
    (one,) = overview(world(made("StatefulSet", "db", {"replicas": 1}, status=status), pod), NOW).workloads
    assert one.verdict is verdict


@pytest.mark.parametrize(("existing", "verdict"), [(3, Verdict.FAILING), (5, Verdict.PROGRESSING)])
def test_pods_that_scaling_may_not_add_are_not_starting(existing: int, verdict: Verdict) -> None:
    refused = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota: small"}
    pods = [ready_pod(f"new-{n}", "rs2", "rs2") for n in range(3)]
    pods += [starting(f"new-{n}") for n in range(3, existing)]
    counted = deployment(existing=existing, updated=existing, ready=3, conditions=(refused,))
    one = only((counted,), (replica_set("rs2", 2, replicas=5, ready=3),), tuple(pods))
    assert one.verdict is verdict
