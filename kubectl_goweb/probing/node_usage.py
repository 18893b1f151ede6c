"""How busy the nodes are: from Prometheus, else metrics.k8s.io, else each kubelet. What a source does not have is said
to be absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Protocol

import msgspec
from msgspec import Struct

from kubectl_goweb.errors import ApiError, ForbiddenError
from kubectl_goweb.objects import Node
from kubectl_goweb.objects.text import plain
from kubectl_goweb.probing import kubelets
from kubectl_goweb.probing.kubelets import Relay
from kubectl_goweb.probing.promql import NODE_QUERIES, RARE, PromError, UnansweredError, by_node
from kubectl_goweb.probing.relaying import way_fault
from kubectl_goweb.status.probes.results import Reason
from kubectl_goweb.status.quantities import quantity
from kubectl_goweb.status.usage import NodeUsage

if TYPE_CHECKING:  # the cockpit asks none, and HTTP outside of the cluster takes long to load
    from kubectl_goweb.probing.prometheus import Prometheus

_METRICS = "/apis/metrics.k8s.io/v1beta1/nodes"

_NAMED = 3
"""Nodes that are named where many have the same trouble."""
_MOST = 4 * 1024 * 1024
"""Bytes of an answer that are read."""


class Getter(Protocol):
    def get(self, path: str) -> bytes: ...


class Used(Struct, frozen=True):
    """What is known, by node, and what is not."""

    nodes: Mapping[str, NodeUsage]
    gaps: tuple[str, ...]
    is_forbidden: bool = False
    """Whether something is not known because the user may not ask."""


def first_told(attempts: Iterable[Callable[[], Used]], *gaps: str) -> Used:
    """From the first source that tells anything; what the better ones lacked is told too, after these `gaps`."""
    lacking, is_forbidden = list(gaps), False
    for attempt in attempts:
        used = attempt()
        lacking += used.gaps
        is_forbidden = is_forbidden or used.is_forbidden
        if used.nodes:
            return Used(used.nodes, tuple(lacking), is_forbidden)
    return Used({}, tuple(lacking), is_forbidden)


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
        if not found and not (field in RARE and promql == NODE_QUERIES[field]):
            gaps.append(f"Prometheus has no {field} of any node: {promql}")
        for node, value in found.items():
            values.setdefault(node, {})[field] = value
    return Used({node: NodeUsage("Prometheus", **mine) for node, mine in values.items()}, tuple(gaps))


def from_metrics_api(connection: Getter, nodes: Iterable[Node]) -> Used:
    """metrics.k8s.io, where a metrics-server is installed: CPU and memory of what is allocatable."""
    try:
        listed = _LIST.decode(connection.get(_METRICS))
    except ApiError as error:
        return Used({}, (f"metrics.k8s.io: {error.sentence}",), isinstance(error, ForbiddenError))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return Used({}, (f"metrics.k8s.io: {error}",))
    usage = {one.metadata.name: one.usage for one in listed.items}
    found = {}
    for node in nodes:
        if (used := usage.get(node.name)) is not None:
            cpu, memory = _number(used.cpu), _number(used.memory)
            found[node.name] = _shares("metrics.k8s.io", node, cpu, memory)
    return Used(found, ())


def from_kubelets(connection: Relay, nodes: Iterable[Node]) -> Used:
    """Each kubelet's own statistics, of at most `kubelets.MOST` nodes. Not its `/metrics/resource`: the CPU counter
    there is written every ten seconds or so, so that two readings tell too little.
    """
    every = list(nodes)
    nodes, others = every[: kubelets.MOST], every[kubelets.MOST :]
    told = kubelets.each(nodes, partial(_statistics, connection))
    gaps: dict[str, list[str]] = {}
    found, is_forbidden = {}, False
    for node in nodes:
        mine = told[node.name]
        if isinstance(mine, _Silence):
            gaps.setdefault(mine.why.replace(f' "{node.name}"', ""), []).append(node.name)
            is_forbidden = is_forbidden or mine.is_forbidden
            continue
        if mine.cpu.usage_nano_cores is None:
            gaps.setdefault("it does not tell its CPU yet", []).append(node.name)
        cores = None if mine.cpu.usage_nano_cores is None else mine.cpu.usage_nano_cores / 1e9
        found[node.name] = _shares("kubelet", node, cores, mine.memory.working_set_bytes)
    if others:
        gaps[f"not asked: at most {kubelets.MOST} are"] = [node.name for node in others]
    return Used(found, tuple(f"kubelet of {_listed(names)}: {why}" for why, names in gaps.items()), is_forbidden)


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


class _Cpu(Struct, frozen=True, rename="camel"):
    usage_nano_cores: int | None = None


class _Memory(Struct, frozen=True, rename="camel"):
    working_set_bytes: int | None = None


class _Statistics(Struct, frozen=True):
    cpu: _Cpu = _Cpu()
    memory: _Memory = _Memory()


class _Summary(Struct, frozen=True):
    node: _Statistics


_SUMMARY = msgspec.json.Decoder(_Summary)


class _Silence(Struct, frozen=True):
    """Why a kubelet says nothing."""

    why: str
    is_forbidden: bool = False


def _statistics(connection: Relay, node: str) -> _Statistics | _Silence:
    """What a kubelet says, or why it says nothing.
    https://kubernetes.io/docs/reference/instrumentation/node-metrics/#summary-api-source
    """
    try:
        got = kubelets.get(connection, node, "stats/summary", {"only_cpu_and_memory": "true"}, most=_MOST)
    except TimeoutError:
        return _Silence(f"it did not answer within {kubelets.PATIENCE:g} s")
    except ApiError as error:
        return _Silence(error.sentence, isinstance(error, ForbiddenError))
    if (fault := way_fault(got.head.status, got.body)) is not None:
        return _Silence(fault.detail, fault.reason is Reason.NOT_ALLOWED)
    try:
        return _SUMMARY.decode(got.body).node
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _Silence(f"it answers no statistics ({got.head.status}): {plain(str(error), 100)}")


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
