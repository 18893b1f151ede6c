"""What all objects of a service share: their name, their labels, and who made them."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from kubectl_goweb.delivery.service.model import ServiceFile

Body = dict[str, Any]
"""An object as JSON."""

MANAGED_BY = "kubectl-goweb"
SELECTOR = "app.kubernetes.io/managed-by={manager},app.kubernetes.io/instance={name}"
USER = 65532
"""`nonroot` of the distroless images."""


class Release(Struct, frozen=True, kw_only=True):
    """What is released of a service file."""

    file: ServiceFile
    image: str
    """With its digest, or with a tag for clusters that get it without a registry."""
    namespace: str = ""
    """Empty leaves it to whoever applies the objects."""
    version: str = ""
    """The image's tag, as a label; empty when it is not known."""
    cause: str = ""
    """For `kubectl rollout history`."""
    annotations: dict[str, str] = {}
    """Of the Deployment besides: what is known of the image."""
    plain: dict[str, str] = {}
    """Variables of the .env file that may be read by everybody."""
    secret: tuple[str, ...] = ()
    """Names of its variables that are secret; their values are in the Secret NAME-env."""

    @property
    def selector(self) -> dict[str, str]:
        """The labels that find its Pods; they can never change."""
        return {"app": self.file.name}

    @property
    def labels(self) -> dict[str, str]:
        """The labels of every object."""
        return {
            **self.selector,
            "app.kubernetes.io/name": self.file.name,
            "app.kubernetes.io/instance": self.file.name,
            "app.kubernetes.io/managed-by": MANAGED_BY,
        }

    def body(
        self, api_version: str, kind: str, *, name: str = "", annotations: dict[str, str] | None = None, **rest: Any
    ) -> Body:
        """An object of the service with what stands in every one."""
        metadata: Body = {"name": name or self.file.name}
        if self.namespace:
            metadata["namespace"] = self.namespace
        metadata["labels"] = self.labels
        if annotations:
            metadata["annotations"] = annotations
        return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}


def owned_by(name: str) -> str:
    """The label selector of everything that was made for a service."""
    return SELECTOR.format(manager=MANAGED_BY, name=name)
