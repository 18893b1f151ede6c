"""NetworkPolicies that cut off what is meant to be asked, each with a near miss of which nothing is said."""

from __future__ import annotations

import pytest
from msgspec import structs

from kubectl_goweb.objects import Kind, LogTail
from kubectl_goweb.objects.wants import Ask, Want
from kubectl_goweb.status.diagnosis.triage import Impact, problems
from kubectl_goweb.status.diagnosis.wants import wants
from kubectl_goweb.status.overview import overview
from kubectl_goweb.status.policies import NAMESPACE_NAME
from kubectl_goweb.status.verdicts import Confidence, Ref
from tests.status.objects import NOW, Json, ago
from tests.status.worlds import crashing, deployment, made, revisions, roots, said, world

WEB = deployment("web", {"app": "web"}, ports=[{"containerPort": 8080, "name": "http"}])
SERVICE = made("Service", "web", {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]})
PIECE = made("EndpointSlice", "web", metadata={"labels": {"kubernetes.io/service-name": "web"}}) | {
    "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}]
}
ROUTE = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}}
INGRESS = made(
    "Ingress", "web", {"ingressClassName": "x", "rules": [{"host": "a.example", "http": {"paths": [ROUTE]}}]}
)
CLASS = made("IngressClass", "x", namespace="")
OWN: Json = {"podSelector": {}}
OWNER = [{"kind": "ReplicaSet", "name": "web-0", "uid": "ReplicaSet-web-0", "controller": True}]


def policy(name: str = "gate", *, ingress: list[Json] | None = None, egress: list[Json] | None = None) -> Json:
    kinds = [word for word, rules in (("Ingress", ingress), ("Egress", egress)) if rules is not None]
    return made("NetworkPolicy", name, {"podSelector": {}, "policyTypes": kinds, "ingress": ingress or [],
                                        "egress": egress or []})  # fmt: skip


def namespace(name: str, **labels: str) -> Json:
    return made("Namespace", name, namespace="", metadata={"labels": {NAMESPACE_NAME: name} | labels})


def told(*objects: Json) -> set[str]:
    return said(WEB, SERVICE, PIECE, CLASS, namespace("shop"), namespace("edge", team="net"), *objects)


DENY = policy(ingress=[])


def test_a_service_that_nobody_may_ask_is_told_by_the_policy_that_closes_it() -> None:
    (found,) = roots(WEB, SERVICE, PIECE, DENY, policy("same", ingress=[{"from": [OWN], "ports": [{"port": 9090}]}]))
    assert (found.code, found.reason, found.object) == (
        "GW-NETPOL-CUTS", "other-port", Ref("NetworkPolicy", "gate", "shop"))  # fmt: skip
    assert found.title == "NetworkPolicy gate lets nobody ask svc/web on port 8080"
    assert "gate, same" in found.evidence[0].text
    assert found.related == (Ref("Service", "web", "shop"), Ref("Deployment", "web", "shop"))
    assert (found.confidence, found.unseen) == (
        Confidence.POSSIBLE, ("whether the cluster's network plugin enforces NetworkPolicies",))  # fmt: skip


def test_it_is_a_risk_for_nothing_has_failed_yet() -> None:
    (one,) = problems(overview(world(WEB, SERVICE, PIECE, DENY), NOW))
    assert one.impact is Impact.RISK


def test_the_service_s_port_where_the_pods_is_meant_is_said() -> None:
    (found,) = roots(WEB, SERVICE, PIECE, policy(ingress=[{"ports": [{"port": 80}]}]))
    assert found.reason == "other-port"
    assert "a policy goes by the Pods' own" in found.cause


@pytest.mark.parametrize("port", [8080, "http"])
def test_the_pods_port_is_open_by_number_and_by_name(port: int | str) -> None:
    assert told(policy(ingress=[{"ports": [{"port": port}]}])) == set()


@pytest.mark.parametrize(
    "objects",
    [[WEB], [deployment("web", {"app": "web"}, replicas=0), SERVICE], [deployment("web", {"app": "web"})]],
    ids=["no Service", "scaled to 0", "another workload"],
)
def test_what_nobody_is_meant_to_ask_may_be_closed_to_all(objects: list[Json]) -> None:
    assert said(*objects, policy(ingress=[], egress=[])) == set()


CONTROLLER = "GW-NETPOL-CUTS ingress-controller netpol/gate"


