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
    """A Deployment whose Pods run on the fake nodes only, where nothing is really started. They are declared as a Go
    service is in production, so that a Pod is as long (6 kB of JSON) as those that clusters are full of.
    """
    labels = {"app": name}
    more = {"app.kubernetes.io/part-of": "shop", "team": "payments", "tier": "backend"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "replicas": count,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {
                    "labels": labels | more,
                    "annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": "8080"},
                },
                "spec": {
                    "nodeSelector": LABELS,
                    "tolerations": [TOLERATION],
                    "containers": [_container(image)],
                    "securityContext": {"runAsNonRoot": True, "runAsUser": 65532},
                    "volumes": [{"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}}],
                },
            },
        },
    }


def _container(image: str) -> dict[str, Any]:
    variables = {"LISTEN": ":8080", "LOG_LEVEL": "info", "GOMAXPROCS": "1", "GOMEMLIMIT": "100MiB"}
    return {
        "name": "web",
        "image": image,
        "env": [
            *({"name": key, "value": value} for key, value in variables.items()),
            {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        ],
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}, "limits": {"memory": "128Mi"}},
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": "http"}, "periodSeconds": 5},
        "livenessProbe": {"httpGet": {"path": "/livez", "port": "http"}, "periodSeconds": 10},
        "lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
        "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }
