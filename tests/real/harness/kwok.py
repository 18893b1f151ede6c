"""Nodes that only claim to be there, played by kwok, for Pods by the thousand. No ordinary Pod lands on them: they are
tainted.
"""

from collections.abc import Iterable
from typing import Any

from .build import Binaries
from .controlplane import kubeconfig
from .layout import Layout
from .processes import Process, start

ANNOTATION = "kwok.x-k8s.io/node"
TAINT = {"key": ANNOTATION, "value": "fake", "effect": "NoSchedule"}
TOLERATION = {"key": ANNOTATION, "operator": "Exists"}
LABELS = {"type": "kwok"}


def start_kwok(layout: Layout, binaries: Binaries) -> Process:
    """Start the controller that keeps fake nodes and their Pods alive."""
    return start(
        layout,
        "kwok",
        [
            binaries.kwok,
            f"--kubeconfig={kubeconfig(layout, 'kwok')}",
            "--manage-all-nodes=false",
            f"--manage-nodes-with-annotation-selector={ANNOTATION}=fake",
            f"--node-ip={layout.node_ip}",
            # Without leases it tells of a node every minute, which is later than the node controller waits.
            "--node-lease-duration-seconds=40",
        ],
    )


def node_name(number: int) -> str:
    """The name of a fake node; they count from 0."""
    return f"fake-{number}"


def nodes(numbers: Iterable[int]) -> list[dict[str, Any]]:
    """Fake nodes as they are given to the API server; large, so that a test's thousands fit."""
    capacity = {"cpu": "256", "memory": "1Ti", "pods": "10000"}
    return [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": node_name(number),
                "annotations": {ANNOTATION: "fake"},
                "labels": {**LABELS, "kubernetes.io/hostname": node_name(number), "kubernetes.io/os": "linux"},
            },
            "spec": {"taints": [TAINT]},
            "status": {"capacity": capacity, "allocatable": capacity},
        }
        for number in numbers
    ]


def pods(namespace: str, name: str, count: int, image: str) -> dict[str, Any]:
    """A Deployment whose Pods run on the fake nodes only, where nothing is really started."""
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "replicas": count,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "nodeSelector": LABELS,
                    "tolerations": [TOLERATION],
                    "containers": [{"name": "web", "image": image}],
                },
            },
        },
    }
