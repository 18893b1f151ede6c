"""A service file as Kubernetes objects: what they promise, and that they stay the same."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from kubectl_goweb.delivery.differences import Difference, differences
from kubectl_goweb.delivery.manifests import Release, objects, yaml_text
from kubectl_goweb.delivery.service import read

HEAD = "name: shop\nimage: registry.example.com/shop\n"


def made(more: str = "", **release: Any) -> dict[str, Any]:
    """The objects by their kind."""
    wanted = Release(file=read(HEAD + more).file, image="registry.example.com/shop@sha256:ab", **release)
    return {one["kind"]: one for one in objects(wanted)}


def container(more: str = "", **release: Any) -> Any:
    return made(more, **release)["Deployment"]["spec"]["template"]["spec"]["containers"][0]


def test_the_smallest_file_gives_what_every_service_needs_the_deployment_last() -> None:
    assert list(made()) == ["ServiceAccount", "Service", "PodDisruptionBudget", "Deployment"]


def test_every_container_is_hardened() -> None:
    postgres = "storage: {postgres: {passwordSecret: s}}\n"
    pods = [made()["Deployment"], made(postgres)["StatefulSet"]]
    for pod in (one["spec"]["template"]["spec"] for one in pods):
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for one in pod["containers"]:
            assert one["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_one_health_check_becomes_three_probes() -> None:
    one = container("healthCheck: {endpoint: /healthz, interval: 10s, timeout: 500ms, retries: 3, startup: 1m}\n")
    assert one["readinessProbe"] == {
        "httpGet": {"path": "/healthz", "port": "http"},
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "failureThreshold": 3,
    }
    assert one["startupProbe"]["periodSeconds"] * one["startupProbe"]["failureThreshold"] == 60
    assert one["livenessProbe"]["failureThreshold"] == 6, "out of the Service first, restarted later"


@pytest.mark.parametrize(
    ("resources", "variables"),
    [
        ("{memory: 64Mi}", {"GOMEMLIMIT": "57MiB"}),
        ("{memory: 64Mi, memoryLimit: 1Gi, cpuLimit: 1500m}", {"GOMEMLIMIT": "921MiB", "GOMAXPROCS": "2"}),
        ('{cpu: 10m, cpuLimit: "0.2"}', {"GOMEMLIMIT": "57MiB", "GOMAXPROCS": "1"}),
    ],
)
def test_go_knows_its_limits(resources: str, variables: dict[str, str]) -> None:
    assert {one["name"]: one["value"] for one in container(f"resources: {resources}\n")["env"]} == variables


def test_a_change_of_configuration_is_another_config_map_and_so_rolls_out() -> None:
    one, other = made("config: {env: {LEVEL: info}}\n"), made("config: {env: {LEVEL: debug}}\n")
    assert one["ConfigMap"]["metadata"]["name"] != other["ConfigMap"]["metadata"]["name"]
    assert one["ConfigMap"]["immutable"] is True
    reference = one["Deployment"]["spec"]["template"]["spec"]["containers"][0]["envFrom"][0]["configMapRef"]
    assert reference["name"] == one["ConfigMap"]["metadata"]["name"]


def test_a_secret_is_only_ever_referred_to() -> None:
    wanted = "config: {secrets: [{name: DATABASE_URL, secret: shop-db, key: url}]}\n"
    text = yaml_text(made(wanted, secret=("API_KEY",)).values())
    assert "kind: Secret" not in text
    assert {"name": "DATABASE_URL", "valueFrom": {"secretKeyRef": {"name": "shop-db", "key": "url"}}} in container(
        wanted
    )["env"]


STORED = (
    "config: {{secrets: [{{name: DATABASE_URL, secret: shop-db, key: url}}],"
    " store: {{kind: {kind}, name: main, path: secret/data/shop}}}}\n"
)


def test_external_secrets_are_asked_to_fill_what_the_pods_refer_to() -> None:
    one = made(STORED.format(kind="externalSecrets"))["ExternalSecret"]
    assert one["spec"] == {
        "refreshInterval": "1h",
        "secretStoreRef": {"name": "main", "kind": "SecretStore"},
        "target": {"name": "shop-db", "creationPolicy": "Owner"},
        "data": [{"secretKey": "url", "remoteRef": {"key": "secret/data/shop", "property": "url"}}],
    }


def test_vaults_injector_is_told_by_annotations_of_the_pods() -> None:
    template = made(STORED.format(kind="vault"))["Deployment"]["spec"]["template"]
    annotations = template["metadata"]["annotations"]
    assert annotations["vault.hashicorp.com/agent-inject"] == "true"
    assert annotations["vault.hashicorp.com/role"] == "main"
    assert annotations["vault.hashicorp.com/agent-inject-secret-env"] == "secret/data/shop"


def test_the_secrets_store_driver_mounts_its_class_read_only() -> None:
    spec = made(STORED.format(kind="csi"))["Deployment"]["spec"]["template"]["spec"]
    volume = next(one for one in spec["volumes"] if "csi" in one)
    assert volume["csi"]["volumeAttributes"] == {"secretProviderClass": "main"}
    mounts = spec["containers"][0]["volumeMounts"]
    assert next(one for one in mounts if one["name"] == volume["name"])["readOnly"] is True


def test_a_pod_ends_gracefully_even_without_a_shell_in_its_image() -> None:
    spec = made("shutdown: {grace: 40s, delay: 6s}\n")["Deployment"]["spec"]["template"]["spec"]
    assert spec["terminationGracePeriodSeconds"] == 40
    assert spec["containers"][0]["lifecycle"] == {"preStop": {"sleep": {"seconds": 6}}}


@pytest.mark.parametrize(
    ("ingress", "annotation", "value"),
    [
        ("{host: a.example.com}", "nginx.ingress.kubernetes.io/ssl-redirect", "true"),
        ("{host: a.example.com, sslRedirect: false}", "nginx.ingress.kubernetes.io/ssl-redirect", "false"),
        ("{host: a.example.com, class: traefik}", "traefik.ingress.kubernetes.io/router.entrypoints", "websecure"),
    ],
)
def test_http_is_redirected_in_the_words_of_the_controller(ingress: str, annotation: str, value: str) -> None:
    one = made(f"ingress: {ingress}\n")["Ingress"]
    assert one["metadata"]["annotations"] == {annotation: value}
    assert one["spec"]["tls"] == [{"hosts": ["a.example.com"], "secretName": "shop-tls"}]


def test_only_the_gateway_may_connect() -> None:
    one = made("network: {allowFrom: [{app: gateway}]}\n")["NetworkPolicy"]
    assert one["spec"]["ingress"] == [
        {"from": [{"podSelector": {"matchLabels": {"app": "gateway"}}}], "ports": [{"port": "http", "protocol": "TCP"}]}
    ]
    assert made("network: {allowFrom: []}\n")["NetworkPolicy"]["spec"]["ingress"] == [], "nobody"


def test_a_single_replica_has_no_budget_that_would_hold_up_a_drain_for_ever() -> None:
    assert "PodDisruptionBudget" not in made("replicas: 1\n")


def test_the_text_is_the_same_every_time_and_says_the_same_as_the_objects() -> None:
    found = made("config: {env: {ON: 'yes', TEXT: \"two\\nlines\"}}\n", namespace="x").values()
    text = yaml_text(found)
    assert text == yaml_text(found)
    assert list(yaml.safe_load_all(text)) == list(found)
    assert "&id" not in text


def test_what_differs_is_told_by_its_field_and_what_the_server_keeps_is_not() -> None:
    def body(image: str, resource_version: str) -> Any:
        return {
            "metadata": {
                "resourceVersion": resource_version,
                "annotations": {"deployment.kubernetes.io/revision": "1"},
            },
            "spec": {"containers": [{"name": "a", "image": "x"}, {"name": "b", "image": image}], "list": [1]},
            "status": {"replicas": resource_version},
        }

    assert differences(body("old", "1"), body("new", "2")) == (Difference("spec.containers[b].image", "old", "new"),)
    assert differences(body("old", "1"), body("old", "2")) == ()
