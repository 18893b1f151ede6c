"""Pods that find no node: which of the scheduler's conditions fails on how many nodes, and what would help."""

from __future__ import annotations

import re

from kubectl_goweb.objects.node import FullNode
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.case import Group
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.volumes import where_volumes_are
from kubectl_goweb.status.placement import Predicate, cluster_of, demand_of, placement
from kubectl_goweb.status.verdicts import Evidence, Finding, Ref, Severity

_AVAILABLE = re.compile(r"^(?P<free>\d+)/(?P<all>\d+) nodes are available: (?P<rest>.*)$", re.DOTALL)
_PART = re.compile(r"(?P<count>\d+) (?P<what>[^,]+(?:\{[^}]*\})?[^,]*)")
_CLAIM = re.compile(r"persistentvolumeclaim \"(?P<name>[^\"]+)\" (?:not found|is being deleted)", re.IGNORECASE)

_RULES: tuple[tuple[str, str, str], ...] = (
    ("claim-missing", r"persistentvolumeclaim \"[^\"]+\" not found", "a claim it names does not exist"),
    ("claim-deleting", r"persistentvolumeclaim \"[^\"]+\" is being deleted", "a claim it names is being deleted"),
    ("claim-unbound", r"unbound immediate PersistentVolumeClaims", "a claim it names is not bound to a volume"),
    (
        "volume-elsewhere",
        r"volume node affinity conflict|PersistentVolume's node affinity",
        "its volume can only be reached from other nodes or zones",
    ),
    ("volume-binding", r"didn't find available persistent volumes|not find .* to bind", "no volume fits its claim"),
    ("volume-in-use", r"ReadWriteOncePod|in-use by another pod", "its claim may be used by one Pod at a time"),
    ("insufficient", r"Insufficient |Too many pods", "no node has room"),
    ("host-port", r"free ports", "the host port is taken"),
    ("anti-affinity", r"anti-affinity", "anti-affinity keeps it from the Pods that are there"),
    ("affinity", r"pod affinity", "the Pods it wants to be near are elsewhere"),
    ("spread", r"topology spread", "its topology spread constraints cannot be met"),
    ("too-many-volumes", r"exceed max volume count", "the nodes have as many volumes as they may"),
    ("cordoned", r"were unschedulable|node\(s\) unschedulable", "the nodes are cordoned"),
    ("node-not-ready", r"untolerated taints? \{node\.kubernetes\.io/(?:not-ready|unreachable)", "nodes are not ready"),
    ("node-pressure", r"untolerated taints? \{node\.kubernetes\.io/[a-z-]*pressure", "the nodes are under pressure"),
    ("selector", r"node affinity|node selector|nodename", "no node has the labels it wants"),
    ("taint", r"untolerated taint|had taint", "the nodes have taints that it does not tolerate"),
)
"""The nearest to fitting first. The scheduler tells of each node only the first filter that refuses it, in the order
taints, labels, room: of a cluster's tainted nodes and the one that lacks room, the latter is what was meant.
"""


def unschedulable(group: Group) -> Finding:
    """Condition PodScheduled is False: the scheduler's own words, taken apart."""
    pod = group.pod
    message = pod.message or group.said("FailedScheduling")
    parts = predicates(message)
    reason, meaning = reason_of_message(message)
    if pod.reason == "SchedulingGated":
        reason, meaning = "scheduling-gate", "a scheduling gate holds it back until whoever set the gate removes it"
    claim = _CLAIM.search(message)
    related = (Ref("PersistentVolumeClaim", claim["name"], pod.namespace),) if claim else _claims(group, reason)
    counted = "; ".join(f"{count} {what}" for count, what in parts)
    title = f"{group.who} find{group.verb('', 's')} no node"
    if counted or meaning:
        title += f": {counted or meaning}"
    elsewhere = where_volumes_are(group) if reason == "volume-elsewhere" else None
    where = elsewhere.text if elsewhere else ""
    gated = reason == "scheduling-gate"  # no node is looked for
    near, nodes, nearest, predicate = ("", (), None, None) if gated else _nearest(group)
    if predicate is Predicate.TAINTS and nearest is not None:
        reason = _by_taints(nearest) or reason
    else:
        reason = _PREDICATES.get(predicate, reason) if predicate else reason
    if nearest is not None:
        related = (*related, Ref("Node", nearest.name))
    return finding(
        Code.POD_UNSCHEDULABLE,
        Severity.WARNING,
        group.case.ref,
        plain(title),
        cause=plain("; ".join(filter(None, (near, where, _without_preemption(message), _held(group, reason)))))
        or "the scheduler has not said why",
        next=group.show,
        evidence=group.evidence(_requests(group), *nodes),
        since=group.since,
        affected=group.names,
        reason=reason,
        related=related,
    )


