"""Tables, as the API server prints objects for `kubectl get`: columns, and cells of an object.

The rules are those of the server's own printers; the STATUS of a Pod is told by `status`.
Shape: https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from kubectl_goweb.demo.bodies import JSON, condition, moment
from kubectl_goweb.demo.resources import Resource
from kubectl_goweb.objects import Pod
from kubectl_goweb.status.ages import age, duration
from kubectl_goweb.status.pod_columns import columns

Cells = list[Any]


@dataclass(frozen=True, slots=True)
class _Printer:
    """Column names (those after `wide` only with -o wide) and the cells of one object at a moment."""

    columns: tuple[str, ...]
    wide: tuple[str, ...]
    cells: Callable[[JSON, datetime], Cells]


def table(
    resource: Resource, bodies: list[JSON], meta: JSON, now: datetime, include: str, *, head: bool = True
) -> JSON:
    """The Table of these objects. `include` says what of the object each row carries: Metadata, Object or None."""
    printer = _PRINTERS.get(resource.name, _PLAIN)
    definitions = [
        {
            "name": name,
            "type": "integer" if name in _NUMBERS else "string",
            "format": "name" if name == "Name" else "",
            "description": name,
            "priority": priority,
        }
        for priority, names in ((0, printer.columns), (1, printer.wide))
        for name in names
    ]
    rows = [{"cells": printer.cells(each, now), "object": _carried(each, include)} for each in bodies]
    body: JSON = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": meta}
    body["columnDefinitions"] = definitions if head else None
    body["rows"] = [{key: value for key, value in row.items() if value is not None} for row in rows]
    return body


def _carried(body: JSON, include: str) -> JSON | None:
    if include == "None":
        return None
    if include == "Object":
        return body
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": body["metadata"]}


def _since(text: str | None, now: datetime) -> str:
    return "<unknown>" if not text else duration((now - moment(text)).total_seconds())


def _age(body: JSON, now: datetime) -> str:
    return _since(body["metadata"].get("creationTimestamp"), now)


def _pod(body: JSON, now: datetime) -> Cells:
    pod = msgspec.convert(body, Pod, strict=False)
    told = columns(pod)
    again = f" ({age(told.restarted_at, now)} ago)" if told.restarts and told.restarted_at else ""
    wide = [body["status"].get("podIP", "<none>"), body["spec"].get("nodeName", "<none>"), "<none>", "<none>"]
    ready = f"{told.ready}/{told.total}"
    return [pod.metadata.name, ready, told.status, f"{told.restarts}{again}", _age(body, now), *wide]


def _node(node: JSON, now: datetime) -> Cells:
    ready = condition(node, "Ready")
    state = "Unknown" if ready is None else "Ready" if ready["status"] == "True" else "NotReady"
    if node["spec"].get("unschedulable"):
        state += ",SchedulingDisabled"
    prefix = "node-role.kubernetes.io/"
    roles = sorted(label.removeprefix(prefix) for label in node["metadata"]["labels"] if label.startswith(prefix))
    info = node["status"]["nodeInfo"]
    address = next((each["address"] for each in node["status"]["addresses"] if each["type"] == "InternalIP"), "<none>")
    wide = [address, "<none>", info["osImage"], info["kernelVersion"], info["containerRuntimeVersion"]]
    return [
        node["metadata"]["name"],
        state,
        ",".join(roles) or "<none>",
        _age(node, now),
        info["kubeletVersion"],
        *wide,
    ]


def _made_of(body: JSON) -> Cells:
    """The wide columns of a workload: containers, images, selector."""
    containers = body["spec"]["template"]["spec"]["containers"]
    labels = body["spec"]["selector"].get("matchLabels", {})
    return [
        ",".join(each["name"] for each in containers),
        ",".join(each["image"] for each in containers),
        ",".join(f"{key}={labels[key]}" for key in sorted(labels)),
    ]


def _deployment(body: JSON, now: datetime) -> Cells:
    status = body["status"]
    ready = f"{status.get('readyReplicas', 0)}/{body['spec']['replicas']}"
    counts = [status.get("updatedReplicas", 0), status.get("availableReplicas", 0)]
    return [body["metadata"]["name"], ready, *counts, _age(body, now), *_made_of(body)]


def _replica_set(body: JSON, now: datetime) -> Cells:
    status = body["status"]
    counts = [body["spec"]["replicas"], status["replicas"], status.get("readyReplicas", 0)]
    return [body["metadata"]["name"], *counts, _age(body, now), *_made_of(body)]


def _stateful_set(body: JSON, now: datetime) -> Cells:
    ready = f"{body['status'].get('readyReplicas', 0)}/{body['spec']['replicas']}"
    return [body["metadata"]["name"], ready, _age(body, now), *_made_of(body)[:2]]


def _daemon_set(body: JSON, now: datetime) -> Cells:
    status = body["status"]
    fields = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    )
    counts = [status.get(field, 0) for field in fields]
    return [body["metadata"]["name"], *counts, "<none>", _age(body, now), *_made_of(body)]


def _service(body: JSON, now: datetime) -> Cells:
    spec = body["spec"]
    ports = ",".join(f"{each['port']}/{each['protocol']}" for each in spec["ports"])
    selector = ",".join(f"{key}={value}" for key, value in sorted((spec.get("selector") or {}).items())) or "<none>"
    return [body["metadata"]["name"], spec["type"], spec["clusterIP"], "<none>", ports, _age(body, now), selector]


def _event(body: JSON, now: datetime) -> Cells:
    about = body["involvedObject"]
    seen = _since(body["lastTimestamp"], now)
    return [
        f"{seen} (x{body['count']} over {_since(body['firstTimestamp'], now)})" if body["count"] > 1 else seen,
        body["type"],
        body["reason"],
        f"{about['kind'].lower()}/{about['name']}",
        body["message"],
        about.get("fieldPath", ""),
        ", ".join(filter(None, [body["source"]["component"], body["source"].get("host", "")])),
        _since(body["firstTimestamp"], now),
        body["count"],
        body["metadata"]["name"],
    ]


def _endpoint_slice(body: JSON, now: datetime) -> Cells:
    ports = ",".join(str(each["port"]) for each in body["ports"]) or "<unset>"
    addresses = [address for each in body["endpoints"] for address in each["addresses"]]
    shown = ",".join(addresses[:3]) + (f" + {len(addresses) - 3} more..." if len(addresses) > 3 else "")
    return [body["metadata"]["name"], body["addressType"], ports, shown or "<unset>", _age(body, now)]


def _controller_revision(body: JSON, now: datetime) -> Cells:
    owner = body["metadata"]["ownerReferences"][0]
    who = f"{owner['kind'].lower()}.apps/{owner['name']}"
    return [body["metadata"]["name"], who, body["revision"], _age(body, now)]


_NUMBERS = frozenset({"Up-to-date", "Available", "Desired", "Current", "Ready (count)", "Count", "Revision"})
_PLAIN = _Printer(
    ("Name", "Created At"), (), lambda body, now: [body["metadata"]["name"], body["metadata"]["creationTimestamp"]]
)
_SETS = ("Containers", "Images", "Selector")
_PRINTERS = {
    "pods": _Printer(
        ("Name", "Ready", "Status", "Restarts", "Age"), ("IP", "Node", "Nominated Node", "Readiness Gates"), _pod
    ),
    "nodes": _Printer(
        ("Name", "Status", "Roles", "Age", "Version"),
        ("Internal-IP", "External-IP", "OS-Image", "Kernel-Version", "Container-Runtime"),
        _node,
    ),
    "deployments": _Printer(("Name", "Ready", "Up-to-date", "Available", "Age"), _SETS, _deployment),
    "replicasets": _Printer(("Name", "Desired", "Current", "Ready", "Age"), _SETS, _replica_set),
    "statefulsets": _Printer(("Name", "Ready", "Age"), _SETS[:2], _stateful_set),
    "daemonsets": _Printer(
        ("Name", "Desired", "Current", "Ready", "Up-to-date", "Available", "Node Selector", "Age"), _SETS, _daemon_set
    ),
    "services": _Printer(("Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age"), ("Selector",), _service),
    "events": _Printer(
        ("Last Seen", "Type", "Reason", "Object", "Message"),
        ("Subobject", "Source", "First Seen", "Count", "Name"),
        _event,
    ),
    "endpointslices": _Printer(("Name", "AddressType", "Ports", "Endpoints", "Age"), (), _endpoint_slice),
    "namespaces": _Printer(
        ("Name", "Status", "Age"),
        (),
        lambda body, now: [body["metadata"]["name"], body["status"]["phase"], _age(body, now)],
    ),
    "controllerrevisions": _Printer(("Name", "Controller", "Revision", "Age"), (), _controller_revision),
}
