"""Objects as the API server sends them, in few words."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from kubectl_goweb.objects import (
    Deployment,
    Event,
    Feed,
    FeedState,
    Kind,
    LogTail,
    Node,
    Object,
    Pod,
    ReplicaSet,
    Snapshot,
    decode_page,
)

Json = dict[str, Any]
NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)

AnyObject = TypeVar("AnyObject", bound=Object)


def ago(**delta: float) -> str:
    return (NOW - timedelta(**delta)).isoformat().replace("+00:00", "Z")


def decoded(kind: Kind, *items: Json) -> tuple[Object, ...]:
    page = decode_page(kind, json.dumps({"metadata": {"resourceVersion": "1"}, "items": items}).encode())
    assert not page.malformed, page.malformed
    return page.items


def state(**kinds: Json) -> Json:
    return kinds


def waiting(reason: str, message: str = "") -> Json:
    return {"waiting": {"reason": reason, "message": message}}


def running(**since: float) -> Json:
    return {"running": {"startedAt": ago(**since)}}


def ended(code: int, reason: str = "", *, signal: int = 0, **since: float) -> Json:
    return {"terminated": {"exitCode": code, "reason": reason, "signal": signal, "finishedAt": ago(**since)}}


def container(
    name: str,
    state: Json | None = None,
    *,
    ready: bool = False,
    restarts: int = 0,
    last: Json | None = None,
    **more: Any,
) -> Json:
    return {
        "name": name,
        "ready": ready,
        "restartCount": restarts,
        "state": state or {},
        "lastState": last or {},
        **more,
    }


def pod_json(
    *statuses: Json,
    name: str = "web-1",
    phase: str = "Running",
    inits: tuple[Json, ...] = (),
    init_specs: tuple[Json, ...] = (),
    specs: int | None = None,
    conditions: Json | None = None,
    deleted: str | None = None,
    reason: str = "",
    owner: str = "",
    labels: Json | None = None,
    created: str | None = None,
    **status: Any,
) -> Json:
    names = [one["name"] for one in statuses] or [f"c{number}" for number in range(specs or 1)]
    meta: Json = {
        "name": name,
        "namespace": "shop",
        "uid": f"uid-{name}",
        "labels": labels or {},
        "creationTimestamp": created or ago(minutes=5),
    }
    if deleted:
        meta["deletionTimestamp"] = deleted
    if owner:
        meta["ownerReferences"] = [{"kind": "ReplicaSet", "name": owner, "uid": owner, "controller": True}]
    told = [
        {"type": kind, **(value if isinstance(value, dict) else {"status": value})}
        for kind, value in (conditions or {}).items()
    ]
    return {
        "metadata": meta,
        "spec": {"containers": [{"name": one} for one in names], "initContainers": list(init_specs), "nodeName": "n1"},
        "status": {
            "phase": phase,
            "reason": reason,
            "conditions": told,
            "containerStatuses": list(statuses),
            "initContainerStatuses": list(inits),
            **status,
        },
    }


def pod(*statuses: Json, **more: Any) -> Pod:
    (one,) = decoded(Kind.POD, pod_json(*statuses, **more))
    assert isinstance(one, Pod)
    return one


def ready_pod(name: str, owner: str, label: str, **more: Any) -> Json:
    return pod_json(
        container("web", running(minutes=4), ready=True),
        name=name,
        owner=owner,
        labels={"pod-template-hash": label},
        conditions={"Ready": "True"},
        **more,
    )


def crashing_pod(name: str, owner: str, label: str, *, restarts: int = 3, **more: Any) -> Json:
    return pod_json(
        container("web", waiting("CrashLoopBackOff"), restarts=restarts, last=ended(2, "Error", seconds=20)),
        name=name,
        owner=owner,
        labels={"pod-template-hash": label},
        conditions={"Ready": "False"},
        **more,
    )


def replica_set(name: str, revision: int, *, replicas: int, ready: int, owner: str = "dep", **more: Any) -> Json:
    return {
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": name,
            "labels": {"pod-template-hash": name},
            "annotations": {"deployment.kubernetes.io/revision": str(revision)},
            "creationTimestamp": ago(minutes=10),
            "ownerReferences": [{"kind": "Deployment", "name": "web", "uid": owner, "controller": True}],
        },
        "spec": {
            "replicas": replicas,
            "template": {"spec": {"containers": [{"name": "web", "image": f"web:{revision}"}]}},
        },
        "status": {"replicas": replicas, "readyReplicas": ready, "availableReplicas": ready},
        **more,
    }


def deployment(
    *,
    desired: int = 5,
    existing: int = 5,
    updated: int = 5,
    ready: int = 5,
    available: int | None = None,
    revision: int = 2,
    reason: str = "NewReplicaSetAvailable",
    progressing: str = "True",
    paused: bool = False,
    generation: int = 3,
    observed: int = 3,
    conditions: tuple[Json, ...] = (),
    name: str = "web",
    surge: int | str = 2,
    unavailable: int | str = 1,
) -> Json:
    return {
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": "dep",
            "generation": generation,
            "annotations": {"deployment.kubernetes.io/revision": str(revision)},
            "creationTimestamp": ago(days=2),
        },
        "spec": {
            "replicas": desired,
            "paused": paused,
            "progressDeadlineSeconds": 600,
            "selector": {"matchLabels": {"app": name}},
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable},
            },
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "web", "image": f"web:{revision}"}]},
            },
        },
        "status": {
            "observedGeneration": observed,
            "replicas": existing,
            "updatedReplicas": updated,
            "readyReplicas": ready,
            "availableReplicas": ready if available is None else available,
            "conditions": [
                {
                    "type": "Progressing",
                    "status": progressing,
                    "reason": reason,
                    "lastUpdateTime": ago(minutes=1),
                    "lastTransitionTime": ago(minutes=1),
                },
                *conditions,
            ],
        },
    }


LIVE = Feed(FeedState.LIVE, NOW)


def snapshot(
    deployments: tuple[Json, ...] = (),
    replica_sets: tuple[Json, ...] = (),
    pods: tuple[Json, ...] = (),
    nodes: tuple[Json, ...] = (),
    events: tuple[Json, ...] = (),
    logs: tuple[LogTail, ...] = (),
    feeds: dict[Kind, Feed] | None = None,
    **more: Any,
) -> Snapshot:
    """A Snapshot in which every kind was read, unless `feeds` says otherwise."""

    def keyed(kind: Kind, items: tuple[Json, ...], struct: type[AnyObject]) -> dict[str, AnyObject]:
        found = {one.key: one for one in decoded(kind, *items)}
        return {key: one for key, one in found.items() if isinstance(one, struct)}

    return Snapshot(
        namespace="shop",
        deployments=keyed(Kind.DEPLOYMENT, deployments, Deployment),
        replica_sets=keyed(Kind.REPLICA_SET, replica_sets, ReplicaSet),
        pods=keyed(Kind.POD, pods, Pod),
        nodes=keyed(Kind.NODE, nodes, Node),
        events=keyed(Kind.EVENT, events, Event),
        logs=logs,
        feeds=dict.fromkeys(Kind, LIVE) | (feeds or {}),
        **more,
    )
