"""The `goweb/v1` documents of `probe` and `nodes`; their schemas are published by cli.documents."""

from __future__ import annotations

from datetime import datetime

from kubectl_goweb.status.controlplane import Part
from kubectl_goweb.status.node_report import NodeReport
from kubectl_goweb.status.probes.report import ProbeReport
from kubectl_goweb.status.service_metrics import ServiceMetrics
from kubectl_goweb.status.verdicts import Answer, Gap


class ProbeDocument(Answer, frozen=True, gc=False):
    """The answer of `probe -o json`. Fields may be added within `goweb/v1`, never removed or renamed."""

    api_version: str
    kind: str
    context: str
    """Empty when only URLs were probed."""
    namespace: str
    at: datetime
    exit_code: int
    probes: tuple[ProbeReport, ...]
    metrics: tuple[ServiceMetrics, ...] = ()
    """Of the workloads, Services and Pods that were named."""
    gaps: tuple[Gap, ...] = ()


class NodesDocument(Answer, frozen=True, gc=False):
    """The answer of `nodes -o json`. Fields may be added within `goweb/v1`, never removed or renamed."""

    api_version: str
    kind: str
    context: str
    at: datetime
    exit_code: int
    control_plane: tuple[Part, ...]
    nodes: tuple[NodeReport, ...]
    gaps: tuple[Gap, ...]
