"""Asking a Prometheus about a service; what it does not have is said to be absent."""

from __future__ import annotations

from collections.abc import Mapping

from kubectl_goweb.objects.text import plain
from kubectl_goweb.probing.prometheus import Prometheus
from kubectl_goweb.probing.promql import PromError, Sample, UnansweredError
from kubectl_goweb.probing.service_queries import WINDOW, Subject, filled
from kubectl_goweb.status.service_metrics import ExistingProbe, ServiceMetrics, absences

_ASKED: Mapping[str, tuple[str, float | None]] = {
    "request_rate": ("requests", None),
    "error_ratio": ("errors", None),
    "p50": ("latency", 0.5),
    "p95": ("latency", 0.95),
    "p99": ("latency", 0.99),
}
"""By field: the query, and which quantile."""


def measured(prometheus: Prometheus, queries: Mapping[str, str], about: Subject) -> ServiceMetrics:
    """Everything that is known of one service. UnansweredError when that Prometheus cannot be asked at all; a query
    that it refuses is told as absent.
    """
    numbers: dict[str, float] = {}
    missing: dict[str, str] = {}
    probes: tuple[ExistingProbe, ...] = ()
    for field, (name, quantile) in _ASKED.items():
        found, missing[field] = _asked(prometheus, filled(queries[name], about, quantile))
        if found:
            numbers[field] = found[0].value
            del missing[field]
    found, why = _asked(prometheus, filled(queries["probes"], about))
    probes = _probes(found)
    if not probes:
        missing["probes"] = why
    told = tuple(absences(numbers.get("request_rate"), missing, WINDOW))
    return ServiceMetrics(about.ref, prometheus.place, WINDOW, probes=probes, absent=told, **numbers)


def _asked(prometheus: Prometheus, query: str) -> tuple[tuple[Sample, ...], str]:
    """The samples, or why it refuses."""
    try:
        return prometheus.ask(query), ""
    except UnansweredError:
        raise
    except PromError as error:
        return (), plain(str(error))


def _probes(found: tuple[Sample, ...]) -> tuple[ExistingProbe, ...]:
    told = {}
    for sample in found:
        labels = sample.labels
        target = next((labels[name] for name in ("target", "instance", "name") if labels.get(name)), "")
        told[target, labels.get("job", "")] = ExistingProbe(plain(target), sample.value == 1, labels.get("job", ""))
    return tuple(told[key] for key in sorted(told))
