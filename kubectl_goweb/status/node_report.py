"""The verdict on a node from everything that tells about it: conditions, lease, version, load."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from msgspec import structs

from kubectl_goweb.objects import Node
from kubectl_goweb.objects.policy import Lease
from kubectl_goweb.status.ages import duration
from kubectl_goweb.status.diagnosis.codes import Code, finding, worst_first
from kubectl_goweb.status.nodes import NodeHealth
from kubectl_goweb.status.usage import NodeUsage, Thresholds, overloads
from kubectl_goweb.status.verdicts import Answer, Evidence, Finding, Ref, Severity, Verdict

LEASES = "kube-node-lease"
_LEASE_SECONDS = 40
"""A kubelet's lease, where it does not say: renewed every 10 s, over after 40 s.
https://kubernetes.io/docs/concepts/architecture/nodes/#node-heartbeats
"""
_NEWEST, _OLDEST = 0, 3
"""A kubelet may not be newer than the API server, and at most three minor versions older.
https://kubernetes.io/releases/version-skew-policy/#kubelet
"""


class NodeReport(Answer, frozen=True, gc=False):
    node: NodeHealth
    verdict: Verdict
    """healthy, degraded, failing or unknown; paused for a node that is only cordoned."""
    reasons: tuple[str, ...]
    """Worst first; empty when healthy."""
    heartbeat: float | None
    """Seconds since the kubelet renewed its lease; None when the lease cannot be seen."""
    usage: NodeUsage | None

    @property
    def judged(self) -> NodeHealth:
        """The node with the verdict of the report, and why."""
        return structs.replace(self.node, verdict=self.verdict, why="; ".join(self.reasons))


def node_report(
    node: Node,
    health: NodeHealth,
    leases: Mapping[str, Lease],
    usage: NodeUsage | None,
    limits: Thresholds,
    now: datetime,
    *,
    server_version: str = "",
    kubelet_fault: str = "",
) -> NodeReport:
    """Judge `health`, which is of this node, beside the rest. `leases` by key; those that cannot be seen are empty.
    `kubelet_fault` is what the kubelet says of itself.
    """
    lease = leases.get(f"{LEASES}/{node.name}")
    heartbeat = None
    found: list[tuple[Verdict, str]] = []
    if health.verdict is not Verdict.HEALTHY:
        stopped = health.status.startswith("NotReady") and any(
            one.type == "Ready" and one.status == "Unknown" for one in node.status.conditions
        )
        found.append((Verdict.UNKNOWN if stopped else health.verdict, health.why))
    if lease is not None and lease.spec.renew_time is not None:
        heartbeat = max(0.0, (now - lease.spec.renew_time).total_seconds())
        if heartbeat > (lease.spec.lease_duration_seconds or _LEASE_SECONDS):
            found.append((Verdict.UNKNOWN, f"its kubelet was last heard of {duration(heartbeat)} ago"))
    if kubelet_fault:
        found.append((Verdict.DEGRADED, f"its kubelet is not well: {kubelet_fault}"))
    if skew := version_skew(health.version, server_version):
        found.append((Verdict.DEGRADED, skew))
    if usage is not None:
        found += [(Verdict.DEGRADED, text) for text in overloads(usage, limits)]
    order = (Verdict.FAILING, Verdict.UNKNOWN, Verdict.DEGRADED, Verdict.PAUSED)
    found.sort(key=lambda one: order.index(one[0]) if one[0] in order else len(order))
    verdict = found[0][0] if found else Verdict.HEALTHY
    return NodeReport(health, verdict, tuple(text for _, text in found), heartbeat, usage)


def with_busy_nodes(
    found: tuple[Finding, ...], used: Mapping[str, NodeUsage], limits: Thresholds
) -> tuple[Finding, ...]:
    """The findings, and a warning for every node, by name, that is over a threshold. Where it is under pressure already
    that explains it.
    """
    pressed = {one.object: one.id for one in found if one.code == Code.NODE_PRESSURE}
    busy = tuple(
        structs.replace(_busy(node, over, usage.source), explained_by=pressed.get(node, ""))
        for node, usage in ((Ref("Node", name), usage) for name, usage in used.items())
        if (over := "; ".join(overloads(usage, limits)))
    )
    return worst_first((*found, *busy)) if busy else found


def _busy(node: Ref, over: str, source: str) -> Finding:
    return finding(
        Code.NODE_BUSY,
        Severity.WARNING,
        node,
        f"node {node.name} is too busy: {over}",
        cause="its Pods, or what runs beside them, use nearly all that it has",
        next=f"kubectl goweb nodes {node.name}",
        evidence=(Evidence(f"its load, told by {source}", over),),
    )


def version_skew(kubelet: str, server: str) -> str:
    """What is wrong between the two versions; empty when nothing is, or one is not known."""
    mine, theirs = _minor(kubelet), _minor(server)
    if mine is None or theirs is None:
        return ""
    if mine - theirs > _NEWEST:
        return f"its kubelet ({kubelet}) is newer than the API server ({server})"
    if theirs - mine > _OLDEST:
        return f"its kubelet ({kubelet}) is more than {_OLDEST} minor versions older than the API server ({server})"
    return ""


def _minor(version: str) -> int | None:
    found = re.match(r"v?1\.(\d+)", version)
    return int(found[1]) if found else None
