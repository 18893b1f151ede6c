"""Everything known of the cluster at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from kubectl_goweb.objects.apps import ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet
from kubectl_goweb.objects.core import EndpointSlice, Event, Namespace, Node, Pod, Service
from kubectl_goweb.objects.facts import Facts
from kubectl_goweb.objects.feed import Feed
from kubectl_goweb.objects.kinds import Kind

if TYPE_CHECKING:  # kinds that only suspects and plans need are loaded when one of them is decoded
    from kubectl_goweb.objects.batch import Job
    from kubectl_goweb.objects.config import ConfigMap, Secret, ServiceAccount
    from kubectl_goweb.objects.networking import Ingress, IngressClass, NetworkPolicy
    from kubectl_goweb.objects.policy import (
        HorizontalPodAutoscaler,
        Lease,
        LimitRange,
        MutatingWebhookConfiguration,
        PodDisruptionBudget,
        ResourceQuota,
        ValidatingWebhookConfiguration,
    )
    from kubectl_goweb.objects.registration import APIService
    from kubectl_goweb.objects.storage import PersistentVolume, PersistentVolumeClaim, StorageClass


class LogTail(Struct, frozen=True):
    """The last lines a container wrote before it ended, oldest first."""

    pod: str
    """The Pod's key."""
    container: str
    lines: tuple[str, ...]
    previous: bool = True
    """Of the run before the present one."""


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
    jobs: Mapping[str, Job] = {}
    config_maps: Mapping[str, ConfigMap] = {}
    secrets: Mapping[str, Secret] = {}
    service_accounts: Mapping[str, ServiceAccount] = {}
    claims: Mapping[str, PersistentVolumeClaim] = {}
    volumes: Mapping[str, PersistentVolume] = {}
    storage_classes: Mapping[str, StorageClass] = {}
    ingresses: Mapping[str, Ingress] = {}
    ingress_classes: Mapping[str, IngressClass] = {}
    network_policies: Mapping[str, NetworkPolicy] = {}
    autoscalers: Mapping[str, HorizontalPodAutoscaler] = {}
    disruption_budgets: Mapping[str, PodDisruptionBudget] = {}
    quotas: Mapping[str, ResourceQuota] = {}
    limit_ranges: Mapping[str, LimitRange] = {}
    leases: Mapping[str, Lease] = {}
    api_services: Mapping[str, APIService] = {}
    validating_webhooks: Mapping[str, ValidatingWebhookConfiguration] = {}
    mutating_webhooks: Mapping[str, MutatingWebhookConfiguration] = {}
    logs: tuple[LogTail, ...] = ()
    facts: Facts = Facts()
    feeds: Mapping[Kind, Feed] = {}
    heard: datetime | None = None
    """When the API server last told anything of what is followed; None where nothing is, and before it did."""

    @property
    def followed(self) -> Mapping[Kind, Feed]:
        """The feeds of what is looked at all the time; what was listed once for the sake of suspects is left out."""
        if not self.facts.listed:
            return self.feeds
        return {kind: feed for kind, feed in self.feeds.items() if kind not in self.facts.listed}
