"""Two owners of one thing, and services that are another program's, each with a near miss of which nothing is said."""

from __future__ import annotations

from typing import Any

import pytest

from tests.status.objects import Json, ago
from tests.status.worlds import (
    autoscaler,
    deployment,
    event,
    made,
    revisions,
    roots,
    said,
)


def test_two_workloads_with_one_selector_are_told_once() -> None:
    both = deployment("web", {"app": "web"}), deployment("copy", {"app": "web"})
    assert said(*both) == {"GW-TWO-OWNERS selector deploy/web"}


@pytest.mark.parametrize(
    "other",
    [
        deployment("copy", {"app": "web"}, replicas=0),
        deployment("copy", {"app": "web", "track": "canary"}),
        deployment("copy", {"app": "copy"}),
    ],
    ids=["scaled to 0", "canary with one label more", "other label"],
)
def test_selectors_that_hurt_nobody_are_not_told(other: Json) -> None:
    assert said(deployment("web", {"app": "web"}), other) == set()


def test_an_autoscaler_that_counts_a_canary_as_well_is_told() -> None:
    canary = deployment("canary", {"app": "web", "track": "canary"})
    (told,) = roots(deployment("web", {"app": "web"}), canary, autoscaler("web"))
    assert (told.code, told.object.name) == ("GW-TWO-OWNERS", "web")
    assert "counts the load of both" in told.cause


UP = event("Deployment web", "ScalingReplicaSet", "Scaled up replica set web-1 from 2 to 5", count=3)
DOWN = event("Deployment web", "ScalingReplicaSet", "Scaled down replica set web-1 from 5 to 2", count=3)
CAPPED = event("HorizontalPodAutoscaler scale", "SuccessfulRescale", "New size: 2; reason: above max", count=3)
GROWN = event("HorizontalPodAutoscaler scale", "SuccessfulRescale", "New size: 5; reason: cpu above target", count=3)
WEB = deployment("web", {"app": "web"}, replicas=2)


def test_replicas_that_an_autoscaler_and_somebody_else_set_in_turn_are_told() -> None:
    assert said(WEB, autoscaler("web"), UP, DOWN, CAPPED) == {"GW-TWO-OWNERS replicas deploy/web"}


@pytest.mark.parametrize(
    "events",
    [
        (UP, DOWN, CAPPED, GROWN),
        (UP, DOWN),
        (UP, CAPPED),
        (UP | {"count": 1}, DOWN | {"count": 1}, CAPPED | {"count": 1}),
        (UP | {"lastTimestamp": ago(hours=1)}, DOWN | {"lastTimestamp": ago(hours=1)}, CAPPED),
    ],
    ids=["load that comes and goes", "by hand", "one way", "once", "long ago"],
)
def test_replicas_that_one_alone_changes_are_not_told(events: tuple[Json, ...]) -> None:
    assert said(WEB, autoscaler("web"), *events) == set()


@pytest.mark.parametrize(
    ("histories", "is_told"),
    [
        (("1,3,5", "2,4,6"), True),
        (("9", "11,13,15", "12,14,16"), True),
        (("1,3", "2,4"), False),
        (("1", "2", "3", "4", "5", "6"), False),
        (("1,3,5", "2,4,6", "7"), False),
    ],
    ids=["in turn", "in turn since 11", "there and back by hand", "one after the other", "over"],
)
def test_two_templates_in_turn_are_told(histories: tuple[str, ...], is_told: bool) -> None:
    found = {one for one in said(WEB, *revisions(*histories)) if "TWO-OWNERS" in one}
    assert found == ({"GW-TWO-OWNERS template deploy/web"} if is_told else set())


def budget(name: str, **labels: str) -> Json:
    status = {"disruptionsAllowed": 1, "currentHealthy": 2, "desiredHealthy": 1, "expectedPods": 2}
    return made("PodDisruptionBudget", name, {"maxUnavailable": 1, "selector": {"matchLabels": labels}}, status=status)


