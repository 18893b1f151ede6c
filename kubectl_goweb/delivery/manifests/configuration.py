"""The environment of the program: a ConfigMap named by what is in it, references to Secrets, and stores of secrets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import assert_never

from kubectl_goweb.delivery.manifests.body import Body, Release
from kubectl_goweb.delivery.service import durations
from kubectl_goweb.delivery.service.model import Config, Resources, SecretReference, Store

MOUNT = "/run/secrets/store"
_NINE_TENTHS = 0.9
_MIB = 2**20


def plain_values(release: Release) -> dict[str, str]:
    """What goes into the ConfigMap, by name."""
    given = {name: _text(value) for name, value in release.file.config.env.items()}
    return dict(sorted((release.plain | given).items()))


def _text(value: str | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def config_map(release: Release) -> Body | None:
    """The ConfigMap, or None when there is nothing in it. Its name holds a hash of its content, so that a change rolls
    out and a rollback finds the values of its time.
    """
    data = plain_values(release)
    if not data:
        return None
    digest = hashlib.sha256(json.dumps(data).encode()).hexdigest()[:8]
    return release.body("v1", "ConfigMap", name=f"{release.file.name}-config-{digest}", immutable=True, data=data)


def env_secret(release: Release) -> str:
    """The Secret with the secret variables of the .env file."""
    return f"{release.file.name}-env"


def env(release: Release) -> list[Body]:
    """`env` of the container: Go's own limits, then what is in Secrets."""
    found = [{"name": name, "value": value} for name, value in go_variables(release.file.resources)]
    own = (SecretReference(name=name, secret=env_secret(release)) for name in release.secret)
    return [*found, *(_reference(one) for one in (*own, *release.file.config.secrets))]


def go_variables(resources: Resources) -> Iterator[tuple[str, str]]:
    """https://pkg.go.dev/runtime#hdr-Environment_Variables: the collector works harder before the kernel kills, and
    there are no more threads than cores.
    """
    limit = int(durations.amount(resources.memory_limit or resources.memory) * _NINE_TENTHS)
    yield "GOMEMLIMIT", f"{limit // _MIB}MiB" if limit >= _MIB else f"{limit}B"
    if resources.cpu_limit is not None:
        yield "GOMAXPROCS", str(max(1, -int(-durations.cores(resources.cpu_limit) // 1)))


def _reference(one: SecretReference) -> Body:
    key: Body = {"name": one.secret, "key": one.key or one.name}
    if one.optional:
        key["optional"] = True
    return {"name": one.name, "valueFrom": {"secretKeyRef": key}}


def store_objects(release: Release) -> Iterator[Body]:
    """What has to be in the cluster for a store to fill the Secrets."""
    store = release.file.config.store
    if store is None or store.kind != "externalSecrets":
        return
    # https://external-secrets.io/latest/api/externalsecret/
    for secret, keys in _keys_by_secret(release.file.config).items():
        data = [{"secretKey": key, "remoteRef": {"key": store.path or secret, "property": key}} for key in sorted(keys)]
        spec = {
            "refreshInterval": store.refresh,
            "secretStoreRef": {"name": store.name, "kind": "SecretStore"},
            "target": {"name": secret, "creationPolicy": "Owner"},
            "data": data,
        }
        yield release.body("external-secrets.io/v1", "ExternalSecret", name=secret, spec=spec)


def _keys_by_secret(config: Config) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in config.secrets:
        found.setdefault(one.secret, set()).add(one.key or one.name)
    return found


def store_annotations(store: Store | None) -> dict[str, str]:
    """What Vault's injector reads on a Pod: https://developer.hashicorp.com/vault/docs/platform/k8s/injector/annotations"""
    if store is None or store.kind != "vault":
        return {}
    return {
        "vault.hashicorp.com/agent-inject": "true",
        "vault.hashicorp.com/role": store.name,
        "vault.hashicorp.com/agent-pre-populate-only": "true",
        "vault.hashicorp.com/agent-inject-secret-env": store.path,
    }


def store_volumes(store: Store | None) -> tuple[list[Body], list[Body]]:
    """Volumes and mounts of the Secrets Store CSI driver:
    https://secrets-store-csi-driver.sigs.k8s.io/getting-started/usage
    """
    if store is None:
        return [], []
    match store.kind:
        case "csi":
            csi = {
                "driver": "secrets-store.csi.k8s.io",
                "readOnly": True,
                "volumeAttributes": {"secretProviderClass": store.name},
            }
            return [{"name": "store", "csi": csi}], [{"name": "store", "mountPath": MOUNT, "readOnly": True}]
        case "vault" | "externalSecrets":
            return [], []
        case _:
            assert_never(store.kind)
