"""What one Pod asks of a node and means to its neighbours, worked out once from its spec."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from kubectl_goweb.objects.apps import LabelSelector, LabelSelectorRequirement
from kubectl_goweb.objects.scheduling import PodAffinityTerm, TopologySpreadConstraint
from kubectl_goweb.objects.template import FullPod, FullPodSpec, FullTemplate
from kubectl_goweb.status.placement.amounts import Amounts, HostPort, host_ports, pod_requests


class Demand(Struct, frozen=True):
    """One Pod, there or to come."""

    namespace: str
    name: str
    labels: Mapping[str, str]
    kin: frozenset[tuple[str, str]]
    """The labels as one value: Pods with the same are selected by the same selectors."""
    spec: FullPodSpec
    requests: Amounts
    ports: tuple[HostPort, ...]
    affinity: tuple[PodAffinityTerm, ...]
    """What must be near, with the labels of `matchLabelKeys` written out."""
    anti_affinity: tuple[PodAffinityTerm, ...]
    spread: tuple[TopologySpreadConstraint, ...]
    """Only those that forbid (`DoNotSchedule`)."""
    terminating: bool = False

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"


def demand_of(pod: FullPod) -> Demand:
    """What a Pod that exists asks for."""
    meta = pod.metadata
    return _demand(meta.namespace, meta.name, meta.labels, pod.spec, terminating=meta.deletion_timestamp is not None)


def demand_of_template(template: FullTemplate, namespace: str, name: str = "") -> Demand:
    """What a Pod made from the template would ask for, as far as admission adds nothing."""
    return _demand(namespace, name, template.metadata.labels, template.spec)


def _demand(
    namespace: str, name: str, labels: Mapping[str, str], spec: FullPodSpec, *, terminating: bool = False
) -> Demand:
    rules = spec.affinity
    near = rules.pod_affinity.required if rules and rules.pod_affinity else ()
    apart = rules.pod_anti_affinity.required if rules and rules.pod_anti_affinity else ()
    return Demand(
        namespace=namespace,
        name=name,
        labels=labels,
        kin=frozenset(labels.items()),
        spec=spec,
        requests=pod_requests(spec),
        ports=host_ports(spec),
        affinity=tuple(_written_out(term, labels) for term in near),
        anti_affinity=tuple(_written_out(term, labels) for term in apart),
        spread=tuple(
            _spread_written_out(one, labels)
            for one in spec.topology_spread_constraints
            if one.when_unsatisfiable == "DoNotSchedule"
        ),
        terminating=terminating,
    )


def _written_out(term: PodAffinityTerm, labels: Mapping[str, str]) -> PodAffinityTerm:
    """`matchLabelKeys` as requirements, as the API server writes them into Pods when they are made
    (https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#matchlabelkeys).
    """
    if term.label_selector is None or not (term.match_label_keys or term.mismatch_label_keys):
        return term
    extra = _requirements(term.match_label_keys, "In", labels) + _requirements(
        term.mismatch_label_keys, "NotIn", labels
    )
    return PodAffinityTerm(
        topology_key=term.topology_key,
        label_selector=_narrowed(term.label_selector, extra),
        namespaces=term.namespaces,
        namespace_selector=term.namespace_selector,
    )


def _spread_written_out(one: TopologySpreadConstraint, labels: Mapping[str, str]) -> TopologySpreadConstraint:
    if one.label_selector is None or not one.match_label_keys:
        return one
    return TopologySpreadConstraint(
        topology_key=one.topology_key,
        max_skew=one.max_skew,
        when_unsatisfiable=one.when_unsatisfiable,
        label_selector=_narrowed(one.label_selector, _requirements(one.match_label_keys, "In", labels)),
        min_domains=one.min_domains,
        node_affinity_policy=one.node_affinity_policy,
        node_taints_policy=one.node_taints_policy,
    )


def _requirements(
    keys: tuple[str, ...], operator: str, labels: Mapping[str, str]
) -> tuple[LabelSelectorRequirement, ...]:
    return tuple(LabelSelectorRequirement(key, operator, (labels[key],)) for key in keys if key in labels)


def _narrowed(selector: LabelSelector, extra: tuple[LabelSelectorRequirement, ...]) -> LabelSelector:
    return LabelSelector(selector.match_labels, selector.match_expressions + extra)
