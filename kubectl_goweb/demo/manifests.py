"""API objects as the server would have stored them: what a user writes, with the server's defaults filled in.

Only shapes; which objects there are is told in `story`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from kubectl_goweb.demo.bodies import JSON, stamp
from kubectl_goweb.demo.kubelet import image_id


def container(
    name: str, image: str, *, port: int = 8080, http: bool = True, cpu: str = "100m", memory: str = "128Mi"
) -> JSON:
    """A container of a service: probed by HTTP on /api/health, or by a TCP connection."""
    check: JSON = (
        {"httpGet": {"path": "/api/health", "port": port, "scheme": "HTTP"}} if http else {"tcpSocket": {"port": port}}
    )
    probe = {**check, "failureThreshold": 3, "periodSeconds": 10, "successThreshold": 1, "timeoutSeconds": 1}
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"containerPort": port, "name": "http" if http else "tcp", "protocol": "TCP"}],
        "livenessProbe": {**probe, "initialDelaySeconds": 15},
        "readinessProbe": {**probe, "periodSeconds": 5},
        "resources": {"limits": {"memory": memory}, "requests": {"cpu": cpu, "memory": memory}},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    }


def template(labels: dict[str, str], containers: list[JSON]) -> JSON:
    """A Pod template with defaults."""
    return {
        "metadata": {"labels": labels},
        "spec": {
            "containers": containers,
            "dnsPolicy": "ClusterFirst",
            "restartPolicy": "Always",
            "schedulerName": "default-scheduler",
            "securityContext": {},
            "terminationGracePeriodSeconds": 30,
        },
    }


def deployment(
    name: str,
    namespace: str,
    replicas: int,
    pod_template: JSON,
    *,
    created: datetime,
    surge: int | str = "25%",
    unavailable: int | str = "25%",
    min_ready: int = 0,
) -> JSON:
    """A Deployment without status, as after its first write."""
    labels = dict(pod_template["metadata"]["labels"])
    spec: JSON = {
        "progressDeadlineSeconds": 600,
        "replicas": replicas,
        "revisionHistoryLimit": 10,
        "selector": {"matchLabels": labels},
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable},
        },
        "template": pod_template,
    }
    if min_ready:
        spec["minReadySeconds"] = min_ready
    return {
        "kind": "Deployment",
        "apiVersion": "apps/v1",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": labels,
            "annotations": {},
            "creationTimestamp": stamp(created),
        },
        "spec": spec,
        "status": {},
    }


def stateful_set(name: str, namespace: str, replicas: int, pod_template: JSON, *, created: datetime) -> JSON:
    """A StatefulSet without status; its headless Service has its name."""
    labels = dict(pod_template["metadata"]["labels"])
    return {
        "kind": "StatefulSet",
        "apiVersion": "apps/v1",
        "metadata": {"name": name, "namespace": namespace, "labels": labels, "creationTimestamp": stamp(created)},
        "spec": {
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
            "podManagementPolicy": "OrderedReady",
            "replicas": replicas,
            "revisionHistoryLimit": 10,
            "selector": {"matchLabels": labels},
            "serviceName": name,
            "template": pod_template,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        },
        "status": {"replicas": 0, "availableReplicas": 0},
    }


def daemon_set(name: str, namespace: str, pod_template: JSON, *, created: datetime) -> JSON:
    """A DaemonSet without status that tolerates every taint."""
    labels = dict(pod_template["metadata"]["labels"])
    pod_template["spec"]["tolerations"] = [{"operator": "Exists"}]
    return {
        "kind": "DaemonSet",
        "apiVersion": "apps/v1",
        "metadata": {"name": name, "namespace": namespace, "labels": labels, "creationTimestamp": stamp(created)},
        "spec": {
            "revisionHistoryLimit": 10,
            "selector": {"matchLabels": labels},
            "template": pod_template,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
        },
        "status": {"currentNumberScheduled": 0, "desiredNumberScheduled": 0, "numberMisscheduled": 0, "numberReady": 0},
    }


def service(
    name: str,
    namespace: str,
    address: str,
    selector: dict[str, str],
    *,
    created: datetime,
    port: int = 80,
    target: int = 8080,
) -> JSON:
    """A ClusterIP Service; headless if the address is None in Kubernetes' sense ("None")."""
    return {
        "kind": "Service",
        "apiVersion": "v1",
        "metadata": {"name": name, "namespace": namespace, "labels": selector, "creationTimestamp": stamp(created)},
        "spec": {
            "clusterIP": address,
            "clusterIPs": [address],
            "internalTrafficPolicy": "Cluster",
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "ports": [{"name": "http" if port == 80 else "tcp", "port": port, "protocol": "TCP", "targetPort": target}],
            "selector": selector,
            "sessionAffinity": "None",
            "type": "ClusterIP",
        },
        "status": {"loadBalancer": {}},
    }


