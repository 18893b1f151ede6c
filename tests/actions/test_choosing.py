"""Which revision an undo without a number, or an abort, goes back to."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from kubectl_goweb.actions.choosing import is_under_way, last_available
from kubectl_goweb.actions.recorded import from_replica_sets, taken_back, with_pods
from kubectl_goweb.objects import Kind, Pod
from tests.actions.made import (
    MID,
    UID,
    controller_revisions,
    daemon_set,
    deployment,
    facts,
    replica_set,
    stateful_set,
    template,
)
from tests.status.objects import crashing_pod, decoded, ready_pod

ONE, TWO, THREE = template("web:1"), template("web:2"), template("web:3")
STUCK: dict[str, Any] = {"reason": "ReplicaSetUpdated", "status": MID}


def test_mid_rollout_it_is_the_revision_that_still_serves() -> None:
    chosen = last_available(
        facts(
            deployment(THREE, **STUCK),
            replica_set(1, ONE),
            replica_set(2, TWO, pods=4),
            replica_set(3, THREE, pods=3, available=0),
        )
    )
    assert chosen is not None
    assert (chosen.recorded.number, chosen.is_proven) == (2, True)
    assert "4 of its 4 Pods are available now, the service has its minimum" in chosen.evidence


def test_a_revision_given_up_half_way_is_not_chosen_although_it_is_newer_and_serves() -> None:
    chosen = last_available(
        facts(
            deployment(THREE, **STUCK),
            replica_set(1, ONE, pods=3),
            replica_set(2, TWO, pods=2),
            replica_set(3, THREE, pods=2, available=0),
        )
    )
    assert chosen is not None
    assert (chosen.recorded.number, chosen.is_proven) == (1, True)
    assert "the rollout of revision 2 did not end" in chosen.evidence


def test_a_revision_that_never_worked_is_not_chosen_because_it_is_the_one_before() -> None:
    chosen = last_available(
        facts(
            deployment(THREE, **STUCK),
            replica_set(1, ONE, pods=4),
            replica_set(2, TWO, pods=1, available=0),
            replica_set(3, THREE, pods=2, available=0),
        )
    )
    assert chosen is not None
    assert chosen.recorded.number == 1


@pytest.mark.parametrize(("has_minimum", "older"), [(False, 0), (True, 1)])
def test_what_serves_is_chosen_but_not_called_proven_when_the_api_does_not_show_it(
    has_minimum: bool, older: int
) -> None:
    chosen = last_available(
        facts(
            deployment(THREE, has_minimum=has_minimum, **STUCK),
            replica_set(1, ONE, pods=older, available=0),
            replica_set(2, TWO, pods=2),
            replica_set(3, THREE, pods=3, available=0),
        )
    )
    assert chosen is not None
    assert (chosen.recorded.number, chosen.is_proven) == (2, False)


def test_all_replicas_available_needs_no_further_proof() -> None:
    chosen = last_available(
        facts(
            deployment(TWO, has_minimum=False, **STUCK),
            replica_set(1, ONE, pods=5),
            replica_set(2, TWO, pods=2, available=0),
        )
    )
    assert chosen is not None
    assert chosen.evidence == "all 5 replicas of it are available now"
    assert chosen.is_proven


def test_when_done_it_is_the_one_before_by_number_and_not_called_proven() -> None:
    done = facts(deployment(THREE), replica_set(1, ONE), replica_set(2, TWO), replica_set(3, THREE, pods=5))
    chosen = last_available(done)
    assert chosen is not None
    assert (chosen.recorded.number, chosen.is_proven) == (2, False)


def test_a_template_without_a_revision_yet_does_not_make_it_go_back_two() -> None:
    """kubectl would take the second highest number, which is not the one that runs."""
    chosen = last_available(facts(deployment(THREE, paused=True), replica_set(1, ONE), replica_set(2, TWO, pods=5)))
    assert chosen is not None
    assert chosen.recorded.number == 2


def test_a_revision_that_was_undone_is_passed_over() -> None:
    """1, then 2, then 3 which was undone: 2 is revision 4 now, and 3 is no place to go back to."""
    undone = facts(
        deployment(TWO),
        replica_set(1, ONE),
        replica_set(3, THREE),
        replica_set(4, TWO, pods=5, annotations={"deployment.kubernetes.io/revision-history": "2"}),
    )
    chosen = last_available(undone)
    assert chosen is not None
    assert chosen.recorded.number == 1
    assert "revision 3 was given up once and is passed over" in chosen.evidence


def test_the_only_other_revision_is_chosen_even_when_it_was_undone_once() -> None:
    chosen = last_available(
        facts(
            deployment(TWO),
            replica_set(3, THREE),
            replica_set(4, TWO, pods=5, annotations={"deployment.kubernetes.io/revision-history": "2"}),
        )
    )
    assert chosen is not None
    assert chosen.recorded.number == 3


def test_without_another_revision_there_is_nothing_to_choose() -> None:
    assert last_available(facts(deployment(ONE), replica_set(1, ONE, pods=5))) is None


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (deployment(ONE), False),
        (deployment(ONE, reason="ReplicaSetUpdated", status=MID), True),
        (deployment(ONE, reason="ProgressDeadlineExceeded", status=MID), True),
        # complete once; that a Pod failed since is no rollout
        (deployment(ONE, status={"replicas": 5, "updatedReplicas": 5, "availableReplicas": 3}), False),
        # the controller has not seen the change yet
        ({**deployment(ONE), "status": {**deployment(ONE)["status"], "observedGeneration": 6}}, True),
        (deployment(ONE, replicas=0, reason="ReplicaSetUpdated", status={}), False),
    ],
)
def test_a_rollout_is_under_way(one: Any, expected: bool) -> None:
    assert is_under_way(facts(one)) is expected


def test_numbers_that_somebody_went_back_from() -> None:
    history = {"deployment.kubernetes.io/revision-history": "1,5"}
    recorded = from_replica_sets([replica_set(9, ONE, annotations=history), replica_set(8, TWO)], UID)
    assert taken_back(recorded) == {4, 8}


def test_replica_sets_of_others_and_without_a_readable_number_are_left_out() -> None:
    strange = replica_set(2, ONE, annotations={"deployment.kubernetes.io/revision": "two"})
    foreign = replica_set(3, ONE, owner="uid-other")
    unnumbered = replica_set(4, ONE)
    del unnumbered["metadata"]["annotations"]
    found = from_replica_sets([strange, foreign, unnumbered, replica_set(1, ONE)], UID)
    assert [one.number for one in found] == [1, 0]


def test_a_stateful_set_writes_down_which_revision_was_complete() -> None:
    one = stateful_set(THREE, ready=2)
    one["status"]["currentRevision"] = "web-r1"
    chosen = last_available(msgspec.structs.replace(facts(one), recorded=controller_revisions(ONE, TWO, THREE)))
    assert chosen is not None
    assert (chosen.recorded.number, chosen.is_proven) == (1, True)
    one["status"]["currentRevision"] = "web-r3"
    chosen = last_available(msgspec.structs.replace(facts(one), recorded=controller_revisions(ONE, TWO, THREE)))
    assert chosen is not None
    assert (chosen.recorded.number, chosen.is_proven) == (2, False)


def _pod(name: str, revision: str, *, ready: bool, owner: str = UID) -> Pod:
    """Of a DaemonSet: its label is the revision's hash alone."""
    body = ready_pod(name, "", revision) if ready else crashing_pod(name, "", revision)
    body["metadata"] |= {
        "labels": {"controller-revision-hash": revision},
        "ownerReferences": [{"kind": "DaemonSet", "name": "web", "uid": owner, "controller": True}],
    }
    (one,) = decoded(Kind.POD, body)
    assert isinstance(one, Pod)
    return one


