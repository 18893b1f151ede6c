"""A drain, played through on the facts: waves of evictions as budgets allow them, a node for every Pod that comes back.

What is played is optimistic in one thing only: a replacement that finds a node becomes ready. Which of several fitting
nodes it is, the scheduler decides; here the emptiest is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, structs

from kubectl_goweb.objects import Service
from kubectl_goweb.objects.policy import PodDisruptionBudget
from kubectl_goweb.objects.template import FullPod
from kubectl_goweb.status.evacuation.budgets import (
    Budget,
    budget_told,
    budgets_of,
    is_healthy,
    is_unguarded,
)
from kubectl_goweb.status.evacuation.filters import ENDED, Fate, Sorted, sort_out
from kubectl_goweb.status.evacuation.flags import Flags
from kubectl_goweb.status.evacuation.serving import Serving, served
from kubectl_goweb.status.placement import Cluster, Demand, NodeRoom, demand_of, placement
from kubectl_goweb.status.verdicts import Answer, Ref

_TWO_BUDGETS = "two budgets guard it, which the eviction API cannot work with"


class Outcome(StrEnum):
    MOVES = "moves"
    PENDING = "pending"
    """Evicted, and its replacement finds no node."""
    GONE = "gone"
    """Evicted, and nothing replaces it."""
    BLOCKED = "blocked"
    """Not evicted: a budget does not let it go."""


_WORDS = {
    Outcome.MOVES: ("has room elsewhere", "have room elsewhere"),
    Outcome.PENDING: ("finds no other node", "find no other node"),
    Outcome.GONE: ("is not replaced", "are not replaced"),
    Outcome.BLOCKED: ("is held by a budget", "are held by a budget"),
}


class Move(Answer, frozen=True, gc=False):
    """What becomes of one Pod that is to be evicted."""

    pod: str
    uid: str
    outcome: Outcome
    wave: int
    """1 for those evicted at once, 2 for those that wait for replacements of the first, ...; 0 when blocked."""
    to: str = ""
    """A node with room for it."""
    why: str = ""
    """What is in the way: of the nearest node, or the budget."""
    budget: str = ""
    """The key of the budget that guards it."""
    warning: str = ""


class Simulation(Answer, frozen=True, gc=False):
    """A drain of one node, before it is done."""

    node: str
    moves: tuple[Move, ...]
    """In the order to evict in."""
    stays: tuple[Sorted, ...]
    refused: tuple[Sorted, ...]
    """Pods that a flag would have to allow; as long as there is one, nothing is drained."""
    budgets: tuple[Budget, ...]
    """Those that guard Pods of the node, as they stand now."""
    serving: tuple[Serving, ...]
    unchecked: tuple[str, ...]
    """What could not be looked at, so that a Pod that moves may still be refused."""

    def count(self, outcome: Outcome) -> int:
        return sum(move.outcome is outcome for move in self.moves)

    @property
    def waves(self) -> int:
        return max((move.wave for move in self.moves), default=0)

    @property
    def is_clean(self) -> bool:
        """Everything that has to go comes back elsewhere, and nothing is refused or held up."""
        held = self.count(Outcome.BLOCKED) + self.count(Outcome.PENDING)
        return not self.refused and not held

    @property
    def sentence(self) -> str:
        """One line."""
        if self.refused:
            flags = " ".join(sorted({one.flag for one in self.refused}))
            count = len(self.refused)
            return f"{count} {'Pod is' if count == 1 else 'Pods are'} not touched without {flags}: nothing is drained"
        counts = [f"{self.count(one)} {_WORDS[one][self.count(one) > 1]}" for one in _WORDS if self.count(one)]
        if not counts:
            return "no Pod has to go"
        return f"of {len(self.moves)} {'Pod' if len(self.moves) == 1 else 'Pods'} to evict {', '.join(counts)}"


class World(Struct, frozen=True, kw_only=True):
    """What a drain is played on. What is None could not be read."""

    cluster: Cluster
    pods: tuple[FullPod, ...]
    """Of the whole cluster, or at least of the node."""
    budgets: tuple[PodDisruptionBudget, ...] | None = ()
    services: tuple[Service, ...] | None = ()
    owners: Mapping[str, Ref] | None = {}
    """The Deployment of a ReplicaSet, by the ReplicaSet's uid."""
    daemon_sets: Mapping[str, object] | None = None
    """By key."""


def simulate(node: str, world: World, flags: Flags, now: datetime, selected: Iterable[str] | None = None) -> Simulation:
    """Play it through. `selected` are the keys of the Pods that --pod-selector means; None: all."""
    chosen = None if selected is None else frozenset(selected)
    mine = [pod for pod in world.pods if pod.spec.node_name == node and (chosen is None or pod.key in chosen)]
    sorted_out = {pod.key: sort_out(pod, flags, world.daemon_sets, now) for pod in mine}
    going = [pod for pod in mine if sorted_out[pod.key].fate is Fate.EVICT]
    play = _Play(node, world, going)
    moves = play.moves()
    guarding = {one.key: one for pod in going for one in budgets_of(pod, world.budgets or ())}
    returning = frozenset(move.pod for move in moves if move.outcome is Outcome.MOVES)
    waves = [[play.pods[move.pod] for move in moves if move.wave == wave] for wave in range(1, play.wave + 1)]
    return Simulation(
        node=node,
        moves=tuple(_with_warning(move, sorted_out[move.pod].warning) for move in moves),
        stays=tuple(one for one in sorted_out.values() if one.fate is Fate.STAY),
        refused=tuple(one for one in sorted_out.values() if one.fate is Fate.REFUSE),
        budgets=tuple(budget_told(one, world.pods) for one in guarding.values()),
        serving=served(world.pods, world.owners or {}, world.services or (), waves, returning),
        unchecked=_unchecked(world, play.unchecked),
    )


