"""The way of a request over what a real cluster said once."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from msgspec import structs

from kubectl_goweb.objects import Kind, Snapshot, decode_page
from kubectl_goweb.objects.facts import Facts, ServedCertificate
from kubectl_goweb.objects.networking import NetworkPolicy
from kubectl_goweb.status.paths import HopState, answer, end_of, hops
from kubectl_goweb.status.policies import End
from kubectl_goweb.status.routes import Route
from tests.recorded import DATA, read

SNAPSHOT, NOW, _ = read(DATA / "why.json.gz")
HERE = SNAPSHOT.namespace


@pytest.mark.parametrize(
    ("route", "what", "text"),
    [
        (Route(HERE, host="to-nowhere.example"), "Service", "there is no Service nowhere"),
        (Route(HERE, host="to-no-port.example"), "Service port", "there is no port 81; there is 80"),
        (Route(HERE, host="no-class.example"), "Ingress class", "nginx-of-tomorrow does not exist"),
        (Route(HERE, host="nobody.example"), "Ingress", "no Ingress of namespace"),
        (Route(HERE, ingress="to-nowhere"), "Service", "there is no Service nowhere"),
        (Route(HERE, "selects-nobody"), "Pods", "no Pod has the labels app=nobody"),
        (Route(HERE, "port-name"), "container port", "no container has a port named 'htpp'"),
        (Route(HERE, "database"), "endpoints", "0 of 1 ready"),
        (Route(HERE, "near-steady", "443"), "Service port", "there is no port 443"),
        (Route(HERE, "missing"), "Service", "there is no Service missing"),
    ],
)
def test_the_first_broken_hop_is_the_answer(route: Route, what: str, text: str) -> None:
    told = hops(route, SNAPSHOT, NOW)
    decides = answer(told)
    assert (decides.what, decides.state) == (what, HopState.BROKEN)
    assert text in decides.text
    assert told[-1] is decides


def test_a_way_without_a_fault_is_told_hop_by_hop() -> None:
    told = hops(Route(HERE, "near-steady"), SNAPSHOT, NOW)
    assert [hop.what for hop in told] == ["Service", "Service port", "container port", "endpoints", "NetworkPolicy"]
    assert {hop.state for hop in told} == {HopState.OK}


def guarded(spec: dict[str, object]) -> Snapshot:
    item = {"metadata": {"name": "gate", "namespace": HERE}, "spec": spec}
    page = decode_page(Kind.NETWORK_POLICY, json.dumps({"items": [item]}).encode())
    (policy,) = [one for one in page.items if isinstance(one, NetworkPolicy)]
    return structs.replace(SNAPSHOT, network_policies={policy.key: policy})


def test_a_policy_decides_by_who_asks() -> None:
    allowed = {"from": [{"podSelector": {"matchLabels": {"app": "gateway"}}}]}
    snapshot = guarded({"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [allowed]})
    route = Route(HERE, "near-steady")
    assert answer(hops(route, snapshot, NOW)).state is HopState.UNKNOWN, "it depends on who asks"
    gateway = answer(hops(route, snapshot, NOW, End("10.0.0.9", HERE, {"app": "gateway"})))
    assert (gateway.state, gateway.text) == (HopState.OK, f"allowed by {HERE}/gate")
    other = answer(hops(route, snapshot, NOW, End("10.0.0.9", HERE, {"app": "batch"})))
    assert (other.state, other.object and other.object.name) == (HopState.BROKEN, "gate")
    assert "ingress is cut by" in other.text


def test_a_policy_that_lets_nobody_in_on_the_port_is_the_answer_whoever_asks() -> None:
    route = Route(HERE, "near-steady")
    specs: tuple[dict[str, object], ...] = (
        {"podSelector": {}, "policyTypes": ["Ingress"]},
        {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"ports": [{"port": 5432}]}]},
    )
    for spec in specs:
        told = answer(hops(route, guarded(spec), NOW))
        assert (told.state, told.object and told.object.name) == (HopState.BROKEN, "gate")
        assert "nobody may ask them on this port" in told.text
    only_egress = guarded({"podSelector": {}, "policyTypes": ["Egress"]})
    assert answer(hops(route, only_egress, NOW)).text == "no policy selects the Pods: they are open to all"


def certified(*names: str, path: str = "/", **days: int) -> Snapshot:
    """An Ingress for shop.example with a certificate that holds for these names between two days from now."""
    backend = {"service": {"name": "near-steady", "port": {"number": 80}}}
    paths = [{"path": path, "pathType": "Prefix", "backend": backend}]
    spec = {
        "rules": [{"host": "shop.example", "http": {"paths": paths}}],
        "tls": [{"hosts": ["shop.example"], "secretName": "shop-tls"}],
    }
    item = {"metadata": {"name": "shop", "namespace": HERE}, "spec": spec}
    page = decode_page(Kind.INGRESS, json.dumps({"items": [item]}).encode())
    begins, ends = NOW + timedelta(days=days["begins"]), NOW + timedelta(days=days["ends"])
    held = ServedCertificate("CN=shop", begins, ends, names)
    facts = Facts(certificates={f"{HERE}/shop-tls": held})
    return structs.replace(SNAPSHOT, ingresses={one.key: one for one in page.items}, facts=facts)


@pytest.mark.parametrize(
    ("snapshot", "state", "text"),
    [
        (certified("shop.example", begins=-9, ends=9), HopState.OK, "is for shop.example, until "),
        (certified("*.example", begins=-9, ends=9), HopState.OK, "is for *.example"),
        (certified("shop.example", begins=-9, ends=-1), HopState.BROKEN, "the certificate expired at "),
        (certified("shop.example", begins=1, ends=9), HopState.BROKEN, "it does not hold before "),
        (certified("other.example", begins=-9, ends=9), HopState.BROKEN, "is for other.example, not for shop.example"),
    ],
)
def test_a_certificate_must_hold_now_and_for_the_host(snapshot: Snapshot, state: HopState, text: str) -> None:
    for route in (Route(HERE, host="shop.example"), Route(HERE, ingress="shop")):
        (told,) = [hop for hop in hops(route, snapshot, NOW) if hop.what == "certificate"]
        assert told.state is state
        assert text in told.text


def test_a_certificate_that_was_not_read_is_not_known_and_says_why() -> None:
    found = certified("shop.example", begins=-9, ends=9)
    hidden = Facts(unseen={f"Secret {HERE}/shop-tls": "forbidden: eve may not get secrets"})
    told = answer(hops(Route(HERE, ingress="shop"), structs.replace(found, facts=hidden), NOW))
    assert (told.what, told.state) == ("certificate", HopState.UNKNOWN)
    assert told.text == "Secret shop-tls: forbidden: eve may not get secrets"


def test_a_port_that_no_container_declares_is_not_known_where_others_are_declared() -> None:
    item = {
        "metadata": {"name": "typo", "namespace": HERE},
        "spec": {
            "clusterIP": "10.0.0.9",
            "selector": SNAPSHOT.services[f"{HERE}/near-steady"].spec.selector,
            "ports": [{"port": 80, "targetPort": 9999}],
        },
    }
    page = decode_page(Kind.SERVICE, json.dumps({"items": [item]}).encode())
    snapshot = structs.replace(SNAPSHOT, services={one.key: one for one in page.items})
    (told,) = [hop for hop in hops(Route(HERE, "typo"), snapshot, NOW) if hop.what == "container port"]
    assert told.state is HopState.UNKNOWN
    assert told.text.startswith("port 9999 is declared by no container; they declare 8080")


def test_an_ingress_that_is_named_alone_is_followed_to_where_it_leads() -> None:
    found = certified("shop.example", path="/api", begins=-9, ends=9)
    (first, *_) = hops(Route(HERE, ingress="shop"), found, NOW)
    assert first.text == "shop.example/api (Prefix) answers for shop.example/api"
    assert hops(Route(HERE, host="shop.example"), found, NOW)[0].state is HopState.BROKEN


def test_who_may_not_ask_dns_cannot_use_the_services_name() -> None:
    route, batch = Route(HERE, "near-steady"), End("10.0.0.9", HERE, {"app": "batch"})
    to_all = {"to": [{"podSelector": {}}], "ports": [{"port": 8080}]}
    no_dns = guarded({"podSelector": {"matchLabels": {"app": "batch"}}, "policyTypes": ["Egress"], "egress": [to_all]})
    told = answer(hops(route, no_dns, NOW, batch))
    assert (told.what, told.state, told.object and told.object.name) == ("DNS", HopState.BROKEN, "gate")
    dns = {"ports": [{"port": 53, "protocol": "UDP"}]}
    with_dns = guarded(
        {"podSelector": {"matchLabels": {"app": "batch"}}, "policyTypes": ["Egress"], "egress": [to_all, dns]}
    )
    assert answer(hops(route, with_dns, NOW, batch)).text == f"allowed by {HERE}/gate"


def test_pods_that_a_policy_parts_are_counted() -> None:
    (pod,) = [one for one in SNAPSHOT.pods.values() if one.metadata.labels.get("app") == "near-steady"][:1]
    labels = pod.metadata.labels | {"part": "closed"}
    other = structs.replace(pod, metadata=structs.replace(pod.metadata, name="other", labels=labels))
    closed = guarded({"podSelector": {"matchLabels": {"part": "closed"}}, "policyTypes": ["Ingress"]})
    snapshot = structs.replace(closed, pods={pod.key: pod, other.key: other})
    for source, whom in ((None, "nobody may ask them"), (End("10.0.0.9", HERE), "none of them allows port 8080")):
        told = answer(hops(Route(HERE, "near-steady"), snapshot, NOW, source))
        assert told.state is HopState.BROKEN
        assert told.text.startswith(f"ingress to 1 of 2 Pods is cut by {HERE}/gate: {whom}")


def test_what_a_node_may_ask_depends_on_where_the_pods_are() -> None:
    """Policies let in what comes from a Pod's own node, and a Pod on its node's network is one with the node."""
    pod = next(iter(SNAPSHOT.pods.values()))
    node = end_of(structs.replace(pod, spec=structs.replace(pod.spec, host_network=True)), SNAPSHOT)
    closed = guarded({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})
    told = answer(hops(Route(HERE, "near-steady"), closed, NOW, node))
    assert (told.what, told.state) == ("NetworkPolicy", HopState.UNKNOWN)
    assert told.text.endswith("who asks is on the network of its node")
