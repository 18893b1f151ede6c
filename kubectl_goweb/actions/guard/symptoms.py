"""Signs that a rollout will not succeed, each with the time it has to stand before that is certain.

What waiting does not change is certain at once; what may change by itself has to stand for as long as it takes those
who can change it: the kubelet, an operator that makes Secrets, an autoscaler. Why so: docs/decisions/0004.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from msgspec import Struct

from kubectl_goweb.actions.guard.sight import NewPod, Sight
from kubectl_goweb.actions.guard.terms import Terms
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.admission import refusal
from kubectl_goweb.status.diagnosis.codes import Code
from kubectl_goweb.status.pod_trouble import Trouble

_MAY_PASS = frozenset({"registry-unreachable", "registry-throttled", "disk-full", ""})
"""Reasons of an image finding that say nothing about the image; by the others the registry or the runtime has answered,
and will answer the same again."""

_CONFIG = 8.0
"""Seconds: an operator, or the rest of `kubectl apply -f folder/`, may still bring the Secret."""
_START = 5.0
_IMAGE = 45.0
"""Seconds: three tries by the kubelet's back-off of 10 and 20 seconds."""
_PLACING = 60.0
"""Seconds: room for an autoscaler that has not said anything, as in `status`."""
_TOO_LARGE = 10.0
"""Seconds: cluster-autoscaler looks every ten seconds, and says so when it finds a node group that would do."""
_GROWING = 300.0
"""Seconds: until the node is there that somebody has ordered."""
_DEAF = 5.0
_REFUSED = 8.0
_REFUSED_HICCUP = 60.0
_OVERDUE = 3.0
"""Seconds: right after a change the condition may still be the one from before."""
NEVER_READY = 60.0
"""Seconds beyond what its probes allow that a new Pod may run without ever having been ready, if nothing else is
said."""


_UNREADY_SHOWN = 5.0
"""Seconds beyond what its probes allow after which a Pod that is not ready is mentioned."""
NEVER = float("inf")
"""Not certain however long it stands, only worth telling."""


class Rule(StrEnum):
    """What kind of sign it is."""

    ENDS = "ends"
    IMAGE = "image"
    CONFIG = "config"
    START = "start"
    VOLUME = "volume"
    PLACE = "place"
    DEAF = "deaf"
    UNREADY = "unready"
    REFUSED = "refused"
    OVERDUE = "overdue"
    BLOCKED = "blocked"


class Symptom(Struct, frozen=True):
    """One sign, on one Pod or on the workload."""

    rule: Rule
    code: str
    what: str
    """What is seen, without the Pod it is seen on."""
    patience: float
    """Seconds it has to stand without a break; 0: it is certain as soon as it is seen."""
    uid: str = ""
    pod: str = ""

    @property
    def sentence(self) -> str:
        return f"{self.pod} {self.what}" if self.uid else self.what

    @property
    def key(self) -> str:
        """The same sign seen again has the same key."""
        return f"{self.rule} {self.uid}"


def symptoms(sight: Sight, terms: Terms, forgiven: Mapping[str, int], was_ready: frozenset[str]) -> tuple[Symptom, ...]:
    """Everything that may become the reason to call the rollout failed.

    `forgiven` are the ends by Pod that were there before the guard, `was_ready` the uids of Pods that were ready once.
    """
    found: list[Symptom] = []
    for pod in sight.pods:
        found += _of_pod(sight, pod, terms, pod.ends - forgiven.get(pod.uid, 0), was_ready)
    if sight.refused:
        patience = _refusal_patience(sight)
        found.append(Symptom(Rule.REFUSED, Code.ROLLOUT_REFUSED, f"Pods cannot be created: {sight.refused}", patience))
    if sight.overdue:
        found.append(Symptom(Rule.OVERDUE, Code.ROLLOUT_DEADLINE, "exceeded its progress deadline", _OVERDUE))
    for one in sight.workload.findings if sight.workload else ():
        if one.code == Code.SET_BLOCKED and one.reason == "forced-rollback":
            why = f"{one.title}; {one.cause}: {one.next}"
            found.append(Symptom(Rule.BLOCKED, Code.SET_BLOCKED, why, terms.blocked, pod="".join(one.affected)))
    return tuple(found)


