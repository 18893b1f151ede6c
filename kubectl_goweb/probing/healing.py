"""When a sick Pod is acted upon: failing, failing for good, acted, registered again, recovered. Pure.

    state, orders = step(state, observed, rules)      what to do and what to tell
    state = acted(state, pod, at, why_not)            after an Act was tried

The limits are part of the decision: never fewer ready Pods than the minimum, at most so many actions in some minutes,
and a longer pause after each one. What is not allowed is told once and tried again when the limits allow.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from msgspec import Struct, structs


class Action(StrEnum):
    """What is done about a Pod that is sick for good."""

    NOTIFY = "notify"
    RESTART_POD = "restart-pod"
    """Evict it: its controller makes another one."""
    SHIFT = "shift"
    """Take it out of its Service and its controller, alive, so that it can be examined."""
    UNDO = "undo"
    """Go back to the last revision that was available, if the rollout is young."""


class HealRules(Struct, frozen=True):
    """Spans are in seconds."""

    action: Action = Action.NOTIFY
    retries: int = 3
    """Failures in a row until a Pod is abnormal."""
    grace: float = 60.0
    """A Pod younger than this that never answered is starting, not sick."""
    most_actions: int = 3
    within: float = 600.0
    """At most `most_actions` in this time."""
    back_off: float = 30.0
    """Pause after an action; it doubles with each one that is still within `within`."""
    recovery: float = 120.0
    """After this time without recovery it is told that the action did not help."""
    young: float = 1800.0
    """A rollout that began longer ago is not undone."""


class SeenPod(Struct, frozen=True):
    """One Pod at one moment."""

    success: bool | None
    """Of our probe; None: cannot tell."""
    why: str
    is_ready: bool
    """As the kubelet says: it is among the endpoints."""
    created: datetime | None


class Observed(Struct, frozen=True):
    """The workload at one moment."""

    at: datetime
    pods: Mapping[str, SeenPod]
    desired: int
    minimum: int
    """Ready Pods that must remain: the largest of the rollout's limit and the disruption budgets."""
    rollout_started: datetime | None = None


class Stage(StrEnum):
    ABNORMAL = "abnormal"
    """Failing for good; the action is due, or held back."""
    ACTED = "acted"
    """Waiting until everything that should serve does."""


class Incident(Struct, frozen=True):
    """One Pod that is, or was, failing for good."""

    pod: str
    stage: Stage
    since: datetime
    """The first failure of the row."""
    why: str
    acted_at: datetime | None = None
    held: str = ""
    """Why the action is not taken, as it was told."""
    is_late: bool = False
    """It was told that the action did not help."""


class HealState(Struct, frozen=True):
    failures: Mapping[str, tuple[int, datetime]] = {}
    """Failures in a row and when the row began, by Pod."""
    proven: frozenset[str] = frozenset()
    """Pods that answered once, us or their kubelet."""
    incidents: Mapping[str, Incident] = {}
    actions: tuple[datetime, ...] = ()


class Act(Struct, frozen=True):
    """Do it."""

    action: Action
    pod: str
    why: str


class Event(StrEnum):
    """What is told."""

    FAILING = "failing"
    ABNORMAL = "abnormal"
    HELD = "held"
    NOT_RECOVERED = "not-recovered"
    RECOVERED = "recovered"


class Tell(Struct, frozen=True):
    event: Event
    pod: str
    text: str


Order = Act | Tell


def step(state: HealState, seen: Observed, rules: HealRules) -> tuple[HealState, tuple[Order, ...]]:
    """One look. Whatever is ordered is in the new state already, except that an Act was done: see acted()."""
    orders: list[Order] = []
    failures = _failures(state, seen, rules, orders)
    proven = (state.proven | {name for name, pod in seen.pods.items() if pod.success or pod.is_ready}) & set(seen.pods)
    incidents = dict(state.incidents)
    for name, (count, since) in failures.items():
        if count >= rules.retries and name not in incidents:
            why = seen.pods[name].why
            incidents[name] = Incident(name, Stage.ABNORMAL, since, why)
            orders.append(Tell(Event.ABNORMAL, name, f"failed {count} times in a row: {why}"))
    acts_now = 0
    for name, incident in list(incidents.items()):
        match incident.stage:
            case Stage.ABNORMAL:
                after = _decide(name, incident, state, seen, rules, orders, acts_now)
            case Stage.ACTED:
                waiting = sum(
                    1 for other in incidents.values() if other.stage is Stage.ABNORMAL and other.pod in seen.pods
                )
                after = _await_recovery(incident, seen, rules, orders, waiting)
            case _:
                assert_never(incident.stage)
        acts_now += any(isinstance(order, Act) and order.pod == name for order in orders)
        if after is None:
            del incidents[name]
        else:
            incidents[name] = after
    return HealState(failures, frozenset(proven), incidents, _recent(state.actions, seen.at, rules)), tuple(orders)


