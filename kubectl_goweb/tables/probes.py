"""The rows about probes: our results beside the kubelet's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.probes.history import History
from kubectl_goweb.status.probes.kubelet import KubeletView
from kubectl_goweb.status.probes.report import ProbeReport
from kubectl_goweb.status.probes.results import Phase, ProbeResult, Reason
from kubectl_goweb.tables.model import Cell, Column, Row, Table, Tone

PROBE_COLUMNS = (
    Column("namespace", "NAMESPACE", wide=True),
    Column("name", "TARGET"),
    Column("revision", "REV", spare=4),
    Column("request", "PROBE", spare=1),
    Column("result", "RESULT"),
    Column("code", "CODE", right=True, spare=3),
    Column("time", "TIME", right=True),
    Column("kubelet", "KUBELET"),
    Column("via", "VIA", spare=2),
    *(Column(phase, phase.upper(), right=True, wide=True) for phase in ("resolve", "connect", "tls", "processing")),
    Column("transfer", "TRANSFER", right=True, wide=True),
    Column("budget", "BUDGET", wide=True),
    Column("counts", "KUBELET COUNTS", wide=True),
    Column("why", "WHY", elastic=True),
)
WATCH_COLUMNS = (
    Column("namespace", "NAMESPACE", wide=True),
    Column("name", "TARGET"),
    Column("revision", "REV", spare=6),
    Column("request", "PROBE", spare=4),
    Column("result", "RESULT"),
    Column("ratio", "OK%", right=True),
    Column("p50", "P50", right=True, spare=1),
    Column("p95", "P95", right=True, spare=2),
    Column("history", "HISTORY", spare=3),
    Column("kubelet", "KUBELET"),
    Column("via", "VIA", spare=5),
    Column("why", "WHY", elastic=True),
)


def probes(found: Iterable[ProbeReport], now: datetime) -> Table:
    """One row a target: a single look."""
    return Table(PROBE_COLUMNS, tuple(_row(one, now) for one in found))


def watched_probes(
    found: Iterable[ProbeReport], histories: Mapping[str, History], now: datetime, *, signs: bool = True, bars: int = 30
) -> Table:
    """One row a target, with what its history says. `bars` is the length of the line of bars."""
    return Table(
        WATCH_COLUMNS,
        tuple(_watched(one, histories.get(one.target, History()), now, signs=signs, bars=bars) for one in found),
    )


def _row(one: ProbeReport, now: datetime) -> Row:
    result = one.result
    durations = result.durations if result else None
    phases = [durations.of(phase) if durations else None for phase in Phase]
    return Row(
        _key(one),
        (
            _text(one.ref.namespace if one.ref else ""),
            _text(one.ref.short if one.ref else one.target),
            _text(one.revision),
            _text(one.request),
            _result(result),
            _text("" if result is None or result.code is None else str(result.code)),
            _text(
                milliseconds(durations.total) if durations and result and result.reason is not Reason.NOT_SEEN else ""
            ),
            _kubelet(one.kubelet, now),
            _text("" if result is None else result.way),
            *(_text("-" if seconds is None else milliseconds(seconds)) for seconds in phases),
            _text(", ".join(f"{view.declared.role} {view.declared.budget:g}s" for view in one.kubelet)),
            _text(", ".join(view.counts.says if view.counts else "-" for view in one.kubelet)),
            _why(one),
        ),
    )


def _watched(one: ProbeReport, history: History, now: datetime, *, signs: bool, bars: int) -> Row:
    facts, result = one.history, one.result
    ratio = facts.success_ratio if facts else None
    return Row(
        _key(one),
        (
            _text(one.ref.namespace if one.ref else ""),
            _text(one.ref.short if one.ref else one.target),
            _text(one.revision),
            _text(one.request),
            _result(result),
            Cell("" if ratio is None else f"{ratio * 100:.0f}", Tone.PLAIN if ratio in (None, 1.0) else Tone.WARN),
            _text("" if facts is None or facts.p50 is None else milliseconds(facts.p50)),
            _text("" if facts is None or facts.p95 is None else milliseconds(facts.p95)),
            _text(history.sparkline(bars, signs=signs)),
            _kubelet(one.kubelet, now),
            _text("" if result is None else result.way),
            _why(one),
        ),
    )


def _key(one: ProbeReport) -> str:
    """The object's key, so that its row leads to it; a row of several a Pod is told apart behind the `#`."""
    return f"{one.ref.key}#{one.request}" if one.ref else one.target


def _result(result: ProbeResult | None) -> Cell:
    """The typed reason; how many attempts it took when it was more than one."""
    if result is None:
        return Cell("not yet", Tone.FAINT)
    tries = f" ({result.attempts} tries)" if result.attempts > 1 else ""
    return Cell(f"{result.reason}{tries}", result_tone(result))


def result_tone(result: ProbeResult) -> Tone:
    if result.success is None:
        return Tone.HELD
    if not result.success:
        return Tone.BAD
    return Tone.WARN if result.warning or result.attempts > 1 else Tone.GOOD


def _kubelet(views: tuple[KubeletView, ...], now: datetime) -> Cell:
    """The worst of the kubelet's probes of this request that it tells of."""
    failing = [view for view in views if view.passing is False]
    told = failing or [view for view in views if view.passing is not None] or list(views)
    if not told:
        return Cell("-", Tone.FAINT)
    view = told[0]
    return _toned(view, f"{view.declared.role} {view.says(now)}")


def _toned(view: KubeletView, text: str) -> Cell:
    return Cell(plain(text), Tone.FAINT if view.passing is None else Tone.GOOD if view.passing else Tone.BAD)


def _why(one: ProbeReport) -> Cell:
    result = one.result
    said = [] if result is None else [result.detail, result.warning]
    failing = next((view for view in one.kubelet if view.passing is False and view.complaint), None)
    if failing is not None and not one.disagreement:
        said.append(f"kubelet: {failing.complaint}")
    return _text("; ".join(text for text in (*said, one.disagreement) if text))


def milliseconds(seconds: float) -> str:
    """A duration as people compare it: `0.8ms`, `23ms`, `1.20s`."""
    if seconds >= 1:
        return f"{seconds:.2f}s"
    return f"{seconds * 1000:.1f}ms" if seconds < 0.01 else f"{seconds * 1000:.0f}ms"


def _text(text: str) -> Cell:
    return Cell(plain(text))
