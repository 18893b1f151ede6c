"""Probe results in Prometheus' text format, under blackbox_exporter's names, so that its dashboards and alerts work.

https://github.com/prometheus/blackbox_exporter; phases that could not be seen are left out rather than told as 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from kubectl_goweb.probing.prober import ProberSnapshot
from kubectl_goweb.status.probes.report import ProbeReport
from kubectl_goweb.status.probes.results import Phase, ProbeKind, ProbeResult, Way
from kubectl_goweb.status.verdicts import Ref

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Labelled(Struct, frozen=True):
    """A result and the labels that tell it from others; all of one exposition have the same names."""

    result: ProbeResult
    labels: Mapping[str, str] = {}
    timeout: float | None = None


def exposition(reports: Iterable[ProbeReport]) -> str:
    """Every report's result, labelled with what it is about."""
    return text([labelled(one.result, one.ref) for one in reports if one.result is not None])


def labelled(result: ProbeResult, ref: Ref | None) -> Labelled:
    about = {
        "target": result.target,
        "namespace": ref.namespace if ref else "",
        "kind": ref.kind if ref else "",
        "name": ref.name if ref else "",
        "via": result.way,
    }
    return Labelled(result, about)


def text(results: Sequence[Labelled]) -> str:
    registry = CollectorRegistry()
    registry.register(_Results(results))
    return generate_latest(registry).decode()


class _Results(Collector):
    """What prometheus_client asks for the metrics."""

    def __init__(self, results: Sequence[Labelled]) -> None:
        self._results = results

    def describe(self) -> Iterable[Metric]:
        return ()  # nothing to check for: this registry holds nothing else

    def collect(self) -> Iterator[Metric]:
        for name, help_text, value in _GAUGES:
            family = GaugeMetricFamily(name, help_text, labels=self._names())
            for one in self._results:
                if (number := value(one)) is not None:
                    family.add_metric(self._values(one), number)
            if family.samples:
                yield family
        yield from self._phases()
        yield from self._infos()

    def _names(self, *more: str) -> list[str]:
        return [*(self._results[0].labels if self._results else ()), *more]

    def _values(self, one: Labelled, *more: str) -> list[str]:
        return [*one.labels.values(), *more]

    def _phases(self) -> Iterator[Metric]:
        for kind, name in (
            (ProbeKind.HTTP, "probe_http_duration_seconds"),
            (ProbeKind.GRPC, "probe_grpc_duration_seconds"),
        ):
            family = GaugeMetricFamily(
                name, "Duration by phase, summed over all redirects", labels=self._names("phase")
            )
            for one in self._results:
                for phase in Phase if one.result.kind is kind else ():
                    if (seconds := one.result.durations.of(phase)) is not None:
                        family.add_metric(self._values(one, phase), seconds)
            if family.samples:
                yield family

    def _infos(self) -> Iterator[Metric]:
        version = GaugeMetricFamily("probe_tls_version_info", "The TLS version used", labels=self._names("version"))
        cipher = GaugeMetricFamily("probe_tls_cipher_info", "The TLS cipher used", labels=self._names("cipher"))
        reason = GaugeMetricFamily(
            "goweb_probe_reason_info", "Why the probe ended as it did", labels=self._names("reason")
        )
        for one in self._results:
            reason.add_metric(self._values(one, one.result.reason), 1)
            if one.result.tls is not None:
                version.add_metric(self._values(one, one.result.tls.version.replace("TLSv", "TLS ")), 1)
                cipher.add_metric(self._values(one, one.result.tls.cipher), 1)
        yield from (family for family in (version, cipher, reason) if family.samples)


def _is_http(one: Labelled) -> bool:
    return one.result.kind is ProbeKind.HTTP


def _http(one: Labelled, value: float | None) -> float | None:
    return value if _is_http(one) else None


def _last_hop(one: Labelled) -> float | None:
    """1 when the answer came over TLS; a way that hides it tells nothing."""
    if not _is_http(one) or one.result.way is Way.API_PROXY:
        return None
    return float(one.result.tls is not None)


def _version(one: Labelled) -> float | None:
    return float(one.result.http_version) if _is_http(one) and one.result.http_version else _http(one, 0.0)


def _length(one: Labelled) -> float | None:
    result = one.result
    if result.content_length is not None:
        return _http(one, float(result.content_length))
    return _http(one, 0.0 if result.code is None else -1.0)


_GAUGES = (
    ("probe_success", "Displays whether or not the probe was a success", lambda one: float(one.result.success is True)),
    (
        "goweb_probe_known",
        "0 when it cannot be told whether the target is well, so that probe_success is 0 for lack of proof",
        lambda one: float(one.result.success is not None),
    ),
    ("probe_duration_seconds", "How long the probe took in seconds", lambda one: one.result.durations.total),
    ("probe_timeout_seconds", "The timeout that was applied, in seconds", lambda one: one.timeout),
    ("probe_dns_lookup_time_seconds", "Time of the DNS lookup in seconds", lambda one: one.result.durations.resolve),
    ("probe_http_status_code", "HTTP status code", lambda one: _http(one, float(one.result.code or 0))),
    ("probe_http_redirects", "The number of redirects", lambda one: _http(one, float(one.result.redirects))),
    ("probe_http_ssl", "Whether TLS was used for the final redirect", _last_hop),
    ("probe_http_version", "The version of HTTP of the answer", _version),
    ("probe_http_content_length", "Length of the HTTP content; -1 if unknown", _length),
    (
        "probe_http_uncompressed_body_length",
        "Length of the uncompressed body",
        lambda one: _http(one, float(one.result.body_length or 0)),
    ),
    (
        "probe_failed_due_to_regex",
        "Whether the probe failed due to a regular expression",
        lambda one: _http(one, float(one.result.body_mismatch)),
    ),
    (
        "probe_grpc_status_code",
        "Response gRPC status code",
        lambda one: (
            float(one.result.code) if one.result.kind is ProbeKind.GRPC and one.result.code is not None else None
        ),
    ),
    (
        "probe_ssl_earliest_cert_expiry",
        "When the server's certificate ends, as Unix time",
        lambda one: one.result.tls.expires.timestamp() if one.result.tls and one.result.tls.expires else None,
    ),
    ("goweb_probe_attempts", "Attempts in a row for this result", lambda one: float(one.result.attempts)),
)


def prober_text(known: ProberSnapshot) -> str:
    """How the background prober itself is doing."""
    registry = CollectorRegistry()
    registry.register(_Own(known))
    return generate_latest(registry).decode()


class _Own(Collector):
    def __init__(self, known: ProberSnapshot) -> None:
        self._known = known

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        known = self._known
        yield GaugeMetricFamily("goweb_prober_targets", "Targets that are probed", len(known.assignments))
        yield GaugeMetricFamily("goweb_prober_lag_seconds", "How late the newest probe began", known.lag)
        yield CounterMetricFamily("goweb_prober_missed_turns_total", "Turns that were not taken", known.missed)
