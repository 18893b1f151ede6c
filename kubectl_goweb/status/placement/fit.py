"""Every filter over a node, and every node over a Pod."""

from __future__ import annotations

from kubectl_goweb.status.placement.answers import Fit, Placement
from kubectl_goweb.status.placement.by_node import node_obstacles
from kubectl_goweb.status.placement.by_storage import Storage
from kubectl_goweb.status.placement.cluster import Cluster, NodeRoom
from kubectl_goweb.status.placement.demands import Demand
from kubectl_goweb.status.placement.neighbours import Neighbours

DEFAULT_SCHEDULER = "default-scheduler"


def fit(demand: Demand, room: NodeRoom, cluster: Cluster) -> Fit:
    """One Pod and one node."""
    return _Filters(demand, cluster).fit(room)


def placement(demand: Demand, cluster: Cluster) -> Placement:
    """One Pod and every node of the cluster, in the order of their names."""
    filters = _Filters(demand, cluster)
    fits = tuple(filters.fit(cluster.rooms[name]) for name in sorted(cluster.rooms))
    return Placement(demand, fits, filters.blocked, filters.unchecked)


class _Filters:
    """All filters for one Pod; what they count over the whole cluster is counted once."""

    def __init__(self, demand: Demand, cluster: Cluster) -> None:
        self._demand = demand
        self._storage = Storage(demand, cluster)
        self._neighbours = Neighbours(demand, cluster)

    def fit(self, room: NodeRoom) -> Fit:
        return Fit(
            room.name,
            (
                *node_obstacles(self._demand, room),
                *self._storage.obstacles(room),
                *self._neighbours.obstacles(room),
            ),
        )

    @property
    def blocked(self) -> str:
        gates = ", ".join(one.name for one in self._demand.spec.scheduling_gates)
        return f"waiting for scheduling gates: {gates}" if gates else self._storage.blocked

    @property
    def unchecked(self) -> tuple[str, ...]:
        spec = self._demand.spec
        found = [*self._storage.unchecked, *self._neighbours.unchecked]
        if spec.resource_claims:
            found.append("devices (resource claims)")
        if spec.scheduler_name != DEFAULT_SCHEDULER:
            found.append(f"the rules of the scheduler {spec.scheduler_name}")
        return tuple(found)
