"""Everything known of the cluster at one moment."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from kubectl_goweb.objects.apps import ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet
from kubectl_goweb.objects.core import EndpointSlice, Event, Namespace, Node, Pod, Service
from kubectl_goweb.objects.feed import Feed
from kubectl_goweb.objects.kinds import Kind


class LogTail(Struct, frozen=True):
    """The last lines a container wrote before it ended, oldest first."""

    pod: str
    """The Pod's key."""
    container: str
    lines: tuple[str, ...]


class Snapshot(Struct, frozen=True):
    """Frozen: objects by key, and the feed of every kind that was asked for.

    A kind without a feed was never asked for: nothing may be concluded from its being empty.
    """

    namespace: str = ""
    """Where was looked; empty means in all namespaces."""
    pods: Mapping[str, Pod] = {}
    nodes: Mapping[str, Node] = {}
    services: Mapping[str, Service] = {}
    endpoint_slices: Mapping[str, EndpointSlice] = {}
    events: Mapping[str, Event] = {}
    namespaces: Mapping[str, Namespace] = {}
    deployments: Mapping[str, Deployment] = {}
    replica_sets: Mapping[str, ReplicaSet] = {}
    stateful_sets: Mapping[str, StatefulSet] = {}
    daemon_sets: Mapping[str, DaemonSet] = {}
    controller_revisions: Mapping[str, ControllerRevision] = {}
    logs: tuple[LogTail, ...] = ()
    feeds: Mapping[Kind, Feed] = {}
