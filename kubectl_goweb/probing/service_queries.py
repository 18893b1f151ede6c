"""The questions about a service in PromQL, under the names that Go services usually give their metrics. Pure.

Placeholders of a query: `$pods` selects the series of its Pods (`namespace="shop",pod=~"web-..."`), as kube-prometheus
and most scrape configurations label them; `$namespace`, `$names` (the Pods as a regular expression), `$services`,
`$hosts` (addresses and names it is known under), `$window` and `$quantile` serve queries of one's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from kubectl_goweb.objects import Pod, Service
from kubectl_goweb.objects.networking import Ingress
from kubectl_goweb.status.endpoints import selects
from kubectl_goweb.status.verdicts import Ref

WINDOW = "5m"
NOBODY = "-"
"""A regular expression that no label matches: an empty one would match every series without that label."""
_COUNTERS = {
    "http_requests_total": ("code", "status", "status_code"),
    "http_server_request_duration_seconds_count": ("http_response_status_code",),
    "http_server_duration_milliseconds_count": ("http_status_code",),
    "http_request_duration_seconds_count": ("code", "status", "status_code"),
}
"""What counts requests, with the label that may hold the status: promhttp's usual name, OpenTelemetry's new and old
one, and the count of promhttp's usual histogram.
"""
_GRPC = "grpc_server_handled_total"
_GRPC_FAULTS = "Unknown|Internal|Unavailable|DataLoss|Unimplemented|DeadlineExceeded"
"""https://grpc.io/docs/guides/status-codes/: those that are not the caller's fault."""
_HISTOGRAMS = {
    "http_request_duration_seconds_bucket": "",
    "http_server_request_duration_seconds_bucket": "",
    "http_server_duration_milliseconds_bucket": " / 1000",
    "grpc_server_handling_seconds_bucket": "",
}


def _rate(counter: str, more: str = "") -> str:
    return f"sum(rate({counter}{{$pods{more}}}[$window]))"


def _first(queries: Iterable[str]) -> str:
    """The first that has a series: sums have no labels, so `or` takes the next one only where there is nothing."""
    return " or ".join(queries)


def _errors(counter: str, labels: Iterable[str], faults: str) -> str:
    """The share of failures, 0 when no series has failed but some tell their status; nothing when none does."""
    failed = [_rate(counter, f',{label}=~"{faults}"') for label in labels]
    told = ["0 * " + _rate(counter, f',{label}!=""') for label in labels]
    return f"({_first([*failed, *told])}) / {_rate(counter)}"


SERVICE_QUERIES: Mapping[str, str] = {
    "requests": _first(map(_rate, (*_COUNTERS, _GRPC))),
    "errors": _first(
        [
            *(_errors(counter, labels, "5..") for counter, labels in _COUNTERS.items()),
            _errors(_GRPC, ("grpc_code",), _GRPC_FAULTS),
        ]
    ),
    "latency": _first(
        f"histogram_quantile($quantile, sum by (le) (rate({name}{{$pods}}[$window]))){unit}"
        for name, unit in _HISTOGRAMS.items()
    ),
    "probes": 'probe_success{instance=~"$hosts"} or probe_success{target=~"$hosts"} or probe_success{$pods}'
    ' or probe_success{namespace="$namespace",name=~"$names|$services"}'
    ' or probe_success{namespace="$namespace",service=~"$services"}',
}
"""By name: requests a second, share of errors, seconds of a quantile; each gives one sample. `probes` gives one a
probe.
"""


class Subject(Struct, frozen=True):
    """Whose metrics are wanted."""

    ref: Ref
    pods: tuple[Pod, ...]
    services: tuple[Service, ...] = ()
    hosts: tuple[str, ...] = ()
    """Names and addresses under which others may probe it."""


def subject(ref: Ref, pods: Iterable[Pod], services: Iterable[Service], ingresses: Iterable[Ingress]) -> Subject:
    """With the Services that select these Pods and the hosts of Ingresses that lead there."""
    mine = tuple(pods)
    leading = tuple(
        one
        for one in services
        if one.namespace == ref.namespace
        and one.spec.selector
        and any(selects(one.spec.selector, pod.metadata.labels) for pod in mine)
    )
    hosts = [pod.status.pod_ip for pod in mine]
    for one in leading:
        hosts += [f"{one.name}.{one.namespace}{more}" for more in ("", ".svc", ".svc.cluster.local")]
        hosts.append(one.spec.cluster_ip)
    names = {one.name for one in leading}
    hosts += [
        rule.host
        for ingress in ingresses
        if ingress.namespace == ref.namespace
        for rule in ingress.spec.rules
        for path in (rule.http.paths if rule.http else ())
        if path.backend.service is not None and path.backend.service.name in names
    ]
    told = dict.fromkeys(host for host in hosts if host and host != "None" and "*" not in host)
    return Subject(ref, mine, leading, tuple(told))


def filled(query: str, about: Subject, quantile: float | None = None) -> str:
    """A query about this subject."""
    names = pods_pattern(about.pods) or NOBODY
    values = {
        "$pods": f'namespace="{about.ref.namespace}",pod=~"{names}"',
        "$namespace": about.ref.namespace,
        "$names": names,
        "$services": "|".join(_literal(one.name) for one in about.services) or NOBODY,
        "$hosts": f"([a-z]+://)?({'|'.join(map(_literal, about.hosts))})([:/].*)?" if about.hosts else NOBODY,
        "$window": WINDOW,
        "$quantile": "" if quantile is None else f"{quantile:g}",
    }
    for name, value in values.items():
        query = query.replace(name, value)
    return query


def pods_pattern(pods: Iterable[Pod]) -> str:
    """A regular expression for these Pods: by their controllers' names, so that it stays short with hundreds of them
    and counts those that went meanwhile. Controllers add a suffix without a dash.
    """
    parts = []
    for pod in pods:
        owner = pod.metadata.controller
        suffix = pod.name.removeprefix(f"{owner.name}-") if owner is not None else pod.name
        if owner is not None and suffix != pod.name and suffix.isalnum():
            parts.append(f"{_literal(owner.name)}-[a-z0-9]+")
        else:
            parts.append(_literal(pod.name))
    return "|".join(dict.fromkeys(parts))


def _literal(name: str) -> str:
    """Names and addresses hold nothing else that a regular expression or a string of PromQL would take otherwise."""
    return name.replace(".", "[.]")
