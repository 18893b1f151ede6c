"""What looks ill and is well: nothing may be said of it."""

from __future__ import annotations

import pytest

from kubectl_goweb.status.overview import overview
from tests.recorded import DATA, read
from tests.status.objects import Json, ago
from tests.status.worlds import autoscaler, deployment, made, said


def pod(*, restarts: int = 0, ended: str = "", node: str = "n1", events: tuple[str, ...] = ()) -> list[Json]:
    """A Deployment with one ready Pod, which may have restarted or been warned about long ago."""
    web = deployment("web", {"app": "web"})
    owner = {"kind": "Deployment", "name": "web", "uid": "Deployment-web", "controller": True}
    replica_set = made("ReplicaSet", "web-1", {"replicas": 1}, metadata={"ownerReferences": [owner]})
    owner = {"kind": "ReplicaSet", "name": "web-1", "uid": "ReplicaSet-web-1", "controller": True}
    one = made("Pod", "web-1-a", {"containers": [{"name": "web"}], "nodeName": node}, metadata={
        "ownerReferences": [owner], "labels": {"app": "web"}})  # fmt: skip
    last = {"lastState": {"terminated": {"exitCode": 2, "reason": "Error", "finishedAt": ended}}} if ended else {}
    status = {"name": "web", "ready": True, "restartCount": restarts, "state": {"running": {}}, **last}
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": ended or ago(days=1)}
    one["status"] = {"phase": "Running", "conditions": [ready], "containerStatuses": [status]}
    about = {"kind": "Pod", "name": "web-1-a", "namespace": "shop", "uid": "Pod-web-1-a"}
    warnings = [
        made("Event", f"e-{reason}", involvedObject=about, type="Warning", reason=reason, message=f"{reason} happened",
             count=7, lastTimestamp=ago(minutes=40))
        for reason in events
    ]  # fmt: skip
    return [web, replica_set, one, *warnings]


def node(**spec: bool) -> Json:
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": ago(days=3)}
    return made("Node", "n1", dict(spec), namespace="", status={"conditions": [ready]})


def left(reason: str, **since: int) -> Json:
    """A Pod of the same Deployment that was ended for ever and replaced."""
    owner = {"kind": "ReplicaSet", "name": "web-1", "uid": "ReplicaSet-web-1", "controller": True}
    one = made("Pod", "web-1-b", {"containers": [{"name": "web"}], "nodeName": "n1"}, metadata={
        "ownerReferences": [owner], "labels": {"app": "web"}})  # fmt: skip
    unready = {"type": "Ready", "status": "False", "lastTransitionTime": ago(**since)}
    one["status"] = {"phase": "Failed", "reason": reason, "message": "gone for memory", "conditions": [unready]}
    return one


LIMITED = {"type": "ScalingLimited", "status": "True", "reason": "TooFewReplicas", "message": "at the minimum"}
OFF = {"type": "ScalingActive", "status": "False", "reason": "ScalingDisabled", "message": "scaled to 0"}


@pytest.mark.parametrize(
    "objects",
    [
        pod(restarts=12, ended=ago(minutes=25)),
        pod(events=("BackOff", "Unhealthy", "FailedScheduling", "FailedMount")),
        [*pod(), node(unschedulable=True)],
        [*pod(), autoscaler("web") | {"status": {"conditions": [LIMITED]}}],
        [deployment("web", {"app": "web"}, replicas=0), autoscaler("web") | {"status": {"conditions": [OFF]}}],
        [*pod(), left("Evicted", hours=3)],
        [*pod(), left("Terminated", hours=3)],
    ],
    ids=["old restarts", "old warnings", "a cordoned node", "an autoscaler at its minimum", "scaled to 0 on purpose",
         "replaced after an eviction", "replaced after a shutdown"],
)  # fmt: skip
def test_what_only_looks_ill_is_not_told(objects: list[Json]) -> None:
    assert said(*objects) == set()


@pytest.mark.parametrize(
    ("reason", "code"),
    [("Evicted", "GW-POD-EVICTED memory"), ("Preempting", "GW-POD-EVICTED memory"), ("Terminated", "GW-POD-ENDED ")],
)
def test_what_was_ended_just_now_or_is_not_replaced_is_told(reason: str, code: str) -> None:
    assert said(*pod(), left(reason, minutes=3)) == {f"{code} deploy/web"}
    web, replica_set, _ = pod()
    web["status"] |= {"availableReplicas": 0, "readyReplicas": 0}
    assert f"{code} deploy/web" in said(web, replica_set, left(reason, hours=3))


def test_nothing_is_said_of_the_healthy_services_that_were_recorded() -> None:
    snapshot, now, _ = read(DATA / "why.json.gz")
    near = {one.ref.name: one.findings for one in overview(snapshot, now).workloads if one.ref.name.startswith("near-")}
    assert len(near) >= 14
    assert near == dict.fromkeys(near, ())
    assert {"near-cron-0", "near-cron-1", "near-job"} <= {one.name for one in snapshot.jobs.values()}
