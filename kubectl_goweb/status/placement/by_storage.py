"""What its volumes decide. Follows VolumeRestrictions, VolumeBinding and VolumeZone of kube-scheduler, as far as
claims, volumes and classes tell; limits of CSI drivers and their free space are not known here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from kubectl_goweb.status.placement.amounts import counted
from kubectl_goweb.status.placement.answers import Obstacle, Predicate
from kubectl_goweb.status.placement.cluster import Cluster, NodeRoom
from kubectl_goweb.status.placement.demands import Demand
from kubectl_goweb.status.selection import node_is_selected, requirement_text

if TYPE_CHECKING:
    from kubectl_goweb.objects.storage import PersistentVolume, PersistentVolumeClaim

_ZONES = {
    "topology.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region": "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
}
"""Labels of volumes and nodes that tell where they are, and their names today."""
_NO_PROVISIONER = "kubernetes.io/no-provisioner"


class Storage:
    """One Pod's claims among the cluster's volumes."""

    def __init__(self, demand: Demand, cluster: Cluster) -> None:
        self._demand = demand
        self._cluster = cluster
        self._names = claim_names(demand)
        self.unchecked: tuple[str, ...] = ()
        if self._names and (cluster.claims is None or cluster.volumes is None):
            self.unchecked = ("volumes",)
            self._names = ()
        claims = cluster.claims or {}
        self._claims = [
            claims[f"{demand.namespace}/{name}"] for name in self._names if f"{demand.namespace}/{name}" in claims
        ]
        self._bound = [one for one in self._claims if one.spec.volume_name]
        self._waiting = [one for one in self._claims if not one.spec.volume_name]

    @property
    def blocked(self) -> str:
        """What no node can mend, in the scheduler's words."""
        there = {one.name: one for one in self._claims}
        for name in self._names:
            one = there.get(name)
            if one is None:
                return f'persistentvolumeclaim "{name}" not found'
            if one.status.phase == "Lost":
                return f'persistentvolumeclaim "{name}" bound to non-existent persistentvolume "{one.spec.volume_name}"'
            if one.metadata.deletion_timestamp is not None:
                return f'persistentvolumeclaim "{name}" is being deleted'
        if any(not self._waits_for_a_pod(one) for one in self._waiting):
            return "pod has unbound immediate PersistentVolumeClaims"
        return ""

    def obstacles(self, room: NodeRoom) -> Iterable[Obstacle]:
        """In the scheduler's order."""
        yield from self._in_use(room)
        yield from self._bound_elsewhere(room)
        for claim in self._waiting:
            if self._waits_for_a_pod(claim) and not self._can_be_bound(claim, room):
                yield Obstacle(
                    Predicate.VOLUMES,
                    f"no free volume for claim {claim.name} is to be had on it",
                    "node(s) didn't find available persistent volumes to bind",
                )
        yield from self._other_zone(room)

    def _in_use(self, room: NodeRoom) -> Iterable[Obstacle]:
        alone = {one.name for one in self._claims if "ReadWriteOncePod" in one.spec.access_modes}
        for other in room.pods if alone else ():
            if other.namespace == self._demand.namespace and alone & set(claim_names(other)):
                yield Obstacle(
                    Predicate.CLAIM_IN_USE,
                    f"{other.key} uses its claim, which is for one Pod alone (ReadWriteOncePod)",
                    "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already "
                    "in-use by another pod",
                )
                return

    def _volume(self, claim: PersistentVolumeClaim) -> PersistentVolume | None:
        return (self._cluster.volumes or {}).get(claim.spec.volume_name)

    def _bound_elsewhere(self, room: NodeRoom) -> Iterable[Obstacle]:
        for claim in self._bound:
            volume = self._volume(claim)
            if volume is None:
                yield Obstacle(
                    Predicate.VOLUMES,
                    f"claim {claim.name} is bound to volume {claim.spec.volume_name}, which does not exist",
                    "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
                )
            elif not _reaches(volume, room):
                yield Obstacle(
                    Predicate.VOLUMES,
                    f"volume {volume.name} of claim {claim.name} is only where {_place(volume)}",
                    "node(s) didn't match PersistentVolume's node affinity",
                )

    def _waits_for_a_pod(self, claim: PersistentVolumeClaim) -> bool:
        kind = (self._cluster.storage_classes or {}).get(claim.spec.storage_class_name or "")
        return kind is not None and kind.volume_binding_mode == "WaitForFirstConsumer"

    def _can_be_bound(self, claim: PersistentVolumeClaim, room: NodeRoom) -> bool:
        kind = (self._cluster.storage_classes or {}).get(claim.spec.storage_class_name or "")
        if kind is not None and kind.provisioner != _NO_PROVISIONER:
            return True  # a volume is made where the Pod goes
        return any(_serves(volume, claim, room) for volume in (self._cluster.volumes or {}).values())

    def _other_zone(self, room: NodeRoom) -> Iterable[Obstacle]:
        if not any(label in room.labels for label in _ZONES):
            return
        for claim in self._bound:
            volume = self._volume(claim)
            labels = volume.metadata.labels if volume is not None else {}
            for label, today in _ZONES.items():
                if label not in labels:
                    continue
                here = room.labels.get(label, room.labels.get(today))
                if here is None or here not in labels[label].split("__"):
                    yield Obstacle(
                        Predicate.VOLUME_ZONE,
                        f"volume {claim.spec.volume_name} of claim {claim.name} is in {labels[label]}, "
                        f"the node in {here or 'no zone'}",
                        "node(s) had no available volume zone",
                    )


def claim_names(demand: Demand) -> tuple[str, ...]:
    """The claims that the Pod's volumes name; those of ephemeral volumes are `POD-VOLUME`."""
    found = []
    for volume in demand.spec.volumes:
        if volume.persistent_volume_claim is not None:
            found.append(volume.persistent_volume_claim.claim_name)
        elif volume.ephemeral is not None and demand.name:
            found.append(f"{demand.name}-{volume.name}")
    return tuple(found)


def _reaches(volume: PersistentVolume, room: NodeRoom) -> bool:
    rule = volume.spec.node_affinity
    return rule is None or rule.required is None or node_is_selected(rule.required, room.name, room.labels)


def _place(volume: PersistentVolume) -> str:
    rule = volume.spec.node_affinity
    terms = rule.required.node_selector_terms if rule is not None and rule.required is not None else ()
    return " or ".join(
        " and ".join(requirement_text(one.key, one.operator, one.values) for one in term.match_expressions)
        for term in terms
    )


def _serves(volume: PersistentVolume, claim: PersistentVolumeClaim, room: NodeRoom) -> bool:
    """Whether a free volume of the node would do for the claim."""
    spec, wish = volume.spec, claim.spec
    holder = spec.claim_ref
    free = volume.status.phase == "Available" or (
        holder is not None and (holder.namespace, holder.name) == (claim.namespace, claim.name)
    )
    large_enough = counted(spec.capacity).get("storage", 0) >= counted(wish.resources.requests).get("storage", 0)
    return (
        free
        and spec.storage_class_name == (wish.storage_class_name or "")
        and set(wish.access_modes) <= set(spec.access_modes)
        and large_enough
        and _reaches(volume, room)
    )