def _of_pod(sight: Sight, pod: NewPod, terms: Terms, ends: int, was_ready: frozenset[str]) -> Iterable[Symptom]:
    def sign(rule: Rule, code: Code, what: str, patience: float) -> Symptom:
        return Symptom(rule, code, plain(what), patience, pod.uid, pod.health.name)

    health = pod.health
    if ends > 0:
        times = "once" if ends == 1 else f"{ends} times"
        how = f" (exit code {health.exit_code})" if health.exit_code is not None else ""
        code = Code.POD_OOM if health.trouble is Trouble.OUT_OF_MEMORY else Code.POD_CRASHLOOP
        yield sign(Rule.ENDS, code, f"has ended {times}{how}", 0.0 if ends > terms.restarts else NEVER)
    match health.trouble:
        case Trouble.IMAGE:
            why = f"cannot pull its image: {health.message or health.reason}"
            yield sign(Rule.IMAGE, Code.POD_IMAGE, why, _IMAGE if _reason(sight, pod) in _MAY_PASS else 0.0)
        case Trouble.CONFIG:
            yield sign(Rule.CONFIG, Code.POD_CONFIG, f"cannot be made: {health.message or health.reason}", _CONFIG)
        case Trouble.START:
            yield sign(Rule.START, Code.POD_START, f"cannot be started: {health.message or health.reason}", _START)
        case Trouble.UNSCHEDULABLE if health.reason != "SchedulingGated":
            patience = _GROWING if pod.is_growing else _TOO_LARGE if pod.is_too_large else _PLACING
            size = "is larger than any node" if pod.is_too_large else "finds no node"
            yield sign(Rule.PLACE, Code.POD_UNSCHEDULABLE, f"{size}: {health.message}", patience)
        case _:
            pass
    if pod.unmounted:
        yield sign(Rule.VOLUME, Code.POD_CONFIG, f"waits for a volume: {pod.unmounted}", _CONFIG)
    if pod.unready_since is not None and not health.is_ready and pod.uid not in was_ready:
        runs = (sight.at - pod.unready_since).total_seconds()
        if pod.deaf and runs >= pod.budget:
            yield sign(Rule.DEAF, Code.POD_NOT_READY, f"will not get ready: {pod.deaf}", _DEAF)
        limit = terms.ready_within if terms.ready_within is not None else pod.budget + NEVER_READY
        if runs >= min(limit, pod.budget + _UNREADY_SHOWN):
            patience = 0.0 if runs >= limit else NEVER
            yield sign(Rule.UNREADY, Code.POD_NOT_READY, "runs and was never ready", patience)


def told(signs: Iterable[Symptom]) -> tuple[str, ...]:
    """The signs in words, those that several Pods show as one."""
    groups: dict[str, list[Symptom]] = {}
    for sign in signs:
        groups.setdefault(sign.what, []).append(sign)
    return tuple(
        group[0].sentence if len(group) == 1 else f"{group[0].pod} and {len(group) - 1} more: {what}"
        for what, group in groups.items()
    )


def _refusal_patience(sight: Sight) -> float:
    reason = refusal(sight.refused, sight.ref.namespace).reason
    if reason == "webhook-down":
        return _REFUSED_HICCUP  # where the rule's judge does not answer, not the rule is to blame
    if reason == "quota" and sight.has_room is None:
        return _REFUSED_HICCUP  # who cannot see the quota cannot see that it has room again
    # The ReplicaSet controller tries again after twice the time it has waited, up to a quarter of an hour.
    return NEVER if sight.has_room else _REFUSED


def _reason(sight: Sight, pod: NewPod) -> str:
    """The mechanism by which the findings explain why this Pod has no image; empty when they do not know."""
    findings = sight.workload.findings if sight.workload else ()
    told = (one.reason for one in findings if one.code == Code.POD_IMAGE and pod.health.name in one.affected)
    return next(told, "")
