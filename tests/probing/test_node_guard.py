"""When nodes are taken out of service and back, and when they must not be."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kubectl_goweb.probing.node_guard import Back, GuardRules, GuardState, Held, Order, Out, SeenNode, most_out, step
from tests.probing.results import NOW

RULES = GuardRules(patience=60, quiet=300, most=0.25)
WELL, SICK = SeenNode(True, "", False, False), SeenNode(False, "CPU 99 %", False, False)
OUT_BY_US = SeenNode(True, "", True, True)
OUT_BY_OTHERS = SeenNode(True, "", True, False)


def looks(*moments: tuple[float, dict[str, SeenNode]]) -> list[tuple[float, Order]]:
    state, found = GuardState(), []
    for second, seen in moments:
        state, orders = step(state, seen, NOW + timedelta(seconds=second), RULES)
        found += [(second, order) for order in orders]
    return found


def nodes(count: int, **others: SeenNode) -> dict[str, SeenNode]:
    return {**{f"n{number}": WELL for number in range(count - len(others))}, **others}


def test_a_node_that_stays_sick_is_taken_out() -> None:
    found = looks(*((second, nodes(4, x=SICK)) for second in (0, 30, 59, 60)))

    assert found == [(60, Out("x", "CPU 99 % for 60 s"))]


def test_a_short_illness_is_forgotten() -> None:
    assert looks((0, nodes(4, x=SICK)), (30, nodes(4, x=WELL)), (60, nodes(4, x=SICK)), (100, nodes(4, x=SICK))) == []


def test_what_cannot_be_told_neither_takes_out_nor_back() -> None:
    blind = SeenNode(None, "", False, False)

    assert looks(*((second, nodes(4, x=blind)) for second in (0, 300, 600))) == []


def test_a_quiet_node_is_taken_back_only_by_who_took_it_out() -> None:
    found = looks(*((second, nodes(9, x=OUT_BY_US, y=OUT_BY_OTHERS)) for second in (0, 299, 300)))

    assert found == [(300, Back("x", "well for 300 s"))]


def test_never_more_than_the_share_is_out_and_that_is_told_once() -> None:
    found = looks(*((second, nodes(4, x=SICK, y=OUT_BY_OTHERS)) for second in (0, 60, 70, 80)))

    assert found == [(60, Held("x", "1 of 4 nodes are out of service, at most 1 may be"))]


def test_one_node_at_a_time() -> None:
    both = nodes(12, x=SICK, y=SICK)

    assert looks((0, both), (60, both)) == [(60, Out("x", "CPU 99 % for 60 s"))]


@pytest.mark.parametrize(("count", "most"), [(1, 0), (2, 1), (3, 1), (4, 1), (8, 2), (100, 25)])
def test_the_share_leaves_the_only_node_alone(count: int, most: int) -> None:
    assert most_out(count, RULES) == most
