"""Services that are only names, and what their clients get to see."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_goweb.objects import LogTail
from kubectl_goweb.status.overview import overview
from tests.status.objects import NOW, Json
from tests.status.worlds import (
    crashing,
    made,
    said,
    world,
)


def alias(name: str, to: str, **port: Any) -> Json:
    return made("Service", name, {"type": "ExternalName", "externalName": to, "ports": [port] if port else []})


@pytest.mark.parametrize(
    ("service", "reason"),
    [
        (alias("db", "10.0.0.7"), "external-address"),
        (alias("db", "gone.shop.svc.cluster.local"), "external-missing"),
        (alias("db", "db.shop.svc"), "external-missing"),
        (alias("db", "db.example.com", port=5432, targetPort=6432), "external-port"),
        (alias("db", "db.example.com", port=5432, targetPort=5432), ""),
        (alias("db", "db.other.svc.cluster.local"), ""),
        (alias("db", "10.example.com"), ""),
    ],
    ids=["address", "missing", "itself", "port", "same port", "in a namespace not seen", "name with digits"],
)
def test_an_alias_is_told_when_it_can_be_none(service: Json, reason: str) -> None:
    assert said(service) == ({f"GW-SERVICE-ALIAS {reason} svc/db"} if reason else set())


def test_the_port_of_an_alias_behind_an_ingress_is_left_to_its_controller() -> None:
    backend = {"service": {"name": "db", "port": {"number": 80}}}
    ingress = made("Ingress", "in", {"ingressClassName": "x", "defaultBackend": backend})
    ruled = made("IngressClass", "x", namespace="")
    assert said(alias("db", "db.example.com", port=80, targetPort=8080), ingress, ruled) == set()


def because(error: str, *others: Json) -> str:
    """The reason of a client's crash whose last words are `error`."""
    logs = (LogTail("shop/client", "web", (error,)),)
    findings = overview(world(crashing(), *others, logs=logs), NOW).findings
    (told,) = [one for one in findings if one.object.name == "client"]
    return told.reason


def headless(**spec: Any) -> Json:
    ports = [{"port": 80, "targetPort": 8080}]
    return made("Service", "db", {"clusterIP": "None", "selector": {"app": "db"}, "ports": ports, **spec})


def member(name: str, ready: str) -> Json:
    pod = made("Pod", name, {"containers": [{"name": "db"}]}, metadata={"labels": {"app": "db"}})
    pod["metadata"]["ownerReferences"] = [{"kind": "StatefulSet", "name": "db", "uid": "x", "controller": True}]
    conditions = [{"type": "Ready", "status": ready}]
    return pod | {"status": {"phase": "Running", "podIP": "10.244.0.7", "conditions": conditions}}


BY_ADDRESS = "dial tcp 10.244.0.7:80: connect: connection refused"
BY_URL = 'Get "http://db:80/": dial tcp 203.0.113.7:80: connect: connection refused'
REFUSED = "dial tcp db:80: connect: connection refused"
NO_HOST = "dial tcp: lookup db-1.db on 10.96.0.10:53: no such host"
NOT_FOR = "tls: failed to verify certificate: x509: certificate is valid for db.example.com, not db.shop.svc"
SET = made("StatefulSet", "db", {"serviceName": "db", "replicas": 0})


@pytest.mark.parametrize(
    ("error", "others", "reason"),
    [
        (REFUSED, (headless(),), "headless-port"),
        (BY_ADDRESS, (headless(), member("db-0", "True")), "headless-port"),
        (BY_ADDRESS, (headless(selector={"app": "other"}), member("db-0", "True")), "dependency-refused"),
        (BY_URL, (alias("db", "db.example.com", port=80, targetPort=8080),), "alias-port"),
        (REFUSED, (headless(clusterIP="10.96.0.5"),), "dependency-refused"),
        (REFUSED, (headless(ports=[{"port": 80, "targetPort": 80}]),), "dependency-refused"),
        (NO_HOST, (headless(), member("db-0", "False")), "headless-member"),
        (NO_HOST, (headless(), member("db-1", "False")), "headless-not-ready"),
        (NO_HOST, (headless(publishNotReadyAddresses=True), member("db-1", "False")), "dependency-dns"),
        (NO_HOST, (headless(), member("db-1", "True")), "dependency-dns"),
        (NO_HOST, (SET,), "headless-missing"),
        (NO_HOST.replace("db-1.db", "cache.db"), (SET,), "dependency-dns"),
        (NO_HOST.replace("db-1.db", "db-1.db.shop.svc.cluster.local"), (SET,), "headless-missing"),
        (NOT_FOR, (alias("db", "db.example.com"),), "alias-tls"),
        (NOT_FOR, (headless(),), "dependency-tls"),
        (REFUSED, (alias("db", "db.example.com", port=80, targetPort=8080),), "alias-port"),
    ],
)
def test_a_name_that_leads_nowhere_is_told_by_what_it_stands_for(
    error: str, others: tuple[Json, ...], reason: str
) -> None:
    assert because(error, *others) == reason


def test_a_client_of_a_version_that_is_gone_is_told_so() -> None:
    error = 'no matches for kind "Ingress" in version "networking.k8s.io/v1beta1"'
    assert because(error) == "api-not-served"
    assert because("failed to list *v1beta1.Ingress: the server could not find the requested resource") == (
        "api-not-served"
    )
