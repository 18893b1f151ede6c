"""Two owners, wrong clocks, versions that are gone, Services that are only names, Pods that are cut off: each rule with
a near miss about which nothing may be said.
"""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_goweb.objects import LogTail
from kubectl_goweb.status.overview import overview
from tests.status.objects import NOW, Json, ago
from tests.status.worlds import autoscaler, deployment, made, roots, said, world

# --- selectors


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


# --- replicas


def event(about: str, reason: str, message: str, *, count: int = 1, type: str = "Normal", **since: float) -> Json:
    kind, _, name = about.partition(" ")
    uid = f"{kind}-{name}"
    return {
        "kind": "Event", "metadata": {"name": f"e-{uid}-{abs(hash(message))}", "namespace": "shop"},
        "involvedObject": {"kind": kind, "name": name, "namespace": "shop", "uid": uid}, "type": type,
        "reason": reason, "message": message, "count": count, "lastTimestamp": ago(**(since or {"minutes": 2})),
    }  # fmt: skip


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


# --- templates


def revisions(*histories: str) -> list[Json]:
    """A ReplicaSet each of these numbers, the last of which is the one it has now."""
    found = []
    for index, numbers in enumerate(histories):
        history, _, now = numbers.rpartition(",")
        annotations = {"deployment.kubernetes.io/revision": now, "deployment.kubernetes.io/revision-history": history}
        owner = {"kind": "Deployment", "name": "web", "uid": "Deployment-web", "controller": True}
        meta = {"annotations": annotations, "ownerReferences": [owner]}
        found.append(made("ReplicaSet", f"web-{index}", {"replicas": 0}, metadata=meta))
    return found


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


# --- budgets, strangers


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


# --- clocks


def node(name: str = "n1", ready: str = "True") -> Json:
    conditions = [{"type": "Ready", "status": ready, "lastTransitionTime": ago(hours=1)}]
    return made("Node", name, namespace="", status={"conditions": conditions})


def lease(name: str, *, wrote: float, got: float) -> Json:
    """A lease renewed `wrote` seconds ago by the node's clock and `got` seconds ago by the server's."""
    fields = [{"manager": "kubelet", "operation": "Update", "time": ago(seconds=got)}]
    spec = {"renewTime": ago(seconds=wrote), "leaseDurationSeconds": 40}
    return made("Lease", name, spec, "kube-node-lease", metadata={"managedFields": fields})


@pytest.mark.parametrize(
    ("wrote", "reason"), [(-120.0, "ahead"), (95.0, "behind"), (5.0, ""), (12.0, "")], ids=["2 m", "90 s", "0", "slow"]
)
def test_a_clock_is_told_by_what_the_kubelet_writes_against_when_it_came(wrote: float, reason: str) -> None:
    expected = {f"GW-NODE-CLOCK {reason} node/n1"} if reason else set()
    assert said(node(), lease("n1", wrote=wrote, got=5)) == expected


def test_a_node_that_is_called_ready_and_is_silent_while_others_are_not_is_told() -> None:
    others = node("n2"), lease("n2", wrote=3, got=3)
    gone = lease("n1", wrote=400, got=400)
    assert said(node(), gone, *others) == {"GW-NODE-NOT-READY silent node/n1"}
    assert said(node(), gone) == set()  # the reader's own clock may be wrong: nobody else was heard later
    assert said(node(ready="Unknown"), gone, *others) == {"GW-NODE-NOT-READY  node/n1"}


# --- versions that are gone

NO_MATCH = 'unable to recognize "": no matches for kind "Ingress" in version "networking.k8s.io/v1beta1"'


def test_what_asks_for_a_version_that_is_not_served_is_told() -> None:
    assert said(event("Kustomization shop", "BuildFailed", NO_MATCH, type="Warning")) == {
        "GW-API-GONE api-not-served kustomization/shop"
    }
    assert said(event("Kustomization shop", "BuildFailed", NO_MATCH, type="Warning", hours=1)) == set()
    assert said(event("Kustomization shop", "BuildFailed", "no matches for the filter", type="Warning")) == set()


@pytest.mark.parametrize(
    ("message", "reason"),
    [('no matches for kind "Deployment" in group "extensions"', "api-not-served"), ("not found", "no-target")],
)
def test_an_autoscaler_of_a_version_that_is_gone_is_told_so(message: str, reason: str) -> None:
    blind = {"type": "AbleToScale", "status": "False", "reason": "FailedGetScale", "message": message}
    scale = autoscaler("web") | {"status": {"conditions": [blind]}}
    assert said(WEB, scale) == {f"GW-HPA-BLIND {reason} hpa/scale"}


