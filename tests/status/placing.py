"""Nodes and Pods for placing, as the API server sends them, in few words."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TypeVar

from kubectl_goweb.objects import Kind, Object, decode_page
from kubectl_goweb.objects.node import FullNode
from kubectl_goweb.objects.policy import PodDisruptionBudget
from kubectl_goweb.objects.rare import FULL
from kubectl_goweb.objects.storage import PersistentVolume, PersistentVolumeClaim, StorageClass
from kubectl_goweb.objects.template import FullPod
from kubectl_goweb.status.placement import Cluster, cluster_of

Json = dict[str, Any]
AnyObject = TypeVar("AnyObject", bound=Object)


def _read(kind: Kind, items: Iterable[Json], struct: type[AnyObject]) -> list[AnyObject]:
    page = decode_page(kind, json.dumps({"items": list(items)}).encode(), FULL.get(kind))
    assert not page.malformed, page.malformed
    return [one for one in page.items if isinstance(one, struct)]


def node_json(
    name: str = "n1",
    *,
    cpu: str = "4",
    memory: str = "8Gi",
    pods: str = "110",
    labels: Json | None = None,
    taints: tuple[Json, ...] = (),
    cordoned: bool = False,
    ready: str = "True",
    **more: str,
) -> Json:
    return {
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, **(labels or {})}},
        "spec": {"taints": list(taints), "unschedulable": cordoned},
        "status": {
            "allocatable": {"cpu": cpu, "memory": memory, "pods": pods, **more},
            "conditions": [{"type": "Ready", "status": ready}],
        },
    }


def pod_json(
    name: str = "web-1",
    *,
    node: str = "",
    cpu: str = "",
    memory: str = "",
    labels: Json | None = None,
    namespace: str = "shop",
    ready: bool = True,
    phase: str = "Running",
    owner: Json | None = None,
    deleted: str = "",
    annotations: Json | None = None,
    container: Json | None = None,
    waiting: str = "",
    **spec: Any,
) -> Json:
    """`owner` is a controller as `{"kind": "ReplicaSet", "name": "web-a"}`; `waiting` is why its container waits."""
    requests = {key: value for key, value in (("cpu", cpu), ("memory", memory)) if value}
    meta: Json = {
        "name": name,
        "namespace": namespace,
        "uid": f"uid-{name}",
        "labels": labels if labels is not None else {"app": "web"},
        "annotations": annotations or {},
    }
    if owner:
        meta["ownerReferences"] = [{"controller": True, "uid": f"uid-{owner['name']}", **owner}]
    if deleted:
        meta["deletionTimestamp"] = deleted
    return {
        "metadata": meta,
        "spec": {
            "containers": [{"name": "web", "resources": {"requests": requests}, **(container or {})}],
            "nodeName": node,
            **spec,
        },
        "status": {
            "phase": phase,
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": [
                {"name": "web", "ready": ready, "state": {"waiting": {"reason": waiting}} if waiting else {}}
            ],
        },
    }


def full_pods(*items: Json) -> list[FullPod]:
    return _read(Kind.POD, items, FullPod)


def full_pod(name: str = "web-1", **more: Any) -> FullPod:
    (one,) = full_pods(pod_json(name, **more))
    return one


def full_nodes(*items: Json) -> list[FullNode]:
    return _read(Kind.NODE, items, FullNode)


def budgets(*items: Json) -> list[PodDisruptionBudget]:
    return _read(Kind.POD_DISRUPTION_BUDGET, items, PodDisruptionBudget)


def budget_json(name: str, labels: Json, *, allowed: int, healthy: int, desired: int, **spec: Any) -> Json:
    return {
        "metadata": {"name": name, "namespace": "shop", "generation": 1},
        "spec": {"selector": {"matchLabels": labels}, **spec},
        "status": {
            "observedGeneration": 1,
            "disruptionsAllowed": allowed,
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "expectedPods": healthy,
        },
    }


def cluster(
    nodes: Iterable[Json],
    pods: Iterable[Json] = (),
    *,
    namespaces: dict[str, dict[str, str]] | None = None,
    claims: Iterable[Json] | None = None,
    volumes: Iterable[Json] | None = None,
    classes: Iterable[Json] | None = None,
) -> Cluster:
    def keyed(kind: Kind, items: Iterable[Json] | None, struct: type[AnyObject]) -> dict[str, AnyObject] | None:
        return None if items is None else {one.key: one for one in _read(kind, items, struct)}

    return cluster_of(
        full_nodes(*nodes),
        full_pods(*pods),
        namespaces=namespaces,
        claims=keyed(Kind.PERSISTENT_VOLUME_CLAIM, claims, PersistentVolumeClaim),
        volumes=keyed(Kind.PERSISTENT_VOLUME, volumes, PersistentVolume),
        storage_classes=keyed(Kind.STORAGE_CLASS, classes, StorageClass),
    )
