"""What each table shows. The command line and the cockpit print the same rows."""

from kubectl_goweb.tables.evacuation import evacuation, evacuation_lines
from kubectl_goweb.tables.layout import Layout, arrange
from kubectl_goweb.tables.model import Cell, Column, Row, Table, Tone
from kubectl_goweb.tables.probes import milliseconds, probes, result_tone, watched_probes
from kubectl_goweb.tables.rows import (
    facts,
    findings,
    nodes,
    pods,
    revisions,
    short_image,
    workload_name,
    workloads,
)
from kubectl_goweb.tables.tones import ASCII_SIGNS, SIGNS, phase_tone, pod_tone, severity_tone, verdict_tone

__all__ = [
    "ASCII_SIGNS",
    "SIGNS",
    "Cell",
    "Column",
    "Layout",
    "Row",
    "Table",
    "Tone",
    "arrange",
    "evacuation",
    "evacuation_lines",
    "facts",
    "findings",
    "milliseconds",
    "nodes",
    "phase_tone",
    "pod_tone",
    "pods",
    "probes",
    "result_tone",
    "revisions",
    "severity_tone",
    "short_image",
    "verdict_tone",
    "watched_probes",
    "workload_name",
    "workloads",
]
