"""A Snapshot's objects by owner, so that every join is one look-up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeVar

from kubectl_goweb.objects import ControllerRevision, EndpointSlice, Event, Object, Pod, ReplicaSet, Service, Snapshot

AnyObject = TypeVar("AnyObject", bound=Object)

SERVICE_NAME = "kubernetes.io/service-name"
"""The label by which an EndpointSlice names its Service."""


class Index:
    """The joins that `status` needs. Owners are matched by uid, as the controllers do."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.pods: Mapping[str, list[Pod]] = _by_controller(snapshot.pods.values())
        self.replica_sets: Mapping[str, list[ReplicaSet]] = _by_controller(snapshot.replica_sets.values())
        self.revisions: Mapping[str, list[ControllerRevision]] = _by_controller(snapshot.controller_revisions.values())
        events: defaultdict[str, list[Event]] = defaultdict(list)
        for event in snapshot.events.values():
            events[event.involved_object.uid].append(event)
        self.events: Mapping[str, list[Event]] = events
        services: defaultdict[str, list[Service]] = defaultdict(list)
        for service in snapshot.services.values():
            if service.spec.selector:
                services[service.namespace].append(service)
        self.services: Mapping[str, list[Service]] = services
        slices: defaultdict[str, list[EndpointSlice]] = defaultdict(list)
        for piece in snapshot.endpoint_slices.values():
            slices[f"{piece.namespace}/{piece.metadata.labels.get(SERVICE_NAME, '')}"].append(piece)
        self.slices: Mapping[str, list[EndpointSlice]] = slices


def _by_controller(objects: Iterable[AnyObject]) -> defaultdict[str, list[AnyObject]]:
    owned: defaultdict[str, list[AnyObject]] = defaultdict(list)
    for one in objects:
        for owner in one.metadata.owner_references:
            if owner.controller:
                owned[owner.uid].append(one)
                break
    return owned
