"""What somebody should know before confirming, found in the facts. Every caution has a stable code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from kubectl_goweb.actions.facts import Facts
from kubectl_goweb.actions.owners import owner
from kubectl_goweb.actions.plan import Caution
from kubectl_goweb.actions.pointers import Json
from kubectl_goweb.actions.recorded import Recorded
from kubectl_goweb.objects import FeedState
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.verdicts import Severity


class CautionCode(StrEnum):
    """Stable names. What each means is told in docs/cautions.md."""

    AUTOSCALER = "GW-ACT-AUTOSCALER"
    OWNER = "GW-ACT-OWNER"
    TO_ZERO = "GW-ACT-TO-ZERO"
    RECREATE = "GW-ACT-RECREATE"
    ON_DELETE = "GW-ACT-ON-DELETE"
    UNPROVEN = "GW-ACT-UNPROVEN"
    FORCED_ROLLBACK = "GW-ACT-FORCED-ROLLBACK"
    NOT_SEEN = "GW-ACT-NOT-SEEN"


def worst_first(found: Iterable[Caution]) -> tuple[Caution, ...]:
    return tuple(sorted(found, key=lambda one: -one.severity.rank))


def on_any(facts: Facts) -> tuple[Caution, ...]:
    """Before anything that changes neither the number nor the template of Pods."""
    return worst_first(_not_seen(facts))


def on_scale(facts: Facts, wanted: int) -> tuple[Caution, ...]:
    """Before another number of Pods."""
    return worst_first(
        [*_to_zero(facts, wanted), *_autoscalers(facts, wanted), *_owner(facts, "replicas"), *_not_seen(facts)]
    )


def on_rollout(facts: Facts, template: Json) -> tuple[Caution, ...]:
    """Before Pods of this template replace those that serve. An owner brings back its template only when this is
    another one: nobody's apply takes away what its manifest does not name.
    """
    found = [*_strategy(facts), *_not_seen(facts)]
    if template is not facts.template:
        found += _owner(facts, "template")
    return worst_first(found)


def on_undo(facts: Facts, back: Recorded, *, is_proven: bool) -> tuple[Caution, ...]:
    """Before a recorded template comes back."""
    found = [*on_rollout(facts, back.template), *_forced_rollback(facts)]
    if not is_proven:
        text = f"nothing shows that revision {back.number} was ever fully available"
        found.append(Caution(CautionCode.UNPROVEN, Severity.WARNING, text))
    return worst_first(found)


def _forced_rollback(facts: Facts) -> Iterator[Caution]:
    """https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback"""
    if facts.target.kind != "StatefulSet" or facts.spec.get("podManagementPolicy") == "Parallel":
        return
    if facts.status.get("readyReplicas", 0) < facts.replicas:
        text = "a Pod that is not ready is not replaced by a StatefulSet in order: delete it by hand after the undo"
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
            then = f"which scales it again as it sees fit (it wants {one.status.desired_replicas} now)"
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
