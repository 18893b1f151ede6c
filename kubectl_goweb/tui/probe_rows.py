"""Probe results as rows and as lines of text: Services first, for they are what callers meet, then each Pod. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from textual.content import Content

from kubectl_goweb.status.probes.kubelet import kubelet_views
from kubectl_goweb.status.probes.report import ProbeReport, pod_revision, report
from kubectl_goweb.tables import Row, Table, Tone
from kubectl_goweb.tables.probes import watched_probes
from kubectl_goweb.tui.detail_text import heading
from kubectl_goweb.tui.probed import Probed
from kubectl_goweb.tui.view import View
from kubectl_goweb.tui.words import line, table_lines

_TOLD = ("name", "request", "result", "ratio", "p50", "p95", "history")
_BARS = 16


def probe_rows(view: View, probed: Probed, *, signs: bool, bars: int) -> Table:
    """One row a probe: those of Services first, for they are what callers meet."""
    reports: list[ProbeReport] = []
    histories = {}
    for probes in probed.services.values():
        for one in probes:
            histories[one.target.key] = one.history
            reports.append(report(one.target, one.history.last, (), view.now, history=one.history))
    for key, probes in probed.pods.items():
        pod = view.snapshot.pods[key]
        views = kubelet_views(pod, view.snapshot.events.values(), view.now)
        revision = pod_revision(pod, view.snapshot.replica_sets)
        for one in probes:
            histories[one.target.key] = one.history
            told = report(one.target, one.history.last, views, view.now, history=one.history, revision=revision)
            reports.append(told)
    return watched_probes(reports, histories, view.now, signs=signs, bars=bars)


def probe_lines(
    view: View, pods: Iterable[str], services: Iterable[str], width: int, *, signs: bool
) -> Iterator[Content]:
    """What is known of these Pods and Services, `namespace/name` each, under a heading; nothing when nothing is."""
    probed = view.probed
    mine = replace(
        probed,
        pods={key: probed.pods[key] for key in pods if key in probed.pods},
        services={key: probed.services[key] for key in services if key in probed.services},
    )
    told = probe_rows(view, mine, signs=signs, bars=_BARS)
    if not told.rows:
        return
    places = [place for place, column in enumerate(told.columns) if column.key in _TOLD]
    shown = Table(
        tuple(told.columns[place] for place in places),
        tuple(Row(row.key, tuple(row.cells[place] for place in places)) for row in told.rows),
    )
    yield heading("Probes" if probed.is_running else "Probes (not running: the last results)")
    yield from (line("  ") + one for one in table_lines(shown, width - 2, ellipsis="…" if signs else "~"))
    why = [row.cells[-1] for row in told.rows if row.cells[-1].text]
    for cell in dict.fromkeys((cell.text, cell.tone) for cell in why):
        yield line(("  ", Tone.FAINT), (cell[0], Tone.FAINT))
    yield Content("")
