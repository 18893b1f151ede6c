"""Facts for planning, in few words: JSON as the API server sends it."""

from __future__ import annotations

from typing import Any

from kubectl_goweb.actions.facts import Config, Facts, Room
from kubectl_goweb.actions.pointers import Json
from kubectl_goweb.actions.recorded import Recorded, from_controller_revisions, from_replica_sets
from kubectl_goweb.objects import Snapshot

UID = "uid-web"
REVISION = "deployment.kubernetes.io/revision"


def template(image: str = "web:1", *, env: dict[str, str] | None = None, **annotations: str) -> Json:
    container: Json = {"name": "web", "image": image}
    if env:
        container["env"] = [{"name": name, "value": value} for name, value in env.items()]
    meta: Json = {"labels": {"app": "web"}}
    if annotations:
        meta["annotations"] = annotations
    return {"metadata": meta, "spec": {"containers": [container]}}


def replica_set(
    number: int,
    made_from: Json,
    *,
    pods: int = 0,
    available: int | None = None,
    owner: str = UID,
    annotations: dict[str, str] | None = None,
    created: str = "2026-03-01T10:00:00Z",
) -> Json:
    """As the controller makes it; `available` is all of its Pods when not said."""
    labels = {**made_from["metadata"]["labels"], "pod-template-hash": f"h{number}"}
    return {
        "metadata": {
            "name": f"web-h{number}",
            "creationTimestamp": created,
            "annotations": {REVISION: str(number), **(annotations or {})},
            "ownerReferences": [{"kind": "Deployment", "name": "web", "uid": owner, "controller": True}],
        },
        "spec": {"replicas": pods, "template": {**made_from, "metadata": {**made_from["metadata"], "labels": labels}}},
        "status": {"replicas": pods, "availableReplicas": pods if available is None else available},
    }


def deployment(
    made_from: Json,
    *,
    replicas: int = 5,
    generation: int = 7,
    reason: str = "NewReplicaSetAvailable",
    status: dict[str, int] | None = None,
    has_minimum: bool = True,
    annotations: dict[str, str] | None = None,
    labels: dict[str, str] | None = None,
    surge: int | str = 2,
    unavailable: int | str = 1,
    **spec: Any,
) -> Json:
    """Rolled out completely, unless `status` says otherwise."""
    counts = {
        "replicas": replicas,
        "updatedReplicas": replicas,
        "readyReplicas": replicas,
        "availableReplicas": replicas,
    }
    return {
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "uid": UID,
            "generation": generation,
            "labels": labels or {},
            "annotations": annotations or {},
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable},
            },
            "template": made_from,
            **spec,
        },
        "status": {
            "observedGeneration": generation,
            **(counts if status is None else status),
            "conditions": [
                {"type": "Progressing", "status": "True", "reason": reason},
                {"type": "Available", "status": str(has_minimum)},
            ],
        },
    }


MID = {"replicas": 7, "updatedReplicas": 3, "readyReplicas": 4, "availableReplicas": 4}
"""Counts of a rollout that is stuck: 4 old Pods serve, 3 new ones do not."""


def facts(
    one: Json,
    *replica_sets: Json,
    around: Snapshot | None = None,
    config: tuple[Config, ...] = (),
    room: Room | None = None,
    denied: str = "",
) -> Facts:
    return Facts(
        context="prod",
        object=one,
        recorded=from_replica_sets(replica_sets, UID),
        around=around or Snapshot(),
        config=config,
        room=room,
        denied=denied,
    )


def stateful_set(made_from: Json, *, ready: int = 3, **spec: Any) -> Json:
    one = deployment(made_from, replicas=3, **spec)
    return {**one, "kind": "StatefulSet", "status": {**one["status"], "readyReplicas": ready}}


def daemon_set(made_from: Json, *, desired: int = 4, updated: int = 4, available: int = 4) -> Json:
    one = deployment(made_from)
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}
    spec = {name: value for name, value in one["spec"].items() if name not in ("replicas", "strategy")}
    counts = {"desiredNumberScheduled": desired, "updatedNumberScheduled": updated, "numberAvailable": available}
    status = {"observedGeneration": one["metadata"]["generation"], **counts}
    return {**one, "kind": "DaemonSet", "spec": {**spec, "updateStrategy": strategy}, "status": status}


def controller_revisions(*templates: Json, created: tuple[str, ...] = ()) -> tuple[Recorded, ...]:
    """Numbered from 1, as the controller records them."""
    return from_controller_revisions(
        (
            {
                "metadata": {
                    "name": f"web-r{number}",
                    "creationTimestamp": created[number - 1] if created else "",
                    "ownerReferences": [{"uid": UID, "controller": True}],
                },
                "revision": number,
                "data": {"spec": {"template": {**one, "$patch": "replace"}}},
            }
            for number, one in enumerate(templates, 1)
        ),
        UID,
    )
