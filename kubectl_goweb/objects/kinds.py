"""The kinds that are read, and where the API server keeps them."""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, cast

from msgspec import Struct

if TYPE_CHECKING:
    from kubectl_goweb.objects.meta import Object


class Kind(StrEnum):
    POD = "Pod"
    NODE = "Node"
    SERVICE = "Service"
    ENDPOINT_SLICE = "EndpointSlice"
    EVENT = "Event"
    NAMESPACE = "Namespace"
    DEPLOYMENT = "Deployment"
    REPLICA_SET = "ReplicaSet"
    STATEFUL_SET = "StatefulSet"
    DAEMON_SET = "DaemonSet"
    CONTROLLER_REVISION = "ControllerRevision"
    JOB = "Job"
    CONFIG_MAP = "ConfigMap"
    SECRET = "Secret"  # noqa: S105  # the kind
    SERVICE_ACCOUNT = "ServiceAccount"
    PERSISTENT_VOLUME_CLAIM = "PersistentVolumeClaim"
    PERSISTENT_VOLUME = "PersistentVolume"
    STORAGE_CLASS = "StorageClass"
    INGRESS = "Ingress"
    INGRESS_CLASS = "IngressClass"
    NETWORK_POLICY = "NetworkPolicy"
    HORIZONTAL_POD_AUTOSCALER = "HorizontalPodAutoscaler"
    POD_DISRUPTION_BUDGET = "PodDisruptionBudget"
    RESOURCE_QUOTA = "ResourceQuota"
    LIMIT_RANGE = "LimitRange"
    LEASE = "Lease"
    API_SERVICE = "APIService"
    VALIDATING_WEBHOOK_CONFIGURATION = "ValidatingWebhookConfiguration"
    MUTATING_WEBHOOK_CONFIGURATION = "MutatingWebhookConfiguration"

    @property
    def resource(self) -> Resource:
        return _RESOURCES[self]

    @property
    def struct(self) -> type[Object]:
        # The module that is named has a Struct of the kind's name; a test looks at every one.
        return cast("type[Object]", getattr(import_module(f"kubectl_goweb.objects.{self.resource.home}"), self.value))

    @property
    def is_rare(self) -> bool:
        """Read for suspects and plans only; its Struct is loaded when the first one is."""
        return self.resource.home not in ("core", "apps")


class Resource(Struct, frozen=True):
    """How a kind is asked for: its group and version, its plural, whether it lives in namespaces."""

    prefix: str
    """`/api/v1` or `/apis/GROUP/VERSION`."""
    plural: str
    home: str
    """The module below `objects` that has its Struct."""
    field: str
    """Its field in a Snapshot."""
    namespaced: bool = True

    def path(self, namespace: str = "", name: str = "") -> str:
        """The collection (all namespaces when `namespace` is empty), or one object of it."""
        scope = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{self.prefix}{scope}/{self.plural}" + (f"/{name}" if name else "")

    @property
    def group_plural(self) -> str:
        """`deployments.apps`, `pods`: the name that RBAC and error messages use."""
        _, _, rest = self.prefix.partition("/apis/")
        return f"{self.plural}.{rest.split('/')[0]}" if rest else self.plural


_CORE, _APPS, _DISCOVERY = "/api/v1", "/apis/apps/v1", "/apis/discovery.k8s.io/v1"
_BATCH, _STORAGE, _NETWORKING = "/apis/batch/v1", "/apis/storage.k8s.io/v1", "/apis/networking.k8s.io/v1"
_AUTOSCALING, _POLICY, _COORDINATION = "/apis/autoscaling/v2", "/apis/policy/v1", "/apis/coordination.k8s.io/v1"
_ADMISSION = "/apis/admissionregistration.k8s.io/v1"

_RESOURCES: dict[Kind, Resource] = {
    Kind.POD: Resource(_CORE, "pods", "core", "pods"),
    Kind.NODE: Resource(_CORE, "nodes", "core", "nodes", namespaced=False),
    Kind.SERVICE: Resource(_CORE, "services", "core", "services"),
    Kind.ENDPOINT_SLICE: Resource(_DISCOVERY, "endpointslices", "core", "endpoint_slices"),
    Kind.EVENT: Resource(_CORE, "events", "core", "events"),
    Kind.NAMESPACE: Resource(_CORE, "namespaces", "core", "namespaces", namespaced=False),
    Kind.DEPLOYMENT: Resource(_APPS, "deployments", "apps", "deployments"),
    Kind.REPLICA_SET: Resource(_APPS, "replicasets", "apps", "replica_sets"),
    Kind.STATEFUL_SET: Resource(_APPS, "statefulsets", "apps", "stateful_sets"),
    Kind.DAEMON_SET: Resource(_APPS, "daemonsets", "apps", "daemon_sets"),
    Kind.CONTROLLER_REVISION: Resource(_APPS, "controllerrevisions", "apps", "controller_revisions"),
    Kind.JOB: Resource(_BATCH, "jobs", "batch", "jobs"),
    Kind.CONFIG_MAP: Resource(_CORE, "configmaps", "config", "config_maps"),
    Kind.SECRET: Resource(_CORE, "secrets", "config", "secrets"),
    Kind.SERVICE_ACCOUNT: Resource(_CORE, "serviceaccounts", "config", "service_accounts"),
    Kind.PERSISTENT_VOLUME_CLAIM: Resource(_CORE, "persistentvolumeclaims", "storage", "claims"),
    Kind.PERSISTENT_VOLUME: Resource(_CORE, "persistentvolumes", "storage", "volumes", namespaced=False),
    Kind.STORAGE_CLASS: Resource(_STORAGE, "storageclasses", "storage", "storage_classes", namespaced=False),
    Kind.INGRESS: Resource(_NETWORKING, "ingresses", "networking", "ingresses"),
    Kind.INGRESS_CLASS: Resource(_NETWORKING, "ingressclasses", "networking", "ingress_classes", namespaced=False),
    Kind.NETWORK_POLICY: Resource(_NETWORKING, "networkpolicies", "networking", "network_policies"),
    Kind.HORIZONTAL_POD_AUTOSCALER: Resource(_AUTOSCALING, "horizontalpodautoscalers", "policy", "autoscalers"),
    Kind.POD_DISRUPTION_BUDGET: Resource(_POLICY, "poddisruptionbudgets", "policy", "disruption_budgets"),
    Kind.RESOURCE_QUOTA: Resource(_CORE, "resourcequotas", "policy", "quotas"),
    Kind.LIMIT_RANGE: Resource(_CORE, "limitranges", "policy", "limit_ranges"),
    Kind.LEASE: Resource(_COORDINATION, "leases", "policy", "leases"),
    Kind.API_SERVICE: Resource(
        "/apis/apiregistration.k8s.io/v1", "apiservices", "registration", "api_services", namespaced=False
    ),
    Kind.VALIDATING_WEBHOOK_CONFIGURATION: Resource(
        _ADMISSION, "validatingwebhookconfigurations", "policy", "validating_webhooks", namespaced=False
    ),
    Kind.MUTATING_WEBHOOK_CONFIGURATION: Resource(
        _ADMISSION, "mutatingwebhookconfigurations", "policy", "mutating_webhooks", namespaced=False
    ),
}
