"""What the Pods around decide: spread, affinity, anti-affinity. Follows PodTopologySpread and InterPodAffinity of
kube-scheduler.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from kubectl_goweb.objects.scheduling import PodAffinityTerm, TopologySpreadConstraint
from kubectl_goweb.status.placement.answers import Obstacle, Predicate
from kubectl_goweb.status.placement.by_node import matches_node, untolerated
from kubectl_goweb.status.placement.cluster import Cluster, NodeRoom
from kubectl_goweb.status.placement.demands import Demand
from kubectl_goweb.status.selection import is_empty, selector_text, selects

_Domain = tuple[str, str]
"""A topology key and its value on a node."""


class Neighbours:
    """One Pod among all others; counted once over the whole cluster."""

    def __init__(self, demand: Demand, cluster: Cluster) -> None:
        self._demand = demand
        self._cluster = cluster
        self._spread = [_Spread(one, demand, cluster) for one in demand.spread]
        self._near: set[_Domain] = set()
        """Where Pods are that match all of its affinity."""
        self._apart: dict[_Domain, str] = {}
        """Where a Pod is that its anti-affinity does not want, and which."""
        self._unwanted: dict[_Domain, str] = {}
        """Where a Pod is that does not want it, and which."""
        self._count()

    def obstacles(self, room: NodeRoom) -> Iterable[Obstacle]:
        """In the scheduler's order."""
        for one in self._spread:
            found = one.obstacle(room)
            if found is not None:
                yield found
        yield from self._affinity(room)

    @property
    def unchecked(self) -> tuple[str, ...]:
        """Namespace selectors can be told only when the namespaces' labels are known."""
        if self._cluster.namespaces is not None:
            return ()
        terms = [*self._demand.affinity, *self._demand.anti_affinity]
        terms += [term for room in self._cluster.rooms.values() for pod in room.choosy for term in pod.anti_affinity]
        asks = any(term.namespace_selector is not None and not is_empty(term.namespace_selector) for term in terms)
        return ("namespaces by label (pod affinity)",) if asks else ()

    def _count(self) -> None:
        mine = self._demand
        for room in self._cluster.rooms.values():
            for other in room.pods if mine.affinity or mine.anti_affinity else ():
                if mine.affinity and self._means_all(mine, other):
                    self._near.update(_domains(mine.affinity, room))
                for term in mine.anti_affinity:
                    if self._means(term, mine.namespace, other):
                        self._apart.update(dict.fromkeys(_domains((term,), room), other.key))
            for other in room.choosy:
                for term in other.anti_affinity:
                    if self._means(term, other.namespace, mine):
                        self._unwanted.update(dict.fromkeys(_domains((term,), room), other.key))

    def _affinity(self, room: NodeRoom) -> Iterable[Obstacle]:
        mine = self._demand
        # The first of its kind may begin anywhere: nobody is there yet whom it could join.
        is_first = not self._near and bool(mine.affinity) and self._means_all(mine, mine)
        for term in mine.affinity:
            value = room.labels.get(term.topology_key)
            if value is None or ((term.topology_key, value) not in self._near and not is_first):
                where = f"{term.topology_key}={value}" if value is not None else f"a node without {term.topology_key}"
                yield Obstacle(
                    Predicate.POD_AFFINITY,
                    f"wants to be where Pods with {selector_text(term.label_selector)} are, none is in {where}",
                    "node(s) didn't match pod affinity rules",
                )
        for domain in _domains(mine.anti_affinity, room):
            if domain in self._apart:
                yield Obstacle(
                    Predicate.POD_AFFINITY,
                    f"does not want to be beside {self._apart[domain]}, which is in {domain[0]}={domain[1]}",
                    "node(s) didn't match pod anti-affinity rules",
                )
        for domain in room.labels.items():
            if domain in self._unwanted:
                yield Obstacle(
                    Predicate.POD_AFFINITY,
                    f"{self._unwanted[domain]} in {domain[0]}={domain[1]} does not want it beside itself",
                    "node(s) didn't satisfy existing pods anti-affinity rules",
                )

    def _means_all(self, owner: Demand, other: Demand) -> bool:
        return all(self._means(term, owner.namespace, other) for term in owner.affinity)

    def _means(self, term: PodAffinityTerm, home: str, other: Demand) -> bool:
        """Whether a term of a Pod in the namespace `home` means the other Pod."""
        return selects(term.label_selector, other.labels) and self._is_there(term, home, other.namespace)

    def _is_there(self, term: PodAffinityTerm, home: str, namespace: str) -> bool:
        if not term.namespaces and term.namespace_selector is None:
            return namespace == home
        if namespace in term.namespaces:
            return True
        if term.namespace_selector is None:
            return False
        labels = (self._cluster.namespaces or {}).get(namespace, {})
        return selects(term.namespace_selector, labels)


def _domains(terms: Iterable[PodAffinityTerm], room: NodeRoom) -> list[_Domain]:
    keys = dict.fromkeys(term.topology_key for term in terms)
    return [(key, room.labels[key]) for key in keys if key in room.labels]


class _Spread:
    """One constraint: how many of the Pods it counts are in each domain."""

    def __init__(self, rule: TopologySpreadConstraint, demand: Demand, cluster: Cluster) -> None:
        self._rule = rule
        self._selected: dict[frozenset[tuple[str, str]], bool] = {}
        """By labels: a cluster has many Pods, and few kinds of them."""
        self._itself = int(selects(rule.label_selector, demand.labels))
        counts: Counter[str] = Counter()
        keys = [one.topology_key for one in demand.spread]
        for room in cluster.rooms.values():
            if all(key in room.labels for key in keys) and self._counts(room, demand):
                counts[room.labels[rule.topology_key]] += self._matching(room, demand)
        self._counts_by_domain = counts
        too_few = len(counts) < (rule.min_domains or 1)
        self._least = 0 if too_few else min(counts.values(), default=0)

    def obstacle(self, room: NodeRoom) -> Obstacle | None:
        rule = self._rule
        words = "node(s) didn't match pod topology spread constraints"
        value = room.labels.get(rule.topology_key)
        if value is None:
            text = f"has no label {rule.topology_key}, over which its Pods are spread"
            return Obstacle(Predicate.SPREAD, text, f"{words} (missing required label)")
        there = self._counts_by_domain.get(value, 0) + self._itself
        if there - self._least <= rule.max_skew:
            return None
        text = (
            f"{rule.topology_key}={value} would have {there} of its Pods and the emptiest {self._least}: "
            f"at most {rule.max_skew} more is allowed"
        )
        return Obstacle(Predicate.SPREAD, text, words)

    def _counts(self, room: NodeRoom, demand: Demand) -> bool:
        """Whether the node's domain counts for this Pod at all."""
        if self._rule.node_affinity_policy == "Honor" and not matches_node(demand.spec, room):
            return False
        return self._rule.node_taints_policy != "Honor" or not any(untolerated(demand.spec, room.node.spec.taints))

    def _matching(self, room: NodeRoom, demand: Demand) -> int:
        selector = self._rule.label_selector
        if selector is None or is_empty(selector):
            return 0
        count = 0
        for other in room.by_namespace.get(demand.namespace, ()):
            is_meant = self._selected.get(other.kin)
            if is_meant is None:
                is_meant = self._selected[other.kin] = selects(selector, other.labels)
            count += is_meant and not other.terminating
        return count