def acted(state: HealState, pod: str, at: datetime, why_not: str = "") -> HealState:
    """After an Act: it was done, or why it was not (then it is tried again at the next look)."""
    incident = state.incidents.get(pod)
    if incident is None:
        return state
    if why_not:
        return structs.replace(
            state, incidents={**state.incidents, pod: structs.replace(incident, held=why_not)}, actions=state.actions
        )
    done = structs.replace(incident, stage=Stage.ACTED, acted_at=at, held="")
    return structs.replace(state, incidents={**state.incidents, pod: done}, actions=(*state.actions, at))


def _failures(
    state: HealState, seen: Observed, rules: HealRules, orders: list[Order]
) -> dict[str, tuple[int, datetime]]:
    """The rows of failures; "cannot tell" neither lengthens nor ends one."""
    rows = {}
    for name, pod in seen.pods.items():
        count, since = state.failures.get(name, (0, seen.at))
        if pod.success:
            continue
        if pod.success is False and not _is_starting(name, pod, state, seen.at, rules):
            if count == 0:
                since = seen.at
                if rules.retries > 1:
                    orders.append(Tell(Event.FAILING, name, pod.why))
            count += 1
        if count:
            rows[name] = (count, since)
    return rows


def _is_starting(name: str, pod: SeenPod, state: HealState, at: datetime, rules: HealRules) -> bool:
    if pod.is_ready or name in state.proven or pod.created is None:
        return False
    return (at - pod.created).total_seconds() < rules.grace


def _decide(
    name: str,
    incident: Incident,
    state: HealState,
    seen: Observed,
    rules: HealRules,
    orders: list[Order],
    acts_now: int,
) -> Incident | None:
    pod = seen.pods.get(name)
    if pod is None or pod.success:
        how = "answers again by itself" if pod is not None else "is gone"
        orders.append(
            Tell(Event.RECOVERED, name, f"{how}, {_seconds(seen.at, incident.since)} after its first failure")
        )
        return None
    if rules.action is Action.NOTIFY:
        return incident
    why_not = forbidden(pod, state, seen, rules, acts_now)
    if why_not:
        if why_not != incident.held:
            orders.append(Tell(Event.HELD, name, f"{rules.action} is held back: {why_not}"))
        return structs.replace(incident, held=why_not)
    orders.append(Act(rules.action, name, incident.why))
    return incident


def forbidden(pod: SeenPod, state: HealState, seen: Observed, rules: HealRules, acts_now: int = 0) -> str:
    """Why an action may not be taken now; empty when it may."""
    if acts_now:
        return "one action at a time"
    if any(incident.stage is Stage.ACTED and not incident.is_late for incident in state.incidents.values()):
        return "the last action has not taken effect yet"
    recent = _recent(state.actions, seen.at, rules)
    if len(recent) >= rules.most_actions:
        return f"{len(recent)} actions in the last {rules.within / 60:g} min, which is the most allowed"
    if recent:
        pause = rules.back_off * 2 ** (len(recent) - 1)
        if (seen.at - recent[-1]).total_seconds() < pause:
            return f"pausing {pause:g} s after the last action"
    if rules.action is Action.UNDO:
        started = seen.rollout_started
        if started is None or (seen.at - started).total_seconds() > rules.young:
            return f"the rollout began more than {rules.young / 60:g} min ago: it is not the likely cause"
        return ""
    ready = sum(1 for one in seen.pods.values() if one.is_ready)
    if pod.is_ready and ready - 1 < seen.minimum:
        return f"{ready} ready Pods, of which at least {seen.minimum} must remain"
    return ""


def _await_recovery(
    incident: Incident, seen: Observed, rules: HealRules, orders: list[Order], waiting: int
) -> Incident | None:
    """Recovered when the Pod has gone or answers, and as many as desired are ready and answer; so many others are sick
    and `waiting` for their turn, which they would never get if they were waited for.
    """
    well = [pod for pod in seen.pods.values() if pod.is_ready and pod.success is not False]
    treated = seen.pods.get(incident.pod)
    if len(well) + waiting >= seen.desired and (treated is None or treated.success is not False):
        took = _seconds(seen.at, incident.since)
        orders.append(Tell(Event.RECOVERED, incident.pod, f"{len(well)} of {seen.desired} ready again, after {took}"))
        return None
    if incident.acted_at is not None and not incident.is_late:
        waited = (seen.at - incident.acted_at).total_seconds()
        if waited > rules.recovery:
            said = f"{len(well)} of {seen.desired} ready {waited:.0f} s after {rules.action}"
            orders.append(Tell(Event.NOT_RECOVERED, incident.pod, said))
            return structs.replace(incident, is_late=True)
    return incident


def _recent(actions: tuple[datetime, ...], at: datetime, rules: HealRules) -> tuple[datetime, ...]:
    return tuple(one for one in actions if at - one < timedelta(seconds=rules.within))


def _seconds(at: datetime, since: datetime) -> str:
    return f"{(at - since).total_seconds():.0f} s"
