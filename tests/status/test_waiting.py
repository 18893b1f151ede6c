"""What Pods wait for before they start, and what of it reaches them only then; each with a near miss."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import structs

from kubectl_goweb.objects import Kind, LogTail, Snapshot
from kubectl_goweb.objects.facts import Facts, Room, named
from kubectl_goweb.objects.rare import decode_full_pod, decode_full_workload, decode_one
from kubectl_goweb.objects.wants import Ask, Want
from kubectl_goweb.status.diagnosis.wants import configured, wants
from kubectl_goweb.status.overview import overview
from kubectl_goweb.status.references import references
from kubectl_goweb.status.verdicts import Finding, Severity
from tests.status.objects import NOW, Json, ago
from tests.status.placing import full_nodes, node_json
from tests.status.worlds import (
    PORT,
    crashing,
    deployment,
    event,
    made,
    pod_of_web,
    revisions,
    roots,
    said,
    selected,
    world,
)


def initialising(seconds: float, **more: Any) -> list[Json]:
    """A Deployment whose Pod waits for an init container that runs for so long."""
    web = deployment("web", {"app": "web"})
    web["status"] |= {"readyReplicas": 0, "availableReplicas": 0}
    owner = {"kind": "ReplicaSet", "name": "web-0", "uid": "ReplicaSet-web-0", "controller": True}
    pod = made("Pod", "web-1", {"containers": [{"name": "web"}], "initContainers": [{"name": "wait", **more}],
                                "nodeName": "n1"},
               metadata={"ownerReferences": [owner], "creationTimestamp": ago(seconds=seconds + 1)})  # fmt: skip
    running = {"name": "wait", "started": False, "state": {"running": {"startedAt": ago(seconds=seconds)}}}
    pod["status"] = {"phase": "Pending", "initContainerStatuses": [running],
                     "containerStatuses": [{"name": "web", "state": {"waiting": {"reason": "PodInitializing"}}}],
                     "conditions": [{"type": "Initialized", "status": "False"}]}  # fmt: skip
    return [web, pod, *revisions("1")]


def heard(*lines: str) -> tuple[LogTail, ...]:
    return (LogTail("shop/web-1", "wait", lines, previous=False),)


REFUSED = heard("waiting", "nc: bad address 'orders-db'")


@pytest.mark.parametrize(
    ("seconds", "logs", "reason"),
    [(30, REFUSED, "dependency-dns"), (10, REFUSED, ""), (30, heard("migrating table 3 of 9"), ""),
     (400, heard("migrating table 3 of 9"), "init-running"), (30, (), "")],
    ids=["says what it lacks", "just began", "works", "works for long", "unheard"],
)  # fmt: skip
def test_an_init_container_is_believed_sooner_when_it_says_what_it_waits_for(
    seconds: float, logs: tuple[LogTail, ...], reason: str
) -> None:
    found = {one for one in said(*initialising(seconds), logs=logs) if "POD-INIT" in one}
    assert found == ({f"GW-POD-INIT {reason} deploy/web"} if reason else set())


def test_a_service_that_an_init_container_waits_for_and_that_is_not_there_is_said() -> None:
    (found,) = [one for one in roots(*initialising(30), logs=REFUSED) if one.code == "GW-POD-INIT"]
    assert "there is no Service orders-db in namespace shop" in found.cause


REFUSED_BY_IT = heard("dial tcp 10.96.0.9:80: connect: connection refused")


def test_a_service_that_is_waited_for_and_scaled_to_0_is_said() -> None:
    front = made("Service", "db", {"selector": {"app": "db"}, "clusterIP": "10.96.0.9", "ports": [{"port": 80}]})
    for replicas, more in ((0, ": deploy/db is scaled to 0"), (1, "")):
        db = deployment("db", {"app": "db"}, replicas=replicas)
        found = overview(world(*initialising(30), db, front, logs=REFUSED_BY_IT), NOW).findings
        waits = next(one for one in found if one.code == "GW-POD-INIT")
        assert waits.cause.endswith(f"Service shop/db has no ready endpoint{more}")


def test_a_mount_that_was_late_is_forgotten_once_the_sandbox_is_there() -> None:
    """The image is pulled then, of which no warning tells."""
    late = event("Pod web-1", "FailedMount", "failed to sync configmap cache", type="Warning", seconds=20)
    web, pod, *rest = initialising(30)
    pod["status"]["initContainerStatuses"][0]["state"] = {"waiting": {"reason": "PodInitializing"}}
    for status, is_told in (("False", True), ("True", False)):
        pod["status"]["conditions"] = [{"type": "PodReadyToStartContainers", "status": status}]
        assert any("VOLUME" in one for one in said(web, pod, *rest, late)) == is_told


def test_pods_that_wait_for_the_same_are_told_together() -> None:
    web, pod, *rest = initialising(30)
    other = pod | {"metadata": pod["metadata"] | {"name": "web-2", "uid": "Pod-web-2"}}
    (found,) = [one for one in roots(web, pod, other, *rest, logs=REFUSED) if one.code == "GW-POD-INIT"]
    assert found.affected == ("web-1", "web-2")


def test_a_mount_that_was_late_is_forgotten_once_an_init_container_runs() -> None:
    late = event("Pod web-1", "FailedMount", "failed to sync configmap cache", type="Warning", seconds=20)
    web, pod, *rest = initialising(30)
    assert {one for one in said(web, pod, *rest, late) if "VOLUME" in one} == set()
    pod["status"]["initContainerStatuses"][0]["state"] = {"waiting": {"reason": "PodInitializing"}}
    assert {one for one in said(web, pod, *rest, late) if "VOLUME" in one} == {"GW-POD-VOLUME mount deploy/web"}


def test_the_log_of_an_init_container_is_asked_for_when_it_runs_for_a_while() -> None:
    for seconds, is_asked in ((30, True), (5, False)):
        snapshot = world(*initialising(seconds))
        wanted = Want(Ask.LOG, Kind.POD, "shop/web-1", "wait")
        assert (wanted in wants(snapshot, overview(snapshot, NOW))) == is_asked


def ending(strategy: str) -> list[Json]:
    """A Deployment behind a Service whose only Pod has 90 more seconds to end."""
    web, pod, *rest = initialising(60)
    web["spec"]["strategy"] = {"type": strategy}
    running = {"running": {"startedAt": ago(minutes=9)}}
    pod["metadata"] |= {
        "deletionTimestamp": ago(seconds=-90),
        "deletionGracePeriodSeconds": 120,
        "labels": {"app": "web"},
    }
    pod["status"] = {"phase": "Running", "containerStatuses": [{"name": "web", "state": running}],
                     "conditions": [{"type": "Ready", "status": "False"}]}  # fmt: skip
    front = made("Service", "web", {"selector": {"app": "web"}, "ports": [{"port": 80}]})
    return [web, pod, front, *rest]


def test_a_service_without_endpoints_says_what_its_pods_do() -> None:
    for strategy, more in (("Recreate", "; strategy Recreate makes new Pods only then"), ("RollingUpdate", "")):
        (found,) = roots(*ending(strategy))
        assert found.title == f"Service web has no ready endpoint: web-1 is ending and may take 90s more{more}"


def with_template(snapshot: Snapshot, container: Json, *objects: Json) -> Snapshot:
    """With the whole template of deploy/web, and some of what it names."""
    template = {"spec": {"containers": [{"name": "web", **container}]}}
    full = {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"template": template}}
    known = {named(Kind.DEPLOYMENT, "shop/web"): decode_full_workload(json.dumps(full).encode())}
    found = {named(one["kind"], f"shop/{one['metadata']['name']}"): decode_one(
        Kind(one["kind"]), json.dumps(one).encode()) for one in objects}  # fmt: skip
    return structs.replace(snapshot, facts=structs.replace(snapshot.facts, workloads=known, objects=found))


def lacking(variable: str, container: Json, *objects: Json) -> Finding:
    """What is said of deploy/web, which ends for want of a variable."""
    web, pod = deployment("web", {"app": "web"}), crashing("web-1")
    pod["metadata"]["ownerReferences"] = [
        {"kind": "ReplicaSet", "name": "web-0", "uid": "ReplicaSet-web-0", "controller": True}]  # fmt: skip
    log = LogTail("shop/web-1", "web", (f"environment variable {variable} is not set",))
    snapshot = with_template(world(web, pod, *revisions("1"), logs=(log,)), container, *objects)
    (found,) = overview(snapshot, NOW).findings
    assert found.reason == "missing-environment"
    return found


LEVELS = {"kind": "ConfigMap", "metadata": {"name": "levels", "namespace": "shop"}, "data": {"LEVLE": "x"}}


@pytest.mark.parametrize(
    ("container", "says"),
    [
        ({"envFrom": [{"configMapRef": {"name": "levels"}}]},
         "ConfigMap levels of envFrom has no key LEVEL; LEVLE was probably meant"),
        ({"env": [{"name": "LEVEL", "valueFrom": {"configMapKeyRef": {
            "name": "levels", "key": "LEVEL", "optional": True}}}]},
         "by its key LEVEL, which it has not; LEVLE was probably meant; it is optional"),
        ({"env": [{"name": "LEVEL"}]}, "the template sets LEVEL to nothing"),
        ({"env": [{"name": "LEVELS", "value": "x"}]}, "the template does not set LEVEL; LEVELS was probably meant"),
        ({"envFrom": [{"secretRef": {"name": "keys"}}]}, "the template does not set LEVEL; envFrom names keys"),
    ],
    ids=["envFrom", "an optional key", "empty", "another name", "a Secret whose keys are not read"],
)  # fmt: skip
def test_where_a_missing_variable_was_to_come_from_is_said(container: Json, says: str) -> None:
    assert says in lacking("LEVEL", container, LEVELS).cause


def stale(started: float, written: float, *, key: str = "LEVEL", owned: str = "LEVEL") -> list[Finding]:
    """What is said of deploy/web, whose Pod and whose ConfigMap are so many seconds old."""
    web, pod = deployment("web", {"app": "web"}), selected("web-1", "ReplicaSet", PORT)
    pod["metadata"]["ownerReferences"] = [
        {"kind": "ReplicaSet", "name": "web-0", "uid": "ReplicaSet-web-0", "controller": True}]  # fmt: skip
    running = {"running": {"startedAt": ago(seconds=started)}}
    pod["status"]["containerStatuses"] = [{"name": "web", "ready": True, "state": running}]
    write = {"manager": "kubectl-edit", "operation": "Update", "time": ago(seconds=written),
             "fieldsV1": {"f:data": {f"f:{owned}": {}}}}  # fmt: skip
    levels = {"kind": "ConfigMap", "metadata": {"name": "levels", "namespace": "shop", "managedFields": [write]}}
    env = [{"name": "LEVEL", "valueFrom": {"configMapKeyRef": {"name": "levels", "key": key}}}]
    return list(overview(with_template(world(web, pod, *revisions("1")), {"env": env}, levels), NOW).findings)


def test_pods_that_run_with_what_a_config_map_was_are_told() -> None:
    (found,) = stale(started=600, written=60)
    assert (found.code, found.severity, found.affected) == ("GW-CONFIG-STALE", Severity.INFO, ("web-1",))
    assert found.title == "the Pods of deploy/web run with what ConfigMap levels was before it was written last"
    assert "kubectl-edit" in found.evidence[0].text


def test_a_file_that_is_mounted_by_a_sub_path_is_read_once_and_others_are_not() -> None:
    def named(mount: Json) -> list[str]:
        spec = {
            "containers": [{"name": "web", "volumeMounts": [{"name": "s", "mountPath": "/s", **mount}]}],
            "volumes": [{"name": "s", "configMap": {"name": "levels", "items": [{"key": "L", "path": "l.yaml"}]}}],
        }
        full = {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"template": {"spec": spec}}}
        found = references(decode_full_workload(json.dumps(full).encode()).spec.template.spec)
        return [f"{one.where} {one.keys}" for one in found if not one.as_file]

    assert named({"subPath": "l.yaml"}) == ["subPath l.yaml of volume s ('L',)"]
    assert named({}) == []


def test_a_write_that_came_before_the_start_or_to_other_keys_is_not_told() -> None:
    assert stale(started=60, written=600) == []
    assert stale(started=600, written=60, owned="OTHER") == []


def test_when_variables_were_written_is_asked_of_the_workload_that_is_named_alone() -> None:
    snapshot = with_template(world(deployment("web", {"app": "web"})), {"envFrom": [{"secretRef": {"name": "keys"}}]})
    told, wanted = overview(snapshot, NOW), Want(Ask.THERE, Kind.SECRET, "shop/keys")
    assert wanted in configured(snapshot, told.workloads)
    assert wanted not in wants(snapshot, told)


def pulling(seconds: float, *more: Json) -> set[str]:
    web, pod, *rest = pod_of_web()
    web["status"] |= {"readyReplicas": 0, "availableReplicas": 0}
    pod["spec"]["nodeName"], pod["metadata"]["creationTimestamp"] = "n1", ago(seconds=seconds + 2)
    pod["status"] = {"phase": "Pending", "containerStatuses": [
        {"name": "c", "state": {"waiting": {"reason": "ContainerCreating"}}}]}  # fmt: skip
    began = event("Pod web-1", "Pulling", 'Pulling image "web:1"', seconds=seconds)
    return {one for one in said(web, pod, *rest, began, *more) if "POD-IMAGE" in one}


def test_a_pull_that_takes_long_is_told_and_one_that_is_over_is_not() -> None:
    assert pulling(90) == {"GW-POD-IMAGE slow-pull deploy/web"}
    assert pulling(30) == set()
    assert pulling(90, event("Pod web-1", "Pulled", "Successfully pulled image", seconds=5)) == set()


def starting(seconds: float, threshold: int, failed: str) -> Finding:
    """What is said of deploy/web, whose container runs for so long and may take as many seconds to start."""
    web, pod, *rest = pod_of_web()
    probe = {"httpGet": {"port": 8080}, "periodSeconds": 1, "failureThreshold": threshold}
    pod["spec"] |= {"nodeName": "n1", "containers": [{"name": "c", "startupProbe": probe}]}
    pod["metadata"]["creationTimestamp"] = ago(seconds=seconds + 1)
    running = {"name": "c", "ready": False, "started": False, "state": {"running": {"startedAt": ago(seconds=seconds)}}}
    unready = {"type": "Ready", "status": "False", "lastTransitionTime": ago(seconds=seconds)}
    pod["status"] = {"phase": "Running", "containerStatuses": [running], "conditions": [unready]}
    web["status"] |= {"readyReplicas": 0, "availableReplicas": 0}
    web["spec"]["progressDeadlineSeconds"] = 30
    web["spec"]["template"]["spec"]["containers"] = [{"name": "c", "startupProbe": probe}]
    late = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
    web["status"]["conditions"] = [late]
    told = event("Pod web-1", "Unhealthy", f"Startup probe failed: {failed}", type="Warning", seconds=2)
    found = overview(world(web, pod, *rest, told), NOW).findings
    deadline = next(one for one in found if one.code == "GW-ROLLOUT-DEADLINE")
    assert ("the startupProbe allows" in deadline.cause) == (threshold > 30)
    return next(one for one in found if one.code == "GW-POD-NOT-READY")


def test_a_program_that_may_take_longer_to_start_is_said_to_be_starting() -> None:
    refused = "dial tcp 10.0.0.9:8080: connect: connection refused"
    found = starting(60, 300, refused)
    assert found.reason == "startup-running"
    assert "its startupProbe gives it 5m from its start, of which 60s have passed" in found.cause
    assert starting(60, 20, refused).reason == "probe-refused"
    assert starting(60, 300, "HTTP probe failed with statuscode: 404").reason == "probe-path"


def unplaced(reason: str, message: str) -> Finding:
    """What is said of a Pod that the scheduler has not placed, beside a node with room for it."""
    pod = made("Pod", "web-1", {"containers": [{"name": "web"}]})
    pod["status"] = {"phase": "Pending", "conditions": [
        {"type": "PodScheduled", "status": "False", "reason": reason, "message": message}]}  # fmt: skip
    known = decode_full_pod(json.dumps(pod).encode())
    facts = Facts(pods={"shop/web-1": known}, room=Room({one.name: one for one in full_nodes(node_json("n1"))}, {}))
    (found,) = overview(structs.replace(world(pod), facts=facts), NOW).findings
    return found


def test_no_node_is_nearest_for_a_pod_that_a_gate_holds_back() -> None:
    gated = unplaced("SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates")
    assert (gated.reason, "nearest" in gated.cause, len(gated.evidence)) == ("scheduling-gate", False, 1)


def test_the_certificate_of_a_route_is_read_when_it_is_asked_about_by_name() -> None:
    route = made("Ingress", "web", {"tls": [{"hosts": ["a.example.com"], "secretName": "cert"}]})
    snapshot = world(route)
    told, read = overview(snapshot, NOW), Want(Ask.CERTIFICATE, Kind.SECRET, "shop/cert")
    assert read in wants(snapshot, told, fronts={(Kind.INGRESS, "web")})
    assert read not in wants(snapshot, told, fronts={(Kind.INGRESS, "api"), (Kind.SERVICE, "web")})
    assert Want(Ask.THERE, Kind.SECRET, "shop/cert") in wants(snapshot, told)
