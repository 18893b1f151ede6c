"""A PostgreSQL beside the service: a StatefulSet of one with a volume that outlives it, and its address."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_goweb.delivery.manifests.body import Body, Release
from kubectl_goweb.delivery.service.model import Database

_USER = 999
"""`postgres` of the image."""
_PORT = 5432


def postgres(release: Release) -> Iterator[Body]:
    wanted = release.file.storage.postgres
    if wanted is None:
        return
    name = f"{release.file.name}-postgres"
    selector = {"app": name}
    port = {"name": "postgres", "port": _PORT, "targetPort": "postgres", "protocol": "TCP"}
    yield release.body("v1", "Service", name=name, spec={"clusterIP": "None", "selector": selector, "ports": [port]})
    claim: Body = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": wanted.size}}}
    if wanted.storage_class:
        claim["storageClassName"] = wanted.storage_class
    yield release.body(
        "apps/v1",
        "StatefulSet",
        name=name,
        spec={
            "serviceName": name,
            "replicas": 1,
            "selector": {"matchLabels": selector},
            "template": {"metadata": {"labels": {**release.labels, **selector}}, "spec": _pod(wanted)},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": claim}],
        },
    )


def _pod(wanted: Database) -> Body:
    ready = {"exec": {"command": ["pg_isready", "-U", wanted.database]}, "periodSeconds": 5, "failureThreshold": 3}
    password = {"secretKeyRef": {"name": wanted.password_secret, "key": "password"}}
    container = {
        "name": "postgres",
        "image": wanted.image,
        "ports": [{"name": "postgres", "containerPort": _PORT, "protocol": "TCP"}],
        "env": [
            {"name": "POSTGRES_DB", "value": wanted.database},
            {"name": "POSTGRES_USER", "value": wanted.database},
            {"name": "POSTGRES_PASSWORD", "valueFrom": password},
            # A folder of its own: the volume's root may hold lost+found, which initdb refuses.
            {"name": "PGDATA", "value": "/var/lib/postgresql/data/db"},
        ],
        "readinessProbe": ready,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "data", "mountPath": "/var/lib/postgresql/data"},
            {"name": "run", "mountPath": "/var/run/postgresql"},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108  # in the container
        ],
    }
    return {
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "terminationGracePeriodSeconds": 60,
        "containers": [container],
        "volumes": [{"name": "run", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}],
    }
