"""A drain, told before it is done: who goes, who stays, where to, who is in the way, what serves meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_goweb.objects import Service
from kubectl_goweb.objects.core import ServiceSpec
from kubectl_goweb.objects.meta import Meta
from kubectl_goweb.status.evacuation.filters import Fate, sort_out
from kubectl_goweb.status.evacuation.flags import Flags
from kubectl_goweb.status.evacuation.simulation import Outcome, Simulation, World, simulate
from kubectl_goweb.status.verdicts import Ref

from .objects import NOW, ago
from .placing import Json, budget_json, budgets, cluster, full_pod, full_pods, node_json, pod_json

EVERYTHING = Flags(ignore_daemonsets=True, delete_emptydir_data=True, force=True)
RS: Json = {"kind": "ReplicaSet", "name": "web-a"}
DS: Json = {"kind": "DaemonSet", "name": "agent"}
EMPTY_DIR: Json = {"volumes": [{"name": "tmp", "emptyDir": {}}]}
MIRROR: Json = {"annotations": {"kubernetes.io/config.mirror": "abc"}}

FATES: list[tuple[str, Json, Flags, Fate, str]] = [
    ("replicated", {"owner": RS}, Flags(), Fate.EVICT, ""),
    ("daemon set", {"owner": DS}, Flags(), Fate.REFUSE, "--ignore-daemonsets"),
    ("daemon set ignored", {"owner": DS}, Flags(ignore_daemonsets=True), Fate.STAY, ""),
    ("force does not evict a daemon set", {"owner": DS}, Flags(force=True), Fate.REFUSE, "--ignore-daemonsets"),
    ("ended daemon set Pod", {"owner": DS, "phase": "Failed"}, Flags(), Fate.EVICT, ""),
    ("mirror", MIRROR, Flags(), Fate.STAY, ""),
    ("mirror with everything", MIRROR, EVERYTHING, Fate.STAY, ""),
    ("local data", {"owner": RS, **EMPTY_DIR}, Flags(), Fate.REFUSE, "--delete-emptydir-data"),
    ("local data given up", {"owner": RS, **EMPTY_DIR}, Flags(delete_emptydir_data=True), Fate.EVICT, ""),
    ("local data of an ended Pod", {"owner": RS, "phase": "Succeeded", **EMPTY_DIR}, Flags(), Fate.EVICT, ""),
    ("unmanaged", {}, Flags(), Fate.REFUSE, "--force"),
    ("unmanaged by force", {}, Flags(force=True), Fate.EVICT, ""),
    ("unmanaged and ended", {"phase": "Succeeded"}, Flags(), Fate.EVICT, ""),
    ("unmanaged with local data", EMPTY_DIR, Flags(force=True), Fate.REFUSE, "--delete-emptydir-data"),
    ("being deleted for long", {"deleted": ago(minutes=5)}, Flags(skip_wait_for_delete_timeout=60), Fate.STAY, ""),
    (
        "being deleted since just now",
        {"owner": RS, "deleted": ago(seconds=5)},
        Flags(skip_wait_for_delete_timeout=60),
        Fate.EVICT,
        "",
    ),
]


@pytest.mark.parametrize(("pod", "flags", "fate", "flag"), [row[1:] for row in FATES], ids=[row[0] for row in FATES])
def test_pods_are_sorted_out_as_kubectl_does(pod: Json, flags: Flags, fate: Fate, flag: str) -> None:
    told = sort_out(full_pod(**pod), flags, {"shop/agent": object()}, NOW)
    assert (told.fate, told.flag) == (fate, flag)


def test_a_pod_whose_daemon_set_is_gone_goes_by_force_only() -> None:
    orphan = full_pod(owner=DS)
    assert sort_out(orphan, Flags(ignore_daemonsets=True), {}, NOW).flag == "--force"
    told = sort_out(orphan, Flags(force=True), {}, NOW)
    assert (told.fate, "nothing brings it back" in told.warning) == (Fate.EVICT, True)
    assert sort_out(orphan, Flags(ignore_daemonsets=True), None, NOW).fate is Fate.STAY


def test_what_is_lost_with_a_pod_is_said() -> None:
    told = sort_out(full_pod(**EMPTY_DIR), EVERYTHING, {}, NOW)
    assert told.warning == "its local data (emptyDir) is lost; nothing brings it back"


def played(
    *pods: Json, nodes: tuple[Json, ...] = (), guards: tuple[Json, ...] = (), flags: Flags = EVERYTHING, **more: Any
) -> Simulation:
    nodes = nodes or (node_json("n1"), node_json("n2"))
    return simulate(
        "n1",
        World(cluster=cluster(nodes, pods), pods=tuple(full_pods(*pods)), budgets=tuple(budgets(*guards)), **more),
        flags,
        NOW,
    )


def web(name: str, node: str = "n1", **more: Any) -> Json:
    return pod_json(name, node=node, owner=RS, **{"cpu": "1", **more})


def outcomes(told: Simulation) -> dict[str, tuple[str, int, str]]:
    return {one.pod.removeprefix("shop/"): (one.outcome, one.wave, one.to) for one in told.moves}


def test_pods_go_where_there_is_room_and_not_back_to_the_drained_node() -> None:
    told = played(web("a"), web("b"))
    assert outcomes(told) == {"a": (Outcome.MOVES, 1, "n2"), "b": (Outcome.MOVES, 1, "n2")}
    assert told.is_clean
    assert told.sentence == "of 2 Pods to evict 2 have room elsewhere"


def test_every_placed_pod_takes_room_from_the_next_and_the_largest_is_placed_first() -> None:
    told = played(web("small", cpu="1"), web("big", cpu="3"), nodes=(node_json("n1"), node_json("n2", cpu="3")))
    assert outcomes(told) == {"big": (Outcome.MOVES, 1, "n2"), "small": (Outcome.PENDING, 1, "")}
    (stuck,) = [one for one in told.moves if one.outcome is Outcome.PENDING]
    assert stuck.why == "nearest is n2: needs 1 more cpu: asks for 1, 0 of 3 is free"
    assert not told.is_clean


def test_a_pod_for_labels_of_this_node_alone_stays_pending() -> None:
    told = played(web("a", nodeSelector={"kubernetes.io/hostname": "n1"}))
    (move,) = told.moves
    assert move.why == "nearest is n2: wants label kubernetes.io/hostname=n1, it has 'n2'"


def test_a_budget_of_one_makes_waves() -> None:
    guard = budget_json("web", {"app": "web"}, allowed=1, healthy=3, desired=2)
    told = played(web("a"), web("b"), web("c", "n2"), guards=(guard,))
    assert {name: wave for name, (_, wave, _) in outcomes(told).items()} == {"a": 1, "b": 2}
    assert told.waves == 2


def test_a_budget_that_allows_nothing_is_named_with_the_pod_that_is_to_blame() -> None:
    guard = budget_json("web", {"app": "web"}, allowed=0, healthy=2, desired=2, minAvailable=2)
    sick = web("c", "n2", ready=False, waiting="CrashLoopBackOff")
    told = played(web("a"), web("b"), sick, guards=(guard,))
    assert {outcome for outcome, _, _ in outcomes(told).values()} == {Outcome.BLOCKED}
    assert [one.why for one in told.moves] == ["budget web lets no more go"] * 2
    (budget,) = told.budgets
    assert budget.text == "budget web needs 2 healthy Pods and has 2; not healthy: c (CrashLoopBackOff)"
    assert budget.rule == "minAvailable 2"


def test_without_room_for_the_replacement_the_budget_does_not_open_again() -> None:
    guard = budget_json("web", {"app": "web"}, allowed=1, healthy=2, desired=1)
    told = played(web("a"), web("b"), nodes=(node_json("n1"), node_json("n2", cpu="500m")), guards=(guard,))
    assert sorted(outcome for outcome, _, _ in outcomes(told).values()) == [Outcome.BLOCKED, Outcome.PENDING]


@pytest.mark.parametrize(
    ("allowed", "healthy", "policy", "goes"),
    [
        (0, 2, "IfHealthyBudget", True),
        (0, 1, "IfHealthyBudget", False),
        (0, 1, "AlwaysAllow", True),
    ],
)
def test_an_unhealthy_pod_goes_when_the_budget_is_met_without_it(
    allowed: int, healthy: int, policy: str, goes: bool
) -> None:
    guard = budget_json(
        "web", {"app": "web"}, allowed=allowed, healthy=healthy, desired=2, unhealthyPodEvictionPolicy=policy
    )
    told = played(web("a", ready=False), guards=(guard,))
    assert (told.moves[0].outcome is Outcome.MOVES) == goes


def test_two_budgets_hold_a_pod_for_ever() -> None:
    guards = tuple(budget_json(name, {"app": "web"}, allowed=9, healthy=9, desired=1) for name in ("one", "two"))
    told = played(web("a"), guards=guards)
    assert told.moves[0].outcome is Outcome.BLOCKED
    assert told.moves[0].why.endswith("one, two")


def test_a_budget_that_the_controller_has_not_seen_lets_nothing_go() -> None:
    stale = budget_json("web", {"app": "web"}, allowed=5, healthy=5, desired=0)
    stale["metadata"]["generation"] = 2
    assert played(web("a"), guards=(stale,)).moves[0].outcome is Outcome.BLOCKED


def test_pods_that_serve_nobody_go_first() -> None:
    told = played(web("a", cpu="3"), web("b", cpu="1", ready=False))
    assert [one.pod for one in told.moves] == ["shop/b", "shop/a"]


def test_an_unmanaged_pod_is_gone_and_a_refused_one_stops_everything() -> None:
    alone = pod_json("alone", node="n1")
    assert played(alone).moves[0].outcome is Outcome.GONE
    told = played(alone, web("a"), flags=Flags())
    assert [one.pod for one in told.refused] == ["shop/alone"]
    assert told.sentence == "1 Pod is not touched without --force: nothing is drained"


def test_what_serves_meanwhile_is_counted_for_workload_and_service() -> None:
    service = Service(Meta("front", "shop"), ServiceSpec(selector={"app": "web"}))
    owners = {"uid-web-a": Ref("Deployment", "web", "shop")}
    told = played(web("a"), web("b"), web("c", "n2"), services=(service,), owners=owners)
    assert [one.text for one in told.serving] == [
        "deploy/web in shop: 3 ready, 1 meanwhile, 3 afterwards",
        "svc/front in shop: 3 ready, 1 meanwhile, 3 afterwards",
    ]
    guard = budget_json("web", {"app": "web"}, allowed=1, healthy=3, desired=2)
    gentle = played(web("a"), web("b"), web("c", "n2"), services=(service,), owners=owners, guards=(guard,))
    assert {one.least for one in gentle.serving} == {2}


def test_a_service_that_nobody_serves_for_a_while_is_a_gap() -> None:
    service = Service(Meta("front", "shop"), ServiceSpec(selector={"app": "web"}))
    told = played(web("a"), web("b"), services=(service,))
    assert all(one.is_gap for one in told.serving)


def test_what_could_not_be_read_is_told() -> None:
    told = simulate("n1", World(cluster=cluster([node_json("n1")]), pods=(), budgets=None, services=None), Flags(), NOW)
    assert told.unchecked == ("budgets", "Services")


def test_only_selected_pods_are_drained() -> None:
    world = World(cluster=cluster([node_json("n1"), node_json("n2")]), pods=tuple(full_pods(web("a"), web("b"))))
    assert [one.pod for one in simulate("n1", world, Flags(), NOW, ["shop/b"]).moves] == ["shop/b"]
