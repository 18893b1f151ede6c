"""The way of a request over what a real cluster said once."""

from __future__ import annotations

import json

import pytest
from msgspec import structs

from kubectl_goweb.objects import Kind, Snapshot, decode_page
from kubectl_goweb.objects.networking import NetworkPolicy
from kubectl_goweb.status.paths import HopState, Route, answer, hops
from kubectl_goweb.status.policies import End
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
    told = hops(route, SNAPSHOT)
    decides = answer(told)
    assert (decides.what, decides.state) == (what, HopState.BROKEN)
    assert text in decides.text
    assert told[-1] is decides


def test_a_way_without_a_fault_is_told_hop_by_hop() -> None:
    told = hops(Route(HERE, "near-steady"), SNAPSHOT)
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
    assert answer(hops(route, snapshot)).state is HopState.UNKNOWN, "it depends on who asks"
    gateway = answer(hops(route, snapshot, End("10.0.0.9", HERE, {"app": "gateway"})))
    assert (gateway.state, gateway.text) == (HopState.OK, f"allowed by {HERE}/gate")
    other = answer(hops(route, snapshot, End("10.0.0.9", HERE, {"app": "batch"})))
    assert (other.state, other.object and other.object.name) == (HopState.BROKEN, "gate")
    assert "ingress is cut by" in other.text
