"""How busy a node is, and when that is too busy. Values only; where they come from lives in probing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from kubectl_goweb.settings import Metrics
from kubectl_goweb.status.verdicts import Answer


class NodeUsage(Answer, frozen=True, gc=False):
    """Shares are between 0 and 1; None where the source has no such metric, which is not 0."""

    source: str
    """`Prometheus`, `metrics.k8s.io` or `kubelet`."""
    cpu: float | None = None
    memory: float | None = None
    disk: float | None = None
    """Of the fullest file system."""
    network: float | None = None
    """Bytes a second received and sent."""
    network_errors: float | None = None
    """Errors and drops a second."""
    network_latency: float | None = None
    """Seconds to the node and back (ICMP), from where Prometheus has it measured."""


class Thresholds(Answer, frozen=True, gc=False):
    """From which on a node counts as degraded."""

    cpu: float = 0.95
    memory: float = 0.95
    disk: float = 0.9
    network_errors: float = 10.0
    network_latency: float = 0.5


def thresholds(metrics: Metrics) -> Thresholds:
    """As the settings say."""
    return Thresholds(metrics.cpu, metrics.memory, metrics.disk, metrics.network_errors, metrics.network_latency)


FRESH = 90.0
"""Seconds for which what a node's load was still says how it is."""


class Reading(Answer, frozen=True, gc=False):
    """How busy a node was when it was last told."""

    usage: NodeUsage
    at: datetime


class PodCounts(Answer, frozen=True, gc=False):
    """How many Pods were on each node when they were last counted, of all namespaces, without those that have ended."""

    nodes: Mapping[str, int]
    """By node; one that is not in it had none."""
    at: datetime


class Loads(Answer, frozen=True, gc=False):
    """How busy the nodes are at one look, as far as anybody has told. A node that is not in it is not known."""

    now: datetime
    """Of the look."""
    readings: Mapping[str, Reading] = {}
    """By node."""
    asked: datetime | None = None
    """When everybody was last asked; None before the first time."""
    gaps: tuple[str, ...] = ()
    """What was not told then, and why."""
    is_forbidden: bool = False
    """Whether that is because the user may not ask."""
    limits: Thresholds = Thresholds()
    """From which on a share stands out."""
    pods: PodCounts | None = None
    """None where nobody had to count them, or could."""
    pods_gap: str = ""
    """Why they could not be counted the last time."""

    def age(self, node: str) -> float:
        """Seconds since it was told, never less than 0."""
        return max((self.now - self.readings[node].at).total_seconds(), 0.0)

    def is_fresh(self, node: str) -> bool:
        return node in self.readings and self.age(node) <= FRESH

    def fresh(self, node: str) -> NodeUsage | None:
        """What still says how busy it is."""
        return self.readings[node].usage if self.is_fresh(node) else None

    @property
    def pods_age(self) -> float:
        """Seconds since Pods were counted; 0 when they were not."""
        return max((self.now - self.pods.at).total_seconds(), 0.0) if self.pods is not None else 0.0


def overloads(usage: NodeUsage, limits: Thresholds) -> Iterator[str]:
    """What is above its threshold, in words."""
    for name, share, most in (
        ("CPU", usage.cpu, limits.cpu),
        ("memory", usage.memory, limits.memory),
        ("disk", usage.disk, limits.disk),
    ):
        if share is not None and share > most:
            yield f"{name} {share * 100:.0f} %, above {most * 100:g} %"
    if usage.network_errors is not None and usage.network_errors > limits.network_errors:
        yield f"{usage.network_errors:.0f} network errors/s, above {limits.network_errors:g}"
    if usage.network_latency is not None and usage.network_latency > limits.network_latency:
        yield f"network latency {usage.network_latency * 1000:.0f} ms, above {limits.network_latency * 1000:g} ms"
