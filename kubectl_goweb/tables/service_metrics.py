"""The rows about what Prometheus knows of services."""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.service_metrics import LATENCIES, NO_SERIES, ServiceMetrics
from kubectl_goweb.tables.model import Cell, Column, Row, Table, Tone
from kubectl_goweb.tables.probes import milliseconds

SERVICE_METRICS_COLUMNS = (
    Column("namespace", "NAMESPACE", wide=True),
    Column("name", "SERVICE"),
    Column("requests", "REQUESTS", right=True),
    Column("errors", "ERRORS", right=True),
    *(Column(name, name.upper(), right=True) for name in LATENCIES),
    Column("probes", "PROBE_SUCCESS", spare=2),
    Column("window", "OVER", spare=3),
    Column("source", "PROMETHEUS", wide=True),
    Column("absent", "ABSENT", elastic=True),
)


def service_metrics(found: Iterable[ServiceMetrics]) -> Table:
    """One row a service. What Prometheus does not have is `-`, which is not 0."""
    return Table(SERVICE_METRICS_COLUMNS, tuple(_row(one) for one in found))


def _row(one: ServiceMetrics) -> Row:
    return Row(
        one.ref.key,
        (
            Cell(plain(one.ref.namespace)),
            Cell(plain(one.ref.short)),
            _known("" if one.request_rate is None else requests(one.request_rate)),
            _known("" if one.error_ratio is None else share(one.error_ratio), Tone.WARN if one.error_ratio else None),
            *(_known("" if (seconds := getattr(one, name)) is None else milliseconds(seconds)) for name in LATENCIES),
            _probes(one),
            Cell(one.window),
            Cell(plain(one.source)),
            Cell(plain(_absent(one)), Tone.FAINT),
        ),
    )


def _absent(one: ServiceMetrics) -> str:
    """Why each is not known; what just is not there in one breath."""
    missing = [told.removesuffix(NO_SERIES) for told in one.absent if told.endswith(NO_SERIES)]
    others = [told for told in one.absent if not told.endswith(NO_SERIES)]
    return "; ".join([*others, *([f"no series: {', '.join(missing)}"] if missing else [])])


def requests(rate: float) -> str:
    """A rate as people compare it: `0.4/s`, `12/s`."""
    return f"{rate:.0f}/s" if rate >= 10 or rate == 0 else f"{rate:.2g}/s"


def share(ratio: float) -> str:
    """A share of failures: a small one must not be told as none."""
    percent = ratio * 100
    return "<0.1 %" if 0 < percent < 0.1 else f"{percent:.0f} %" if percent in (0, 100) else f"{percent:.1f} %"


def _known(text: str, tone: Tone | None = None) -> Cell:
    return Cell(text or "-", tone or (Tone.PLAIN if text else Tone.FAINT))


def _probes(one: ServiceMetrics) -> Cell:
    if not one.probes:
        return Cell("-", Tone.FAINT)
    bad = [probe.target for probe in one.probes if not probe.success]
    well = len(one.probes) - len(bad)
    failing = f", not {plain(bad[0], 60)}" if bad else ""
    return Cell(f"{well} of {len(one.probes)}{failing}", Tone.BAD if bad else Tone.GOOD)
