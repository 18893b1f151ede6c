"""A Snapshot's objects by owner, so that every join is one look-up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeVar

from kubectl_goweb.objects import (
    ControllerRevision,
    EndpointSlice,
    Event,
    FeedState,
    Kind,
    Namespace,
    Object,
    Pod,
    ReplicaSet,
    Service,
    Snapshot,
)

AnyObject = TypeVar("AnyObject", bound=Object)

_SEEN = (FeedState.LIVE, FeedState.POLLED, FeedState.STALE)

SERVICE_NAME = "kubernetes.io/service-name"
"""The label by which an EndpointSlice names its Service."""


def namespaces(snapshot: Snapshot) -> list[Namespace]:
    """Those that are looked at, as far as they were read."""
    facts, here = snapshot.facts.objects.values(), snapshot.namespace
    known = {one.name: one for one in facts if isinstance(one, Namespace)} | dict(snapshot.namespaces)
    return [one for one in known.values() if here in ("", one.name)]


def ending_namespaces(snapshot: Snapshot) -> frozenset[str]:
    """Those that are being deleted: there everything ends on purpose, one after another."""
    return frozenset(one.name for one in namespaces(snapshot) if one.metadata.deletion_timestamp is not None)


class Index:
    """The joins that `status` needs. Owners are matched by uid, as the controllers do."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._seen = frozenset(kind for kind, feed in snapshot.feeds.items() if feed.state in _SEEN)
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

    def services_of(self, namespace: str) -> list[Service]:
        """The Services of which it is known who answers behind them; none where EndpointSlices cannot be seen."""
        return self.services.get(namespace, []) if self.sees(Kind.ENDPOINT_SLICE) else []

    def sees(self, kind: Kind) -> bool:
        """Whether its objects are or were all here, so that one which is not is not there."""
        return kind in self._seen

    def sees_pods_of(self, kind: str) -> bool:
        """Whether the Pods of such a workload are all here; a Deployment's are found through its ReplicaSets."""
        return Kind.POD in self._seen and (kind != Kind.DEPLOYMENT or Kind.REPLICA_SET in self._seen)


def _by_controller(objects: Iterable[AnyObject]) -> defaultdict[str, list[AnyObject]]:
    owned: defaultdict[str, list[AnyObject]] = defaultdict(list)
    for one in objects:
        for owner in one.metadata.owner_references:
            if owner.controller:
                owned[owner.uid].append(one)
                break
    return owned


def newest_first(events: Iterable[Event]) -> list[Event]:
    return sorted(events, key=lambda event: event.last_seen.timestamp() if event.last_seen else 0.0, reverse=True)
