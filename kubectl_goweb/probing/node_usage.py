"""How busy the nodes are: from Prometheus, else metrics.k8s.io, else each kubelet. What a source does not have is said
to be absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from time import monotonic
from typing import Protocol

import msgspec
from msgspec import Struct
from prometheus_client.parser import text_string_to_metric_families

from kubectl_goweb.errors import ApiError
from kubectl_goweb.objects import Node
from kubectl_goweb.probing.prometheus import Prometheus
from kubectl_goweb.probing.promql import PromError, UnansweredError, by_node
from kubectl_goweb.status.quantities import quantity
from kubectl_goweb.status.usage import NodeUsage

_METRICS = "/apis/metrics.k8s.io/v1beta1/nodes"
_GAP = 1.0
"""Seconds between two readings of a kubelet's CPU counter."""


class Getter(Protocol):
    def get(self, path: str, *, accept: str = ...) -> bytes: ...


class Used(Struct, frozen=True):
    """What is known, by node, and what is not."""

    nodes: Mapping[str, NodeUsage]
    gaps: tuple[str, ...]


class _Amounts(Struct, frozen=True):
    cpu: str = ""
    memory: str = ""


class _Named(Struct, frozen=True):
    name: str


class _Metrics(Struct, frozen=True):
    metadata: _Named
    usage: _Amounts


class _List(Struct, frozen=True):
    items: tuple[_Metrics, ...] = ()


_LIST = msgspec.json.Decoder(_List)


def from_prometheus(prometheus: Prometheus, queries: Mapping[str, str], nodes: Iterable[Node]) -> Used:
    """`queries` by the field of NodeUsage."""
    names = {address.address: node.name for node in nodes for address in node.status.addresses}
    names |= {node.name: node.name for node in nodes}
    values: dict[str, dict[str, float]] = {}
    gaps = []
    for field, promql in queries.items():
        try:
            found = by_node(prometheus.ask(promql), names)
        except UnansweredError as error:
            gaps.append(f"Prometheus: {error}")
            break
        except PromError as error:
            gaps.append(f"Prometheus, {field}: {error}")
            continue
        if not found:
            gaps.append(f"Prometheus has no {field} of any node: {promql}")
        for node, value in found.items():
            values.setdefault(node, {})[field] = value
    return Used({node: NodeUsage("Prometheus", **mine) for node, mine in values.items()}, tuple(gaps))


def from_metrics_api(connection: Getter, nodes: Iterable[Node]) -> Used:
    """metrics.k8s.io, where a metrics-server is installed: CPU and memory of what is allocatable."""
    try:
        listed = _LIST.decode(connection.get(_METRICS))
    except ApiError as error:
        return Used({}, (f"metrics.k8s.io: {error.sentence}",))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return Used({}, (f"metrics.k8s.io: {error}",))
    usage = {one.metadata.name: one.usage for one in listed.items}
    found = {}
    for node in nodes:
        if (used := usage.get(node.name)) is not None:
            cpu, memory = _number(used.cpu), _number(used.memory)
            found[node.name] = _shares("metrics.k8s.io", node, cpu, memory)
    return Used(found, ())


def from_kubelets(connection: Getter, nodes: Iterable[Node], wait: Callable[[float], object]) -> Used:
    """Each kubelet's `/metrics/resource`, read twice: CPU is a counter there."""
    gaps = []
    first: dict[str, tuple[float, float]] = {}
    nodes = list(nodes)
    for node in nodes:
        try:
            first[node.name] = monotonic(), _resource(connection, node.name)[0]
        except (ApiError, ValueError) as error:
            gaps.append(f"kubelet of {node.name}: {getattr(error, 'sentence', error)}")
    if first:
        wait(_GAP)
    found = {}
    for node in nodes:
        if node.name not in first:
            continue
        begun, before = first[node.name]
        try:
            after, memory = _resource(connection, node.name)
        except (ApiError, ValueError) as error:
            gaps.append(f"kubelet of {node.name}: {getattr(error, 'sentence', error)}")
            continue
        cores = (after - before) / (monotonic() - begun)
        if after <= before:
            gaps.append(f"kubelet of {node.name}: its CPU counter, written every 10 s or so, did not move meanwhile")
        found[node.name] = _shares("kubelet", node, cores if after > before else None, memory)
    return Used(found, tuple(gaps))


def _resource(connection: Getter, node: str) -> tuple[float, float | None]:
    """CPU seconds used since the start, and bytes of memory. ValueError when there are none."""
    body = connection.get(f"/api/v1/nodes/{node}/proxy/metrics/resource", accept="text/plain").decode(
        "utf-8", "replace"
    )
    cpu = memory = None
    for family in text_string_to_metric_families(body):
        for sample in family.samples:
            if sample.name == "node_cpu_usage_seconds_total":
                cpu = sample.value
            elif sample.name == "node_memory_working_set_bytes":
                memory = sample.value
    if cpu is None:
        raise ValueError("it tells no node_cpu_usage_seconds_total")
    return cpu, memory


def _shares(source: str, node: Node, cpu: float | None, memory: float | None) -> NodeUsage:
    cores, size = _number(node.status.allocatable.cpu), _number(node.status.allocatable.memory)
    return NodeUsage(
        source,
        cpu=cpu / cores if cpu is not None and cores else None,
        memory=memory / size if memory is not None and size else None,
    )


def _number(text: str | float) -> float | None:
    found = quantity(text) if text != "" else None
    return None if found is None else float(found)
