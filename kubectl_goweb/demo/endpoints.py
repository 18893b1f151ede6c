"""The EndpointSlice controller: which Pods a Service sends to. One slice a Service is enough here."""

from __future__ import annotations

from kubectl_goweb.demo.bodies import JSON, is_ready, owner_reference
from kubectl_goweb.demo.simulation import Simulation


def selects(service: JSON, pod: JSON) -> bool:
    """The Service's selector matches the Pod; a Service without a selector selects nothing."""
    selector = service["spec"].get("selector") or {}
    labels = pod["metadata"].get("labels", {})
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


class EndpointSlices:
    """Keeps the slice of each Service."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim

    def sync(self, namespace: str, name: str) -> None:
        """One pass over one Service."""
        service = self._sim.get("services", namespace, name)
        if service is None or not service["spec"].get("selector"):
            return
        pods = [pod for pod in self._sim.find("pods", namespace) if selects(service, pod) and "podIP" in pod["status"]]
        endpoints = [_endpoint(pod) for pod in pods if pod["status"]["phase"] == "Running"]
        ports = [
            {"name": each["name"], "port": each["targetPort"], "protocol": each["protocol"]}
            for each in service["spec"]["ports"]
        ]
        known = self._sim.owned("endpointslices", service)
        if known:
            with self._sim.edit("endpointslices", known[0]) as draft:
                draft["endpoints"], draft["ports"] = endpoints, ports
            return
        self._sim.create(
            "endpointslices",
            {
                "kind": "EndpointSlice",
                "apiVersion": "discovery.k8s.io/v1",
                "metadata": {
                    "name": f"{name}-{self._sim.dice.suffix()}",
                    "generateName": f"{name}-",
                    "namespace": namespace,
                    "generation": 1,
                    "creationTimestamp": service["metadata"]["creationTimestamp"],
                    "labels": {
                        **service["metadata"].get("labels", {}),
                        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
                        "kubernetes.io/service-name": name,
                    },
                    "ownerReferences": [owner_reference(service)],
                },
                "addressType": "IPv4",
                "endpoints": endpoints,
                "ports": ports,
            },
        )


def _endpoint(pod: JSON) -> JSON:
    terminating = "deletionTimestamp" in pod["metadata"]
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {
            "ready": is_ready(pod) and not terminating,
            "serving": is_ready(pod),
            "terminating": terminating,
        },
        "nodeName": pod["spec"]["nodeName"],
        "targetRef": {
            "kind": "Pod",
            "name": pod["metadata"]["name"],
            "namespace": pod["metadata"]["namespace"],
            "uid": pod["metadata"]["uid"],
        },
    }
