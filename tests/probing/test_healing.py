"""When a sick Pod is acted upon, and when it must not be."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from kubectl_goweb.probing.healing import (
    Act,
    Action,
    Event,
    HealRules,
    HealState,
    Observed,
    Order,
    SeenPod,
    Tell,
    acted,
    step,
)
from kubectl_goweb.probing.notifying import Notice, alert
from tests.probing.results import NOW

RULES = HealRules(action=Action.RESTART_POD, retries=3)
OLD = NOW - timedelta(hours=1)


def pod(success: bool | None = True, *, ready: bool = True, created: datetime = OLD) -> SeenPod:
    return SeenPod(success, "" if success else "answered 500", ready, created)


def alone(second: float, name: str, one: SeenPod) -> Observed:
    return Observed(NOW + timedelta(seconds=second), {name: one}, 1, 1)


def seen(second: float, *, minimum: int = 1, started: datetime | None = None, **pods: SeenPod) -> Observed:
    return Observed(NOW + timedelta(seconds=second), pods, len(pods), minimum, started)


class Watchdog:
    """Steps, with every Act done at once unless it fails."""

    def __init__(self, rules: HealRules = RULES, *, why_not: str = "") -> None:
        self.rules = rules
        self.state = HealState()
        self.why_not = why_not

    def look(self, observed: Observed) -> tuple[Order, ...]:
        self.state, orders = step(self.state, observed, self.rules)
        for order in orders:
            if isinstance(order, Act):
                self.state = acted(self.state, order.pod, observed.at, self.why_not)
        return orders

    def looks(self, *observed: Observed) -> list[Order]:
        return [order for one in observed for order in self.look(one)]


def told(orders: Iterable[Order]) -> list[str]:
    return [order.event.value if isinstance(order, Tell) else f"ACT {order.pod}" for order in orders]


def failing(start: int, count: int, *, minimum: int = 1, **more: SeenPod) -> list[Observed]:
    pods = {"a": pod(success=False), "b": pod(), **more}
    return [Observed(NOW + timedelta(seconds=start + 5 * n), pods, len(pods), minimum) for n in range(count)]


def test_a_sick_pod_is_replaced_after_its_retries_and_told_recovered() -> None:
    dog = Watchdog()

    assert told(dog.looks(*failing(0, 2))) == ["failing"]
    assert told(dog.looks(*failing(10, 1))) == ["abnormal", "ACT a"]
    assert dog.looks(seen(15, b=pod(), c=pod(None, ready=False, created=NOW))) == []
    (recovered,) = dog.looks(seen(20, b=pod(), c=pod()))
    assert recovered == Tell(Event.RECOVERED, "a", "2 of 2 ready again, after 20 s")


def test_a_single_failure_is_forgotten() -> None:
    dog = Watchdog()

    dog.looks(*failing(0, 2), seen(10, a=pod(), b=pod()), *failing(15, 2))
    assert dog.state.incidents == {}


def test_a_young_pod_that_its_kubelet_had_called_ready_is_sick_and_not_starting() -> None:
    dog = Watchdog()
    ready, not_any_more = (pod(success=False, ready=is_ready, created=NOW) for is_ready in (True, False))

    orders = dog.looks(*(seen(5 * n, a=one, b=pod()) for n, one in enumerate((ready, not_any_more, not_any_more))))
    assert told(orders) == ["failing", "abnormal", "ACT a"]

    never = Watchdog()
    assert never.looks(*(seen(5 * n, a=not_any_more, b=pod()) for n in range(3))) == [], "it may be starting"


def test_what_cannot_be_told_neither_counts_nor_clears() -> None:
    dog = Watchdog()
    blind = seen(10, a=pod(None), b=pod())

    orders = dog.looks(*failing(0, 2), blind, blind, *failing(20, 1))

    assert told(orders) == ["failing", "abnormal", "ACT a"]


def test_blindness_alone_never_acts() -> None:
    assert Watchdog().looks(*[seen(5 * n, a=pod(None), b=pod(None)) for n in range(20)]) == []


@pytest.mark.parametrize(
    ("observed", "held"),
    [
        (failing(0, 3, minimum=2), "2 ready Pods, of which at least 2 must remain"),
        ([seen(5 * n, minimum=1, a=pod(success=False)) for n in range(3)], "1 ready Pods, of which at least 1"),
    ],
)
def test_the_minimum_of_ready_pods_is_never_undercut(observed: list[Observed], held: str) -> None:
    orders = Watchdog().looks(*observed)

    assert told(orders) == ["failing", "abnormal", "held"]
    assert isinstance(orders[-1], Tell)
    assert held in orders[-1].text


def test_a_pod_that_is_not_ready_takes_nothing_away_when_it_goes() -> None:
    sick = pod(success=False, ready=False)

    orders = Watchdog().looks(*[seen(5 * n, minimum=2, a=sick, b=pod()) for n in range(3)])
    assert told(orders)[-1] == "ACT a"


def test_what_is_held_back_is_told_once_and_done_when_the_limits_allow() -> None:
    dog = Watchdog()

    assert told(dog.looks(*failing(0, 5, minimum=2))) == ["failing", "abnormal", "held"]
    assert told(dog.looks(*failing(25, 1, minimum=2, c=pod()))) == ["ACT a"]


def test_only_one_pod_is_acted_upon_at_a_time() -> None:
    both = [seen(5 * n, a=pod(success=False), b=pod(success=False), c=pod()) for n in range(4)]

    orders = Watchdog().looks(*both)
    assert [one for one in told(orders) if one.startswith("ACT")] == ["ACT a"]


def test_pods_that_wait_for_their_turn_do_not_keep_the_first_from_having_recovered() -> None:
    dog = Watchdog(HealRules(action=Action.RESTART_POD, retries=1, back_off=10, recovery=500))
    sick = pod(success=False, ready=False)

    assert told(dog.look(seen(0, a=sick, b=sick, c=pod()))) == ["abnormal", "abnormal", "ACT a", "held"]
    replacement = pod(None, ready=False, created=NOW)
    assert told(dog.look(seen(5, new=replacement, b=sick, c=pod()))) == ["held"]
    assert told(dog.look(seen(10, new=pod(), b=sick, c=pod()))) == ["recovered"]
    assert told(dog.look(seen(15, new=pod(), b=sick, c=pod()))) == ["ACT b"]


def test_actions_are_limited_in_number_and_time() -> None:
    rules = HealRules(action=Action.RESTART_POD, retries=1, most_actions=2, within=600, back_off=10)
    dog = Watchdog(rules)
    acts = []
    for second in range(0, 1200, 5):
        sick = alone(second, f"p{second}", pod(success=False, ready=False))
        acts += [second for order in dog.look(sick) if isinstance(order, Act)]
        dog.look(seen(second + 2, healthy=pod()))

    assert acts == [0, 10, 600, 610]


def test_the_pause_doubles_with_each_action() -> None:
    rules = HealRules(action=Action.RESTART_POD, retries=1, most_actions=9, within=10_000, back_off=10)
    dog = Watchdog(rules)
    acts = []
    for second in range(0, 100, 5):
        sick = alone(second, f"p{second}", pod(success=False, ready=False))
        acts += [second for order in dog.look(sick) if isinstance(order, Act)]
        dog.look(seen(second + 2, healthy=pod()))

    assert acts == [0, 10, 30, 70]


def test_a_starting_pod_is_not_sick() -> None:
    starting = pod(success=False, ready=False, created=NOW)

    assert Watchdog().looks(*[seen(5 * n, a=starting, b=pod()) for n in range(11)]) == []
    assert told(Watchdog().looks(*[seen(60 + 5 * n, a=starting, b=pod()) for n in range(3)]))[-1] == "ACT a"


def test_an_action_that_fails_is_tried_again() -> None:
    dog = Watchdog(why_not="the disruption budget forbids it")

    assert told(dog.looks(*failing(0, 4)))[-2:] == ["ACT a", "ACT a"]
    assert dog.state.actions == ()


def test_an_action_that_does_not_help_is_told_once() -> None:
    dog = Watchdog()
    dog.looks(*failing(0, 3))

    orders = dog.looks(*[seen(15 + 10 * n, b=pod(), c=pod(None, ready=False)) for n in range(30)])
    assert told(orders).count("not-recovered") == 1


def test_notify_only_tells() -> None:
    dog = Watchdog(HealRules(action=Action.NOTIFY))

    assert told(dog.looks(*failing(0, 9))) == ["failing", "abnormal"]
    assert told(dog.look(seen(60, a=pod(), b=pod()))) == ["recovered"]


@pytest.mark.parametrize(("minutes", "acts"), [(5, True), (45, False), (None, False)])
def test_only_a_young_rollout_is_undone(minutes: int | None, *, acts: bool) -> None:
    started = None if minutes is None else NOW - timedelta(minutes=minutes)
    rules = HealRules(action=Action.UNDO)
    observed = [seen(5 * n, minimum=2, started=started, a=pod(success=False), b=pod()) for n in range(3)]

    orders = Watchdog(rules).looks(*observed)
    assert (told(orders)[-1] == "ACT a") is acts


def test_an_alert_keeps_its_labels_from_beginning_to_end() -> None:
    def notice(event: str) -> Notice:
        return Notice(event, "prod", "shop", "deploy/web", "web-1", "restart-pod", "answered 500", NOW)

    begin, end = alert(notice("abnormal")), alert(notice("recovered"))
    assert begin["labels"] == end["labels"]
    assert "endsAt" not in begin
    assert end["endsAt"] == NOW.isoformat()
