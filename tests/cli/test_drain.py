"""Nodes on the command line, against the demo's server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kubectl_goweb.demo.server import ApiServer
from tests.cli.conftest import Goweb

NODE = "worker-1"


def node(server: ApiServer, name: str = NODE) -> Any:
    return server.world.sim.get("nodes", "", name)


def pods_on(server: ApiServer, name: str = NODE) -> set[str]:
    found = server.world.sim.find("pods")
    return {one["metadata"]["name"] for one in found if one["spec"].get("nodeName") == name}


def writes(server: ApiServer) -> int:
    changing = ("patch", "update", "delete", "create")
    return sum(count for (verb, what), count in server.requests.items() if verb in changing and "review" not in what)


def test_a_simulation_writes_nothing_and_says_how_it_would_end(goweb: Goweb, server: ApiServer) -> None:
    refused = goweb("drain", NODE, "--simulate")
    assert refused.code == 4
    assert "allow it with --ignore-daemonsets" in refused.out
    ran = goweb("drain", NODE, "--simulate", "--ignore-daemonsets", "-o", "json")
    told = json.loads(ran.out)
    assert (ran.code, told["kind"], told["clean"]) == (0, "DrainSimulation", True)
    moving = {one["pod"].split("/")[1] for one in told["simulation"]["moves"]}
    assert {one["to"] for one in told["simulation"]["moves"]} <= {"worker-2", "worker-3", "worker-4"}
    assert moving == {name for name in pods_on(server) if not name.startswith("node-agent-")}
    assert writes(server) == 0


def test_the_plan_is_shown_with_the_simulation_before_it_is_confirmed(goweb: Goweb, server: ApiServer) -> None:
    ran = goweb("drain", NODE, "--ignore-daemonsets", typed="n\n")
    assert (ran.code, writes(server)) == (1, 0)
    for part in ("WAVE", "ROOM ON", "serving", "kubectl drain worker-1 --ignore-daemonsets", "do it? [y/N]"):
        assert part in ran.err


def test_a_drain_evicts_waits_and_says_so_in_kubectls_words(goweb: Goweb, server: ApiServer) -> None:
    leaving = {name for name in pods_on(server) if not name.startswith("node-agent-")}
    ran = goweb("drain", NODE, "--ignore-daemonsets", "--grace-period=0", "--timeout=30s", "--reason", "disk", "-y")
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert (lines[0], lines[-1]) == ("node/worker-1 cordoned", "node/worker-1 drained")
    assert {line.split("/")[-1] for line in lines if line.startswith("evicting pod ")} == leaving
    assert not pods_on(server) & leaving
    assert json.loads(node(server)["metadata"]["annotations"]["kubectl-goweb/isolated"])["reason"] == "disk"

    again = goweb("drain", NODE, "--ignore-daemonsets", "-y")
    assert again.out == "node/worker-1 already cordoned (it is cordoned, and no Pod has to go)\n"
    assert goweb("rejoin", NODE, "-y").out == "node/worker-1 rejoined\n"
    assert "unschedulable" not in node(server)["spec"]


def test_refused_evictions_end_it_and_the_node_is_taken_back_when_asked(goweb: Goweb, server: ApiServer) -> None:
    server.faults.forbid("pods/eviction", "create")
    ran = goweb("drain", NODE, "--ignore-daemonsets", "--uncordon-on-failure", "-y", "-o", "json")
    assert ran.code == 4
    assert "because it was refused" in ran.err
    assert "may not create pods/eviction" in ran.err
    assert "is back in service" in ran.err
    assert "unschedulable" not in node(server)["spec"]
    plan, result = (json.loads(part) for part in ran.out.replace("}\n{", "}\n\0{").split("\0"))
    assert (plan["kind"], result["kind"], result["result"]["ending"]) == ("Plan", "Drain", "failed")


@pytest.mark.parametrize("verb", ["isolate", "rejoin", "drain"])
def test_a_node_that_is_not_there_is_told(goweb: Goweb, verb: str) -> None:
    ran = goweb(verb, "nowhere", "-y")
    assert ran.code == 1
    assert "nowhere" in ran.err


def test_what_may_not_be_read_is_told_as_not_seen(goweb: Goweb, server: ApiServer) -> None:
    server.faults.forbid("services", "list")
    ran = goweb("drain", NODE, "--simulate", "--ignore-daemonsets")
    assert "not seen   Services" in ran.out
    server.faults.forbid("pods", "list")
    blind = goweb("drain", NODE, "--simulate", "--ignore-daemonsets")
    assert (blind.code, blind.out) == (3, "")


def test_isolate_shows_who_and_why_where_nodes_are_shown(goweb: Goweb, server: ApiServer) -> None:
    ran = goweb("isolate", "node/worker-2", "--reason", "disk is failing", "-y")
    assert (ran.code, ran.out) == (0, "node/worker-2 isolated\n")
    (told,) = [one for one in json.loads(goweb("status", "-o", "json").out)["nodes"] if one["name"] == "worker-2"]
    assert (told["isolated"], told["why"]) == (True, "isolated by goweb-demo: disk is failing")
