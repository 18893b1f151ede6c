"""The story as a spectator sees it, and that it is the same every time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kubectl_goweb.demo.bodies import condition, is_ready
from kubectl_goweb.demo.resources import RESOURCES
from kubectl_goweb.demo.simulation import Simulation
from kubectl_goweb.demo.sizes import fence_posts
from kubectl_goweb.demo.world import World

START = datetime(2025, 3, 9, 3, 7, 41, tzinfo=UTC)


def everything(world: World) -> bytes:
    return json.dumps([world.sim.find(resource.name) for resource in RESOURCES]).encode()


def deployment(world: World, name: str) -> dict[str, Any]:
    found = world.sim.get("deployments", "shop", name)
    assert found is not None
    return found


def pods(world: World, app: str) -> list[dict[str, Any]]:
    return [pod for pod in world.sim.find("pods", "shop") if pod["metadata"]["labels"]["app"] == app]


def reason(body: dict[str, Any], kind: str) -> str:
    found = condition(body, kind)
    assert found is not None
    return str(found["reason"])


def test_the_same_seed_and_instant_give_the_same_bytes() -> None:
    one, other = World(7, START), World(7, START)
    for world in (one, other):
        world.advance(START + timedelta(minutes=7))

    assert everything(one) == everything(other)


def test_the_size_of_the_steps_does_not_matter() -> None:
    strider, creeper = World(7, START), World(7, START)
    strider.advance(START + timedelta(minutes=3))
    for second in range(1, 181):
        creeper.advance(START + timedelta(seconds=second))

    assert everything(strider) == everything(creeper)


def test_the_bytes_do_not_depend_on_the_process() -> None:
    script = """
