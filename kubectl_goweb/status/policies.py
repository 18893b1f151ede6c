"""Who may talk to whom: NetworkPolicies evaluated for one connection, and the policy that decided named.

https://kubernetes.io/docs/concepts/services-networking/network-policies/. Policies only add up: a Pod that none selects
for a direction is open in it; one that is selected gets what any of them allows. The network plugin enforces them, or
does not; and what comes from a Pod's own node is always let in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from msgspec import Struct

from kubectl_goweb.objects.networking import (
    EgressPolicyRule,
    IngressPolicyRule,
    IpBlock,
    NetworkPolicy,
    PolicyPeer,
    PolicyPort,
)
from kubectl_goweb.status.selection import selects

NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""The label by which a namespace has its own name."""
Namespaces = Mapping[str, Mapping[str, str]]
"""The labels of all namespaces that there are, by name."""
_DNS_PORT = 53
_TYPES = {"ingress": "Ingress", "egress": "Egress"}


class Port(NamedTuple):
    """A port of a container, as a policy means it by name."""

    name: str
    number: int
    protocol: str


class End(Struct, frozen=True):
    """One end of a connection: a Pod, or an address outside of the cluster, which has no namespace."""

    ip: str = ""
    namespace: str = ""
    labels: Mapping[str, str] = {}
    namespace_labels: Mapping[str, str] = {}
    ports: frozenset[Port] = frozenset()
    """Those that have a name."""
    host_network: bool = False
    """Such Pods are the node's own, and no policy selects them."""

    @property
    def is_pod(self) -> bool:
        return bool(self.namespace) and not self.host_network


class Connection(Struct, frozen=True):
    source: End
    target: End
    port: int
    """The Pod's port, not the Service's."""
    protocol: str = "TCP"


class Judged(Struct, frozen=True):
    """Whether a connection is let through, and which policies say so."""

    allowed: bool
    direction: str = ""
    """`egress` or `ingress`: where it is cut; empty when it is let through."""
    policies: tuple[str, ...] = ()
    """Keys of those that cut it, because they select the Pod and none of them allows it; or of those that allow it."""

    @property
    def is_open(self) -> bool:
        """No policy has to do with it."""
        return self.allowed and not self.policies


def judged(connection: Connection, policies: Iterable[NetworkPolicy]) -> Judged:
    """Egress of the source first, then ingress of the target. A Pod cannot be cut off from itself."""
    if connection.source.ip and connection.source.ip == connection.target.ip:
        return Judged(True)
    known = tuple(policies)
    allowing: list[str] = []
    for direction, end in (("egress", connection.source), ("ingress", connection.target)):
        if not end.is_pod:
            continue
        own = [one for one in known if _governs(one, end, direction)]
        if not own:
            continue
        allows = [one.key for one in own if _allows(one, direction, connection)]
        if not allows:
            return Judged(False, direction, tuple(sorted(one.key for one in own)))
        allowing.extend(allows)
    return Judged(True, policies=tuple(sorted(set(allowing))))


def egress_policies(source: End, policies: Iterable[NetworkPolicy]) -> tuple[str, ...]:
    """Keys of the policies that restrict what a Pod may ask for."""
    return tuple(sorted(one.key for one in policies if source.is_pod and _governs(one, source, "egress")))


def may_resolve(
    source: End, policies: Iterable[NetworkPolicy], namespaces: Namespaces | None = None, *, here: bool = False
) -> bool:
    """Whether a Pod may ask a name server at all: port 53 by UDP or TCP, of another namespace or outside of the
    cluster, for the cluster's DNS has a namespace of its own; `here` says that its own namespace has one, too.
    """
    own = tuple(one for one in policies if source.is_pod and _governs(one, source, "egress"))
    asked = [Connection(source, End(), _DNS_PORT, protocol) for protocol in ("UDP", "TCP")]
    return not own or any(
        (not rule.ports or any(_is_port(one, way) or isinstance(one.port, str) for one in rule.ports for way in asked))
        and (_is_open_elsewhere(rule.peers, policy.namespace, namespaces) or (here and _is_open_here(rule.peers)))
        for policy in own
        for rule in policy.spec.egress
    )


def lets_in_from_elsewhere(
    target: End, port: int, protocol: str, policies: Iterable[NetworkPolicy], namespaces: Namespaces | None = None
) -> bool:
    """Whether anybody of another namespace, or outside of the cluster, may ask a Pod on that port."""
    asked = Connection(End(), target, port, protocol)
    own = [one for one in policies if target.is_pod and _governs(one, target, "ingress")]
    return not own or any(
        (not rule.ports or any(_is_port(one, asked) for one in rule.ports))
        and _is_open_elsewhere(rule.peers, one.namespace, namespaces)
        for one in own
        for rule in one.spec.ingress
    )


