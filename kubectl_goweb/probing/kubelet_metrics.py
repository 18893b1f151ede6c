"""What the kubelets have counted of their own probes: `/metrics/probes` of a node, read through the API server.

It needs `get nodes/proxy`, which few people have: whoever may not read it is told so once and misses nothing else.
https://kubernetes.io/docs/reference/instrumentation/metrics/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from prometheus_client.parser import text_string_to_metric_families

from kubectl_goweb.errors import ApiError
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.probes.kubelet import ProbeCounts

_TOTAL = "prober_probe_total"
_SUM, _COUNT = "prober_probe_duration_seconds_sum", "prober_probe_duration_seconds_count"

Counted = Mapping[tuple[str, str, str], ProbeCounts]
"""By the Pod's key (`namespace/name`), the container and the role."""


class Getter(Protocol):
    """What is needed of a connection."""

    def get(self, path: str, *, accept: str) -> bytes: ...


def read_counts(connection: Getter, nodes: Iterable[str]) -> tuple[Counted, tuple[str, ...]]:
    """What these nodes' kubelets have counted, and a sentence for every node that cannot be asked."""
    found: dict[tuple[str, str, str], ProbeCounts] = {}
    gaps = []
    for node in nodes:
        try:
            body = connection.get(f"/api/v1/nodes/{node}/proxy/metrics/probes", accept="text/plain")
            found.update(parse_counts(body.decode("utf-8", "replace")))
        except ApiError as error:
            gaps.append(f"the probe counts of node {node}: {error.sentence}")
        except ValueError as error:
            gaps.append(f"the probe counts of node {node}: {plain(str(error), 200)}")
    return found, tuple(gaps)


def parse_counts(text: str) -> Counted:
    """From Prometheus' text format. ValueError when it is none."""
    numbers: dict[tuple[str, str, str], dict[str, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name not in (_TOTAL, _SUM, _COUNT):
                continue
            labels = sample.labels
            pod = f"{labels.get('namespace', '')}/{labels.get('pod', '')}"
            key = pod, labels.get("container", ""), labels.get("probe_type", "").lower()
            what = labels.get("result", "") if sample.name == _TOTAL else sample.name
            mine = numbers.setdefault(key, {})
            mine[what] = mine.get(what, 0.0) + sample.value
    return {key: _counts(one) for key, one in numbers.items()}


def _counts(numbers: Mapping[str, float]) -> ProbeCounts:
    count = numbers.get(_COUNT, 0.0)
    return ProbeCounts(
        successful=int(numbers.get("successful", 0)),
        failed=int(numbers.get("failed", 0)),
        unknown=int(numbers.get("unknown", 0)),
        mean_duration=numbers.get(_SUM, 0.0) / count if count else None,
    )
