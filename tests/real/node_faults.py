"""What else nodes do to Pods: volumes counted, Pods ended with their node, clocks behind. The test writes what a
kubelet would, and everything that is concluded from it is real.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

from .harness.kubectl import Kubectl
from .harness.waiting import until
from .nodes_of_ours import deployment, pod
from .sickness import Json

COUNTING = "counting.csi.goweb.test"
"""A driver that can attach one volume a node."""
EVICTIONS = {
    "crowded": "The node was low on resource: memory. Threshold quantity: 100Mi, available: 61844Ki.",
    "stuffed": "The node was low on resource: ephemeral-storage. Threshold quantity: 1Gi, available: 501Mi.",
    "forked": "The node was low on resource: pids. Threshold quantity: 1k, available: 402.",
}
"""By Deployment, as kubelets word it."""
PREEMPTED = "Preempted in order to admit critical pod"
SHUTDOWN = "Pod was terminated in response to imminent node shutdown."
UNKILLED = (
    'error killing pod: failed to "KillContainer" for "web" with KillContainerError: "rpc error: code = '
    'DeadlineExceeded desc = context deadline exceeded"'
)


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def patch(kubectl: Kubectl, kind: str, name: str, status: Json, *where: str) -> None:
    kubectl(*where, "patch", kind, name, "--subresource=status", "-p", json.dumps(status))


def run(kubectl: Kubectl, namespace: str, app: str, count: int) -> list[str]:
    """The Pods of a Deployment run and are ready, as their kubelet would say; their names."""
    query = ("-n", namespace, "get", "pods", "-l", f"app={app}", "-o")
    until(lambda: len(kubectl(*query, "jsonpath={.items[*].spec.nodeName}").split()) == count, what="placed")
    now = stamp(datetime.now(UTC))
    running = {"name": "web", "ready": True, "started": True, "restartCount": 0, "image": "web", "imageID": "",
               "state": {"running": {"startedAt": now}}}  # fmt: skip
    conditions = [{"type": kind, "status": "True", "lastTransitionTime": now} for kind in ("Ready", "ContainersReady")]
    pods = kubectl(*query, "jsonpath={.items[*].metadata.name}").split()
    for name in pods:
        status = {"phase": "Running", "conditions": conditions, "containerStatuses": [running]}
        patch(kubectl, "pod", name, {"status": status}, "-n", namespace)
    return pods


def fail(kubectl: Kubectl, namespace: str, name: str, reason: str, message: str) -> None:
    """A Pod is ended for ever by its kubelet."""
    now = stamp(datetime.now(UTC))
    unready = [{"type": kind, "status": "False", "lastTransitionTime": now} for kind in ("Ready", "ContainersReady")]
    status = {"phase": "Failed", "reason": reason, "message": message, "conditions": unready}
    patch(kubectl, "pod", name, {"status": status}, "-n", namespace)


def press(kubectl: Kubectl, namespace: str, name: str) -> None:
    """Memory runs short: the kubelet says so, and evicts; what comes instead may not come here."""
    pods = {app: run(kubectl, namespace, app, 1) for app in EVICTIONS}
    now = stamp(datetime.now(UTC))
    pressure = {"type": "MemoryPressure", "status": "True", "reason": "KubeletHasInsufficientMemory",
                "message": "kubelet has insufficient memory available", "lastTransitionTime": now,
                "lastHeartbeatTime": now}  # fmt: skip
    patch(kubectl, "node", name, {"status": {"conditions": [pressure]}})
    taints = ("get", "node", name, "-o", "jsonpath={.spec.taints[*].key}")
    until(lambda: "memory-pressure" in kubectl(*taints), what="a taint", timeout=60)
    for app, (evicted,) in pods.items():
        fail(kubectl, namespace, evicted, "Evicted", EVICTIONS[app])


def cling(kubectl: Kubectl, namespace: str, app: str, node: str, said: str = "") -> None:
    """A Pod that is told to end, and nobody can end it; `said` is what its kubelet complains of."""
    kubectl.create(pod(namespace, app, node))
    run(kubectl, namespace, app, 1)
    if said:
        uid = kubectl.json("-n", namespace, "get", "pod", app)["metadata"]["uid"]
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        kubectl.create({"apiVersion": "v1", "kind": "Event", "metadata": {"name": f"{app}.1", "namespace": namespace},
                        "involvedObject": {"apiVersion": "v1", "kind": "Pod", "name": app, "namespace": namespace,
                                           "uid": uid},
                        "type": "Warning", "reason": "FailedKillPod", "count": 1, "message": said,
                        "firstTimestamp": now, "lastTimestamp": now,
                        "source": {"component": "kubelet", "host": node}})  # fmt: skip
    kubectl("-n", namespace, "delete", "pod", app, "--wait=false")


def counted(suffix: str, namespace: str, node: str) -> list[Json]:
    """Two disks, and a node that can have one of them; the Deployment `filler` has one, `overfull` wants the other."""
    found: list[Json] = [
        {"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": COUNTING},
         "spec": {"attachRequired": False}},
        {"apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "metadata": {"name": node},
         "spec": {"drivers": [{"name": COUNTING, "nodeID": node, "topologyKeys": [], "allocatable": {"count": 1}}]}},
    ]  # fmt: skip
    common: Json = {"accessModes": ["ReadWriteOnce"], "storageClassName": ""}
    for app in ("filler", "overfull"):
        name, size = f"why-{suffix}-{app}", {"storage": "1Gi"}
        meta = {"name": app, "namespace": namespace}
        found += [
            {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
             "spec": {**common, "capacity": size, "claimRef": meta, "csi": {"driver": COUNTING, "volumeHandle": name}}},
            {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta,
             "spec": {**common, "volumeName": name, "resources": {"requests": size}}},
        ]  # fmt: skip
    return found


def overfill(kubectl: Kubectl, namespace: str, node: str) -> None:
    for app in ("filler", "overfull"):
        disk = [{"name": "data", "persistentVolumeClaim": {"claimName": app}}]
        kubectl.create(deployment(namespace, app, node, 1, volumes=disk))
        if app == "filler":
            run(kubectl, namespace, app, 1)
