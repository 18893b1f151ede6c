"""NetworkPolicy verdicts against an evaluator that shares nothing with ours: plain dicts, every allowed pair listed."""

from __future__ import annotations

import json
import random
from ipaddress import ip_address, ip_network
from itertools import product

import pytest

from kubectl_goweb.objects import Kind, decode_page
from kubectl_goweb.objects.networking import NetworkPolicy
from kubectl_goweb.status.policies import Connection, End, Port, judged, may_be_asked
from tests.policy_sets import PODS, PORTS, Ground, Json, policies

NAMESPACES: dict[str, dict[str, str]] = {"shop": {"team": "a"}, "data": {"team": "b"}, "open": {}}
GROUND = Ground(NAMESPACES, ("10.0.0.0/16", "10.0.1.0/24", "10.0.1.0/25", "0.0.0.0/0", "192.0.2.0/24", "192.0.2.7/32"))
ENDS: list[Json] = [
    {"ns": ns, "labels": labels, "ip": f"10.0.{n}.{m}", "ports": ports}
    for n, ns in enumerate(NAMESPACES)
    for m, (labels, ports) in enumerate(PODS)
]
OUTSIDE: Json = {"ns": "", "labels": {}, "ip": "192.0.2.7", "ports": {}}


# --- the other evaluator: the set of everything that each policy lets through, then set arithmetic


def matches(chosen: Json, labels: dict[str, str]) -> bool:
    for key, value in chosen.get("matchLabels", {}).items():
        if key not in labels or labels[key] != value:
            return False
    for one in chosen.get("matchExpressions", []):
        has, key, operator = one["key"] in labels, one["key"], one["operator"]
        if operator == "Exists" and not has:
            return False
        if operator == "DoesNotExist" and has:
            return False
        if operator == "In" and not (has and labels[key] in one["values"]):
            return False
        if operator == "NotIn" and has and labels[key] in one["values"]:
            return False
    return True


def meant(one: Json, home: str) -> list[Json]:
    """All ends that a peer means."""
    if "ipBlock" in one:
        block = one["ipBlock"]
        inside = [end for end in [*ENDS, OUTSIDE] if ip_address(end["ip"]) in ip_network(block["cidr"])]
        return [
            end for end in inside if all(ip_address(end["ip"]) not in ip_network(x) for x in block.get("except", []))
        ]
    homes = [home]
    if "namespaceSelector" in one:
        homes = [name for name, labels in NAMESPACES.items() if matches(one["namespaceSelector"], labels)]
    return [end for end in ENDS if end["ns"] in homes and matches(one.get("podSelector", {}), end["labels"])]


def open_ports(one: Json, target: Json) -> set[tuple[int, str]]:
    protocol = one.get("protocol", "TCP")
    if "port" not in one:
        return {p for p in PORTS if p[1] == protocol}
    if isinstance(one["port"], str):
        number = target["ports"].get(one["port"])
        return {p for p in PORTS if p == (number, protocol)}
    last: int = one["endPort"] if "endPort" in one else one["port"]
    return {p for p in PORTS if p[1] == protocol and one["port"] <= p[0] <= last}


def everything_allowed(policies: list[Json]) -> set[tuple[int, int, int, str]]:
    """(source, target, port, protocol) by their places in the list of all ends."""
    ends = [*ENDS, OUTSIDE]
    allowed = set()
    for (s, source), (t, target) in product(enumerate(ends), repeat=2):
        through = set(PORTS)
        if source is target:
            allowed |= {(s, t, number, protocol) for number, protocol in PORTS}
            continue
        for direction, own, other, word in (("Egress", source, target, "to"), ("Ingress", target, source, "from")):
            if not own["ns"]:
                continue
            mine = [p for p in policies if p["metadata"]["namespace"] == own["ns"]
                    and direction in p["spec"]["policyTypes"]
                    and matches(p["spec"]["podSelector"], own["labels"])]  # fmt: skip
            if not mine:
                continue
            let: set[tuple[int, str]] = set()
            for one in mine:
                for law in one["spec"].get(direction.lower(), []):
                    is_meant = word not in law or any(
                        other is end for p in law[word] for end in meant(p, one["metadata"]["namespace"])
                    )
                    if is_meant:
                        let |= set(PORTS) if "ports" not in law else set().union(
                            *(open_ports(p, target) for p in law["ports"]))  # fmt: skip
            through &= let
        allowed |= {(s, t, number, protocol) for number, protocol in through}
    return allowed


