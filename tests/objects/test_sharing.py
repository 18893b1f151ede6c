from __future__ import annotations

import json
from typing import Any

from kubectl_goweb.objects import Kind, Pod, decode_event, decode_page


def replica(name: str, *, owner: str = "rs-1", memory: str = "64Mi", labels: dict[str, str] | None = None) -> Any:
    return {
        "metadata": {
            "name": name,
            "namespace": "shop",
            "labels": labels or {"app": "web"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": owner, "uid": owner, "controller": True}],
        },
        "spec": {
            "nodeName": "node-1",
            "containers": [{"name": "web", "image": "web:1", "resources": {"limits": {"memory": memory}}}],
            "initContainers": [{"name": "migrate", "image": "web:1"}],
        },
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "web", "ready": True, "image": "web:1", "imageID": "sha256:1"}],
        },
    }


def decoded(*pods: Any) -> list[Pod]:
    found = decode_page(Kind.POD, json.dumps({"metadata": {"resourceVersion": "7"}, "items": pods}).encode())
    return [one for one in found.items if isinstance(one, Pod)]


def test_pods_of_one_owner_keep_what_is_equal_only_once() -> None:
    one, other = decoded(replica("a"), replica("b"))
    assert one.spec.containers is other.spec.containers
    assert one.spec.init_containers is other.spec.init_containers
    assert one.metadata.labels is other.metadata.labels
    assert one.metadata.owner_references is other.metadata.owner_references
    assert one.status.conditions[0].type is other.status.conditions[0].type
    assert one.status.container_statuses[0].image_id is other.status.container_statuses[0].image_id


def test_sharing_changes_no_value() -> None:
    pods = [
        replica("a"),
        replica("resized", memory="128Mi"),
        replica("relabelled", labels={"app": "quarantine"}),
        replica("other", owner="rs-2", memory="32Mi"),
        {"metadata": {"name": "bare", "namespace": "shop"}},
    ]
    alone = [decode_event(Kind.POD, json.dumps({"type": "ADDED", "object": pod}).encode()).object for pod in pods]
    assert decoded(*pods) == alone
