"""When a node is taken out of service, and when it is taken back. Pure.

    state, orders = step(state, seen, rules)

Out: not well for `patience` seconds. Back: well for `quiet` seconds, and only what this guard itself took out. Never
more than a share of all nodes at once, one order a look; that the last node of a role stays is seen to by the plan.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from math import floor

from msgspec import Struct

MARK = "guard: "
"""How the reason on a node begins that this guard took out of service."""


class GuardRules(Struct, frozen=True):
    patience: float = 60.0
    """Seconds."""
    quiet: float = 300.0
    """Seconds."""
    most: float = 0.25
    """Share of all nodes that may be out of service at once, at least one, whoever took them out."""


class SeenNode(Struct, frozen=True):
    is_well: bool | None
    """None: cannot tell, which neither isolates nor takes back."""
    why: str
    is_out: bool
    """It takes no new Pods, whoever saw to that."""
    is_ours: bool
    """This guard took it out."""


class GuardState(Struct, frozen=True):
    since: Mapping[str, tuple[bool, datetime]] = {}
    """How each node is, and since when, as far as was seen."""
    held: Mapping[str, str] = {}
    """What was told to be held back, so that it is told once."""


class Out(Struct, frozen=True):
    node: str
    why: str


class Back(Struct, frozen=True):
    node: str
    why: str


class Held(Struct, frozen=True):
    """Would be taken out, and may not."""

    node: str
    why: str


Order = Out | Back | Held


def most_out(count: int, rules: GuardRules) -> int:
    """How many of so many nodes may be out at once."""
    return max(1, floor(count * rules.most)) if count > 1 else 0


def step(
    state: GuardState, seen: Mapping[str, SeenNode], at: datetime, rules: GuardRules, guarded: Collection[str] = ()
) -> tuple[GuardState, tuple[Order, ...]]:
    """One look at every node; with `guarded`, only those are moved."""
    since = {}
    for name, node in seen.items():
        known = state.since.get(name)
        if node.is_well is None:
            if known is not None:
                since[name] = known
        else:
            since[name] = known if known is not None and known[0] is node.is_well else (node.is_well, at)
    orders: list[Order] = []
    held = {}
    out = sum(1 for node in seen.values() if node.is_out)
    for name, node in sorted(seen.items()):
        if name not in since or node.is_well is None or (guarded and name not in guarded):
            continue
        lasted = (at - since[name][1]).total_seconds()
        moves = any(isinstance(order, Out | Back) for order in orders)
        if node.is_well and node.is_ours and lasted >= rules.quiet and not moves:
            orders.append(Back(name, f"well for {lasted:.0f} s"))
        elif not node.is_well and not node.is_out and lasted >= rules.patience:
            limit = most_out(len(seen), rules)
            if out >= limit:
                held[name] = f"{out} of {len(seen)} nodes are out of service, at most {limit} may be"
                if state.held.get(name) != held[name]:
                    orders.append(Held(name, held[name]))
            elif not moves:
                orders.append(Out(name, f"{node.why} for {lasted:.0f} s"))
    return GuardState(since, held), tuple(orders)
