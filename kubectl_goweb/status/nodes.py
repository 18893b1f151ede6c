"""Nodes as told: kubectl's STATUS and ROLES, and the pressures that kubectl does not show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from kubectl_goweb.objects import Node, Pod, condition
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.isolation import isolation
from kubectl_goweb.status.verdicts import Answer, Evidence, Finding, Ref, Severity, Verdict

_ROLE = "node-role.kubernetes.io/"
ENDED = ("Succeeded", "Failed")
"""Phases of Pods that take no room any more."""
_PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable")


class NodeHealth(Answer, frozen=True, gc=False):
    name: str
    status: str
    """kubectl's STATUS: `Ready`, `NotReady`, `Unknown`, then `,SchedulingDisabled`."""
    verdict: Verdict
    why: str
    roles: tuple[str, ...]
    ip: str
    version: str
    created: datetime | None
    cordoned: bool
    isolated: bool
    """Taken out of service by `kubectl goweb isolate`; `why` says by whom."""
    pressures: tuple[str, ...]
    taints: tuple[str, ...]
    pods: int | None
    """Pods bound to it and not ended; None when not all namespaces were looked at."""
    findings: tuple[Finding, ...]


def pods_by_node(pods: Iterable[Pod]) -> Counter[str]:
    """How many of these are bound to each node and have not ended."""
    return Counter(pod.spec.node_name for pod in pods if pod.spec.node_name and pod.status.phase not in ENDED)


def node_health(node: Node, pods: int | None) -> NodeHealth:
    """Judge one node. `pods` is how many unfinished Pods are bound to it, when that is known."""
    conditions = node.status.conditions
    ready = condition(conditions, "Ready")
    word = "Unknown" if ready is None else "Ready" if ready.status == "True" else "NotReady"
    if node.spec.unschedulable:
        word += ",SchedulingDisabled"
    pressures = tuple(
        kind for kind in _PRESSURES if (found := condition(conditions, kind)) is not None and found.status == "True"
    )
    findings = _findings(node, pressures)
    told = isolation(node.metadata.annotations.isolated)
    if ready is None:
        verdict, why = Verdict.UNKNOWN, "has no Ready condition"
    elif ready.status != "True":
        verdict, why = Verdict.FAILING, ready.message or ready.reason or "not ready"
    elif pressures:
        verdict, why = Verdict.DEGRADED, ", ".join(pressures)
    elif node.spec.unschedulable:
        verdict, why = Verdict.PAUSED, told.text if told else "cordoned: takes no new Pods"
    else:
        verdict, why = Verdict.HEALTHY, ""
    return NodeHealth(
        name=node.name,
        status=word,
        verdict=verdict,
        why=why,
        roles=tuple(sorted(label.removeprefix(_ROLE) for label in node.metadata.labels if label.startswith(_ROLE))),
        ip=next((a.address for a in node.status.addresses if a.type == "InternalIP"), ""),
        version=node.status.node_info.kubelet_version,
        created=node.metadata.creation_timestamp,
        cordoned=node.spec.unschedulable,
        isolated=told is not None,
        pressures=pressures,
        taints=tuple(f"{t.key}={t.value}:{t.effect}" if t.value else f"{t.key}:{t.effect}" for t in node.spec.taints),
        pods=pods,
        findings=findings,
    )


def _findings(node: Node, pressures: tuple[str, ...]) -> tuple[Finding, ...]:
    ref = Ref("Node", node.name)
    show = f"kubectl describe node {node.name}"
    found = []
    ready = condition(node.status.conditions, "Ready")
    if ready is not None and ready.status != "True":
        heard = "stopped reporting" if ready.status == "Unknown" else "says it is not ready"
        found.append(
            finding(
                Code.NODE_NOT_READY,
                Severity.CRITICAL,
                ref,
                f"node {node.name} {heard}",
                cause=ready.message or ready.reason,
                next=show,
                evidence=(Evidence("condition Ready", f"{ready.status} {ready.reason}", ready.last_transition_time),),
                since=ready.last_transition_time,
            )
        )
    for pressure in pressures:
        said = condition(node.status.conditions, pressure)
        if said is None:
            continue
        evidence = Evidence(f"condition {pressure}", f"{said.status} {said.reason}", said.last_transition_time)
        found.append(
            finding(
                Code.NODE_PRESSURE,
                Severity.WARNING,
                ref,
                f"node {node.name} has {pressure}",
                cause=said.message or said.reason,
                next=show,
                evidence=(evidence,),
                since=said.last_transition_time,
            )
        )
    return tuple(found)
