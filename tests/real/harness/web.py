"""The real web service as a Deployment with a Service in front, in the shape such services have in production."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .kubectl import Kubectl

PORT = 8080


@dataclass(frozen=True)
class Web:
    """A web service that was deployed."""

    kubectl: Kubectl
    namespace: str
    name: str
    registry: str

    def update(self, *, version: str | None = None, env: Mapping[str, str | None] | None = None) -> None:
        """Roll out another version, other environment variables, or both in one new revision. A variable of None is
        removed.
        """
        container: dict[str, Any] = {"name": "web"}
        if version is not None:
            container["image"] = f"{self.registry}/web:{version}"
        if env:
            container["env"] = [
                {"name": key, "$patch": "delete"} if value is None else {"name": key, "value": value}
                for key, value in env.items()
            ]
        patch = {"spec": {"template": {"spec": {"containers": [container]}}}}
        self.kubectl(
            "-n", self.namespace, "patch", "deployment", self.name, "--type=strategic", "-p", json.dumps(patch)
        )

    def scale(self, replicas: int) -> None:
        """Ask for another number of Pods."""
        self.kubectl("-n", self.namespace, "scale", "deployment", self.name, f"--replicas={replicas}")

    def wait(self, timeout: int = 60) -> None:
        """Wait until the rollout has succeeded; raises HarnessError when it fails or takes more than `timeout`
        seconds.
        """
        self.kubectl("-n", self.namespace, "rollout", "status", f"deployment/{self.name}", f"--timeout={timeout}s")

    def pods(self) -> list[dict[str, Any]]:
        """Its Pods as the API server tells them now, the oldest first."""
        listed = self.kubectl.json(
            "-n", self.namespace, "get", "pods", "-l", f"app={self.name}", "--sort-by=.metadata.creationTimestamp"
        )
        items: list[dict[str, Any]] = listed["items"]
        return items

    def url(self) -> str:
        """Where its Service answers, reachable from this machine."""
        service = self.kubectl.json("-n", self.namespace, "get", "service", self.name)
        return f"http://{service['spec']['clusterIP']}"


def manifests(
    namespace: str,
    name: str,
    *,
    image: str,
    replicas: int = 1,
    env: Mapping[str, str] | None = None,
    surge: int | str = 1,
    unavailable: int | str = 0,
    progress_deadline: int = 600,
    min_ready: int = 0,
    liveness: bool = False,
    memory: str | None = None,
) -> list[dict[str, Any]]:
    """A Deployment and its Service. `progress_deadline` and `min_ready` are in seconds, `memory` is the container's
    limit, as `32Mi`.
    """
    labels = {"app": name}
    probe = {"httpGet": {"path": "/api/health", "port": "http"}, "periodSeconds": 1, "failureThreshold": 2}
    container: dict[str, Any] = {
        "name": "web",
        "image": image,
        "env": [{"name": key, "value": value} for key, value in (env or {}).items()],
        "ports": [{"name": "http", "containerPort": PORT}],
        "readinessProbe": probe,
        "securityContext": {"runAsNonRoot": True, "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True},
    }
    if liveness:
        container["livenessProbe"] = {**probe, "periodSeconds": 2, "failureThreshold": 3}
    if memory is not None:
        container["resources"] = {"limits": {"memory": memory}}
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {
            "replicas": replicas,
            "progressDeadlineSeconds": progress_deadline,
            "minReadySeconds": min_ready,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}},
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [container], "terminationGracePeriodSeconds": 10},
            },
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"selector": labels, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
    }
    return [deployment, service]
