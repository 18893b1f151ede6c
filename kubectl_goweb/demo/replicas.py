"""The ReplicaSet controller, and the making of Pods from templates that every workload controller shares."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from kubectl_goweb.demo.bodies import JSON, clone, condition, is_active, is_ready, moment, owner_reference
from kubectl_goweb.demo.simulation import Simulation

_PHASES = {"Pending": 0, "Unknown": 1, "Running": 2}


def new_pod(owner: JSON, template: JSON, name: str, extra_labels: dict[str, str] | None = None) -> JSON:
    """A Pod as it is stored after admission: from the template, owned, with what the server adds."""
    meta = template["metadata"]
    spec = clone(template["spec"])
    for container in spec["containers"]:
        resources = container.get("resources", {})
        if resources.get("limits"):
            resources["requests"] = {**resources["limits"], **resources.get("requests", {})}
    spec.setdefault("serviceAccountName", "default")
    spec.setdefault("serviceAccount", "default")
    spec.setdefault("enableServiceLinks", True)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    spec.setdefault("priority", 0)
    spec.setdefault("tolerations", [])
    for taint in ("not-ready", "unreachable"):
        key = f"node.kubernetes.io/{taint}"
        if not any(each.get("key") == key or "key" not in each for each in spec["tolerations"]):
            spec["tolerations"].append(
                {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
            )
    body: JSON = {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {
            "name": name,
            "namespace": owner["metadata"]["namespace"],
            "labels": {**meta.get("labels", {}), **(extra_labels or {})},
            "ownerReferences": [owner_reference(owner)],
        },
        "spec": spec,
        "status": {"phase": "Pending", "qosClass": _quality(spec)},
    }
    if meta.get("annotations"):
        body["metadata"]["annotations"] = dict(meta["annotations"])
    return body


def _quality(spec: JSON) -> str:
    resources = [container.get("resources", {}) for container in spec["containers"]]
    if not any(each.get("requests") or each.get("limits") for each in resources):
        return "BestEffort"
    names = ("cpu", "memory")
    pairs = [
        (each.get("limits", {}).get(name), each.get("requests", {}).get(name)) for each in resources for name in names
    ]
    return "Guaranteed" if all(limit is not None and limit == request for limit, request in pairs) else "Burstable"


class ReplicaSets:
    """Keeps as many Pods as asked for. `wake` asks for another pass of a ReplicaSet after some seconds."""

    def __init__(self, sim: Simulation, wake: Callable[[str, str, float], None]) -> None:
        self._sim = sim
        self._wake = wake

    def sync(self, namespace: str, name: str) -> None:
        """One pass over one ReplicaSet."""
        owner = self._sim.get("replicasets", namespace, name)
        if owner is None:
            return
        pods = [pod for pod in self._sim.owned("pods", owner) if is_active(pod)]
        surplus = len(pods) - owner["spec"]["replicas"]
        for _ in range(-surplus):
            body = new_pod(owner, owner["spec"]["template"], f"{name}-{self._sim.dice.suffix()}")
            body["metadata"]["generateName"] = f"{name}-"
            pod = self._sim.create("pods", body)
            self._say(owner, "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}")
        for pod in sorted(pods, key=self._reluctance)[: max(0, surplus)]:
            self._sim.delete_pod(pod)
            self._say(owner, "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")
        self._write_status(owner)

    def _reluctance(self, pod: JSON) -> tuple[int | float | str, ...]:
        """Who is deleted first: not placed, not running, not ready, on a crowded node, more restarts, younger."""
        node = pod["spec"].get("nodeName", "")
        app = pod["metadata"].get("labels", {}).get("app")
        siblings = [
            each
            for each in self._sim.find("pods", pod["metadata"]["namespace"])
            if is_active(each) and each["spec"].get("nodeName") == node and each["metadata"]["labels"].get("app") == app
        ]
        restarts = sum(each["restartCount"] for each in pod["status"].get("containerStatuses", []))
        age = self._sim.now - moment(pod["metadata"]["creationTimestamp"])
        return (
            1 if node else 0,
            _PHASES.get(pod["status"].get("phase", "Unknown"), 1),
            1 if is_ready(pod) else 0,
            -len(siblings),
            -restarts,
            int(age.total_seconds()).bit_length(),
            str(pod["metadata"]["uid"]),
        )

    def _say(self, owner: JSON, reason: str, message: str) -> None:
        self._sim.record(owner, "Normal", reason, message, "replicaset-controller")

    def _write_status(self, owner: JSON) -> None:
        pods = [pod for pod in self._sim.owned("pods", owner) if is_active(pod)]
        wanted = timedelta(seconds=owner["spec"].get("minReadySeconds", 0))
        ready = [pod for pod in pods if is_ready(pod)]
        waits = [
            moment((condition(pod, "Ready") or {})["lastTransitionTime"]) + wanted - self._sim.now for pod in ready
        ]
        counts = {
            "replicas": len(pods),
            "fullyLabeledReplicas": len(pods),
            "readyReplicas": len(ready),
            "availableReplicas": sum(1 for wait in waits if wait <= timedelta(0)),
            "observedGeneration": owner["metadata"]["generation"],
        }
        with self._sim.edit("replicasets", owner, status=True) as draft:
            draft["status"] = {key: value for key, value in counts.items() if value or key == "replicas"}
        later = [wait.total_seconds() for wait in waits if wait > timedelta(0)]
        if later:
            meta = owner["metadata"]
            self._wake(meta["namespace"], meta["name"], min(later))
