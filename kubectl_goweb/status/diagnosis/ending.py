"""Pods that are over, or should be: evicted, ended, lost with their node, stuck while terminating."""

from __future__ import annotations

from kubectl_goweb.objects import condition
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.case import Case, Group
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.pods import PodHealth
from kubectl_goweb.status.verdicts import Confidence, Evidence, Finding, Ref, Severity


def evicted(group: Group) -> Finding:
    return finding(
        Code.POD_EVICTED,
        Severity.WARNING,
        group.case.ref,
        plain(f"{group.who} evicted"),
        cause=plain(group.pod.message or group.said("Evicted")),
        next=group.show,
        evidence=group.evidence(),
        since=group.since,
        affected=group.names,
        reason=_eviction(group.pod.message),
        related=(Ref("Node", group.pod.node),) if group.pod.node else (),
    )


def _eviction(message: str) -> str:
    for word in ("memory", "ephemeral-storage", "nodefs", "imagefs", "pids", "inodes"):
        if word in message:
            return "memory" if word == "memory" else "pids" if word == "pids" else "disk"
    return "preempted" if "reempt" in message else ""


def ended(group: Group) -> Finding:
    pod = group.pod
    return finding(
        Code.POD_ENDED,
        Severity.CRITICAL,
        group.case.ref,
        plain(f"{group.who} ended ({pod.reason}) and will not be started again"),
        cause=plain(pod.message or "the Pod's restartPolicy does not start it again"),
        next=group.log(previous=False) if pod.container else group.show,
        evidence=group.evidence(),
        since=group.since,
        affected=group.names,
    )


def lost(group: Group) -> Finding:
    pod = group.pod
    return finding(
        Code.POD_LOST,
        Severity.CRITICAL,
        group.case.ref,
        plain(f"{group.who} on a node that does not answer"),
        cause=plain(f"node {pod.node} stopped reporting"),
        next=f"kubectl describe node {pod.node}",
        evidence=group.evidence(),
        since=group.since,
        affected=group.names,
        related=(Ref("Node", pod.node),),
    )


def stuck_terminating(group: Group) -> Finding:
    """Past its grace period: a finalizer, its node, or what the kubelet cannot undo."""
    pod = group.pod
    full = group.case.snapshot.facts.pods.get(f"{pod.namespace}/{pod.name}")
    reason, cause, confidence = "", "a finalizer, a volume or an unreachable node holds it", Confidence.POSSIBLE
    evidence, next_command = None, group.show
    related: tuple[Ref, ...] = ()
    if full is not None and full.metadata.finalizers:
        names = ", ".join(full.metadata.finalizers)
        reason, confidence = "finalizer", Confidence.CERTAIN
        cause = f"the finalizer {names} holds it: whoever set it has not done its part"
        evidence = Evidence("metadata.finalizers", plain(names), pod.since)
    elif (node := node_down(group.case, pod)) is not None:
        reason, confidence, related = "node", Confidence.CERTAIN, (node,)
        cause = f"node {node.name} does not answer, so nobody can confirm that the Pod has ended"
        next_command = f"kubectl describe node {node.name}"
    elif (said := group.said("FailedKillPod", "FailedUnmount", "FailedPreStopHook")) != "":
        reason, confidence, cause = "kubelet", Confidence.CERTAIN, said
    elif (alive := _alive(group)) is not None:
        reason, confidence = "unkillable", Confidence.LIKELY
        cause = f"container {alive} still runs long after SIGKILL: a process waits inside the kernel for a volume or "
        cause += "a device that does not answer (NFS, a detached disk), or the container runtime hangs"
    return finding(
        Code.POD_STUCK_TERMINATING,
        Severity.WARNING,
        group.case.ref,
        plain(f"{group.who} should be gone but {group.verb('are', 'is')} still terminating"),
        cause=plain(cause),
        next=next_command,
        evidence=group.evidence(evidence),
        since=group.since,
        affected=group.names,
        reason=reason,
        confidence=confidence,
        related=related,
    )


def _alive(group: Group) -> str | None:
    """A container that the kubelet, which must be seen to work, still calls running."""
    raw, node = group.case.raw.get(group.pod.name), group.case.snapshot.nodes.get(group.pod.node)
    if raw is None or node is None:
        return None
    return next((one.name for one in raw.status.container_statuses if one.state.running), None)


def node_down(case: Case, pod: PodHealth) -> Ref | None:
    """The Pod's node, when it is known not to be ready."""
    node = case.snapshot.nodes.get(pod.node)
    if node is None:
        return None
    ready = condition(node.status.conditions, "Ready")
    return Ref("Node", node.name) if ready is not None and ready.status != "True" else None
