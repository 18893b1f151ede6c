"""What a drain will do, as a Plan: in which order, what is told before it, and when there is none."""

from __future__ import annotations

from typing import Any

import msgspec

from kubectl_goweb.actions.nodes.draining import plan_drain
from kubectl_goweb.actions.nodes.facts import NodeFacts
from kubectl_goweb.actions.plan import Danger, Plan, Refusal
from kubectl_goweb.actions.plan_document import document
from kubectl_goweb.actions.requests import Drain, Rejoin
from kubectl_goweb.objects import Node
from kubectl_goweb.status.evacuation.flags import Flags
from kubectl_goweb.status.evacuation.simulation import World, simulate
from kubectl_goweb.status.verdicts import Ref
from tests.status.objects import NOW
from tests.status.placing import Json, budget_json, budgets, cluster, full_pods, node_json, pod_json

NONE = Flags()
TARGET = Ref("Node", "n1")
RS: Json = {"kind": "ReplicaSet", "name": "web-a"}


def drain(
    *pods: Json, flags: Flags = NONE, guards: tuple[Json, ...] = (), node: Json | None = None, **more: Any
) -> Plan | Refusal:
    here = node or node_json("n1")
    here["metadata"]["uid"] = "uid-n1"
    nodes = (here, node_json("n2", cpu="2"))
    world = World(cluster=cluster(nodes, pods), pods=tuple(full_pods(*pods)), budgets=tuple(budgets(*guards)))
    facts = NodeFacts(
        context="prod",
        object=here,
        nodes=tuple(msgspec.convert(one, Node) for one in nodes),
        user="ana",
        simulation=simulate("n1", world, flags, NOW),
    )
    return plan_drain(Drain(TARGET, flags, **more), facts, NOW)


def planned(*pods: Json, **more: Any) -> Plan:
    plan = drain(*pods, **more)
    assert isinstance(plan, Plan), plan
    return plan


def web(name: str, **more: Any) -> Json:
    return pod_json(name, node="n1", owner=RS, **more)


def test_it_cordons_first_and_evicts_the_very_pods_that_were_seen() -> None:
    plan = planned(web("a"), web("b"), grace_period=5)
    assert [write.method for write in plan.writes] == ["PATCH"]
    bodies = [msgspec.json.decode(write.body) for write in plan.evictions]
    assert [one["metadata"]["name"] for one in bodies] == ["a", "b"]
    assert bodies[0]["deleteOptions"] == {"preconditions": {"uid": "uid-a"}, "gracePeriodSeconds": 5}
    assert plan.evictions[0].path == "/api/v1/namespaces/shop/pods/a/eviction"
    assert (plan.done, plan.inverse, plan.danger) == ("cordoned", Rejoin(TARGET), Danger.HEAVY)
    assert len(document(plan, "planned").writes) == 3


def test_a_node_that_is_cordoned_already_is_not_written_to() -> None:
    plan = planned(web("a"), node=node_json("n1", cordoned=True))
    assert (plan.writes, plan.done, plan.inverse) == ((), "already cordoned", None)
    assert not plan.is_nothing
    empty = planned(node=node_json("n1", cordoned=True))
    assert (empty.is_nothing, empty.nothing) == (True, "it is cordoned, and no Pod has to go")


def test_one_pod_that_needs_a_flag_stops_everything() -> None:
    told = drain(web("a"), pod_json("alone", node="n1"))
    assert isinstance(told, Refusal)
    assert told.why == "nothing was done: shop/alone: no controller would bring it back"
    assert told.hint == "if that is meant, add --force"


def test_what_is_in_the_way_is_told_with_names_and_numbers() -> None:
    guard = budget_json("db", {"app": "db"}, allowed=0, healthy=1, desired=1)
    local = {"volumes": [{"name": "tmp", "emptyDir": {}}], "labels": {"app": "cache"}}
    plan = planned(
        web("a", cpu="3"),
        web("db", labels={"app": "db"}),
        web("cache", **local),
        guards=(guard,),
        flags=Flags(delete_emptydir_data=True),
    )
    assert [(one.code, str(one.severity), one.text) for one in plan.cautions] == [
        (
            "GW-ACT-NO-ROOM",
            "critical",
            "no other node for shop/a; nearest is n2: needs 1 more cpu: asks for 3, 2 of 2 is free",
        ),
        ("GW-ACT-HELD", "critical", "holds shop/db: budget db needs 1 healthy Pod and has 1"),
        ("GW-ACT-LOST", "warning", "shop/cache: its local data (emptyDir) is lost"),
    ]


def test_danger_says_whether_pods_come_back() -> None:
    spread = (web("a"), pod_json("b", node="n2", owner=RS))
    assert planned(*spread).danger is Danger.ROLLING
    assert planned(web("a")).danger is Danger.HEAVY, "nobody serves for a while"
    assert planned().danger is Danger.LIGHT


def test_the_line_of_kubectl_has_the_same_flags() -> None:
    flags = Flags(ignore_daemonsets=True, delete_emptydir_data=True, force=True, skip_wait_for_delete_timeout=20)
    assert planned(flags=flags, grace_period=0, pod_selector="app=web").kubectl == (
        "kubectl drain n1 --ignore-daemonsets --delete-emptydir-data --force --skip-wait-for-delete-timeout=20 "
        "--grace-period=0 --pod-selector='app=web'"
    )