def test_the_pods_of_a_daemon_set_tell_which_revision_serves_while_another_one_is_rolled_out() -> None:
    one = daemon_set(THREE, updated=1, available=3)
    pods = [_pod(f"a{n}", "r1", ready=True) for n in range(3)]
    pods += [_pod("new", "r3", ready=False), _pod("other", "r2", ready=True, owner="other")]
    recorded = with_pods(controller_revisions(ONE, TWO, THREE), pods, UID)
    assert [(one.number, one.existing, one.available) for one in recorded] == [(3, 1, 0), (2, 0, 0), (1, 3, 3)]
    chosen = last_available(msgspec.structs.replace(facts(one), recorded=recorded))
    assert chosen is not None
    assert (chosen.recorded.number, chosen.is_proven) == (1, True)
    assert chosen.evidence.startswith("3 of its 3 Pods are available now, the service has its minimum")

    short = daemon_set(THREE, updated=1, available=2)
    chosen = last_available(msgspec.structs.replace(facts(short), recorded=recorded))
    assert chosen is not None
    assert (chosen.recorded.number, chosen.is_proven) == (1, False), (
        "fewer than maxUnavailable allows: it may be broken"
    )


def test_a_controller_revision_that_came_again_tells_that_the_one_before_was_given_up() -> None:
    """An undo gives an old one the highest number; it remembers no other, but when it was made."""
    made = ("2026-03-01T10:01:00Z", "2026-03-01T10:03:00Z", "2026-03-01T10:02:00Z")
    recorded = controller_revisions(ONE, THREE, TWO, created=made)
    assert taken_back(recorded) == {2}
    one = stateful_set(TWO)
    one["status"]["currentRevision"] = "web-r3"
    chosen = last_available(msgspec.structs.replace(facts(one), recorded=recorded))
    assert chosen is not None
    assert chosen.recorded.number == 1
    assert "revision 2 was given up once and is passed over" in chosen.evidence


@pytest.mark.parametrize(("updated", "available", "expected"), [(4, 4, False), (1, 4, True), (4, 3, True)])
def test_a_rollout_of_a_daemon_set_is_under_way(updated: int, available: int, expected: bool) -> None:
    assert is_under_way(facts(daemon_set(ONE, updated=updated, available=available))) is expected