def test_two_budgets_over_the_same_pods_are_told() -> None:
    web = deployment("web", {"app": "web", "tier": "front"}, replicas=2)
    assert said(web, budget("a", app="web"), budget("b", tier="front")) == {"GW-PDB-IMPOSSIBLE two-budgets pdb/a"}
    assert said(web, budget("a", app="web"), budget("b", tier="back")) == set()


PORT = [{"containerPort": 8080}]
SHOP = made("Service", "web", {"selector": {"part": "shop"}, "ports": [{"port": 80, "targetPort": 8080}]})


def behind(name: str, image: str, ports: list[Json]) -> list[Json]:
    labels = {"app": name, "part": "shop"}
    pod = made("Pod", name, {"containers": [{"name": "web", "ports": ports}]}, metadata={"labels": labels})
    pod["status"] = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    pod["metadata"]["ownerReferences"] = [{"kind": "Job", "name": "x", "uid": "x", "controller": True}]
    piece = made("EndpointSlice", name, metadata={"labels": {"kubernetes.io/service-name": "web"}})
    piece["endpoints"] = [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}]
    return [deployment(name, labels, selector={"app": name}, image=image, ports=ports), pod, piece]


def test_a_service_that_also_selects_another_program_is_told() -> None:
    web, worker = behind("web", "shop/web:1", PORT), behind("worker", "shop/worker:1", [])
    assert said(SHOP, *web, *worker) == {"GW-SERVICE-PORT strangers svc/web"}


@pytest.mark.parametrize("ports", [[], PORT])
def test_a_canary_behind_the_same_service_is_not_told(ports: list[Json]) -> None:
    assert said(SHOP, *behind("web", "shop/web:1", PORT), *behind("canary", "shop/web:2", ports)) == set()


def route(name: str, backend: str, *, host: str = "shop.example", path: str = "/", **more: Any) -> Json:
    rule = {"path": path, "pathType": "Prefix", "backend": {"service": {"name": backend, "port": {"number": 80}}}}
    spec = {"ingressClassName": "x", "rules": [{"host": host, "http": {"paths": [rule]}}]}
    return made("Ingress", name, spec | more.pop("spec", {}), metadata=more)


def routed(*ingresses: Json) -> set[str]:
    services = [made("Service", name, {"ports": [{"port": 80}]}) for name in ("a", "b")]
    services += [
        made("EndpointSlice", name, metadata={"labels": {"kubernetes.io/service-name": name}})
        | {"endpoints": [{"addresses": ["192.0.2.1"], "conditions": {"ready": True}}]}
        for name in ("a", "b")
    ]
    classes = [made("IngressClass", name, namespace="") for name in ("x", "y")]
    return said(*services, *classes, *ingresses)


def test_two_ingresses_that_claim_one_route_are_told_by_the_younger() -> None:
    old, young = route("old", "a"), route("young", "b", creationTimestamp=ago(hours=1))
    assert routed(old, young) == {"GW-TWO-OWNERS route ing/young"}


@pytest.mark.parametrize(
    "other",
    [
        route("other", "a"),
        route("other", "b", path="/cart"),
        route("other", "b", host="other.example"),
        route("other", "b", spec={"ingressClassName": "y"}),
        route("other", "b", annotations={"nginx.ingress.kubernetes.io/canary": "true"}),
    ],
    ids=["same backend", "other path", "other host", "other class", "canary"],
)
def test_ingresses_that_share_no_route_or_mean_to_are_not_told(other: Json) -> None:
    assert routed(route("old", "a"), other) == set()


def balancer(**created: float) -> Json:
    one = made("Service", "web", {"type": "LoadBalancer", "ports": [{"port": 80}]})
    one["metadata"]["creationTimestamp"] = ago(**created)
    return one


def test_a_load_balancer_that_nobody_makes_is_told_after_a_while() -> None:
    said_so = event("Service web", "SyncLoadBalancerFailed", "quota of addresses exceeded", type="Warning")
    given = balancer(hours=1) | {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]}}}
    assert said(balancer(minutes=10)) == {"GW-SERVICE-BALANCER no-address svc/web"}
    assert said(balancer(minutes=2)) == set()
    assert said(balancer(minutes=2), said_so) == {"GW-SERVICE-BALANCER refused svc/web"}
    assert said(given, said_so) == set()
