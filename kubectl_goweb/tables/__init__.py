"""What each table shows. The command line and the cockpit print the same rows.

Here is what `status` prints; tables of single verbs are imported from their own modules, and not at every start.
"""

from kubectl_goweb.objects.text import short_image
from kubectl_goweb.tables.layout import Layout, arrange
from kubectl_goweb.tables.model import Cell, Column, Row, Table, Tone
from kubectl_goweb.tables.rows import (
    facts,
    findings,
    nodes,
    pods,
    revisions,
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
    "facts",
    "findings",
    "nodes",
    "phase_tone",
    "pod_tone",
    "pods",
    "revisions",
    "severity_tone",
    "short_image",
    "verdict_tone",
    "workload_name",
    "workloads",
]
