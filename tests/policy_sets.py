"""NetworkPolicies made by dice: every kind of peer and port, for namespaces and addresses that a test names."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

Json = dict[str, Any]
PORTS = ((80, "TCP"), (8080, "TCP"), (9090, "TCP"), (53, "UDP"))
"""What is asked; the policies name these, and ranges around them."""
PODS: tuple[tuple[dict[str, str], dict[str, int]], ...] = (
    ({"app": "web"}, {"http": 80}),
    ({"app": "api", "tier": "back"}, {"http": 8080, "admin": 9090}),
    ({}, {"http": 8080, "admin": 9090}),
)
"""The labels and the named ports of the Pods that every namespace has."""


@dataclass(frozen=True)
class Ground:
    """What policies are made for."""

    namespaces: Mapping[str, Mapping[str, str]]
    """Their labels, by name; labels of the key `team` are chosen by."""
    blocks: tuple[str, ...]
    """Addresses, as CIDR; the smaller ones are excepted from the larger."""


def policies(dice: random.Random, ground: Ground) -> list[Json]:
    """One set of them, without kind and version."""
    return [_policy(dice, ground, number) for number in range(dice.randrange(1, 5))]


def _policy(dice: random.Random, ground: Ground, number: int) -> Json:
    types = dice.choice([["Ingress"], ["Egress"], ["Ingress", "Egress"]])
    spec: Json = {"podSelector": _selector(dice), "policyTypes": types}
    if "Ingress" in types and dice.random() < 0.8:
        spec["ingress"] = [_rule(dice, ground, "from") for _ in range(dice.randrange(3))]
    if "Egress" in types and dice.random() < 0.8:
        spec["egress"] = [_rule(dice, ground, "to") for _ in range(dice.randrange(3))]
    return {"metadata": {"name": f"p{number}", "namespace": dice.choice(list(ground.namespaces))}, "spec": spec}


def _rule(dice: random.Random, ground: Ground, word: str) -> Json:
    made: Json = {}
    if dice.random() < 0.75:
        made[word] = [_peer(dice, ground) for _ in range(dice.randrange(1, 3))]
    if dice.random() < 0.6:
        made["ports"] = [_port(dice) for _ in range(dice.randrange(1, 3))]
    return made


def _peer(dice: random.Random, ground: Ground) -> Json:
    kind = dice.randrange(4)
    if kind == 0:
        return {"podSelector": _selector(dice)}
    if kind == 1:
        return {"namespaceSelector": _selector(dice)}
    if kind == 2:
        return {"podSelector": _selector(dice), "namespaceSelector": _selector(dice)}
    block: Json = {"cidr": dice.choice(ground.blocks)}
    inside = [one for one in ground.blocks if _contains(block["cidr"], one)]
    if inside and dice.random() < 0.8:
        block["except"] = [dice.choice(inside)]
    return {"ipBlock": block}


def _contains(block: str, other: str) -> bool:
    """The API server refuses an exception that is not inside."""
    whole, one = IPv4Network(block), IPv4Network(other)
    return one != whole and one.subnet_of(whole)


def _port(dice: random.Random) -> Json:
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


def _selector(dice: random.Random) -> Json:
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
