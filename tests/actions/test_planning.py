"""What would be written, from what was seen: one table for what can be done, one for what cannot."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from kubectl_goweb.actions.plan import Danger, Plan, Refusal
from kubectl_goweb.actions.plan_document import document
from kubectl_goweb.actions.planning import plan
from kubectl_goweb.actions.requests import Abort, Pause, Restart, Resume, Scale, SetImage, Undo, WorkloadRequest
from kubectl_goweb.actions.restarting import RESTARTED_AT
from kubectl_goweb.errors import Exit
from kubectl_goweb.status.verdicts import Ref
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

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
WEB = Ref("Deployment", "web", "shop")
ONE, TWO = template("web:1"), template("web:2")
DONE = facts(deployment(TWO), replica_set(1, ONE), replica_set(2, TWO, pods=5))
STUCK = facts(
    deployment(TWO, reason="ReplicaSetUpdated", status=MID),
    replica_set(1, ONE, pods=4),
    replica_set(2, TWO, pods=3, available=0),
)
TESTS = [
    {"op": "test", "path": "/metadata/uid", "value": UID},
    {"op": "test", "path": "/metadata/generation", "value": 7},
]


def planned(request: WorkloadRequest, seen: Any = DONE) -> Plan:
    made = plan(request, seen, NOW)
    assert isinstance(made, Plan), made
    return made


def body(made: Plan) -> list[dict[str, Any]]:
    (write,) = made.writes
    assert (write.method, write.content_type) == ("PATCH", "application/json-patch+json")
    found: list[dict[str, Any]] = msgspec.json.decode(write.body)
    return found


def test_scale_insists_on_the_number_that_was_seen() -> None:
    made = planned(Scale(WEB, 3))
    assert made.writes[0].path == "/apis/apps/v1/namespaces/shop/deployments/web/scale"
    assert body(made) == [
        {"op": "test", "path": "/metadata/uid", "value": UID},
        {"op": "test", "path": "/spec/replicas", "value": 5},
        {"op": "add", "path": "/spec/replicas", "value": 3},
    ]
    assert (made.danger, made.inverse) == (Danger.HEAVY, Scale(WEB, 5))


def test_from_no_replicas_it_insists_on_the_empty_spec_that_the_api_sends() -> None:
    made = planned(Scale(WEB, 3), facts(deployment(ONE, replicas=0)))
    assert body(made)[1] == {"op": "test", "path": "/spec", "value": {}}


def test_pause_and_resume_insist_on_the_generation_that_was_seen() -> None:
    assert body(planned(Pause(WEB))) == [*TESTS, {"op": "add", "path": "/spec/paused", "value": True}]
    paused = facts(deployment(ONE, paused=True))
    assert body(planned(Resume(WEB), paused)) == [*TESTS, {"op": "remove", "path": "/spec/paused"}]


def test_restart_writes_the_time_as_kubectl_does() -> None:
    at = "2026-03-01T12:00:00Z"
    first = body(planned(Restart(WEB)))
    assert first[-1] == {"op": "add", "path": "/spec/template/metadata/annotations", "value": {RESTARTED_AT: at}}
    again = body(planned(Restart(WEB), facts(deployment(template("web:1", other="kept")))))
    path = "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt"
    assert again[-1] == {"op": "add", "path": path, "value": at}


def test_undo_writes_the_template_back_and_leads_back_by_the_name_of_the_present_one() -> None:
    made = planned(Undo(WEB, 1))
    assert body(made) == [*TESTS, {"op": "replace", "path": "/spec/template", "value": ONE}]
    assert [(one.field, one.before, one.after) for one in made.changes] == [("containers[web].image", "web:2", "web:1")]
    assert made.inverse == Undo(WEB, recorded="web-h2")
    assert made.kubectl == "kubectl rollout undo deployment/web --to-revision=1 -n shop"
    assert "revision 1 becomes revision 3" in made.notes


def test_undo_carries_annotations_over_and_keeps_those_that_were_added_since() -> None:
    seen = facts(
        deployment(TWO, annotations={"team": "shop", "kubernetes.io/change-cause": "two", "a/b": "new"}),
        replica_set(1, ONE, annotations={"a/b": "old", "deployment.kubernetes.io/desired-replicas": "5"}),
        replica_set(2, TWO, pods=5),
    )
    assert body(planned(Undo(WEB, 1), seen))[3:] == [
        {"op": "add", "path": "/metadata/annotations/a~1b", "value": "old"},
        {"op": "remove", "path": "/metadata/annotations/kubernetes.io~1change-cause"},
    ]


def test_abort_goes_to_what_serves_and_says_how_it_knows() -> None:
    made = planned(Abort(WEB), STUCK)
    assert made.sentence == "abort the rollout of deploy/web: from revision 2 back to revision 1 (web:1)"
    assert made.notes[0].startswith("revision 1 is chosen because 4 of its 4 Pods are available now")
    assert not made.cautions


def test_the_template_of_a_stateful_set_comes_back_from_its_controller_revision() -> None:
    seen = msgspec.structs.replace(facts(stateful_set(TWO, ready=1)), recorded=controller_revisions(ONE, TWO))
    made = planned(Undo(Ref("StatefulSet", "web", "shop")), seen)
    assert body(made)[2:] == [{"op": "replace", "path": "/spec/template", "value": ONE}]
    assert "GW-ACT-FORCED-ROLLBACK" in [one.code for one in made.cautions]
    assert made.inverse == Undo(Ref("StatefulSet", "web", "shop"), recorded="web-r2")


def test_set_image_changes_the_image_and_the_cause() -> None:
    made = planned(SetImage(WEB, {"*": "web:3"}))
    assert body(made)[2:] == [
        {"op": "add", "path": "/spec/template/spec/containers/0/image", "value": "web:3"},
        {"op": "add", "path": "/metadata/annotations", "value": {}},
        {
            "op": "add",
            "path": "/metadata/annotations/kubernetes.io~1change-cause",
            "value": "kubectl goweb set-image deployment/web web=web:3",
        },
    ]
    assert made.inverse == SetImage(WEB, {"web": "web:2"})


@pytest.mark.parametrize(
    ("request_", "seen", "nothing"),
    [
        (Scale(WEB, 5), DONE, "it has 5 replicas already"),
        (Pause(WEB), facts(deployment(ONE, paused=True)), "it is paused already"),
        (Resume(WEB), DONE, "it is not paused"),
        (Undo(WEB, 2), DONE, "current template already matches revision 2"),
        (SetImage(WEB, {"web": "web:2"}), DONE, "it has web=web:2 already"),
    ],
)
def test_what_is_so_already_is_nothing_to_do(request_: WorkloadRequest, seen: Any, nothing: str) -> None:
    made = planned(request_, seen)
    assert (made.is_nothing, made.nothing) == (True, nothing)


PAUSED = facts(deployment(TWO, paused=True), replica_set(1, ONE), replica_set(2, TWO, pods=5))


@pytest.mark.parametrize(
    ("request_", "seen", "why", "code"),
    [
        (Scale(WEB, 9, current=4), DONE, "it was to be scaled from 4 replicas and has 5", Exit.REFUSED),
        (Restart(WEB), PAUSED, "it is paused", Exit.REFUSED),
        (Undo(WEB), PAUSED, "you cannot roll back a paused Deployment", Exit.REFUSED),
        (Undo(WEB, 99), DONE, "unable to find specified revision 99 in history", Exit.FAILING),
        (Undo(WEB, recorded="web-gone"), DONE, "web-gone is not among its recorded revisions any more", Exit.FAILING),
        (Undo(WEB), facts(deployment(ONE), replica_set(1, ONE)), "no rollout history found", Exit.FAILING),
        (Abort(WEB), DONE, "no rollout is under way", Exit.REFUSED),
        (SetImage(WEB, {"log": "x"}), DONE, 'unable to find container named "log"', Exit.FAILING),
        (Scale(WEB, 9), facts(deployment(ONE), denied="ana may not"), "ana may not", Exit.REFUSED),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(
    request_: WorkloadRequest, seen: Any, why: str, code: Exit
) -> None:
    made = plan(request_, seen, NOW)
    assert isinstance(made, Refusal)
    assert (made.why, made.exit_code) == (why, code)


def test_a_bare_image_is_refused_where_it_could_be_meant_for_several_containers() -> None:
    two = {**ONE, "spec": {"containers": [{"name": "web", "image": "a"}, {"name": "log", "image": "b"}]}}
    made = plan(SetImage(WEB, {"*": "web:3"}), facts(deployment(two)), NOW)
    assert isinstance(made, Refusal)
    assert "web, log" in made.why


def test_restarting_twice_within_a_second_is_refused() -> None:
    restarted = {**ONE, "metadata": {"annotations": {RESTARTED_AT: "2026-03-01T12:00:00Z"}}}
    made = plan(Restart(WEB), facts(deployment(restarted)), NOW)
    assert isinstance(made, Refusal)


def test_a_change_while_paused_has_no_way_back_by_name_and_says_so() -> None:
    seen = facts(deployment(template("web:3")), replica_set(2, TWO, pods=5))
    made = planned(Undo(WEB, 2), seen)
    assert made.inverse is None
    assert "not among the recorded ones" in made.one_way


def test_no_secret_is_in_anything_that_is_shown_or_written_down() -> None:
    old = template("web:1", env={"DB_PASSWORD": "hunter2", "LEVEL": "info"})
    new = template("web:2", env={"DB_PASSWORD": "hunter3", "LEVEL": "debug"})
    made = planned(
        Undo(WEB, 1),
        facts(
            deployment(new, annotations={"api-token": "hunter5"}),
            replica_set(1, old, annotations={"api-token": "hunter4"}),
            replica_set(2, new, pods=5),
        ),
    )
    shown = msgspec.json.encode(document(made, "planned")).decode() + repr(made.changes) + repr(made.before)
    assert "hunter" in made.writes[0].body.decode()
    assert "hunter" not in shown
    assert ("containers[web].env[LEVEL].value", "debug", "info") in [
        (one.field, one.before, one.after) for one in made.changes
    ]
    hidden = next(one for one in made.changes if "DB_PASSWORD" in one.field)
    assert (hidden.before, hidden.after) == ("(hidden)", "(hidden, another value)")