_OF_OTHERS = ("volume-in-use", "insufficient", "host-port", "anti-affinity", "spread", "too-many-volumes")
"""What another Pod may hold."""


def _held(group: Group, reason: str) -> str:
    return group.case.held_by_old(group.revision) if reason in _OF_OTHERS else ""


def _claims(group: Group, reason: str) -> tuple[Ref, ...]:
    """The claims it waits for."""
    spec = group.case.spec_of(group.pod)
    if spec is None or reason not in ("claim-unbound", "volume-binding"):
        return ()
    names = [one.persistent_volume_claim.claim_name for one in spec.volumes if one.persistent_volume_claim]
    return tuple(Ref("PersistentVolumeClaim", name, group.pod.namespace) for name in names)


_PREDICATES = {
    Predicate.UNSCHEDULABLE: "cordoned",
    Predicate.NODE_AFFINITY: "selector",
    Predicate.HOST_PORTS: "host-port",
    Predicate.RESOURCES: "insufficient",
    Predicate.SPREAD: "spread",
}
"""Filters that have one reason; taints, volumes and affinity to Pods are told apart by the scheduler's words."""
_NODES_SHOWN = 4


_TAINTS = (("-pressure", "node-pressure"), ("not-ready", "node-not-ready"), ("unreachable", "node-not-ready"),
           ("unschedulable", "cordoned"))  # fmt: skip
"""What the node controller writes as taints, and what it tells by them."""


def _by_taints(node: FullNode) -> str:
    """Why a node that only its taints keep from being the right one has them."""
    keys = [one.key for one in node.spec.taints if one.key.startswith("node.kubernetes.io/")]
    return next((word for end, word in _TAINTS for key in keys if key.endswith(end)), "taint")


def _nearest(group: Group) -> tuple[str, tuple[Evidence, ...], FullNode | None, Predicate | None]:
    """Which node would be the nearest fit and what it lacks, what stands against each of the first few, that node, and
    the one filter that refuses it, when it is only one.
    """
    room = group.case.snapshot.facts.room
    full = group.case.snapshot.facts.pods.get(f"{group.pod.namespace}/{group.pod.name}")
    if room is None or full is None:
        return "", (), None, None
    snapshot = group.case.snapshot
    cluster = cluster_of(room.nodes.values(), room.pods.values(), claims=snapshot.claims or None)
    told = placement(demand_of(full), cluster)
    nearest = told.nearest
    shown = sorted(told.fits, key=lambda one: one is not nearest)[:_NODES_SHOWN]
    nodes = tuple(
        Evidence(f"node {one.node}", plain("; ".join(obstacle.text for obstacle in one.obstacles) or "has room"))
        for one in shown
    )
    if nearest is None:
        return "", nodes, None, None
    filters = {one.predicate for one in nearest.obstacles}
    words = "; ".join(one.text for one in nearest.obstacles)
    predicate = filters.pop() if len(filters) == 1 else None
    return f"nearest is node {nearest.node}: {words}", nodes, room.nodes.get(nearest.node), predicate


def predicates(message: str) -> tuple[tuple[int, str], ...]:
    """`0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had ...` → ((1, "Insufficient cpu"), ...), worst first.

    What preemption would do is left out: it only repeats that nothing helps.
    """
    found = _AVAILABLE.match(message.strip())
    if found is None:
        return ()
    rest = re.split(r"\.? (?:preemption|no new claims to deallocate)", found["rest"])[0].rstrip(". ")
    parts = [(int(one["count"]), one["what"].strip().rstrip(".")) for one in _PART.finditer(rest)]
    return tuple(sorted(parts, key=lambda part: -part[0]))


def _without_preemption(message: str) -> str:
    return re.split(r"\.? (?:no new claims to deallocate|preemption:)", message)[0]


def reason_of_message(message: str) -> tuple[str, str]:
    texts = [what for _, what in predicates(message)] or [message]
    for word, pattern, meaning in _RULES:
        if any(re.search(pattern, text, re.IGNORECASE) for text in texts):
            return word, meaning
    return "", ""


def _requests(group: Group) -> Evidence | None:
    raw = group.case.raw.get(group.pod.name)
    if raw is None:
        return None
    asked = [
        f"{container.name}: " + ", ".join(parts)
        for container in raw.spec.containers
        if (
            parts := [
                f"{name} {amount}"
                for name, amount in (
                    ("cpu", container.resources.requests.cpu),
                    ("memory", container.resources.requests.memory),
                )
                if amount != ""
            ]
        )
    ]
    return Evidence("resources.requests", "; ".join(asked)) if asked else None
