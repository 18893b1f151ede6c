"""What Prometheus knows of a service: how much it is asked, how often it fails, how long it takes, and what other
probers say of it. Values only; where they come from lives in probing.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_goweb.status.verdicts import Answer, Ref


class ExistingProbe(Answer, frozen=True, gc=False):
    """A series `probe_success` that somebody's blackbox_exporter, or ours, writes already."""

    target: str
    success: bool
    job: str = ""


class ServiceMetrics(Answer, frozen=True, gc=False):
    """Over the last `window`, all Pods together; None where there is no such series, which is not 0."""

    ref: Ref
    source: str
    """Which Prometheus."""
    window: str
    """As PromQL writes it: `5m`."""
    request_rate: float | None = None
    """Requests a second."""
    error_ratio: float | None = None
    """Between 0 and 1: the share that was answered with 5xx, or a gRPC status that is the server's fault."""
    p50: float | None = None
    """Seconds within which half of the requests were answered; so are `p95` and `p99`."""
    p95: float | None = None
    p99: float | None = None
    probes: tuple[ExistingProbe, ...] = ()
    absent: tuple[str, ...] = ()
    """A sentence for everything that is None, and for probes that nobody sends."""


NO_SERIES = ": no such series"
LATENCIES = ("p50", "p95", "p99")
_NAMES = {
    "request_rate": "request rate",
    "error_ratio": "error ratio",
    **dict.fromkeys(LATENCIES, "latency"),
    "probes": "probe_success",
}


def absences(rate: float | None, missing: dict[str, str], window: str) -> Iterator[str]:
    """One sentence for each thing that is not known; `missing` says by field why, empty for no such series.

    Without requests there is nothing to divide by: that is told once, and not as missing metrics.
    """
    told = set()
    if rate == 0:
        told = {_NAMES[field] for field in ("error_ratio", *LATENCIES) if not missing.get(field)}
        yield f"error ratio and latency: no requests in the last {window}"
    for field, why in missing.items():
        name = _NAMES[field]
        if name not in told:
            told.add(name)
            yield f"{name}: {why}" if why else f"{name}{NO_SERIES}"
