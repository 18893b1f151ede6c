"""What somebody should know before confirming, found in the facts. Every caution has a stable code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum

from kubectl_goweb.actions.choosing import is_under_way
from kubectl_goweb.actions.facts import ConfigState, Facts, full_template
from kubectl_goweb.actions.owners import owner
from kubectl_goweb.actions.plan import Caution
from kubectl_goweb.actions.pointers import Json
from kubectl_goweb.actions.recorded import Recorded
from kubectl_goweb.actions.room import least, short_of_nodes, short_of_quota, surge
from kubectl_goweb.objects import FeedState, Kind
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.selection import selects
from kubectl_goweb.status.verdicts import Severity


class CautionCode(StrEnum):
    """Stable names."""

    AUTOSCALER = "GW-ACT-AUTOSCALER"
    """A HorizontalPodAutoscaler will scale it again."""
    OWNER = "GW-ACT-OWNER"
    """Argo CD, Flux, Helm or kubectl apply will bring back what its manifest says."""
    TO_ZERO = "GW-ACT-TO-ZERO"
    """No Pod will be left."""
    RECREATE = "GW-ACT-RECREATE"
    """Every Pod ends before a new one starts."""
    ON_DELETE = "GW-ACT-ON-DELETE"
    """Pods change only when they are deleted."""
    UNPROVEN = "GW-ACT-UNPROVEN"
    """Nothing shows that the revision to go back to was ever fully available."""
    FORCED_ROLLBACK = "GW-ACT-FORCED-ROLLBACK"
    """A StatefulSet waits for a Pod that will not get ready."""
    QUOTA = "GW-ACT-QUOTA"
    """A quota of the namespace has no room for the Pods to come."""
    NO_ROOM = "GW-ACT-NO-ROOM"
    """No node takes the Pods to come."""
    BUDGET = "GW-ACT-BUDGET"
    """Fewer Pods will be available than a PodDisruptionBudget asks for; rollouts and scaling do not ask budgets."""
    REFERENCE_GONE = "GW-ACT-REFERENCE-GONE"
    """A ConfigMap, Secret or key that the template names does not exist: its Pods will not start."""
    REFERENCE_CHANGED = "GW-ACT-REFERENCE-CHANGED"
    """A ConfigMap or Secret was changed after the revision was made: its Pods will read the new values."""
    IMAGE_UNUSED = "GW-ACT-IMAGE-UNUSED"
    """No running Pod uses the image: whether it can still be pulled is not known."""
    NOT_SEEN = "GW-ACT-NOT-SEEN"
    """Something could not be looked at."""
    LAST_NODE = "GW-ACT-LAST-NODE"
    """No other node of the same role takes Pods."""
    NO_EXECUTE = "GW-ACT-NO-EXECUTE"
    """A taint ends Pods at once, without asking disruption budgets."""
    HELD = "GW-ACT-HELD"
    """A disruption budget does not let Pods of the node go."""
    GAP = "GW-ACT-GAP"
    """A workload or Service has no ready Pod for a while."""
    LOST = "GW-ACT-LOST"
    """Something is not brought back: a Pod without a controller, local data."""


def worst_first(found: Iterable[Caution]) -> tuple[Caution, ...]:
    return tuple(sorted(found, key=lambda one: -one.severity.rank))


def on_any(facts: Facts) -> tuple[Caution, ...]:
    """Before anything that changes neither the number nor the template of Pods."""
    return worst_first(_not_seen(facts))


def on_scale(facts: Facts, wanted: int) -> tuple[Caution, ...]:
    """Before another number of Pods."""
    found = [*_to_zero(facts, wanted), *_autoscalers(facts, wanted), *_owner(facts, "replicas")]
    if wanted < facts.replicas:
        found += _budgets(facts, wanted, f"{wanted} Pods will be left", is_scaled=True)
    else:
        found += [*_room(facts, facts.template, wanted - facts.replicas), *_gone(facts)]
    return worst_first([*found, *_not_seen(facts)])


def on_rollout(facts: Facts, template: Json) -> tuple[Caution, ...]:
    """Before Pods of this template replace those that serve. An owner brings back its template only when this is
    another one: nobody's apply takes away what its manifest does not name.
    """
    found = [*_strategy(facts), *_room(facts, template, surge(facts)), *_gone(facts)]
    if facts.target.kind == "Deployment":
        found += _budgets(facts, least(facts), f"the rollout may go down to {least(facts)} available Pods")
    if template is not facts.template:
        found += _owner(facts, "template")
    return worst_first([*found, *_not_seen(facts)])


def on_undo(facts: Facts, back: Recorded, *, is_proven: bool) -> tuple[Caution, ...]:
    """Before a recorded template comes back."""
    found = [*on_rollout(facts, back.template), *_forced_rollback(facts), *_changed(facts, back), *_images(facts, back)]
    if not is_proven:
        # After a rollout that is over nothing ever shows it; in the middle of one, Pods that serve would.
        severity = Severity.WARNING if is_under_way(facts) else Severity.INFO
        text = f"nothing shows that revision {back.number} was ever fully available"
        found.append(Caution(CautionCode.UNPROVEN, severity, text))
    return worst_first(found)


def _room(facts: Facts, template: Json, added: int) -> Iterator[Caution]:
    if added <= 0:
        return
    full = full_template(template)
    for text in short_of_quota(facts, full, added):
        yield Caution(CautionCode.QUOTA, Severity.WARNING, text)
    if facts.room is None:
        return
    if facts.room.cluster is None:
        text = plain(f"not looked at: whether nodes have room: {facts.room.why}")
        yield Caution(CautionCode.NOT_SEEN, Severity.INFO, text)
    elif text := short_of_nodes(facts.room.cluster, full, facts.target.namespace, added):
        yield Caution(CautionCode.NO_ROOM, Severity.WARNING, text)


def _budgets(facts: Facts, left: int, words: str, *, is_scaled: bool = False) -> Iterator[Caution]:
    """Budgets hold back evictions, not rollouts and not scaling:
    https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-budgets

    With fewer replicas a budget in percent, or by maxUnavailable, asks for fewer Pods too.
    """
    labels = (facts.template.get("metadata") or {}).get("labels") or {}
    for one in facts.around.disruption_budgets.values():
        wants = one.status.desired_healthy
        if is_scaled and not isinstance(one.spec.min_available, int):
            continue
        if selects(one.spec.selector, labels) and left < wants:
            text = plain(f"{words}, fewer than the {wants} of budget {one.name}, which is not asked")
            yield Caution(CautionCode.BUDGET, Severity.WARNING, text)


def _gone(facts: Facts) -> Iterator[Caution]:
    for one in facts.config:
        what = f"{one.kind} {one.name} ({one.where})"
        if one.state is ConfigState.GONE and not one.is_optional:
            text = plain(f"{what} does not exist: new Pods will not start")
            yield Caution(CautionCode.REFERENCE_GONE, Severity.CRITICAL, text)
        elif one.missing_keys:
            text = plain(f"{what} has no key {', '.join(one.missing_keys)}: new Pods will not start")
            yield Caution(CautionCode.REFERENCE_GONE, Severity.CRITICAL, text)
        elif one.state is ConfigState.UNSEEN:
            yield Caution(CautionCode.NOT_SEEN, Severity.INFO, plain(f"not looked at: {what}: {one.why}"))


def _changed(facts: Facts, back: Recorded) -> Iterator[Caution]:
    """The template comes back, the values that it reads do not."""
    for one in facts.config:
        if one.written is None or not back.created or one.written <= datetime.fromisoformat(back.created):
            continue
        at = one.written.isoformat(timespec="seconds").replace("+00:00", "Z")
        who = f" by {one.writer}" if one.writer else ""
        text = f"{one.kind} {one.name} was changed at {at}{who}: revision {back.number} will read the new values"
        yield Caution(CautionCode.REFERENCE_CHANGED, Severity.WARNING, plain(text))


def _images(facts: Facts, back: Recorded) -> Iterator[Caution]:
    feed = facts.around.feeds.get(Kind.POD)
    if feed is None or feed.state is not FeedState.LIVE:
        return
    used = {
        one.image for pod in facts.around.pods.values() if pod.status.phase == "Running" for one in pod.spec.containers
    }
    for one in back.template["spec"]["containers"]:
        if one.get("image") not in used:
            text = plain(
                f"none of its running Pods uses {one.get('image')}: whether it can still be pulled is not known"
            )
            yield Caution(CautionCode.IMAGE_UNUSED, Severity.INFO, text)


def _forced_rollback(facts: Facts) -> Iterator[Caution]:
    """https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback"""
    if facts.target.kind != "StatefulSet" or facts.spec.get("podManagementPolicy") == "Parallel":
        return
    if facts.status.get("readyReplicas", 0) < facts.replicas:
        text = (
            "a Pod that is not ready is not replaced by a StatefulSet in order: a guard (--guard) deletes it after the "
            "undo, or do it by hand"
        )
        yield Caution(CautionCode.FORCED_ROLLBACK, Severity.WARNING, text)


def _to_zero(facts: Facts, wanted: int) -> Iterator[Caution]:
    if wanted == 0 and facts.replicas > 0:
        yield Caution(CautionCode.TO_ZERO, Severity.CRITICAL, f"no Pod of {facts.target.short} will be left to serve")


def _autoscalers(facts: Facts, wanted: int) -> Iterator[Caution]:
    """https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/: at 0 replicas it is off."""
    for one in facts.around.autoscalers.values():
        aims = one.spec.scale_target_ref
        if (aims.kind, aims.name) != (facts.target.kind, facts.target.name):
            continue
        least, most = one.spec.min_replicas, one.spec.max_replicas
        if wanted == 0:
            then = "which is off while there are 0 replicas"
        elif not least <= wanted <= most:
            then = f"which sets it to {min(max(wanted, least), most)} within seconds"
        else:
            then = "which scales it again as it sees fit"
            if one.status.desired_replicas:
                then += f" (it wants {one.status.desired_replicas} now)"
        text = f"autoscaler {plain(one.name)} keeps between {least} and {most} replicas, {then}"
        yield Caution(CautionCode.AUTOSCALER, Severity.WARNING, text)


def _owner(facts: Facts, field: str) -> Iterator[Caution]:
    found = owner(facts, field)
    if found is None:
        return
    what = {"replicas": "the number of replicas", "template": "the Pod template"}[field]
    text = plain(f"{found.name} owns it: {found.next} brings back {what} of its manifest")
    yield Caution(CautionCode.OWNER, Severity.WARNING, text)


def _strategy(facts: Facts) -> Iterator[Caution]:
    strategy = facts.spec.get("strategy") or facts.spec.get("updateStrategy") or {}
    match strategy.get("type"):
        case "Recreate":
            text = "strategy Recreate: every Pod ends before the first new one starts, nothing serves in between"
            yield Caution(CautionCode.RECREATE, Severity.CRITICAL, text)
        case "OnDelete":
            text = "strategy OnDelete: nothing happens until Pods are deleted by hand, one by one"
            yield Caution(CautionCode.ON_DELETE, Severity.WARNING, text)


def _not_seen(facts: Facts) -> Iterator[Caution]:
    for kind, feed in facts.around.feeds.items():
        if feed.state is not FeedState.LIVE:
            text = plain(f"not looked at: {kind.resource.group_plural}: {feed.why}")
            yield Caution(CautionCode.NOT_SEEN, Severity.INFO, text)