def _with_warning(move: Move, warning: str) -> Move:
    return structs.replace(move, warning=warning) if warning else move


def _unchecked(world: World, placing: Iterable[str]) -> tuple[str, ...]:
    parts = {"budgets": world.budgets, "Services": world.services, "ReplicaSets": world.owners}
    return (*(name for name, part in parts.items() if part is None), *sorted(set(placing)))


class _Play:
    """The state of the game: who is where, and what each budget still allows."""

    def __init__(self, node: str, world: World, going: Sequence[FullPod]) -> None:
        self.pods = {pod.key: pod for pod in going}
        self.wave = 0
        self.unchecked: set[str] = set()
        self._node = node
        self._cluster = world.cluster.cordoned(node) if node in world.cluster.rooms else world.cluster
        self._budgets = {one.key: one for one in world.budgets or ()}
        self._allowed = {key: one.status.disruptions_allowed for key, one in self._budgets.items()}
        self._healthy = {key: one.status.current_healthy for key, one in self._budgets.items()}
        self._guards = {pod.key: budgets_of(pod, self._budgets.values()) for pod in going}
        self._demands = {pod.key: demand_of(pod) for pod in going}

    def moves(self) -> list[Move]:
        left = sorted(self.pods.values(), key=self._order)
        done: list[Move] = []
        while left:
            going = [pod for pod in left if self._lets_go(pod)]
            if not going:
                break
            self.wave += 1
            keys = {pod.key for pod in going}
            left = [pod for pod in left if pod.key not in keys]
            if self._node in self._cluster.rooms:
                self._cluster = self._cluster.without(keys, self._node)
            done += [self._moved(pod) for pod in going]
        return done + [self._blocked(pod) for pod in left]

    def _order(self, pod: FullPod) -> tuple[bool, float, str]:
        """Those that serve nobody first, then the largest, which are the hardest to place."""
        return is_healthy(pod), -_share(self._demands[pod.key], self._cluster.rooms.get(self._node)), pod.key

    def _lets_go(self, pod: FullPod) -> bool:
        """Whether its budget lets it go now; if so, that is counted."""
        guards = self._guards[pod.key]
        if is_unguarded(pod) or not guards:
            return True
        if len(guards) > 1:
            return False
        (guard,) = guards
        if guard.status.observed_generation < guard.metadata.generation:
            return False
        if not is_healthy(pod) and (
            guard.spec.unhealthy_pod_eviction_policy == "AlwaysAllow"
            or self._healthy[guard.key] >= guard.status.desired_healthy > 0
        ):
            return True
        if self._allowed[guard.key] <= 0:
            return False
        self._allowed[guard.key] -= 1
        self._healthy[guard.key] -= is_healthy(pod)
        return True

    def _moved(self, pod: FullPod) -> Move:
        move = Move(pod.key, pod.metadata.uid, Outcome.GONE, self.wave, budget=self._budget_key(pod))
        owner = pod.metadata.controller
        if owner is None or owner.kind == "DaemonSet" or pod.status.phase in ENDED:
            return move
        told = placement(self._demands[pod.key], self._cluster)
        self.unchecked.update(told.unchecked)
        if not told.fitting:
            why = told.blocked or ""
            nearest = told.nearest_of((self._node,))
            if nearest is not None and not why:
                why = f"nearest is {nearest.node}: " + "; ".join(one.text for one in nearest.obstacles)
            return Move(move.pod, move.uid, Outcome.PENDING, self.wave, "", why, move.budget)
        to = max(told.fitting, key=lambda name: (self._room_after(pod, name), name))
        self._cluster = self._cluster.placed(self._demands[pod.key], to)
        for guard in self._guards[pod.key]:
            if is_healthy(pod) and len(self._guards[pod.key]) == 1:
                self._allowed[guard.key] += 1
                self._healthy[guard.key] += 1
        return Move(move.pod, move.uid, Outcome.MOVES, self.wave, to, "", move.budget)

    def _room_after(self, pod: FullPod, node: str) -> float:
        """How much of the scarcer of CPU and memory is free on the node with this Pod on it, and fewer of its kind."""
        room, demand = self._cluster.rooms[node], self._demands[pod.key]
        same = sum(other.kin == demand.kin for other in room.by_namespace.get(demand.namespace, ()))
        free = min(
            ((room.free(name) - demand.requests.get(name, 0)) / offered)
            if (offered := room.allocatable.get(name, 0))
            else 0.0
            for name in ("cpu", "memory")
        )
        return free - same

    def _blocked(self, pod: FullPod) -> Move:
        guards = self._guards[pod.key]
        if len(guards) > 1:
            why = f"{_TWO_BUDGETS}: {', '.join(one.name for one in guards)}"
        else:
            why = f"budget {guards[0].name} lets no more go" if guards else ""
        return Move(pod.key, pod.metadata.uid, Outcome.BLOCKED, 0, "", why, self._budget_key(pod))

    def _budget_key(self, pod: FullPod) -> str:
        guards = self._guards[pod.key]
        return guards[0].key if guards and not is_unguarded(pod) else ""


def _share(demand: Demand, room: NodeRoom | None) -> float:
    """The larger share of the node's CPU or memory that it asks for."""
    if room is None:
        return 0.0
    return max(
        demand.requests.get(name, 0) / offered if (offered := room.allocatable.get(name, 0)) else 0.0
        for name in ("cpu", "memory")
    )
