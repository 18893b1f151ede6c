"""Which revision an undo without a number, or an abort, goes back to."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from kubectl_goweb.actions.choosing import is_under_way, last_available
from kubectl_goweb.actions.recorded import from_replica_sets, taken_back
from tests.actions.made import (
    MID,
    UID,
    controller_revisions,
    deployment,
    facts,
    replica_set,
    stateful_set,
    template,
)

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
