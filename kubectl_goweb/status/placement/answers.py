"""The answers: a node that fits or what stands against it, and all nodes together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from enum import StrEnum

from msgspec import Struct

from kubectl_goweb.status.placement.demands import Demand
from kubectl_goweb.status.verdicts import Answer


class Predicate(StrEnum):
    """The filters, in the scheduler's order."""

    UNSCHEDULABLE = "unschedulable"
    TAINTS = "taints"
    NODE_AFFINITY = "node affinity"
    HOST_PORTS = "host ports"
    RESOURCES = "resources"
    CLAIM_IN_USE = "claim in use"
    VOLUMES = "volumes"
    VOLUME_ZONE = "volume zone"
    SPREAD = "topology spread"
    POD_AFFINITY = "pod affinity"


class Obstacle(Answer, frozen=True, gc=False):
    """One reason why a Pod cannot go to a node."""

    predicate: Predicate
    text: str
    """With numbers: `needs 300m more cpu: asks for 500m, 200m of 4 is free`."""
    scheduler: str
    """The same in the scheduler's words, as FailedScheduling counts them."""
    shortage: float = 0.0
    """Of a resource: what is missing, as a share of what the node offers; 1 where it offers none."""


class Fit(Answer, frozen=True, gc=False):
    """A Pod and a node."""

    node: str
    obstacles: tuple[Obstacle, ...]
    """In the scheduler's order; none: it fits."""

    @property
    def fits(self) -> bool:
        return not self.obstacles

    @property
    def counted(self) -> tuple[str, ...]:
        """What FailedScheduling says of this node: the first filter that refuses ends its questions, and of those only
        resources and volumes tell more than one reason.
        """
        if not self.obstacles:
            return ()
        first = self.obstacles[0].predicate
        mine = [one.scheduler for one in self.obstacles if one.predicate is first]
        many = first in (Predicate.RESOURCES, Predicate.VOLUMES)
        return tuple(dict.fromkeys(mine)) if many else tuple(mine[:1])


class Placement(Struct, frozen=True):
    """A Pod and every node."""

    demand: Demand
    fits: tuple[Fit, ...]
    blocked: str = ""
    """Why no node would do, whatever it offers: scheduling gates, a claim that is not there."""
    unchecked: tuple[str, ...] = ()
    """What could not be looked at, so that a node that fits may still be refused."""

    @property
    def fitting(self) -> tuple[str, ...]:
        """The nodes it can go to."""
        return () if self.blocked else tuple(one.node for one in self.fits if one.fits)

    @property
    def nearest(self) -> Fit | None:
        """The node with the least against it; None when one fits or there is no node. A node that only lacks room is
        nearer than one with a taint, that one nearer than one with other labels.
        """
        return None if self.fitting else self.nearest_of(())

    def nearest_of(self, besides: Collection[str]) -> Fit | None:
        """The same, of the nodes that are not named here."""
        return min((one for one in self.fits if one.node not in besides), key=_distance, default=None)

    @property
    def summary(self) -> str:
        """As FailedScheduling tells it: `0/4 nodes are available: 1 node(s) were unschedulable, 3 Insufficient cpu.`"""
        head = f"{len(self.fitting)}/{len(self.fits)} nodes are available"
        if self.fitting:
            return head
        if self.blocked:
            return f"{head}: {self.blocked}."
        reasons = Counter(reason for one in self.fits for reason in one.counted)
        counts = sorted(f"{count} {reason}" for reason, count in reasons.items())
        return f"{head}: {', '.join(counts)}." if counts else f"{head}."


_FAR = {Predicate.NODE_AFFINITY: 3, Predicate.TAINTS: 2, Predicate.UNSCHEDULABLE: 2, Predicate.RESOURCES: 0}
"""What is hard to mend is far; everything else is 1."""


def _distance(one: Fit) -> tuple[int, float, str]:
    far = sum(_FAR.get(predicate, 1) for predicate in {obstacle.predicate for obstacle in one.obstacles})
    return far, max((obstacle.shortage for obstacle in one.obstacles), default=0.0), one.node
