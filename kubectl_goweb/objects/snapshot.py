"""Everything known of the cluster at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kubectl_goweb.objects.apps import ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet
from kubectl_goweb.objects.core import EndpointSlice, Event, Namespace, Node, Pod, Service
from kubectl_goweb.objects.feed import Feed
from kubectl_goweb.objects.kinds import Kind


@dataclass(frozen=True, slots=True)
class LogTail:
    """The last lines a container wrote before it ended, oldest first."""

    pod: str
    """The Pod's key."""
    container: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Frozen: objects by key, and the feed of every kind that was asked for.

    A kind without a feed was never asked for: nothing may be concluded from its being empty.
    """

    namespace: str = ""
    """Where was looked; empty means in all namespaces."""
    pods: Mapping[str, Pod] = field(default_factory=dict)
    nodes: Mapping[str, Node] = field(default_factory=dict)
    services: Mapping[str, Service] = field(default_factory=dict)
    endpoint_slices: Mapping[str, EndpointSlice] = field(default_factory=dict)
    events: Mapping[str, Event] = field(default_factory=dict)
    namespaces: Mapping[str, Namespace] = field(default_factory=dict)
    deployments: Mapping[str, Deployment] = field(default_factory=dict)
    replica_sets: Mapping[str, ReplicaSet] = field(default_factory=dict)
    stateful_sets: Mapping[str, StatefulSet] = field(default_factory=dict)
    daemon_sets: Mapping[str, DaemonSet] = field(default_factory=dict)
    controller_revisions: Mapping[str, ControllerRevision] = field(default_factory=dict)
    logs: tuple[LogTail, ...] = ()
    feeds: Mapping[Kind, Feed] = field(default_factory=dict)
