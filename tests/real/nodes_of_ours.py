"""Fake nodes of a test's own, small and labelled, on which only its Pods land; and Pods that are played on them."""

import copy
from typing import Any

from .harness import kwok

Json = dict[str, Any]


def node(name: str, group: str, *, cpu: str = "4", pods: str = "20", zone: str = "a", **more: Any) -> Json:
    """One node of the group; `labels`, `taints` and `resources` are added to what every one has."""
    one = copy.deepcopy(kwok.nodes([0])[0])
    one["metadata"]["name"] = name
    one["metadata"]["labels"] |= {
        "kubernetes.io/hostname": name,
        "goweb-group": group,
        "topology.kubernetes.io/zone": zone,
        **more.get("labels", {}),
    }
    one["spec"]["taints"] += more.get("taints", [])
    capacity = {"cpu": cpu, "memory": "8Gi", "pods": pods, "ephemeral-storage": "10Gi", **more.get("resources", {})}
    one["status"] = {"capacity": capacity, "allocatable": capacity}
    return one


def pod(namespace: str, name: str, group: str, **more: Any) -> Json:
    """A Pod for the group's nodes; `labels` and `container` are named, everything else is of its spec."""
    labels = more.pop("labels", {"app": name})
    container = more.pop("container", {})
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": _spec(group, container, more),
    }


def deployment(namespace: str, name: str, group: str, replicas: int, **more: Any) -> Json:
    """A Deployment whose Pods live on the group's nodes."""
    labels = {"app": name}
    container = more.pop("container", {})
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": _spec(group, container, more)},
        },
    }


def _spec(group: str, container: Json, more: Json) -> Json:
    return {
        "nodeSelector": {"goweb-group": group, **more.pop("nodeSelector", {})},
        "tolerations": [kwok.TOLERATION, *more.pop("tolerations", [])],
        "terminationGracePeriodSeconds": 1,
        "containers": [{"name": "web", "image": "web", **container}],
        **more,
    }
