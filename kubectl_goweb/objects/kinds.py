"""The kinds that are read, and where the API server keeps them."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from kubectl_goweb.objects import apps, core
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

    @property
    def resource(self) -> Resource:
        return _RESOURCES[self]


class Resource(Struct, frozen=True):
    """How a kind is asked for: its group and version, its plural, whether it lives in namespaces."""

    prefix: str
    """`/api/v1` or `/apis/GROUP/VERSION`."""
    plural: str
    struct: type[Object]
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

_RESOURCES: dict[Kind, Resource] = {
    Kind.POD: Resource(_CORE, "pods", core.Pod, "pods"),
    Kind.NODE: Resource(_CORE, "nodes", core.Node, "nodes", namespaced=False),
    Kind.SERVICE: Resource(_CORE, "services", core.Service, "services"),
    Kind.ENDPOINT_SLICE: Resource(_DISCOVERY, "endpointslices", core.EndpointSlice, "endpoint_slices"),
    Kind.EVENT: Resource(_CORE, "events", core.Event, "events"),
    Kind.NAMESPACE: Resource(_CORE, "namespaces", core.Namespace, "namespaces", namespaced=False),
    Kind.DEPLOYMENT: Resource(_APPS, "deployments", apps.Deployment, "deployments"),
    Kind.REPLICA_SET: Resource(_APPS, "replicasets", apps.ReplicaSet, "replica_sets"),
    Kind.STATEFUL_SET: Resource(_APPS, "statefulsets", apps.StatefulSet, "stateful_sets"),
    Kind.DAEMON_SET: Resource(_APPS, "daemonsets", apps.DaemonSet, "daemon_sets"),
    Kind.CONTROLLER_REVISION: Resource(_APPS, "controllerrevisions", apps.ControllerRevision, "controller_revisions"),
}
