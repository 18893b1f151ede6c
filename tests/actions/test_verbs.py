from __future__ import annotations

import pytest

from kubectl_goweb.actions.requests import Scale, SetImage, Undo
from kubectl_goweb.actions.typed import request
from kubectl_goweb.actions.verbs import VERBS, Rights, offered, verb
from kubectl_goweb.errors import UsageError
from kubectl_goweb.status.overview import overview
from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.status.workloads import Workload
from tests.status.objects import NOW, crashing_pod, deployment, ready_pod, replica_set, snapshot

WEB = Ref("Deployment", "web", "shop")


def workload(*, crashing: bool = False, paused: bool = False, history: int = 2) -> Workload:
    sets = tuple(
        replica_set(f"web-{number}", number, replicas=5 * (number == history), ready=0)
        for number in range(1, history + 1)
    )
    newest = f"web-{history}"
    pods = tuple(
        crashing_pod(f"p{n}", newest, newest) if crashing else ready_pod(f"p{n}", newest, newest) for n in range(5)
    )
    found = snapshot(
        (
            deployment(
                revision=history,
                paused=paused,
                available=0 if crashing else 5,
                reason="ReplicaSetUpdated" if crashing else "NewReplicaSetAvailable",
            ),
        ),
        sets,
        pods,
    )
    return overview(found, NOW).workloads[0]


def test_every_id_is_given_once_and_every_rule_answers_for_every_kind_of_subject() -> None:
    assert len({one.id for one in VERBS}) == len(VERBS)
    for one in VERBS:
        assert isinstance(one.allowed(workload(), Rights()), str)


def test_one_key_aborts_what_is_under_way_and_undoes_what_is_done() -> None:
    under_way, done = workload(crashing=True), workload()
    assert offered("u", under_way, Rights()) == (verb("abort"), "")
    assert offered("u", done, Rights()) == (verb("undo"), "")
    assert offered("u", workload(crashing=True, paused=True), Rights()) == (verb("abort"), ""), "a canary is held so"
    assert offered("u", workload(paused=True), Rights())[1] == "it is paused: resume it first; no rollout is under way"
    assert offered("u", workload(history=1), Rights())[1] == (
        "there is no revision to go back to; no rollout is under way"
    )


def test_one_key_pauses_and_resumes() -> None:
    assert offered("p", workload(), Rights())[0] == verb("pause")
    assert offered("p", workload(paused=True), Rights())[0] == verb("resume")
    assert offered("r", workload(paused=True), Rights()) == (None, "it is paused: resume it first")


@pytest.mark.parametrize(
    ("rights", "why"),
    [
        (Rights(read_only="read-only: context prod"), "read-only: context prod"),
        (Rights(stale="stale since 3 m"), "stale since 3 m"),
        (Rights(denied=frozenset({"patch deployments.apps/scale"})), "you may not patch deployments.apps/scale"),
    ],
)
def test_what_stands_between_is_the_reason(rights: Rights, why: str) -> None:
    assert offered("s", workload(), rights) == (None, why)


def test_what_a_dialog_is_given_becomes_a_request() -> None:
    assert request("scale", WEB, " 7 ") == Scale(WEB, 7)
    assert request("undo", WEB, "") == Undo(WEB, 0)
    assert request("set-image", WEB, "web=shop/web:2 log=fluent:3") == SetImage(
        WEB, {"web": "shop/web:2", "log": "fluent:3"}
    )
    assert request("set-image", WEB, "shop/web:2") == SetImage(WEB, {"*": "shop/web:2"})


@pytest.mark.parametrize(("id", "given"), [("scale", "-1"), ("scale", ""), ("undo", "x"), ("set-image", "web=")])
def test_what_cannot_be_meant_is_said(id: str, given: str) -> None:
    with pytest.raises(UsageError):
        request(id, WEB, given)
