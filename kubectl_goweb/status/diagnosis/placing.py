"""Pods that find no node: which of the scheduler's conditions fails on how many nodes, and what would help."""

from __future__ import annotations

import re

from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.case import Group
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.verdicts import Evidence, Finding, Ref, Severity

_AVAILABLE = re.compile(r"^(?P<free>\d+)/(?P<all>\d+) nodes are available: (?P<rest>.*)$", re.DOTALL)
_PART = re.compile(r"(?P<count>\d+) (?P<what>[^,]+(?:\{[^}]*\})?[^,]*)")
_CLAIM = re.compile(r"persistentvolumeclaim \"(?P<name>[^\"]+)\" not found", re.IGNORECASE)

_RULES: tuple[tuple[str, str, str], ...] = (
    ("claim-missing", r"persistentvolumeclaim \"[^\"]+\" not found", "a claim it names does not exist"),
    ("claim-unbound", r"unbound immediate PersistentVolumeClaims", "a claim it names is not bound to a volume"),
    ("volume-elsewhere", r"volume node affinity conflict", "its volume can only be reached from other nodes or zones"),
    ("volume-binding", r"didn't find available persistent volumes|not find .* to bind", "no volume fits its claim"),
    ("too-many-volumes", r"exceed max volume count", "the node has as many volumes as it may"),
    ("cordoned", r"were unschedulable|node\(s\) unschedulable", "cordoned"),
    ("node-not-ready", r"untolerated taints? \{node\.kubernetes\.io/(?:not-ready|unreachable)", "not ready"),
    ("node-pressure", r"untolerated taints? \{node\.kubernetes\.io/[a-z-]*pressure", "under pressure"),
    ("taint", r"untolerated taint|had taint", "tainted"),
    ("selector", r"didn't match Pod's node affinity/selector|node affinity|node selector", "wanted labels missing"),
    ("anti-affinity", r"anti-affinity", "anti-affinity"),
    ("affinity", r"pod affinity", "affinity to Pods that are elsewhere"),
    ("spread", r"topology spread", "topology spread"),
    ("host-port", r"free ports", "host port taken"),
    ("insufficient", r"Insufficient |Too many pods", "no room"),
)


def unschedulable(group: Group) -> Finding:
    """Condition PodScheduled is False: the scheduler's own words, taken apart."""
    pod = group.pod
    message = pod.message or group.said("FailedScheduling")
    parts = predicates(message)
    reason, meaning = _reason(message)
    if pod.reason == "SchedulingGated":
        reason, meaning = "scheduling-gate", "a scheduling gate holds it back until whoever set the gate removes it"
    claim = _CLAIM.search(message)
    related = (Ref("PersistentVolumeClaim", claim["name"], pod.namespace),) if claim else ()
    counted = "; ".join(f"{count} {what}" for count, what in parts)
    title = f"{group.who} find{group.verb('', 's')} no node"
    if counted or meaning:
        title += f": {counted or meaning}"
    return finding(
        Code.POD_UNSCHEDULABLE,
        Severity.WARNING,
        group.case.ref,
        plain(title),
        cause=plain(message) or "the scheduler has not said why",
        next=group.show,
        evidence=group.evidence(_requests(group), group.case.serving(group.revision)),
        since=group.since,
        affected=group.names,
        reason=reason,
        related=related,
    )


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


def _reason(message: str) -> tuple[str, str]:
    """By the predicate that fails on most nodes: a lack on the only node that would do counts more than its taint."""
    texts = [what for _, what in predicates(message)] or [message]
    for text in texts:
        for word, pattern, meaning in _RULES:
            if re.search(pattern, text):
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
