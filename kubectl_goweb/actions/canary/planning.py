"""Plans the first write of a canary: a change of the Pod template, and what the Deployment's own strategy will make of
the steps. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import structs

from kubectl_goweb.actions.canary.steps import Numbers, Step, Stop, course, waits_at
from kubectl_goweb.actions.choosing import is_under_way
from kubectl_goweb.actions.facts import Facts
from kubectl_goweb.actions.plan import Plan, Refusal
from kubectl_goweb.status.workloads import Limits, fence_posts

_VERB = "canary"


def stepwise(planned: Plan, facts: Facts, steps: Sequence[Step], bake: float) -> Plan | Refusal:
    """The same change as the begin of a canary, or why this Deployment cannot be released step by step now. What
    replaces no Pod stays as it is planned.
    """
    why, hint = _unfinished(facts)
    if not why and planned.replaces_pods:
        why, hint = _obstacle(facts)
    if why:
        return Refusal(_VERB, facts.target, why, hint)
    if not planned.replaces_pods:
        return planned
    limits = _limits(facts)
    stops = course(steps, facts.replicas, limits) if limits else ()
    if limits is None or not stops:
        return Refusal(_VERB, facts.target, *_no_stop(facts, limits))
    how = f"{len(stops)} stops, each" if len(stops) > 1 else "one stop,"
    return structs.replace(
        planned,
        sentence=f"{planned.sentence} step by step: {how} compared for {bake:g} s",
        notes=(*_notes(stops, limits), *planned.notes),
    )


def stable_revision(facts: Facts) -> str:
    """The ReplicaSet of the template that serves now."""
    return facts.current.name if facts.current else ""


def settle_time(facts: Facts) -> float | None:
    """progressDeadlineSeconds; None where there is none."""
    seconds = facts.spec.get("progressDeadlineSeconds", 600)
    return None if seconds >= 2**31 - 1 else float(seconds)


def _unfinished(facts: Facts) -> tuple[str, str]:
    """Something is under way, which may be a canary that was left."""
    if facts.is_paused:
        return "it is paused", f"first: kubectl goweb resume {facts.named}, or kubectl goweb abort {facts.named}"
    if is_under_way(facts):
        return "a rollout is under way", f"wait for it (kubectl goweb guard {facts.named}), or abort it"
    return "", ""


def _obstacle(facts: Facts) -> tuple[str, str]:
    if not facts.replicas:
        return "it has no Pods to compare with", f"set the image instead: kubectl goweb set-image {facts.named}"
    if facts.strategy.type != "RollingUpdate":
        return "its strategy ends every old Pod before a new one begins", "a canary needs strategy RollingUpdate"
    if not stable_revision(facts):
        return "the ReplicaSet of its present template is not to be seen", "there would be no way back"
    return "", ""


def _no_stop(facts: Facts, limits: Limits | None) -> tuple[str, str]:
    if limits is None:
        return "its maxSurge or maxUnavailable cannot be read", ""
    made = waits_at(facts.replicas, limits, Numbers(0, facts.replicas), 0)
    why = f"its strategy makes {made.new} of {facts.replicas} Pods new at once and leaves {made.old} old ones"
    return why, "have a maxSurge of 1 and a maxUnavailable of 0"


def _limits(facts: Facts) -> Limits | None:
    return fence_posts(facts.replicas, facts.strategy.type, facts.strategy.rolling_update)


def _notes(stops: Sequence[Stop], limits: Limits) -> Iterator[str]:
    """Each stop as it will be, as far as the strategy tells; the numbers that come about are told when they do."""
    for number, stop in enumerate(stops, 1):
        new, old = stop.numbers.new, stop.numbers.old
        yield f"stop {number} (step {stop.said}): {new} new and {old} old Pods, {round(new * 100 / (new + old))} % new"
    if any(stop.numbers.new > stop.wanted for stop in stops):
        yield (
            f"maxSurge {limits.surge} and maxUnavailable {limits.unavailable} let the controller replace that many at "
            "once; with 1 and 0 every step is met exactly"
        )
    yield "it is paused at each stop; what is worse than the old Pods is taken back, the rest goes on by itself"