def end(one: Json) -> End:
    ports = frozenset(Port(name, number, "TCP") for name, number in one["ports"].items())
    return End(one["ip"], one["ns"], one["labels"], NAMESPACES.get(one["ns"], {}), ports)


def decoded(policies: list[Json]) -> list[NetworkPolicy]:
    page = decode_page(Kind.NETWORK_POLICY, json.dumps({"items": policies}).encode())
    assert not page.malformed
    return [one for one in page.items if isinstance(one, NetworkPolicy)]


@pytest.mark.parametrize("batch", range(10))
def test_the_verdict_is_that_of_an_independent_evaluator_on_generated_policies(batch: int) -> None:
    ends = [*ENDS, OUTSIDE]
    cut = 0
    for seed in range(batch * 20, batch * 20 + 20):
        dice = random.Random(seed)
        made = policies(dice, GROUND)
        expected = everything_allowed(made)
        ours = decoded(made)
        for (s, source), (t, target) in product(enumerate(ends), repeat=2):
            for number, protocol in PORTS:
                told = judged(Connection(end(source), end(target), number, protocol), ours)
                assert told.allowed == ((s, t, number, protocol) in expected), (seed, source, target, number, made)
                cut += not told.allowed
    assert cut > 500


DENY = {"metadata": {"name": "deny", "namespace": "shop"}, "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}


def test_the_policy_that_cuts_is_named_with_the_direction() -> None:
    told = judged(Connection(end(ENDS[3]), end(ENDS[0]), 80), decoded([DENY]))
    assert (told.allowed, told.direction, told.policies) == (False, "ingress", ("shop/deny",))
    assert judged(Connection(end(ENDS[0]), end(ENDS[3]), 80), decoded([DENY])).is_open


def test_no_policy_selects_a_pod_of_the_hosts_network() -> None:
    host = End("10.0.0.1", "shop", {"app": "web"}, host_network=True)
    assert judged(Connection(end(ENDS[3]), host, 80), decoded([DENY])).allowed


def test_a_port_is_meant_by_name_only_in_its_own_protocol() -> None:
    server = End("10.0.1.9", "shop", ports=frozenset({Port("dns", 53, "UDP"), Port("dns", 5353, "TCP")}))
    rules = [{"ports": [{"port": "dns", "protocol": protocol} for protocol in ("UDP", "TCP")]}]
    policies = decoded([DENY | {"spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": rules}}])
    asked = {(number, protocol) for number in (53, 5353) for protocol in ("UDP", "TCP")
             if judged(Connection(end(ENDS[3]), server, number, protocol), policies).allowed}  # fmt: skip
    assert asked == {(53, "UDP"), (5353, "TCP")}


def test_a_pod_is_never_cut_off_from_itself() -> None:
    assert judged(Connection(end(ENDS[0]), end(ENDS[0]), 80), decoded([DENY])).is_open


@pytest.mark.parametrize(
    ("rule", "may"),
    [
        ({"to": [{"namespaceSelector": {"matchLabels": {"team": "b"}}}], "ports": [{"port": 80}]}, True),
        ({"to": [{"namespaceSelector": {"matchLabels": {"team": "b"}}}], "ports": [{"port": "http"}]}, True),
        ({"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]}, True),
        ({}, True),
        ({"to": [{"namespaceSelector": {"matchLabels": {"team": "b"}}}], "ports": [{"port": 443}]}, False),
        ({"to": [{"namespaceSelector": {"matchLabels": {"team": "of nobody"}}}]}, False),
        ({"to": [{"podSelector": {}}]}, False),
        ({"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}, False),
    ],
)
def test_an_address_of_which_nothing_is_known_may_be_that_of_a_pod_elsewhere(rule: Json, may: bool) -> None:
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [rule]}
    policies = decoded([DENY | {"spec": spec}])
    asked = Connection(end(ENDS[0]), End("203.0.113.9"), 80)
    assert may_be_asked(asked, policies, NAMESPACES) is may
