from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from kubectl_goweb.objects import Kind, Snapshot, decode_page
from kubectl_goweb.objects.config import ConfigMap, Secret
from kubectl_goweb.objects.rare import decode_full_pod, decode_full_workload
from kubectl_goweb.objects.template import FullPodSpec
from kubectl_goweb.status.references import Reference, references

TEMPLATE: dict[str, Any] = {
    "serviceAccountName": "robot",
    "imagePullSecrets": [{"name": "registry"}],
    "volumes": [
        {"name": "conf", "configMap": {"name": "web-conf", "items": [{"key": "app.yaml", "path": "app.yaml"}]}},
        {"name": "tls", "secret": {"secretName": "web-tls", "optional": True}},
        {"name": "data", "persistentVolumeClaim": {"claimName": "web-data"}},
        {"name": "all", "projected": {"sources": [{"secret": {"name": "part"}}, {"serviceAccountToken": {}}]}},
        {"name": "tmp", "emptyDir": {}},
    ],
    "initContainers": [{"name": "migrate", "envFrom": [{"secretRef": {"name": "db"}}]}],
    "containers": [
        {
            "name": "web",
            "image": "web:1",
            "envFrom": [{"configMapRef": {"name": "base", "optional": True}}],
            "env": [
                {"name": "PLAIN", "value": "x"},
                {"name": "LEVEL", "valueFrom": {"configMapKeyRef": {"name": "web-env", "key": "level"}}},
                {"name": "PASS", "valueFrom": {"secretKeyRef": {"name": "db", "key": "pass", "optional": True}}},
                {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
            ],
        }
    ],
}


def template() -> FullPodSpec:
    body = {"metadata": {"name": "web-1"}, "spec": TEMPLATE}
    return decode_full_pod(json.dumps(body).encode()).spec


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_struct_a_place_in_a_snapshot_and_a_decoder(kind: Kind) -> None:
    page = decode_page(kind, json.dumps({"items": [{"metadata": {"name": "one"}}]}).encode())
    assert [type(one) for one in page.items] == [kind.struct]
    assert kind.struct.__name__ == kind
    assert hasattr(Snapshot(), kind.resource.field)


def test_of_a_secret_the_names_of_its_keys_are_kept_and_its_values_are_not() -> None:
    item = {"metadata": {"name": "db"}, "type": "Opaque", "data": {"pass": "aHVudGVyMg=="}}
    (secret,) = decode_page(Kind.SECRET, json.dumps({"items": [item]}).encode()).items
    assert isinstance(secret, Secret)
    assert (secret.type, secret.keys) == ("Opaque", frozenset({"pass"}))
    assert "aHVudGVyMg" not in repr(secret)


def test_the_keys_of_a_secret_that_came_as_metadata_are_unknown() -> None:
    (secret,) = decode_page(Kind.SECRET, b'{"items": [{"metadata": {"name": "db"}}]}').items
    assert isinstance(secret, Secret)
    assert secret.keys is None


def test_the_last_write_of_a_config_map_is_its_newest_one_of_no_subresource() -> None:
    item = {
        "metadata": {
            "name": "web-env",
            "managedFields": [
                {"manager": "helm", "operation": "Apply", "time": "2026-03-01T10:00:00Z"},
                {"manager": "ci", "operation": "Update", "time": "2026-03-01T11:00:00Z"},
                {"manager": "x", "operation": "Update", "subresource": "status", "time": "2026-03-01T12:00:00Z"},
            ],
        },
        "data": {"level": "info"},
        "binaryData": {"logo": "AA=="},
    }
    (found,) = decode_page(Kind.CONFIG_MAP, json.dumps({"items": [item]}).encode()).items
    assert isinstance(found, ConfigMap)
    write = found.metadata.last_write
    assert write is not None
    assert (write.manager, write.time) == ("ci", datetime(2026, 3, 1, 11, tzinfo=UTC))
    assert found.keys == {"level", "logo"}


def test_a_template_names_what_its_pods_cannot_start_without() -> None:
    assert references(template()) == (
        Reference(Kind.SERVICE_ACCOUNT, "robot", where="serviceAccountName"),
        Reference(Kind.SECRET, "registry", optional=True, where="imagePullSecrets"),
        Reference(Kind.CONFIG_MAP, "web-conf", ("app.yaml",), where="volume conf", as_file=True),
        Reference(Kind.SECRET, "web-tls", optional=True, where="volume tls", as_file=True),
        Reference(Kind.PERSISTENT_VOLUME_CLAIM, "web-data", where="volume data"),
        Reference(Kind.SECRET, "part", where="volume all", as_file=True),
        Reference(Kind.SECRET, "db", container="migrate", where="envFrom"),
        Reference(Kind.CONFIG_MAP, "base", optional=True, container="web", where="envFrom"),
        Reference(Kind.CONFIG_MAP, "web-env", ("level",), container="web", where="env LEVEL"),
        Reference(Kind.SECRET, "db", ("pass",), optional=True, container="web", where="env PASS"),
    )


def test_a_workload_is_decoded_with_its_whole_template() -> None:
    body = {"metadata": {"name": "web"}, "spec": {"replicas": 3, "template": {"spec": TEMPLATE}}}
    found = decode_full_workload(json.dumps(body).encode())
    assert found.spec.replicas == 3
    assert found.spec.template.spec == template()
