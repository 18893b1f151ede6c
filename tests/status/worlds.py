"""Small worlds for the rules: a namespace with a few objects, and the roots that are told of it."""

from __future__ import annotations

import json
from typing import Any

from kubectl_goweb.objects import Feed, FeedState, Kind, LogTail, Snapshot, decode_page
from kubectl_goweb.status.diagnosis.triage import problems
from kubectl_goweb.status.overview import overview
from kubectl_goweb.status.verdicts import Finding
from tests.status.objects import LIVE, NOW, Json, ago


def world(*objects: Json, logs: tuple[LogTail, ...] = (), unseen: tuple[Kind, ...] = ()) -> Snapshot:
    """A namespace with these objects, in which all kinds but `unseen` were read."""
    fields: dict[str, Any] = {}
    for kind in Kind:
        items = [one for one in objects if one["kind"] == kind]
        page = decode_page(kind, json.dumps({"items": items}).encode())
        assert not page.malformed, page.malformed
        fields[kind.resource.field] = {one.key: one for one in page.items}
    feeds = dict.fromkeys(Kind, LIVE) | dict.fromkeys(unseen, Feed(FeedState.DENIED, NOW))
    return Snapshot(namespace="shop", logs=logs, feeds=feeds, **fields)


def said(*objects: Json, **more: Any) -> set[str]:
    """The roots, as `CODE reason object`."""
    return {f"{one.code} {one.reason} {one.object.short}" for one in roots(*objects, **more)}


def roots(*objects: Json, **more: Any) -> list[Finding]:
    return [one.finding for one in problems(overview(world(*objects, **more), NOW))]


def made(kind: str, name: str, spec: Json | None = None, namespace: str = "shop", **more: Any) -> Json:
    meta = {"name": name, "namespace": namespace, "uid": f"{kind}-{name}", "creationTimestamp": ago(days=2)}
    return {"kind": kind, "metadata": meta | more.pop("metadata", {}), "spec": spec or {}, **more}


def deployment(name: str, labels: Json, *, selector: Json | None = None, replicas: int = 1, **container: Any) -> Json:
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "web", "image": "web:1", **container}]},
    }
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), replicas)
    progressing = {"type": "Progressing", "status": "True", "lastUpdateTime": ago(minutes=1)}
    spec = {"replicas": replicas, "selector": {"matchLabels": selector or labels}, "template": template}
    return made("Deployment", name, spec, status={**counts, "conditions": [progressing]})


def autoscaler(target: str, name: str = "scale") -> Json:
    return made("HorizontalPodAutoscaler", name, {"scaleTargetRef": {"kind": "Deployment", "name": target}})


def event(about: str, reason: str, message: str, *, count: int = 1, type: str = "Normal", **since: float) -> Json:
    kind, _, name = about.partition(" ")
    uid = f"{kind}-{name}"
    return {
        "kind": "Event", "metadata": {"name": f"e-{uid}-{abs(hash(message))}", "namespace": "shop"},
        "involvedObject": {"kind": kind, "name": name, "namespace": "shop", "uid": uid}, "type": type,
        "reason": reason, "message": message, "count": count, "lastTimestamp": ago(**(since or {"minutes": 2})),
    }  # fmt: skip


def revisions(*histories: str) -> list[Json]:
    """A ReplicaSet each of these numbers, the last of which is the one it has now."""
    found = []
    for index, numbers in enumerate(histories):
        history, _, now = numbers.rpartition(",")
        annotations = {"deployment.kubernetes.io/revision": now, "deployment.kubernetes.io/revision-history": history}
        owner = {"kind": "Deployment", "name": "web", "uid": "Deployment-web", "controller": True}
        meta = {"annotations": annotations, "ownerReferences": [owner]}
        found.append(made("ReplicaSet", f"web-{index}", {"replicas": 0}, metadata=meta))
    return found


def node(name: str = "n1", ready: str = "True") -> Json:
    conditions = [{"type": "Ready", "status": ready, "lastTransitionTime": ago(hours=1)}]
    return made("Node", name, namespace="", status={"conditions": conditions})


def crashing(name: str = "client") -> Json:
    ended = {"exitCode": 1, "reason": "Error", "finishedAt": ago(seconds=20)}
    status = {"name": "web", "ready": False, "restartCount": 3, "lastState": {"terminated": ended},
              "state": {"waiting": {"reason": "CrashLoopBackOff"}}}  # fmt: skip
    pod = made("Pod", name, {"containers": [{"name": "web"}], "nodeName": "n1"})
    unready = {"type": "Ready", "status": "False", "lastTransitionTime": ago(minutes=1)}
    return pod | {"status": {"phase": "Running", "conditions": [unready], "containerStatuses": [status]}}


PORT = [{"containerPort": 8080}]


def selected(name: str, kind: str, ports: list[Json]) -> Json:
    pod = made("Pod", name, {"containers": [{"name": "c", "ports": ports}]}, metadata={"labels": {"app": "web"}})
    pod["status"] = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    pod["metadata"]["ownerReferences"] = [{"kind": kind, "name": name, "uid": name, "controller": True}]
    return pod


def pod_of_web() -> list[Json]:
    pod = selected("web-1", "ReplicaSet", PORT)
    pod["metadata"]["ownerReferences"] = [
        {"kind": "ReplicaSet", "name": "web-0", "uid": "ReplicaSet-web-0", "controller": True}]  # fmt: skip
    return [deployment("web", {"app": "web"}), pod, *revisions("1")]
