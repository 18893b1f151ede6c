"""The nodes with the Pods on them, as the scheduler sees them; frozen, a placed Pod makes another one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from kubectl_goweb.objects.node import FullNode
from kubectl_goweb.objects.template import FullPod
from kubectl_goweb.status.placement.amounts import Amounts, counted
from kubectl_goweb.status.placement.demands import Demand, demand_of

if TYPE_CHECKING:
    from kubectl_goweb.objects.storage import PersistentVolume, PersistentVolumeClaim, StorageClass

_ENDED = ("Succeeded", "Failed")


class NodeRoom(Struct, frozen=True):
    """One node: what it offers and who is on it."""

    node: FullNode
    allocatable: Amounts
    pods: tuple[Demand, ...]
    used: Amounts
    by_namespace: Mapping[str, tuple[Demand, ...]]
    choosy: tuple[Demand, ...]
    """Those with anti-affinity, which may refuse a newcomer."""

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def labels(self) -> Mapping[str, str]:
        return self.node.metadata.labels

    def free(self, resource: str) -> int:
        """What is left of a resource; less than nothing on a node that is overbooked."""
        return self.allocatable.get(resource, 0) - self.used.get(resource, 0)

    def plus(self, demand: Demand) -> NodeRoom:
        return _room(self.node, self.allocatable, (*self.pods, demand))

    def minus(self, keys: Collection[str]) -> NodeRoom:
        return _room(self.node, self.allocatable, tuple(one for one in self.pods if one.key not in keys))


class Cluster(Struct, frozen=True):
    """What placing looks at. What is None was not or could not be read; then what depends on it is not checked."""

    rooms: Mapping[str, NodeRoom]
    """By the node's name."""
    namespaces: Mapping[str, Mapping[str, str]] | None = None
    """Labels by namespace."""
    claims: Mapping[str, PersistentVolumeClaim] | None = None
    volumes: Mapping[str, PersistentVolume] | None = None
    storage_classes: Mapping[str, StorageClass] | None = None

    def placed(self, demand: Demand, node: str) -> Cluster:
        """The same with one more Pod."""
        return structs.replace(self, rooms={**self.rooms, node: self.rooms[node].plus(demand)})

    def without(self, keys: Collection[str], node: str) -> Cluster:
        """The same without these Pods of the node."""
        return structs.replace(self, rooms={**self.rooms, node: self.rooms[node].minus(keys)})

    def cordoned(self, node: str) -> Cluster:
        """The same with the node marked unschedulable."""
        room = self.rooms[node]
        marked = structs.replace(room.node, spec=structs.replace(room.node.spec, unschedulable=True))
        return structs.replace(self, rooms={**self.rooms, node: structs.replace(room, node=marked)})


def cluster_of(
    nodes: Iterable[FullNode],
    pods: Iterable[FullPod],
    *,
    namespaces: Mapping[str, Mapping[str, str]] | None = None,
    claims: Mapping[str, PersistentVolumeClaim] | None = None,
    volumes: Mapping[str, PersistentVolume] | None = None,
    storage_classes: Mapping[str, StorageClass] | None = None,
) -> Cluster:
    """From what the API server lists. Pods that have ended take no room, those that are being deleted still do."""
    by_node: defaultdict[str, list[Demand]] = defaultdict(list)
    for pod in pods:
        if pod.spec.node_name and pod.status.phase not in _ENDED:
            by_node[pod.spec.node_name].append(demand_of(pod))
    rooms = {
        node.name: _room(node, counted(node.status.allocatable), tuple(by_node.get(node.name, ()))) for node in nodes
    }
    return Cluster(rooms, namespaces, claims, volumes, storage_classes)


def _room(node: FullNode, allocatable: Amounts, pods: tuple[Demand, ...]) -> NodeRoom:
    used: dict[str, int] = {}
    by_namespace: defaultdict[str, list[Demand]] = defaultdict(list)
    for one in pods:
        by_namespace[one.namespace].append(one)
        for name, amount in one.requests.items():
            used[name] = used.get(name, 0) + amount
    return NodeRoom(
        node,
        allocatable,
        pods,
        used,
        {namespace: tuple(found) for namespace, found in by_namespace.items()},
        tuple(one for one in pods if one.anti_affinity),
    )
