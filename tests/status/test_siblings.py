"""What tells a Pod that ails from its siblings that are well; each with a near miss."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import structs

from kubectl_goweb.objects import Kind, LogTail
from kubectl_goweb.objects.facts import Facts, named
from kubectl_goweb.objects.rare import decode_full_workload, decode_one
from kubectl_goweb.status.diagnosis.triage import problems
from kubectl_goweb.status.overview import overview
from kubectl_goweb.status.verdicts import Finding
from tests.status.objects import NOW, Json, ago
from tests.status.worlds import crashing, deployment, event, made, revisions, roots, said, selected, world

OWNER = [{"kind": "ReplicaSet", "name": "web-0", "uid": "ReplicaSet-web-0", "controller": True}]
REFUSED = 'pq: password authentication failed for user "shop"'
ENV = [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}]


def ailing(
    *, image: str = "web:1", here: str = "sha256:aaa", there: str = "sha256:bbb", written: float = 60, **more: Any
) -> Finding:
    """What is said of a Pod that crashes while its sibling, which runs for five minutes, is well. Its Secret was
    written so many seconds ago.
    """
    sick, well = crashing("web-1"), made("Pod", "web-2", {"containers": [{"name": "web", "image": image}]})
    sick["spec"]["containers"] = [{"name": more.get("container", "web"), "image": image}]
    sick["status"]["containerStatuses"][0] |= {"imageID": f"r/web@{here}", "name": more.get("container", "web")}
    running = {"name": "web", "ready": True, "imageID": f"r/web@{there}",
               "state": {"running": {"startedAt": ago(minutes=5)}}}  # fmt: skip
    well["status"] = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}],
                      "containerStatuses": [running]}  # fmt: skip
    for pod in (sick, well):
        pod["metadata"]["ownerReferences"] = OWNER
    log = LogTail("shop/web-1", "web", (REFUSED,))
    snapshot = world(deployment("web", {"app": "web"}, replicas=2), sick, well, *revisions("1"), logs=(log,))
    template = {"spec": {"containers": [{"name": "web", "image": image, "env": ENV}]}}
    full = {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"template": template}}
    write = {"manager": "vault", "operation": "Update", "time": ago(seconds=written), "fieldsV1": {"f:data": {}}}
    secret = {"metadata": {"name": "db", "namespace": "shop", "managedFields": [write]}}
    facts = structs.replace(
        snapshot.facts,
        workloads={named(Kind.DEPLOYMENT, "shop/web"): decode_full_workload(json.dumps(full).encode())},
        objects={named(Kind.SECRET, "shop/db"): decode_one(Kind.SECRET, json.dumps(secret).encode())},
    )
    (found,) = overview(structs.replace(snapshot, facts=facts), NOW).findings
    return found


@pytest.mark.parametrize(
    ("image", "there", "is_told"),
    [("web:1", "sha256:bbb", True), ("web:1", "sha256:aaa", False), ("web@sha256:aaa", "sha256:bbb", False)],
    ids=["pushed anew", "the same", "by its digest"],
)
def test_a_tag_that_is_another_image_than_in_a_sibling_is_told(image: str, there: str, is_told: bool) -> None:
    assert ("web:1 is aaa here, and bbb in web-2, which is well" in ailing(image=image, there=there).cause) is is_told


@pytest.mark.parametrize(("written", "is_told"), [(60, True), (600, False)], ids=["since", "before"])
def test_a_secret_that_was_written_since_the_siblings_started_is_told(written: float, is_told: bool) -> None:
    words = "Secret db was written since another Pod started: a restart will make them alike"
    assert (words in ailing(written=written).cause) is is_told


def test_a_container_that_the_template_does_not_have_is_told_as_put_in() -> None:
    words = "has no container mesh: an admission webhook put it into the Pods"
    assert words in ailing(container="mesh").cause
    assert words not in ailing().cause


def test_a_restart_of_a_pods_first_minute_is_over_once_it_has_settled() -> None:
    def restarted(created: float, crashed: float) -> set[str]:
        web, pod = deployment("web", {"app": "web"}), crashing("web-1")
        pod["metadata"] |= {"ownerReferences": OWNER, "creationTimestamp": ago(seconds=created)}
        status = pod["status"]["containerStatuses"][0]
        status |= {"ready": True, "state": {"running": {"startedAt": ago(seconds=crashed)}}}
        status["lastState"]["terminated"] |= {"finishedAt": ago(seconds=crashed)}
        pod["status"]["conditions"] = [{"type": "Ready", "status": "True", "lastTransitionTime": ago(seconds=crashed)}]
        return said(web, pod, *revisions("1"))

    told = {"GW-POD-RESTARTS  deploy/web"}
    assert restarted(created=420, crashed=400) == set()
    assert restarted(created=80, crashed=60) == told
    assert restarted(created=4000, crashed=400) == told


def behind_one_service(other: Json, **listening: bool) -> set[str]:
    """deploy/web is probed at 8080; deploy/worker has the same labels and this container."""
    labels = {"app": "web"}
    probed = {"readinessProbe": {"httpGet": {"port": 8080}}, "args": ["serve"]}
    front = made("Service", "web", {"selector": labels, "ports": [{"port": 80, "targetPort": 8080}]})
    slices = made("EndpointSlice", "web", metadata={"labels": {"kubernetes.io/service-name": "web"}}) | {
        "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}]}  # fmt: skip
    two = [deployment(name, labels, selector={"run": name}, **container)
           for name, container in (("web", probed), ("worker", other))]  # fmt: skip
    pods = [selected(f"{name}-1", "ReplicaSet", []) for name in ("web", "worker")]
    pods[1]["metadata"]["labels"]["run"] = "worker"
    known = {named("port", f"shop/{name}-1:8080"): value for name, value in listening.items()}
    snapshot = structs.replace(world(*two, front, slices, *pods), facts=Facts(listening=known))
    found = [one.finding for one in problems(overview(snapshot, NOW))]
    return {f"{one.reason} {one.confidence} {one.object.short}" for one in found if one.code == "GW-SERVICE-PORT"}


def test_a_worker_of_the_same_program_behind_a_service_is_a_stranger_there() -> None:
    assert behind_one_service({"args": ["work"]}) == {"strangers likely svc/web"}
    assert behind_one_service({"args": ["work"]}, worker=False) == {"strangers certain svc/web"}
    assert behind_one_service({"args": ["work"]}, worker=True) == set()


def test_a_canary_is_none() -> None:
    assert behind_one_service({"args": ["serve"]}) == set()
    assert behind_one_service({"args": ["serve", "-v"], "readinessProbe": {"httpGet": {"port": 8080}}}) == set()
    assert behind_one_service({"args": ["serve", "-v"], "ports": [{"containerPort": 8080}]}) == set()


def claim(**more: Any) -> Json:
    spec = {"storageClassName": "", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}}
    return made("PersistentVolumeClaim", "data", spec, status={"phase": "Pending"}, **more)


def volume(name: str, size: str, mode: str = "ReadWriteOnce", **more: Any) -> Json:
    spec = {"capacity": {"storage": size}, "accessModes": [mode], **more}
    return made("PersistentVolume", name, spec, namespace="", status={"phase": "Available"})


@pytest.mark.parametrize(
    ("volumes", "says"),
    [
        ([volume("small", "5Gi"), volume("far", "1Gi", "ReadOnlyMany")], "small comes nearest, and has 5Gi of 10Gi"),
        ([volume("taken", "20Gi", claimRef={"namespace": "shop", "name": "old"})], "is claimed by shop/old"),
        ([volume("other", "20Gi", storageClassName="fast")], "none that is there fits"),
    ],
)
def test_the_volume_that_comes_nearest_to_a_claim_is_named(volumes: list[Json], says: str) -> None:
    (found,) = roots(claim(), *volumes)
    assert (found.reason, found.title.endswith(says)) == ("no-volume", True), found.title


def test_a_claim_for_one_pod_alone_is_told_before_the_taints_of_other_nodes() -> None:
    pod = made("Pod", "web-1", {"containers": [{"name": "web"}]})
    taken = "1 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode "
    taken += "already in-use by another pod"
    message = f"0/4 nodes are available: {taken}, 3 node(s) had untolerated taint(s)."
    pod["status"] = {"phase": "Pending", "conditions": [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]}  # fmt: skip
    assert {one.reason for one in roots(pod)} == {"volume-in-use"}


def test_a_claim_that_is_being_deleted_is_why_a_new_pod_finds_no_node() -> None:
    pod = made("Pod", "web-1", {"containers": [{"name": "web"}]})
    message = '0/4 nodes are available: persistentvolumeclaim "data" is being deleted. not found'
    pod["status"] = {"phase": "Pending", "conditions": [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]}  # fmt: skip
    (found,) = roots(pod, claim(metadata={"deletionTimestamp": ago(minutes=2)}))
    assert (found.code, found.reason) == ("GW-CLAIM-PENDING", "deleting")
    assert said(claim(metadata={"deletionTimestamp": ago(seconds=2)})) == set()


def test_a_job_without_pods_is_not_sent_to_its_log() -> None:
    failed = {"type": "Failed", "status": "True", "reason": "DeadlineExceeded", "lastTransitionTime": ago(minutes=5)}
    job = made("Job", "export", {"activeDeadlineSeconds": 8}, status={"failed": 1, "conditions": [failed]})
    (found,) = roots(job)
    assert found.title.endswith("it was still running after its activeDeadlineSeconds of 8")
    assert found.next == "kubectl describe job/export -n shop"
    pod = made("Pod", "export-1", {"containers": [{"name": "web"}]}, status={"phase": "Failed"})
    pod["metadata"]["ownerReferences"] = [{"kind": "Job", "name": "export", "uid": "Job-export", "controller": True}]
    (near,) = (one for one in roots(job, pod, event("Job export", "x", "y")) if one.code == "GW-JOB-FAILED")
    assert near.next == "kubectl logs job/export -n shop"
