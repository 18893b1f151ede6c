"""The rows about nodes in full and the parts of the control plane."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import age
from kubectl_goweb.status.controlplane import Part
from kubectl_goweb.status.node_report import NodeReport
from kubectl_goweb.status.verdicts import Verdict
from kubectl_goweb.tables.loads import CPU, MEMORY, share
from kubectl_goweb.tables.model import Cell, Column, Row, Table, Tone
from kubectl_goweb.tables.probes import milliseconds
from kubectl_goweb.tables.tones import ASCII_SIGNS, SIGNS, verdict_tone

NODE_REPORT_COLUMNS = (
    Column("name", "NODE"),
    Column("verdict", "VERDICT"),
    Column("status", "STATUS"),
    Column("roles", "ROLES", spare=2),
    Column("ip", "IP", spare=4),
    Column("pods", "PODS", right=True, spare=3),
    CPU,
    MEMORY,
    Column("disk", "DISK", right=True, wide=True),
    Column("network", "NETWORK", right=True, wide=True),
    Column("errors", "ERRORS", right=True, wide=True),
    Column("rtt", "LATENCY", right=True, wide=True),
    Column("source", "METRICS", wide=True),
    Column("heartbeat", "HEARTBEAT", right=True),
    Column("version", "VERSION", spare=5),
    Column("age", "AGE", right=True, spare=6),
    Column("taints", "TAINTS", wide=True),
    Column("why", "WHY", elastic=True),
)
PART_COLUMNS = (
    Column("name", "PART"),
    Column("verdict", "VERDICT"),
    Column("latency", "LATENCY", right=True),
    Column("source", "BY", spare=1),
    Column("why", "WHY", elastic=True),
)


def node_reports(found: Iterable[NodeReport], now: datetime, *, signs: bool = True) -> Table:
    """One row a node. A share that no source has is `-`, which is not 0."""
    return Table(NODE_REPORT_COLUMNS, tuple(_node(one, now, signs=signs) for one in found))


def parts(found: Iterable[Part], *, signs: bool = True) -> Table:
    """One row a part of the control plane."""
    return Table(PART_COLUMNS, tuple(_part(one, signs=signs) for one in found))


def _node(one: NodeReport, now: datetime, *, signs: bool) -> Row:
    node, usage = one.node, one.usage
    tone = verdict_tone(one.verdict)
    return Row(
        f"Node//{node.name}",
        (
            _text(node.name),
            _verdict(one.verdict, "isolated" if one.verdict is Verdict.PAUSED else one.verdict, signs=signs),
            _text(node.status),
            _text(",".join(node.roles) or "<none>"),
            _text(node.ip or "<none>"),
            _text("?" if node.pods is None else str(node.pods)),
            share(usage.cpu if usage else None),
            share(usage.memory if usage else None),
            share(usage.disk if usage else None),
            _text("-" if usage is None or usage.network is None else f"{usage.network / 1e6:.1f}MB/s"),
            _text("-" if usage is None or usage.network_errors is None else f"{usage.network_errors:.1f}/s"),
            _text("-" if usage is None or usage.network_latency is None else milliseconds(usage.network_latency)),
            _text("-" if usage is None else usage.source),
            _text("?" if one.heartbeat is None else f"{max(0.0, one.heartbeat):.0f}s"),
            _text(node.version),
            _text(age(node.created, now)),
            _text(", ".join(node.taints)),
            Cell(plain("; ".join(one.reasons)), tone),
        ),
    )


def _part(one: Part, *, signs: bool) -> Row:
    tone = verdict_tone(one.verdict) if one.verdict is not Verdict.HEALTHY else Tone.PLAIN
    return Row(
        f"Part//{one.name}",
        (
            _text(one.name),
            _verdict(one.verdict, "not visible" if _is_hidden(one) else one.verdict, signs=signs),
            _text("" if one.latency is None else milliseconds(one.latency)),
            _text(one.source),
            Cell(plain(one.why.removeprefix("not visible: ")), tone),
        ),
    )


def _is_hidden(one: Part) -> bool:
    return one.verdict is Verdict.UNKNOWN and one.why.startswith("not visible")


def _verdict(verdict: Verdict, word: str, *, signs: bool) -> Cell:
    return Cell(f"{(SIGNS if signs else ASCII_SIGNS)[verdict]} {word}", verdict_tone(verdict))


def _text(text: str) -> Cell:
    return Cell(plain(text))
