"""Pods that are cut off or lost, kills by probes, and containers that are held at their CPU limit."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from msgspec import structs

from kubectl_goweb.objects import LogTail
from kubectl_goweb.objects.facts import CpuUse
from kubectl_goweb.objects.rare import decode_full_pod
from kubectl_goweb.status.overview import overview
from tests.status.objects import NOW, Json, ago
from tests.status.worlds import (
    crashing,
    deployment,
    event,
    made,
    node,
    revisions,
    said,
    world,
)


def ending(*, code: int = 137, after: float = 0, grace: int = 30, reason: str = "Error", hook: int = 0) -> list[Json]:
    """A Deployment with one Pod that was told to end and whose container did `after` seconds past its grace period."""
    web = deployment("web", {"app": "web"})
    pod = made("Pod", "web-1", {"containers": [{"name": "web"}], "nodeName": "n1"}, metadata={
        "deletionTimestamp": ago(seconds=20), "deletionGracePeriodSeconds": grace,
        "ownerReferences": [{"kind": "ReplicaSet", "name": "web-0", "uid": "ReplicaSet-web-0", "controller": True}],
    })  # fmt: skip
    ended = {"exitCode": code, "reason": reason, "finishedAt": ago(seconds=20 - after)}
    status = {"name": "web", "state": {"terminated": ended}}
    pod["status"] = {"phase": "Running", "containerStatuses": [status],
                     "conditions": [{"type": "Ready", "status": "False"}]}  # fmt: skip
    return [web, pod, *revisions("1")]


def test_a_pod_that_is_killed_at_the_end_of_its_grace_period_is_told() -> None:
    heeds = (LogTail("shop/web-1", "web", ("shutting down, 14 requests left",)),)
    deaf = (LogTail("shop/web-1", "web", ("listening on :8080",)),)
    assert said(*ending()) == {"GW-POD-CUT-OFF  deploy/web"}
    assert said(*ending(), logs=heeds) == {"GW-POD-CUT-OFF grace-too-short deploy/web"}
    assert said(*ending(), logs=deaf) == {"GW-POD-CUT-OFF sigterm-ignored deploy/web"}


@pytest.mark.parametrize(
    "how",
    [{"code": 0, "after": -25}, {"code": 143}, {"after": -20}, {"grace": 0}, {"reason": "OOMKilled"}],
    ids=["in time", "by SIGTERM", "killed by something else before", "by force", "for memory"],
)
def test_a_pod_that_ends_in_another_way_is_not_told(how: Json) -> None:
    assert said(*ending(**how)) == set()


def stranded() -> list[Json]:
    """A Deployment whose only Pod the node controller called not ready: its containers are as they were last seen."""
    web, pod, replica_set = ending()
    del pod["metadata"]["deletionTimestamp"], pod["metadata"]["deletionGracePeriodSeconds"]
    status = {"name": "web", "ready": True, "state": {"running": {"startedAt": ago(hours=1)}}}
    unready = {"type": "Ready", "status": "False", "lastTransitionTime": ago(minutes=2)}
    pod["status"] = {"phase": "Running", "containerStatuses": [status], "conditions": [unready]}
    web["status"] |= {"readyReplicas": 0, "availableReplicas": 0}
    return [web, pod, replica_set]


def test_pods_of_a_silent_node_are_lost_with_it_and_not_unready_by_themselves() -> None:
    assert said(*stranded(), node(ready="Unknown")) == {"GW-NODE-NOT-READY  node/n1"}
    assert said(*stranded(), node()) == {"GW-POD-NOT-READY  deploy/web"}


@pytest.mark.parametrize(
    ("used", "reason"),
    [(3.0, "cpu-throttled"), (1.0, "probe-timeout"), (None, "probe-timeout")],
    ids=["all it may", "a third", "unknown"],
)
def test_a_slow_answer_is_laid_on_the_limit_only_when_it_was_used_up(used: float | None, reason: str) -> None:
    web, pod, replica_set = stranded()
    limits = {"limits": {"cpu": "50m"}}
    pod["spec"]["containers"] = [{"name": "web", "resources": limits, "readinessProbe": {"tcpSocket": {"port": 80}}}]
    pod["status"]["containerStatuses"][0]["ready"] = False
    late = event("Pod web-1", "Unhealthy", "Readiness probe failed: context deadline exceeded", type="Warning")
    snapshot = world(web, pod, replica_set, late)
    at = NOW - timedelta(seconds=5)
    use = {} if used is None else {"cpu shop/web-1/web": CpuUse(used, at - timedelta(seconds=60), at)}
    snapshot = structs.replace(snapshot, facts=structs.replace(snapshot.facts, cpu=use))
    (told,) = [one for one in overview(snapshot, NOW).findings if one.object.name == "web"]
    assert (told.code, told.reason) == ("GW-POD-NOT-READY", reason)


@pytest.mark.parametrize(
    ("code", "lasted", "minutes", "reason"),
    [(0, 12, 4, "GW-POD-KILLED probe-dependency"), (0, 2, 4, "GW-POD-CRASHLOOP dependency-refused"),
     (1, 12, 4, "GW-POD-CRASHLOOP dependency-refused"), (0, 12, 40, "GW-POD-CRASHLOOP dependency-refused")],
    ids=["as before", "too short", "by itself", "long ago"],
)  # fmt: skip
def test_an_old_event_tells_of_later_runs_that_ended_alike(code: int, lasted: int, minutes: int, reason: str) -> None:
    pod = crashing()
    probe = {"httpGet": {"path": "/healthz", "port": 80}, "periodSeconds": 5, "failureThreshold": 3}
    pod["spec"]["containers"] = [{"name": "web", "livenessProbe": probe}]
    run = {"exitCode": code, "startedAt": ago(seconds=20 + lasted), "finishedAt": ago(seconds=20)}
    pod["status"]["containerStatuses"][0]["lastState"] = {"terminated": run}
    kill = event("Pod client", "Killing", "Container web failed liveness probe, will be restarted", minutes=minutes)
    failed = event("Pod client", "Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 503",
                   type="Warning", minutes=minutes)  # fmt: skip
    said = "dial tcp 10.0.0.9:5432: connect: connection refused"
    error = LogTail("shop/client", "web", (json.dumps({"level": "ERROR", "msg": "not ready", "error": said}),))
    snapshot = world(pod, kill, failed, logs=(error,))
    full = decode_full_pod(json.dumps(pod).encode())
    snapshot = structs.replace(snapshot, facts=structs.replace(snapshot.facts, pods={"shop/client": full}))
    (told,) = overview(snapshot, NOW).findings
    assert f"{told.code} {told.reason}" == reason


def test_a_probe_of_another_port_than_the_program_has_is_no_slow_start() -> None:
    pod = crashing()
    probe = {"httpGet": {"path": "/", "port": 9999}, "periodSeconds": 1, "failureThreshold": 3}
    pod["spec"]["containers"] = [{"name": "web", "livenessProbe": probe}]
    run = {"exitCode": 0, "startedAt": ago(seconds=24), "finishedAt": ago(seconds=20)}
    pod["status"]["containerStatuses"][0]["lastState"] = {"terminated": run}
    kill = event("Pod client", "Killing", "Container web failed liveness probe, will be restarted", seconds=20)
    said = "Liveness probe failed: dial tcp 10.0.0.5:9999: connect: connection refused"
    failed = event("Pod client", "Unhealthy", said, type="Warning", seconds=20)

    def reason(line: str) -> str:
        snapshot = world(pod, kill, failed, logs=(LogTail("shop/client", "web", (line,)),))
        full = decode_full_pod(json.dumps(pod).encode())
        snapshot = structs.replace(snapshot, facts=structs.replace(snapshot.facts, pods={"shop/client": full}))
        (told,) = overview(snapshot, NOW).findings
        return f"{told.code} {told.reason}"

    assert reason("listening on :8080") == "GW-POD-KILLED liveness-probe"
    assert reason("loading the cache") == "GW-POD-KILLED slow-start"


@pytest.mark.parametrize(
    ("seconds", "code", "is_told"),
    [(600, 0, True), (60, 0, False), (600, 1, False)],
    ids=["long", "just now", "failed"],
)
def test_a_job_whose_pod_is_kept_running_by_another_container_is_told(seconds: int, code: int, is_told: bool) -> None:
    pod = made("Pod", "work-1", {"containers": [{"name": "work"}, {"name": "proxy"}]})
    pod["metadata"]["ownerReferences"] = [{"kind": "Job", "name": "work", "uid": "x", "controller": True}]
    ended = {"terminated": {"exitCode": code, "finishedAt": ago(seconds=seconds)}}
    statuses = [{"name": "work", "state": ended}, {"name": "proxy", "ready": True, "state": {"running": {}}}]
    pod["status"] = {"phase": "Running", "containerStatuses": statuses}
    assert ("GW-JOB-HELD container-runs-on job/work" in said(pod)) == is_told


def owned(name: str, kind: str, owner: str) -> Json:
    pod = crashing(name)
    pod["metadata"]["ownerReferences"] = [{"kind": kind, "name": owner, "uid": f"{kind}-{owner}", "controller": True}]
    return pod


def replica_set(name: str, kind: str = "", owner: str = "") -> Json:
    above = [{"kind": kind, "name": owner, "uid": f"{kind}-{owner}", "controller": True}] if kind else []
    return made("ReplicaSet", name, {"replicas": 2}, metadata={"ownerReferences": above})


def test_pods_of_controllers_that_are_not_known_are_told_by_them_once() -> None:
    assert said(owned("db-1", "Cluster", "db"), owned("db-2", "Cluster", "db")) == {"GW-POD-CRASHLOOP  cluster/db"}
    assert said(owned("web-1", "ReplicaSet", "web"), replica_set("web")) == {"GW-POD-CRASHLOOP  rs/web"}
    rollout = replica_set("web-5f", "Rollout", "web")
    assert said(owned("web-1", "ReplicaSet", "web-5f"), rollout) == {"GW-POD-CRASHLOOP  rollout/web"}


def test_pods_whose_workload_was_not_looked_at_are_left_to_it() -> None:
    assert said(owned("web-1", "ReplicaSet", "web-5f"), replica_set("web-5f", "Deployment", "web")) == set()
    assert said(owned("web-1", "ReplicaSet", "web-5f")) == set()
    assert said(owned("log-1", "DaemonSet", "log"), owned("kube-proxy", "Node", "n1")) == set()