def namespace(name: str, *, created: datetime) -> JSON:
    """An active Namespace."""
    return {
        "kind": "Namespace",
        "apiVersion": "v1",
        "metadata": {
            "name": name,
            "labels": {"kubernetes.io/metadata.name": name},
            "creationTimestamp": stamp(created),
        },
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


NODE_CONDITIONS = {
    "MemoryPressure": ("False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    "DiskPressure": ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    "PIDPressure": ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    "Ready": ("True", "KubeletReady", "kubelet is posting ready status"),
}


def node(name: str, number: int, *, created: datetime, heartbeat: datetime, control_plane: bool = False) -> JSON:
    """A healthy Linux node; `number` makes its addresses."""
    labels = {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/zone": f"zone-{'abc'[number % 3]}",
    }
    spec: JSON = {"podCIDR": f"10.244.{number}.0/24", "podCIDRs": [f"10.244.{number}.0/24"]}
    if control_plane:
        labels["node-role.kubernetes.io/control-plane"] = ""
        spec["taints"] = [{"effect": "NoSchedule", "key": "node-role.kubernetes.io/control-plane"}]
    else:
        labels["node-role.kubernetes.io/worker"] = ""
    amounts = {
        "cpu": "4",
        "ephemeral-storage": "98831908Ki",
        "hugepages-2Mi": "0",
        "memory": "8143232Ki",
        "pods": "110",
    }
    return {
        "kind": "Node",
        "apiVersion": "v1",
        "metadata": {"name": name, "labels": labels, "annotations": {}, "creationTimestamp": stamp(created)},
        "spec": spec,
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": f"10.0.0.{10 + number}"},
                {"type": "Hostname", "address": name},
            ],
            "allocatable": {**amounts, "memory": "8040832Ki"},
            "capacity": amounts,
            "conditions": [
                {
                    "type": kind,
                    "status": status,
                    "lastHeartbeatTime": stamp(heartbeat),
                    "lastTransitionTime": stamp(created),
                    "reason": reason,
                    "message": message,
                }
                for kind, (status, reason, message) in NODE_CONDITIONS.items()
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "images": [],
            "nodeInfo": {
                "architecture": "amd64",
                "bootID": f"7d0c{number:04d}-5b1e-4c7a-9d43-0f1e2d3c4b5a",
                "containerRuntimeVersion": "containerd://1.7.27",
                "kernelVersion": "6.8.0-60-generic",
                "kubeProxyVersion": "",
                "kubeletVersion": "v1.34.4",
                "machineID": f"{number:032x}",
                "operatingSystem": "linux",
                "osImage": "Debian GNU/Linux 12 (bookworm)",
                "systemUUID": f"4c4c{number:04d}-0046-3510-8053-b5c04f4e3732",
            },
        },
    }


def lease(node_name: str, *, created: datetime) -> JSON:
    """The lease that a node renews."""
    return {
        "kind": "Lease",
        "apiVersion": "coordination.k8s.io/v1",
        "metadata": {"name": node_name, "namespace": "kube-node-lease", "creationTimestamp": stamp(created)},
        "spec": {"holderIdentity": node_name, "leaseDurationSeconds": 40, "renewTime": None},
    }


def settled(pod: JSON, node_name: str, node_ip: str, pod_ip: str, created: datetime, container_id: str) -> JSON:
    """The Pod as it is after a long quiet life: running and ready since a few seconds after its creation."""
    ready = stamp(created + timedelta(seconds=6))
    started = stamp(created + timedelta(seconds=2))
    pod["metadata"]["creationTimestamp"] = stamp(created)
    pod["spec"]["nodeName"] = node_name
    transitions = {
        "PodReadyToStartContainers": started,
        "Initialized": stamp(created),
        "Ready": ready,
        "ContainersReady": ready,
        "PodScheduled": stamp(created),
    }
    pod["status"].update(
        {
            "phase": "Running",
            "conditions": [
                {"type": kind, "status": "True", "lastProbeTime": None, "lastTransitionTime": when}
                for kind, when in transitions.items()
            ],
            "hostIP": node_ip,
            "hostIPs": [{"ip": node_ip}],
            "podIP": pod_ip,
            "podIPs": [{"ip": pod_ip}],
            "startTime": stamp(created),
            "containerStatuses": [
                {
                    "name": each["name"],
                    "state": {"running": {"startedAt": started}},
                    "lastState": {},
                    "ready": True,
                    "restartCount": 0,
                    "image": each["image"],
                    "imageID": image_id(each["image"]),
                    "containerID": f"containerd://{container_id}",
                    "started": True,
                }
                for each in pod["spec"]["containers"]
            ],
        }
    )
    return pod
