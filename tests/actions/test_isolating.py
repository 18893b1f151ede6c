"""Out of service and back: what is written to the node, what is not, and when neither is done."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from kubectl_goweb.actions.nodes.facts import NodeFacts
from kubectl_goweb.actions.nodes.isolating import plan_isolate, plan_rejoin
from kubectl_goweb.actions.plan import Danger, Plan, Refusal
from kubectl_goweb.actions.requests import Isolate, Rejoin
from kubectl_goweb.demo.patches import patched
from kubectl_goweb.objects import Node
from kubectl_goweb.status.isolation import ANNOTATION, TAINT
from kubectl_goweb.status.nodes import node_health
from kubectl_goweb.status.verdicts import Ref
from tests.status.objects import NOW
from tests.status.placing import Json, full_pods, node_json, pod_json

TARGET = Ref("Node", "n1")
OTHER: Json = {"key": "dedicated", "value": "web", "effect": "NoSchedule"}


def facts(
    node: Json | None = None, *, others: tuple[Json, ...] = (), pods: tuple[Json, ...] | None = None
) -> NodeFacts:
    node = node or node_json("n1")
    node["metadata"].setdefault("uid", "uid-n1")
    every = (node, *(others or (node_json("n2"),)))
    return NodeFacts(
        context="prod",
        object=node,
        nodes=tuple(msgspec.convert(one, Node) for one in every),
        pods=None if pods is None else tuple(full_pods(*pods)),
        user="ana",
    )


def isolate(node: Json, reason: str = "", taint: Any = "") -> Json:
    """The node after it was isolated."""
    plan = plan_isolate(Isolate(TARGET, reason, taint), facts(node), NOW)
    assert isinstance(plan, Plan), plan
    return applied(plan, node)


def rejoin(node: Json) -> Json:
    plan = plan_rejoin(Rejoin(TARGET), facts(node))
    assert isinstance(plan, Plan), plan
    return applied(plan, node)


def applied(plan: Plan, node: Json) -> Json:
    for write in plan.writes:
        node = patched(node, write.content_type, msgspec.json.decode(write.body))
    return node


NODES: list[tuple[str, Json]] = [
    ("plain", {}),
    ("tainted by others", {"taints": (OTHER,)}),
    ("cordoned by others", {"cordoned": True}),
    ("without a field", {}),
]


@pytest.mark.parametrize("taint", ["", "NoSchedule", "NoExecute"])
@pytest.mark.parametrize("node", [row[1] for row in NODES], ids=[row[0] for row in NODES])
def test_rejoining_leaves_the_node_as_it_was_before_it_was_isolated(node: Json, taint: str) -> None:
    before = node_json("n1", **node)
    before["metadata"]["uid"] = "uid-n1"
    if not node:
        del before["spec"]["unschedulable"], before["spec"]["taints"]
    before["metadata"]["annotations"] = {"team": "web"}
    isolated = isolate(before, "disk", taint)
    assert isolated["spec"]["unschedulable"] is True
    assert [one["effect"] for one in isolated["spec"].get("taints", []) if one["key"] == TAINT] == [taint] * bool(taint)
    back = rejoin(isolated)
    for absent in ("taints", "unschedulable"):
        if not before["spec"].get(absent):
            before["spec"].pop(absent, None)
            assert not back["spec"].pop(absent, None)
    assert back == before


def test_what_others_do_meanwhile_stays() -> None:
    isolated = isolate(node_json("n1"), taint="NoSchedule")
    isolated["spec"]["taints"].append(OTHER)
    isolated["metadata"]["labels"]["new"] = "label"
    back = rejoin(isolated)
    assert back["spec"]["taints"] == [OTHER]
    assert back["metadata"]["labels"]["new"] == "label"


def test_a_node_that_somebody_uncordoned_meanwhile_is_rejoined_without_complaint() -> None:
    isolated = isolate(node_json("n1"))
    del isolated["spec"]["unschedulable"]
    assert ANNOTATION not in rejoin(isolated)["metadata"]["annotations"]


def test_the_node_says_who_isolated_it_and_why_wherever_it_is_shown() -> None:
    told = node_health(msgspec.convert(isolate(node_json("n1"), "disk \x1b[31m"), Node), 0)
    assert (told.isolated, told.why) == (True, "isolated by ana: disk ")


def test_isolating_twice_is_nothing_and_with_another_taint_it_keeps_who_cordoned() -> None:
    isolated = isolate(node_json("n1"), "disk")
    again = plan_isolate(Isolate(TARGET), facts(isolated), NOW)
    assert isinstance(again, Plan)
    assert (again.is_nothing, again.nothing) == (True, "it is isolated by ana: disk")
    harder = isolate(isolated, taint="NoExecute")
    back = rejoin(harder)
    assert "unschedulable" not in back["spec"]
    assert "taints" not in back["spec"]


def test_a_cordon_of_somebody_else_is_told_and_not_taken_away() -> None:
    plan = plan_isolate(Isolate(TARGET), facts(node_json("n1", cordoned=True)), NOW)
    assert isinstance(plan, Plan)
    assert "it is cordoned already, by somebody else; rejoin will leave that as it is" in plan.notes
    assert "kubectl cordon" not in plan.kubectl


def test_a_foreign_cordon_is_not_rejoined() -> None:
    told = plan_rejoin(Rejoin(TARGET), facts(node_json("n1", cordoned=True)))
    assert isinstance(told, Refusal)
    assert "kubectl uncordon n1" in told.hint
    nothing = plan_rejoin(Rejoin(TARGET), facts())
    assert isinstance(nothing, Plan)
    assert nothing.nothing == "it is not isolated"


def test_an_annotation_that_is_not_ours_is_not_touched() -> None:
    node = node_json("n1")
    node["metadata"]["annotations"] = {ANNOTATION: "see ticket 7"}
    assert isinstance(plan_isolate(Isolate(TARGET), facts(node), NOW), Refusal)
    assert isinstance(plan_rejoin(Rejoin(TARGET), facts(node)), Refusal)


CONTROL = {"node-role.kubernetes.io/control-plane": ""}


@pytest.mark.parametrize(
    ("others", "is_last"),
    [
        ((node_json("n2"),), False),
        ((node_json("n2", cordoned=True),), True),
        ((node_json("n2", ready="False"),), True),
        ((node_json("n2", labels=CONTROL),), True),
    ],
)
def test_the_last_node_of_its_role_is_isolated_by_force_only(others: tuple[Json, ...], is_last: bool) -> None:
    told = plan_isolate(Isolate(TARGET), facts(others=others), NOW)
    assert isinstance(told, Refusal) == is_last
    forced = plan_isolate(Isolate(TARGET, force=True), facts(others=others), NOW)
    assert isinstance(forced, Plan)
    assert ("GW-ACT-LAST-NODE" in [one.code for one in forced.cautions]) == is_last


def test_no_execute_says_whom_it_ends() -> None:
    tolerant = pod_json("agent", node="n1", tolerations=[{"operator": "Exists"}])
    found = facts(pods=(pod_json("web-1", node="n1"), tolerant))
    plan = plan_isolate(Isolate(TARGET, taint="NoExecute"), found, NOW)
    assert isinstance(plan, Plan)
    assert plan.danger is Danger.HEAVY
    assert [one.text for one in plan.cautions] == [
        "NoExecute ends 1 Pods at once and asks no disruption budget: shop/web-1"
    ]
    blind = plan_isolate(Isolate(TARGET, taint="NoExecute"), facts(), NOW)
    assert isinstance(blind, Plan)
    assert [one.code for one in blind.cautions] == ["GW-ACT-NOT-SEEN"]


def test_the_server_checks_that_nobody_was_faster() -> None:
    node = node_json("n1")
    node["metadata"]["uid"] = "uid-n1"
    plan = plan_isolate(Isolate(TARGET, taint="NoSchedule"), facts(node), NOW)
    assert isinstance(plan, Plan)
    for change in ({"unschedulable": True}, {"taints": [OTHER]}):
        faster = {**node, "spec": {**node["spec"], **change}}
        with pytest.raises(Exception, match="testing path"):
            applied(plan, faster)


def test_isolating_and_rejoining_lead_back_to_each_other() -> None:
    out = plan_isolate(Isolate(TARGET, "disk", "NoSchedule"), facts(), NOW)
    assert isinstance(out, Plan)
    assert out.inverse == Rejoin(TARGET)
    back = plan_rejoin(Rejoin(TARGET), facts(isolate(node_json("n1"), "disk", "NoSchedule")))
    assert isinstance(back, Plan)
    assert back.inverse == Isolate(TARGET, "disk", "NoSchedule")