# --- names


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


def crashing(name: str = "client") -> Json:
    ended = {"exitCode": 1, "reason": "Error", "finishedAt": ago(seconds=20)}
    status = {"name": "web", "ready": False, "restartCount": 3, "lastState": {"terminated": ended},
              "state": {"waiting": {"reason": "CrashLoopBackOff"}}}  # fmt: skip
    pod = made("Pod", name, {"containers": [{"name": "web"}], "nodeName": "n1"})
    unready = {"type": "Ready", "status": "False", "lastTransitionTime": ago(minutes=1)}
    return pod | {"status": {"phase": "Running", "conditions": [unready], "containerStatuses": [status]}}


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
        (NO_HOST, (SET,), "dependency-dns"),
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


# --- ending


def ending(*, code: int = 137, after: float = 0, grace: int = 30, reason: str = "Error", hook: int = 0) -> list[Json]:
    """A Deployment with one Pod that was told to end and whose container did `after` seconds past its grace period."""
    web = deployment("web", {"app": "web"})
    pod = made("Pod", "web-1", {"containers": [{"name": "web"}], "nodeName": "n1"}, metadata={
        "deletionTimestamp": ago(seconds=20), "deletionGracePeriodSeconds": grace,
        "ownerReferences": [{"kind": "ReplicaSet", "name": "web-0", "uid": "ReplicaSet-web-0", "controller": True}],
    })  # fmt: skip
    ended = {"exitCode": code, "reason": reason, "finishedAt": ago(seconds=20 - after)}
    status = {"name": "web", "state": {"terminated": ended}}
    pod["status"] = {"phase": "Running", "containerStatuses": [status],
                     "conditions": [{"type": "Ready", "status": "False"}]}  # fmt: skip
    return [web, pod, *revisions("1")]


def test_a_pod_that_is_killed_at_the_end_of_its_grace_period_is_told() -> None:
    heeds = (LogTail("shop/web-1", "web", ("shutting down, 14 requests left",)),)
    deaf = (LogTail("shop/web-1", "web", ("listening on :8080",)),)
    assert said(*ending()) == {"GW-POD-CUT-OFF  deploy/web"}
    assert said(*ending(), logs=heeds) == {"GW-POD-CUT-OFF grace-too-short deploy/web"}
    assert said(*ending(), logs=deaf) == {"GW-POD-CUT-OFF sigterm-ignored deploy/web"}


@pytest.mark.parametrize(
    "how",
    [{"code": 0, "after": -25}, {"code": 143}, {"after": -20}, {"grace": 0}, {"reason": "OOMKilled"}],
    ids=["in time", "by SIGTERM", "killed by something else before", "by force", "for memory"],
)
def test_a_pod_that_ends_in_another_way_is_not_told(how: Json) -> None:
    assert said(*ending(**how)) == set()


def stranded() -> list[Json]:
    """A Deployment whose only Pod the node controller called not ready: its containers are as they were last seen."""
    web, pod, replica_set = ending()
    del pod["metadata"]["deletionTimestamp"], pod["metadata"]["deletionGracePeriodSeconds"]
    status = {"name": "web", "ready": True, "state": {"running": {"startedAt": ago(hours=1)}}}
    unready = {"type": "Ready", "status": "False", "lastTransitionTime": ago(minutes=2)}
    pod["status"] = {"phase": "Running", "containerStatuses": [status], "conditions": [unready]}
    web["status"] |= {"readyReplicas": 0, "availableReplicas": 0}
    return [web, pod, replica_set]


def test_pods_of_a_silent_node_are_lost_with_it_and_not_unready_by_themselves() -> None:
    assert said(*stranded(), node(ready="Unknown")) == {"GW-NODE-NOT-READY  node/n1"}
    assert said(*stranded(), node()) == {"GW-POD-NOT-READY  deploy/web"}


# --- routes and balancers


def route(name: str, backend: str, *, host: str = "shop.example", path: str = "/", **more: Any) -> Json:
    rule = {"path": path, "pathType": "Prefix", "backend": {"service": {"name": backend, "port": {"number": 80}}}}
    spec = {"ingressClassName": "x", "rules": [{"host": host, "http": {"paths": [rule]}}]}
    return made("Ingress", name, spec | more.pop("spec", {}), metadata=more)


def routed(*ingresses: Json) -> set[str]:
    services = [made("Service", name, {"ports": [{"port": 80}]}) for name in ("a", "b")]
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
