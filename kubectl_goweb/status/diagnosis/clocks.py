"""Nodes whose clock is wrong, and nodes that fell silent without being marked: by the leases that kubelets renew.

A kubelet writes the time of its own clock into its lease every ten seconds, and the API server notes by its clock when
that came. The two side by side are the node's clock error; no third clock is needed.
https://kubernetes.io/docs/concepts/architecture/nodes/#node-heartbeats
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kubectl_goweb.objects import Kind, Node, condition
from kubectl_goweb.objects.policy import Lease
from kubectl_goweb.status.ages import duration
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.surroundings import Surroundings
from kubectl_goweb.status.verdicts import Confidence, Evidence, Finding, Ref, Severity

NODE_LEASES = "kube-node-lease"
_SKEW = 15.0
"""Seconds that a clock may be off: a renewal may take ten on its way, and the server notes whole seconds."""
_LEASE = 40
"""Seconds a kubelet's lease holds when it does not say."""
_MARKED_AFTER = 60.0
"""Seconds after the end of a lease within which the node controller marks the node, and some."""


def clock_findings(around: Surroundings) -> Iterator[Finding]:
    if not around.sees(Kind.LEASE):
        return
    leases = [one for one in around.snapshot.leases.values() if one.namespace == NODE_LEASES]
    heard = {one.name: at for one in leases if (at := _noted(one)) is not None}
    newest = max(heard.values(), default=None)
    for lease in leases:
        node, at = around.snapshot.nodes.get(lease.name), heard.get(lease.name)
        if node is None or at is None or lease.spec.renew_time is None or newest is None:
            continue
        error = (lease.spec.renew_time - at).total_seconds()
        if abs(error) > _SKEW:
            yield _wrong_clock(node, error, lease, at)
        silent = (newest - at).total_seconds() - (lease.spec.lease_duration_seconds or _LEASE)
        if silent > _MARKED_AFTER and _is_ready(node):
            yield _silent(node, (newest - at).total_seconds(), at)


def _noted(lease: Lease) -> datetime | None:
    """When the API server last saw it renewed."""
    write = lease.metadata.last_write
    return write.time if write else None


def _is_ready(node: Node) -> bool:
    ready = condition(node.status.conditions, "Ready")
    return ready is not None and ready.status == "True"


def _wrong_clock(node: Node, error: float, lease: Lease, at: datetime) -> Finding:
    way = "ahead of" if error > 0 else "behind"
    return finding(
        Code.NODE_CLOCK,
        Severity.WARNING,
        Ref("Node", node.name),
        f"the clock of node {node.name} is {duration(abs(error))} {way} the API server's",
        cause="its clock is not kept by NTP: certificates and tokens are refused as expired or not yet valid, leases "
        "are lost, and times in its logs are wrong",
        next=f"kubectl get lease {node.name} -n {NODE_LEASES} -o yaml --show-managed-fields",
        evidence=(Evidence("lease spec.renewTime", "what the kubelet wrote", lease.spec.renew_time),
                  Evidence("lease managedFields", "when the API server got it", at)),
        since=None,
        reason="ahead" if error > 0 else "behind",
    )  # fmt: skip


def _silent(node: Node, seconds: float, at: datetime) -> Finding:
    return finding(
        Code.NODE_NOT_READY,
        Severity.CRITICAL,
        Ref("Node", node.name),
        f"node {node.name} is called Ready, but its kubelet has been silent for {duration(seconds)}",
        cause="other kubelets go on renewing their leases and this one does not; that nobody marks the node as not "
        "ready says that the node controller (kube-controller-manager) does not work either",
        next=f"kubectl describe node {node.name}",
        evidence=(Evidence("lease managedFields", "renewed last", at),),
        since=at,
        reason="silent",
        confidence=Confidence.LIKELY,
    )