import json, sys
from datetime import UTC, datetime
from kubectl_goweb.demo.world import World
sim = World(7, datetime(2025, 3, 9, 3, 7, 41, tzinfo=UTC)).sim
sys.stdout.write(json.dumps([sim.find("pods"), sim.find("events")]))
"""
    told = {
        subprocess.run(
            [sys.executable, "-c", script], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }

    assert len(told) == 1
    assert b"CrashLoopBackOff" in told.pop()


def test_another_seed_gives_other_names() -> None:
    assert {pod["metadata"]["name"] for pod in pods(World(7, START), "api")}.isdisjoint(
        pod["metadata"]["name"] for pod in pods(World(8, START), "api")
    )


def test_advance_tells_every_write_once_and_in_order() -> None:
    world = World(7, START)
    first = world.advance(START + timedelta(seconds=30))
    second = world.advance(START + timedelta(seconds=60))

    versions = [change.version for change in [*first, *second]]
    assert first
    assert second
    assert versions == list(range(versions[0], versions[0] + len(versions)))


@pytest.mark.parametrize(
    ("name", "ready", "desired", "available", "progressing"),
    [
        ("api", 8, 8, "MinimumReplicasAvailable", "NewReplicaSetAvailable"),
        ("batch", 0, 0, "MinimumReplicasAvailable", "NewReplicaSetAvailable"),
        ("mail", 2, 2, "MinimumReplicasAvailable", "DeploymentPaused"),
        ("search", 1, 3, "MinimumReplicasUnavailable", "NewReplicaSetAvailable"),
        ("web", 4, 5, "MinimumReplicasAvailable", "ReplicaSetUpdated"),
    ],
)
def test_the_curtain_rises_on_a_bad_night(
    name: str, ready: int, desired: int, available: str, progressing: str
) -> None:
    body = deployment(World(7, START), name)

    assert body["status"].get("readyReplicas", 0) == ready
    assert body["spec"]["replicas"] == desired
    assert (reason(body, "Available"), reason(body, "Progressing")) == (available, progressing)


def test_web_crashes_with_growing_back_off_and_its_old_revision_serves_on() -> None:
    world = World(7, START)
    restarts = []
    for minute in range(12):
        world.advance(START + timedelta(minutes=minute))
        broken = [pod for pod in pods(world, "web") if not is_ready(pod)]
        assert len(broken) == 3
        assert len(pods(world, "web")) - len(broken) == 4
        restarts.append(broken[0]["status"]["containerStatuses"][0]["restartCount"])

    assert restarts == [5, 6, 6, 6, 6, 6, 7, 7, 7, 7, 7, 8]
    assert reason(deployment(world, "web"), "Progressing") == "ProgressDeadlineExceeded"


def test_what_lasts_since_long_ago_did_not_change_when_the_world_began_to_move() -> None:
    world = World(7, START)
    transitions = [
        (body["metadata"]["name"], each["lastTransitionTime"])
        for body in world.sim.find("deployments")
        for each in body["status"]["conditions"]
        if each["type"] == "Available"
    ]

    assert [name for name, when in transitions if when > "2025-03-09"] == ["search"]


def test_web_has_revisions_six_to_eight() -> None:
    sets = [
        each for each in World(7, START).sim.find("replicasets", "shop") if each["metadata"]["labels"]["app"] == "web"
    ]

    assert {
        each["metadata"]["annotations"]["deployment.kubernetes.io/revision"]: each["spec"]["replicas"] for each in sets
    } == {
        "6": 0,
        "7": 4,
        "8": 3,
    }


def test_cart_rolls_out_again_and_again_within_its_fence_posts() -> None:
    world = World(7, START)
    revisions = set()
    for second in range(0, 600, 1):
        world.advance(START + timedelta(seconds=second))
        body = deployment(world, "cart")
        revisions.add(body["metadata"]["annotations"]["deployment.kubernetes.io/revision"])
        surge, unavailable = fence_posts(body["spec"])
        active = [pod for pod in pods(world, "cart") if "deletionTimestamp" not in pod["metadata"]]
        assert len(active) <= 6 + surge
        assert sum(is_ready(pod) for pod in active) >= 6 - unavailable

    assert len(revisions) >= 5


def test_search_is_unready_for_a_reason_that_events_tell() -> None:
    world = World(7, START)
    unready = {pod["metadata"]["name"] for pod in pods(world, "search") if not is_ready(pod)}
    warnings = [each for each in world.sim.find("events", "shop") if each["reason"] == "Unhealthy"]

    assert len(unready) == 2
    assert {each["involvedObject"]["name"] for each in warnings} == unready
    assert {each["message"] for each in warnings} == {"Readiness probe failed: HTTP probe failed with statuscode: 500"}
    slices = [
        each for each in world.sim.find("endpointslices", "shop") if each["metadata"]["name"].startswith("search-")
    ]
    assert sorted(each["conditions"]["ready"] for each in slices[0]["endpoints"]) == [False, False, True]


def test_the_nodes_are_one_under_pressure_and_one_cordoned() -> None:
    nodes = {node["metadata"]["name"]: node for node in World(7, START).sim.find("nodes")}
    pressed = [name for name, node in nodes.items() if reason(node, "MemoryPressure") == "KubeletHasInsufficientMemory"]

    assert list(nodes) == ["cp-1", "worker-1", "worker-2", "worker-3", "worker-4"]
    assert pressed == ["worker-3"]
    assert [name for name, node in nodes.items() if node["spec"].get("unschedulable")] == ["worker-4"]


def test_new_pods_avoid_the_cordoned_the_pressed_and_the_control_plane_node() -> None:
    world = World(7, START)
    world.advance(START + timedelta(minutes=5))

    assert {pod["spec"]["nodeName"] for pod in pods(world, "cart")} == {"worker-1", "worker-2"}


def test_generations_and_versions_are_kept_as_the_api_server_does() -> None:
    world = World(7, START)
    api = deployment(world, "api")
    with world.sim.edit("deployments", api) as draft:
        draft["spec"]["replicas"] = 9
    grown = deployment(world, "api")
    with world.sim.edit("deployments", grown) as draft:
        draft["spec"]["replicas"] = 9

    assert grown["metadata"]["generation"] == api["metadata"]["generation"] + 1
    assert deployment(world, "api") is grown
    world.advance(START + timedelta(seconds=30))
    assert deployment(world, "api")["status"]["availableReplicas"] == 9
    assert deployment(world, "api")["metadata"]["generation"] == grown["metadata"]["generation"]


def test_an_image_that_no_registry_has_ends_in_image_pull_back_off() -> None:
    world = World(7, START)
    with world.sim.edit("deployments", deployment(world, "api")) as draft:
        draft["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example.com/shop/api:tpyo"
    world.advance(START + timedelta(seconds=10))

    waiting = [pod["status"]["containerStatuses"][0]["state"].get("waiting") for pod in pods(world, "api")]
    assert {each["reason"] for each in waiting if each} == {"ImagePullBackOff"}


def test_a_rolling_stateful_set_goes_from_the_highest_ordinal_down() -> None:
    world = World(7, START)
    owner = world.sim.get("statefulsets", "shop", "postgres")
    assert owner is not None
    with world.sim.edit("statefulsets", owner) as draft:
        draft["spec"]["template"]["metadata"]["annotations"] = {"kubectl.kubernetes.io/restartedAt": "now"}
    born: dict[str, str] = {}
    for second in range(120):
        world.advance(START + timedelta(seconds=second))
        fresh = [pod for pod in pods(world, "postgres") if "annotations" in pod["metadata"]]
        for pod in fresh:
            born.setdefault(pod["metadata"]["name"], pod["metadata"]["creationTimestamp"])
        assert sum(is_ready(pod) for pod in pods(world, "postgres")) >= 2

    assert list(born) == ["postgres-2", "postgres-1", "postgres-0"]
    done = world.sim.get("statefulsets", "shop", "postgres")
    assert done is not None
    assert done["status"]["currentRevision"] == done["status"]["updateRevision"]
    assert len(world.sim.owned("controllerrevisions", done)) == 2


def test_a_daemon_set_runs_on_every_node_and_comes_back_where_its_pod_was_deleted() -> None:
    world = World(7, START)
    owner = world.sim.get("daemonsets", "kube-system", "node-agent")
    assert owner is not None
    victim = world.sim.owned("pods", owner)[0]
    world.sim.delete_pod(victim)
    world.advance(START + timedelta(seconds=30))

    agents = world.sim.owned("pods", owner)
    assert sorted(pod["spec"]["nodeName"] for pod in agents) == ["cp-1", "worker-1", "worker-2", "worker-3", "worker-4"]
    assert victim["metadata"]["uid"] not in {pod["metadata"]["uid"] for pod in agents}
    assert all(is_ready(pod) for pod in agents)


def test_a_deleted_deployment_takes_its_replica_sets_and_pods_along() -> None:
    world = World(7, START)
    world.sim.remove("deployments", "shop", "web")
    world.advance(START + timedelta(seconds=30))

    assert pods(world, "web") == []
    assert not [each for each in world.sim.find("replicasets", "shop") if each["metadata"]["labels"]["app"] == "web"]


def test_an_event_is_counted_up_and_forgotten_an_hour_after_the_last_time() -> None:
    sim = Simulation(7, START)
    node = sim.create("nodes", {"kind": "Node", "apiVersion": "v1", "metadata": {"name": "n1"}})
    for minute in range(3):
        sim.run(START + timedelta(minutes=minute))
        sim.record(node, "Warning", "Rebooted", "Node n1 has been rebooted", "kubelet")

    assert [each["count"] for each in sim.find("events")] == [3]
    sim.run(START + timedelta(minutes=61))
    assert len(sim.find("events")) == 1
    sim.run(START + timedelta(minutes=62))
    assert sim.find("events") == []