def _is_open_elsewhere(peers: Iterable[PolicyPeer], home: str, namespaces: Namespaces | None) -> bool:
    known = tuple(peers)
    return not known or any(_is_elsewhere(one, home, namespaces) for one in known)


def _is_open_here(peers: Iterable[PolicyPeer]) -> bool:
    return any(one.ip_block is None for one in peers)


def _is_elsewhere(peer: PolicyPeer, home: str, namespaces: Namespaces | None) -> bool:
    """Whether it may mean somebody outside of its policy's own namespace."""
    if peer.ip_block is not None:
        return True
    if peer.namespace_selector is None:
        return False
    if namespaces is None:  # every namespace is labelled with its own name by the API server
        return peer.namespace_selector.match_labels.get(NAMESPACE_NAME) != home
    return any(name != home and selects(peer.namespace_selector, labels) for name, labels in namespaces.items())


def may_be_asked(asked: Connection, policies: Iterable[NetworkPolicy], namespaces: Namespaces | None) -> bool:
    """Whether a Pod's own policies may let it ask an address of which nothing else is known: it may be that of a Pod or
    Service of another namespace, or outside of the cluster.
    """
    own = [one for one in policies if asked.source.is_pod and _governs(one, asked.source, "egress")]
    return judged(asked, own).allowed or any(
        (not rule.ports or any(_is_port(one, asked) or isinstance(one.port, str) for one in rule.ports))
        and any(one.ip_block is None and _is_elsewhere(one, policy.namespace, namespaces) for one in rule.peers)
        for policy in own
        for rule in policy.spec.egress
    )


def let_in(target: End, port: int, protocol: str, policies: Iterable[NetworkPolicy]) -> Judged:
    """Whether anybody at all may ask a Pod on that port, and which policies decide who may; none: everybody may."""
    asked = Connection(End(), target, port, protocol)
    own = [one for one in policies if target.is_pod and _governs(one, target, "ingress")]
    allowed = not own or any(
        not rule.ports or any(_is_port(one, asked) for one in rule.ports) for one in own for rule in one.spec.ingress
    )
    return Judged(allowed, "" if allowed else "ingress", tuple(sorted(one.key for one in own)))


def _selects(policy: NetworkPolicy, end: End) -> bool:
    return policy.namespace == end.namespace and selects(policy.spec.pod_selector, end.labels)


def _governs(policy: NetworkPolicy, end: End, direction: str) -> bool:
    """Whether the policy restricts what the Pod may ask (`egress`), or who may ask it (`ingress`)."""
    return _TYPES[direction] in policy.spec.policy_types and _selects(policy, end)


def _allows(policy: NetworkPolicy, direction: str, connection: Connection) -> bool:
    peer = connection.target if direction == "egress" else connection.source
    rules: Iterable[EgressPolicyRule | IngressPolicyRule]
    rules = policy.spec.egress if direction == "egress" else policy.spec.ingress
    return any(
        (not rule.peers or any(_is_peer(one, peer, policy.namespace) for one in rule.peers))
        and (not rule.ports or any(_is_port(one, connection) for one in rule.ports))
        for rule in rules
    )


def _is_peer(peer: PolicyPeer, end: End, namespace: str) -> bool:
    if peer.ip_block is not None:
        return _in_block(peer.ip_block, end.ip)
    if not end.is_pod:
        return False
    if peer.namespace_selector is None:
        if end.namespace != namespace:
            return False
    elif not selects(peer.namespace_selector, end.namespace_labels):
        return False
    return peer.pod_selector is None or selects(peer.pod_selector, end.labels)


def _in_block(block: IpBlock, ip: str) -> bool:
    if not ip:
        return False
    address = ip_address(ip)
    return address in ip_network(block.cidr, strict=False) and not any(
        address in ip_network(one, strict=False) for one in block.excepted
    )


def _is_port(port: PolicyPort, connection: Connection) -> bool:
    if port.protocol != connection.protocol:
        return False
    if port.port is None:
        return True
    if isinstance(port.port, str):
        return Port(port.port, connection.port, connection.protocol) in connection.target.ports
    if port.end_port is not None:
        return port.port <= connection.port <= port.end_port
    return port.port == connection.port