@pytest.mark.parametrize(
    ("peers", "is_told"),
    [
        ([OWN], True),
        ([{"podSelector": {"matchLabels": {"app": "other"}}}], True),
        ([{"namespaceSelector": {"matchLabels": {"name": "edge"}}}], True),
        ([{"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: "shop"}}}], True),
        ([{"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: "edge"}}}], False),
        ([OWN, {"namespaceSelector": {"matchLabels": {"team": "net"}}}], False),
        ([{"namespaceSelector": {}}], False),
        ([{"ipBlock": {"cidr": "10.1.0.0/16"}}], False),
        ([], False),
    ],
    ids=["own namespace", "own Pods", "a label that no namespace has", "own namespace by name", "the controller's",
         "that of a team", "all namespaces", "addresses", "everybody"],
)  # fmt: skip
def test_an_ingress_whose_controller_is_not_let_in_is_told(peers: list[Json], is_told: bool) -> None:
    gate = policy(ingress=[{"from": peers}] if peers else [{}])
    assert told(INGRESS, gate) == ({CONTROLLER} if is_told else set())
    assert told(gate) == set(), "without an Ingress own Pods may be all who are meant"


def test_without_the_namespaces_a_label_may_be_anybody_s() -> None:
    objects = [WEB, SERVICE, PIECE, CLASS, INGRESS]
    guess = policy(ingress=[{"from": [{"namespaceSelector": {"matchLabels": {"name": "edge"}}}]}])
    assert said(*objects, guess, unseen=(Kind.NAMESPACE,)) == set()
    own = policy(ingress=[{"from": [{"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: "shop"}}}]}])
    assert said(*objects, own, unseen=(Kind.NAMESPACE,)) == {CONTROLLER}


def controller(where: str) -> list[Json]:
    """The Service of a controller of Ingresses, at the address that it writes into them, and its Pod."""
    labels = {"app": "controller"}
    front = made("Service", "controller", {"type": "LoadBalancer", "selector": labels, "ports": [{"port": 443}]}, where)
    front["status"] = {"loadBalancer": {"ingress": [{"ip": "192.0.2.9"}]}}
    pod = made("Pod", "controller-1", {"containers": [{"name": "c"}]}, where, metadata={"labels": labels, "uid": "c1"})
    pod["status"] = {"phase": "Running", "podIP": "10.9.0.1", "conditions": [{"type": "Ready", "status": "True"}]}
    return [front, pod]


def test_a_controller_that_is_seen_is_judged_itself() -> None:
    ingress = INGRESS | {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.9"}]}}}
    others = policy(ingress=[{"from": [{"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: "other"}}}]}])
    teams = policy(ingress=[{"from": [{"namespaceSelector": {"matchLabels": {"team": "net"}}}]}])
    assert told(ingress, *controller("edge"), namespace("other"), others) == {CONTROLLER}
    assert told(ingress, *controller("edge"), teams) == set()
    own = policy(ingress=[{"from": [OWN]}])
    own["spec"]["podSelector"] = {"matchLabels": {"app": "web"}}
    assert told(ingress, *controller("shop"), own) == set()


def test_a_controller_may_live_beside_what_it_serves() -> None:
    ports = [{"containerPort": 8000, "name": "web"}, {"containerPort": 8443, "name": "websecure"}]
    beside = deployment("traefik", {"app": "traefik"}, ports=ports)
    own = policy(ingress=[{"from": [OWN]}])
    assert told(INGRESS, own, beside) == set()
    assert told(INGRESS, own, deployment("traefik", {"app": "traefik"}, ports=ports[:1])) == {CONTROLLER}


def test_a_load_balancer_that_lets_in_own_pods_alone_is_told() -> None:
    balanced = SERVICE | {"spec": SERVICE["spec"] | {"type": "LoadBalancer"}}
    balanced["status"] = {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]}}
    assert said(WEB, balanced, PIECE, policy(ingress=[{"from": [OWN]}])) == {"GW-NETPOL-CUTS outside netpol/gate"}
    assert said(WEB, balanced, PIECE, policy(ingress=[{}])) == set()


DNS = {"ports": [{"port": 53, "protocol": "UDP"}]}
TO_SYSTEM = {"to": [{"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: "kube-system"}}}]}
DATABASE = {"to": [{"podSelector": {"matchLabels": {"app": "db"}}}], "ports": [{"port": 5432}]}


@pytest.mark.parametrize(
    ("egress", "is_told"),
    [
        ([DATABASE], True),
        ([{"to": [OWN]}], True),
        ([DATABASE, DNS | {"to": [OWN]}], True),
        ([DATABASE, DNS | {"to": [{"namespaceSelector": {"matchLabels": {"name": "kube-system"}}}]}], True),
        ([DATABASE, DNS], False),
        ([DATABASE, TO_SYSTEM], False),
        ([{}], False),
        ([{"to": [{"ipBlock": {"cidr": "192.0.2.5/32"}}], "ports": [{"port": 5432}]}], False),
        ([], False),
    ],
    ids=["a database alone", "own namespace", "DNS of the own namespace", "a label that no namespace has",
         "DNS of anybody", "all of kube-system", "everybody", "one address", "asks nobody"],
)  # fmt: skip
def test_a_workload_that_may_ask_others_and_no_name_server_is_told(egress: list[Json], is_told: bool) -> None:
    system = namespace("kube-system")
    assert told(system, policy(egress=egress)) == ({"GW-NETPOL-CUTS no-dns netpol/gate"} if is_told else set())


def test_no_policy_is_told_of_pods_on_their_node_s_network() -> None:
    exporter = deployment("exporter", {"app": "exporter"}, ports=[{"containerPort": 9100}])
    exporter["spec"]["template"]["spec"]["hostNetwork"] = True
    service = made("Service", "exporter", {"selector": {"app": "exporter"}, "ports": [{"port": 9100}]})
    told = said(exporter, service, policy(ingress=[], egress=[DATABASE]))
    assert not [one for one in told if one.startswith("GW-NETPOL-CUTS")], told


def test_a_name_server_of_the_own_namespace_is_one() -> None:
    resolver = made("Service", "dns", {"ports": [{"port": 53, "protocol": "UDP"}]})
    assert told(resolver, policy(egress=[{"to": [OWN]}])) == set()


def test_all_that_one_policy_does_is_one_finding() -> None:
    others = [deployment(name, {"app": name}, ports=[{"containerPort": 80}]) for name in ("a", "b")]
    services = [made("Service", n, {"selector": {"app": n}, "ports": [{"port": 80}]}) for n in ("a", "b")]
    (found,) = [one for one in roots(*others, *services, policy(ingress=[], egress=[DATABASE]))
                if one.code == "GW-NETPOL-CUTS"]  # fmt: skip
    assert found.title == "NetworkPolicy gate lets nobody ask svc/a on port 80, and 1 more alike"
    assert [one.text.partition(":")[0] for one in found.evidence] == ["nobody", "no-dns"]
    assert {one.short for one in found.related} == {"svc/a", "svc/b", "deploy/a", "deploy/b"}


def test_namespaces_are_asked_for_only_where_a_policy_names_them_by_labels() -> None:
    wanted = Want(Ask.LIST, Kind.NAMESPACE, "")
    by_labels = policy(ingress=[{"from": [{"namespaceSelector": {}}]}])
    for gate, is_asked in ((DENY, False), (by_labels, True)):
        snapshot = world(WEB, SERVICE, gate)
        feeds = {kind: feed for kind, feed in snapshot.feeds.items() if kind is not Kind.NAMESPACE}
        snapshot = structs.replace(snapshot, feeds=feeds)
        assert (wanted in wants(snapshot, overview(snapshot, NOW))) == is_asked


@pytest.mark.parametrize(("port", "is_blamed"), [(443, True), (5432, False)])
def test_what_crashed_for_a_policy_is_told_below_it_while_it_is_up_for_a_moment_too(port: int, is_blamed: bool) -> None:
    pod = crashing("web-1")
    pod["metadata"] |= {"ownerReferences": OWNER, "creationTimestamp": ago(seconds=500), "labels": {"app": "web"}}
    status = pod["status"]["containerStatuses"][0]
    status |= {"ready": True, "state": {"running": {"startedAt": ago(seconds=2)}}}
    status["lastState"]["terminated"] |= {"finishedAt": ago(seconds=4)}
    pod["status"] |= {"podIP": "10.0.0.1", "conditions": [{"type": "Ready", "status": "True"}]}
    log = LogTail("shop/web-1", "web", ("cannot open the database: dial tcp 192.0.2.9:5432: i/o timeout",))
    gate = policy(egress=[DNS, {"ports": [{"port": port}]}])
    told = {one.code: one for one in overview(world(WEB, pod, *revisions("1"), gate, logs=(log,)), NOW).findings}
    assert told["GW-POD-RESTARTS"].is_root is not is_blamed
    assert ("GW-NETPOL-CUTS" in told) is is_blamed
    if is_blamed:
        assert told["GW-NETPOL-CUTS"].severity is told["GW-POD-RESTARTS"].severity, "it is up for now"
