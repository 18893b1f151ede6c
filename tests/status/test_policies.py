"""NetworkPolicy verdicts against an evaluator that shares nothing with ours: plain dicts, every allowed pair listed."""

from __future__ import annotations

import json
import random
from ipaddress import ip_address, ip_network
from itertools import product
from typing import Any

import pytest

from kubectl_goweb.objects import Kind, decode_page
from kubectl_goweb.objects.networking import NetworkPolicy
from kubectl_goweb.status.policies import Connection, End, judged

Json = dict[str, Any]
NAMESPACES: dict[str, dict[str, str]] = {"shop": {"team": "a"}, "data": {"team": "b"}, "open": {}}
PODS: list[Json] = [
    {"ns": ns, "labels": labels, "ip": f"10.0.{n}.{m}", "ports": {"http": 8080, "admin": 9090} if m else {"http": 80}}
    for n, ns in enumerate(NAMESPACES)
    for m, labels in enumerate(({"app": "web"}, {"app": "api", "tier": "back"}, {}))
]
OUTSIDE: Json = {"ns": "", "labels": {}, "ip": "192.0.2.7", "ports": {}}
PORTS = ((80, "TCP"), (8080, "TCP"), (9090, "TCP"), (53, "UDP"))


def selector(dice: random.Random) -> Json:
    return dice.choice(
        [
            {},
            {"matchLabels": {"app": "web"}},
            {"matchLabels": {"team": "a"}},
            {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "api"]}]},
            {"matchExpressions": [{"key": "tier", "operator": "Exists"}]},
            {"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["b"]}]},
            {"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]},
        ]
    )


def peer(dice: random.Random) -> Json:
    kind = dice.randrange(4)
    if kind == 0:
        return {"podSelector": selector(dice)}
    if kind == 1:
        return {"namespaceSelector": selector(dice)}
    if kind == 2:
        return {"podSelector": selector(dice), "namespaceSelector": selector(dice)}
    block: Json = {"cidr": dice.choice(["10.0.0.0/16", "10.0.1.0/24", "0.0.0.0/0", "192.0.2.0/24"])}
    if dice.random() < 0.5:
        block["except"] = [dice.choice(["10.0.1.0/25", "192.0.2.7/32", "10.0.0.0/24"])]
    return {"ipBlock": block}


def port(dice: random.Random) -> Json:
    return dice.choice(
        [
            {"protocol": "TCP", "port": 8080},
            {"protocol": "TCP", "port": "http"},
            {"protocol": "TCP", "port": "admin"},
            {"protocol": "UDP", "port": 53},
            {"protocol": "TCP"},
            {"protocol": "TCP", "port": 8000, "endPort": 9100},
            {"port": 80},
        ]
    )


def rule(dice: random.Random, word: str) -> Json:
    made: Json = {}
    if dice.random() < 0.75:
        made[word] = [peer(dice) for _ in range(dice.randrange(1, 3))]
    if dice.random() < 0.6:
        made["ports"] = [port(dice) for _ in range(dice.randrange(1, 3))]
    return made


def policy(dice: random.Random, number: int) -> Json:
    types = dice.choice([["Ingress"], ["Egress"], ["Ingress", "Egress"]])
    spec: Json = {"podSelector": selector(dice), "policyTypes": types}
    if "Ingress" in types and dice.random() < 0.8:
        spec["ingress"] = [rule(dice, "from") for _ in range(dice.randrange(3))]
    if "Egress" in types and dice.random() < 0.8:
        spec["egress"] = [rule(dice, "to") for _ in range(dice.randrange(3))]
    return {"metadata": {"name": f"p{number}", "namespace": dice.choice(list(NAMESPACES))}, "spec": spec}


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
        inside = [end for end in [*PODS, OUTSIDE] if ip_address(end["ip"]) in ip_network(block["cidr"])]
        return [
            end for end in inside if all(ip_address(end["ip"]) not in ip_network(x) for x in block.get("except", []))
        ]
    homes = [home]
    if "namespaceSelector" in one:
        homes = [name for name, labels in NAMESPACES.items() if matches(one["namespaceSelector"], labels)]
    return [end for end in PODS if end["ns"] in homes and matches(one.get("podSelector", {}), end["labels"])]


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
    ends = [*PODS, OUTSIDE]
    allowed = set()
    for (s, source), (t, target) in product(enumerate(ends), repeat=2):
        through = set(PORTS)
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
    return End(one["ip"], one["ns"], one["labels"], NAMESPACES.get(one["ns"], {}), one["ports"])


def decoded(policies: list[Json]) -> list[NetworkPolicy]:
    page = decode_page(Kind.NETWORK_POLICY, json.dumps({"items": policies}).encode())
    assert not page.malformed
    return [one for one in page.items if isinstance(one, NetworkPolicy)]


@pytest.mark.parametrize("batch", range(10))
def test_the_verdict_is_that_of_an_independent_evaluator_on_generated_policies(batch: int) -> None:
    ends = [*PODS, OUTSIDE]
    cut = 0
    for seed in range(batch * 20, batch * 20 + 20):
        dice = random.Random(seed)
        policies = [policy(dice, number) for number in range(dice.randrange(1, 5))]
        expected = everything_allowed(policies)
        ours = decoded(policies)
        for (s, source), (t, target) in product(enumerate(ends), repeat=2):
            for number, protocol in PORTS:
                told = judged(Connection(end(source), end(target), number, protocol), ours)
                assert told.allowed == ((s, t, number, protocol) in expected), (seed, source, target, number, policies)
                cut += not told.allowed
    assert cut > 500


DENY = {"metadata": {"name": "deny", "namespace": "shop"}, "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}


def test_the_policy_that_cuts_is_named_with_the_direction() -> None:
    told = judged(Connection(end(PODS[3]), end(PODS[0]), 80), decoded([DENY]))
    assert (told.allowed, told.direction, told.policies) == (False, "ingress", ("shop/deny",))
    assert judged(Connection(end(PODS[0]), end(PODS[3]), 80), decoded([DENY])).is_open


def test_no_policy_selects_a_pod_of_the_hosts_network() -> None:
    host = End("10.0.0.1", "shop", {"app": "web"}, host_network=True)
    assert judged(Connection(end(PODS[3]), host, 80), decoded([DENY])).allowed
