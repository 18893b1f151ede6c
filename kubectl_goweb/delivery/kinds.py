"""The kinds of objects that are made for a service, and where the API server keeps them. Pure."""

from __future__ import annotations

from msgspec import Struct

from kubectl_goweb.delivery.manifests.body import Body


class Place(Struct, frozen=True):
    prefix: str
    plural: str
    is_optional: bool = False
    """Of an operator that may not be installed."""

    def path(self, namespace: str, name: str = "") -> str:
        """The collection, or one object of it."""
        return f"{self.prefix}/namespaces/{namespace}/{self.plural}" + (f"/{name}" if name else "")


PLACES = {
    "ServiceAccount": Place("/api/v1", "serviceaccounts"),
    "ConfigMap": Place("/api/v1", "configmaps"),
    "Secret": Place("/api/v1", "secrets"),
    "Service": Place("/api/v1", "services"),
    "NetworkPolicy": Place("/apis/networking.k8s.io/v1", "networkpolicies"),
    "Ingress": Place("/apis/networking.k8s.io/v1", "ingresses"),
    "PodDisruptionBudget": Place("/apis/policy/v1", "poddisruptionbudgets"),
    "Deployment": Place("/apis/apps/v1", "deployments"),
    "StatefulSet": Place("/apis/apps/v1", "statefulsets"),
    "ExternalSecret": Place("/apis/external-secrets.io/v1", "externalsecrets", is_optional=True),
}
PRUNED = tuple(kind for kind in PLACES if kind not in ("Secret", "ServiceAccount"))
"""What goes when the file does not ask for it any more. Secrets are made by others or by `config`, and stay."""


def path_of(body: Body, namespace: str) -> str:
    """Where an object is kept."""
    return PLACES[body["kind"]].path(namespace, body["metadata"]["name"])


def short(body: Body) -> str:
    """`Deployment shop`."""
    return f"{body['kind']} {body['metadata']['name']}"
