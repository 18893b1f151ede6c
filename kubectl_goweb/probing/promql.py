"""What Prometheus' HTTP API answers, as values; and the questions about nodes. Pure.

https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite

import msgspec
from msgspec import Struct

NODE_QUERIES: Mapping[str, str] = {
    "cpu": '1 - avg by (node, instance) (rate(node_cpu_seconds_total{mode="idle"}[1m]))',
    "memory": "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes",
    "disk": 'max by (node, instance) (1 - node_filesystem_avail_bytes{fstype!~"tmpfs|ramfs|overlay|squashfs"} '
    "/ node_filesystem_size_bytes)",
    "network": 'sum by (node, instance) (rate(node_network_receive_bytes_total{device!~"lo|veth.*|cni.*"}[1m]) '
    '+ rate(node_network_transmit_bytes_total{device!~"lo|veth.*|cni.*"}[1m]))',
    "network_errors": 'sum by (node, instance) (rate(node_network_receive_errs_total{device!="lo"}[1m]) '
    '+ rate(node_network_transmit_errs_total{device!="lo"}[1m]) '
    '+ rate(node_network_receive_drop_total{device!="lo"}[1m]))',
    # A packet that got lost is told as 0 s there and back.
    "network_latency": 'max by (node, instance) (probe_icmp_duration_seconds{phase="rtt"} '
    "and on (job, instance) probe_success == 1)",
}
"""By the field of NodeUsage; each gives one sample a node, told apart by the label `node` or `instance`."""
RARE = frozenset({"network_latency"})
"""What few have scraped: that it is not there is shown, and not complained of."""


ETCD_QUERIES: Mapping[str, str] = {
    "etcd_quota": "max(etcd_mvcc_db_total_size_in_bytes / etcd_server_quota_backend_bytes)",
    "etcd_leader": "min(etcd_server_has_leader)",
}
"""Where etcd itself is scraped: the share of its quota that is used; 0 when a member has no leader."""


class PromError(Exception):
    """Prometheus refused a query, or what answered is no Prometheus."""


class UnansweredError(PromError):
    """Prometheus cannot be asked at all: another question would fare no better."""


class Sample(Struct, frozen=True):
    labels: Mapping[str, str]
    value: float
    at: datetime


class _Error(Struct, frozen=True):
    status: str = ""
    error: str = ""


class _Vector(Struct, frozen=True):
    metric: dict[str, str]
    value: tuple[float, str]


class _Data(Struct, frozen=True, rename="camel"):
    result_type: str
    result: tuple[_Vector, ...]


class _Answer(Struct, frozen=True):
    status: str
    data: _Data


_ANSWER = msgspec.json.Decoder(_Answer)
_ERROR = msgspec.json.Decoder(_Error)


def samples(body: bytes) -> tuple[Sample, ...]:
    """The samples of an instant query; NaN and infinite ones are left out: they tell nothing. PromError otherwise."""
    try:
        answer = _ANSWER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PromError(_refusal(body) or f"it does not answer as a Prometheus: {error}") from error
    return tuple(
        Sample(one.metric, value, datetime.fromtimestamp(one.value[0], UTC))
        for one in answer.data.result
        if isfinite(value := float(one.value[1]))
    )


def _refusal(body: bytes) -> str:
    try:
        told = _ERROR.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return f"it refused the query: {told.error}" if told.status == "error" else ""


def by_node(found: tuple[Sample, ...], names: Mapping[str, str]) -> dict[str, float]:
    """The value of each node. `names` maps a node's names and addresses to its name; a sample names its node by the
    label `node`, or by `instance`, which is an address, with a port or without.
    """
    values = {}
    for sample in found:
        instance = sample.labels.get("instance", "")
        address = instance.rpartition(":")[0].strip("[]")
        node = sample.labels.get("node") or names.get(address) or names.get(instance)
        if node:
            values[node] = sample.value
    return values
