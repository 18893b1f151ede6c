"""The rows of every table. Cells hold plain text: control characters are taken out here, once, for every front."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kubectl_goweb.objects.text import plain, short_image
from kubectl_goweb.status.ages import age
from kubectl_goweb.status.nodes import NodeHealth
from kubectl_goweb.status.pod_trouble import Trouble
from kubectl_goweb.status.pods import PodHealth
from kubectl_goweb.status.verdicts import Evidence, Finding, Verdict
from kubectl_goweb.status.workloads import Revision, Workload
from kubectl_goweb.tables.model import Cell, Column, Row, Table, Tone
from kubectl_goweb.tables.tones import ASCII_SIGNS, SIGNS, phase_tone, pod_tone, severity_tone, verdict_tone

WORKLOAD_COLUMNS = (
    Column("namespace", "NAMESPACE", spare=3),
    Column("name", "NAME"),
    Column("verdict", "VERDICT"),
    Column("ready", "READY", right=True),
    Column("updated", "UPDATED", right=True, spare=5),
    Column("available", "AVAILABLE", right=True, spare=6),
    Column("revision", "REV", right=True),
    Column("image", "IMAGE", spare=2),
    Column("restarts", "RESTARTS", right=True, spare=1),
    Column("age", "AGE", right=True, spare=4),
    Column("phase", "ROLLOUT", wide=True),
    Column("services", "ENDPOINTS", wide=True),
    Column("why", "WHY", elastic=True),
)


def workloads(found: Iterable[Workload], now: datetime, *, signs: bool = True) -> Table:
    """One row a Deployment, StatefulSet or DaemonSet. READY is ready of desired, as kubectl counts."""
    return Table(WORKLOAD_COLUMNS, tuple(_workload(one, now, signs=signs) for one in found))


def workload_name(one: Workload) -> str:
    """A Deployment by its name; the other kinds by kubectl's short form, `sts/postgres`."""
    return one.ref.name if one.ref.kind == "Deployment" else one.ref.short


def _workload(one: Workload, now: datetime, *, signs: bool) -> Row:
    counts, tone = one.counts, verdict_tone(one.verdict)
    short = counts.ready < counts.desired
    sign = (SIGNS if signs else ASCII_SIGNS)[one.verdict]
    recent = one.restarted_at is not None and (now - one.restarted_at).total_seconds() < 3600
    return Row(
        one.ref.key,
        (
            _text(one.ref.namespace),
            _text(workload_name(one)),
            Cell(f"{sign} {one.verdict}", tone),
            Cell(f"{counts.ready}/{counts.desired}", tone if short else Tone.PLAIN),
            Cell(str(counts.updated), Tone.BUSY if counts.updated < counts.desired else Tone.PLAIN),
            Cell(str(counts.available), tone if counts.available < counts.desired else Tone.PLAIN),
            Cell(str(one.rollout.revision) if one.rollout.revision else "?"),
            _text(", ".join(short_image(image) for image in one.images)),
            Cell(_restarts(one, now), Tone.WARN if recent else Tone.PLAIN),
            Cell(age(one.created, now)),
            Cell(one.rollout.phase, phase_tone(one.rollout.phase)),
            _text(", ".join(f"{e.service} {e.ready}/{e.total}" for e in one.endpoints)),
            _text(one.why, tone if one.verdict.rank >= Verdict.UNKNOWN.rank else Tone.PLAIN),
        ),
    )


def _restarts(one: Workload, now: datetime) -> str:
    if one.restarts is None:
        return "?"
    return f"{one.restarts} ({age(one.restarted_at, now)} ago)" if one.restarted_at else str(one.restarts)


POD_COLUMNS = (
    Column("namespace", "NAMESPACE", spare=3),
    Column("name", "NAME"),
    Column("ready", "READY", right=True),
    Column("status", "STATUS"),
    Column("restarts", "RESTARTS"),
    Column("age", "AGE", right=True),
    Column("ip", "IP", wide=True),
    Column("node", "NODE", wide=True),
    Column("why", "WHY", elastic=True),
)


def pods(found: Iterable[PodHealth], now: datetime) -> Table:
    """One row a Pod, with kubectl's READY, STATUS, RESTARTS and AGE."""
    return Table(POD_COLUMNS, tuple(_pod(one, now) for one in found))


def _pod(pod: PodHealth, now: datetime) -> Row:
    tone = pod_tone(pod)
    why = ": ".join(part for part in (pod.reason, pod.message) if part) if pod.trouble is not Trouble.NONE else ""
    return Row(
        f"Pod/{pod.namespace}/{pod.name}",
        (
            _text(pod.namespace),
            _text(pod.name),
            Cell(pod.ready_text, tone if pod.ready < pod.total else Tone.PLAIN),
            _text(pod.status, tone),
            Cell(pod.restarts_text(now)),
            Cell(age(pod.created, now)),
            _text(pod.ip or "<none>"),
            _text(pod.node or "<none>"),
            _text(why, tone),
        ),
    )


NODE_COLUMNS = (
    Column("name", "NAME"),
    Column("verdict", "VERDICT"),
    Column("status", "STATUS", spare=4),
    Column("roles", "ROLES", spare=2),
    Column("ip", "IP", spare=3),
    Column("pods", "PODS", right=True),
    Column("age", "AGE", right=True, spare=6),
    Column("version", "VERSION", spare=5),
    Column("taints", "TAINTS", wide=True),
    Column("why", "WHY", elastic=True),
)


def nodes(found: Iterable[NodeHealth], now: datetime, *, signs: bool = True) -> Table:
    """One row a node, with kubectl's STATUS, ROLES and AGE. PODS is `?` unless all namespaces were looked at."""
    return Table(NODE_COLUMNS, tuple(_node(one, now, signs=signs) for one in found))


def _node(node: NodeHealth, now: datetime, *, signs: bool) -> Row:
    tone = verdict_tone(node.verdict)
    word = "isolated" if node.verdict is Verdict.PAUSED else str(node.verdict)
    sign = (SIGNS if signs else ASCII_SIGNS)[node.verdict]
    return Row(
        f"Node//{node.name}",
        (
            _text(node.name),
            Cell(f"{sign} {word}", tone),
            _text(node.status, Tone.PLAIN if node.status == "Ready" else tone),
            _text(",".join(node.roles) or "<none>"),
            _text(node.ip or "<none>"),
            Cell("?" if node.pods is None else str(node.pods)),
            Cell(age(node.created, now)),
            _text(node.version),
            _text(", ".join(node.taints)),
            _text(node.why, tone),
        ),
    )


REVISION_COLUMNS = (
    Column("revision", "REVISION", right=True),
    Column("image", "IMAGE"),
    Column("pods", "PODS", right=True),
    Column("ready", "READY", right=True),
    Column("age", "AGE", right=True),
    Column("name", "NAME"),
    Column("cause", "CHANGE-CAUSE", elastic=True),
)


def revisions(found: Iterable[Revision], now: datetime) -> Table:
    """One row a recorded Pod template, newest first."""
    return Table(REVISION_COLUMNS, tuple(_revision(one, now) for one in found))


def _revision(one: Revision, now: datetime) -> Row:
    tone = Tone.PLAIN if one.existing or one.is_current else Tone.FAINT
    return Row(
        f"Revision//{one.name}",
        (
            Cell(f"{one.number}{' *' if one.is_current else '  '}", tone),
            _text(", ".join(short_image(image) for image in one.images), tone),
            Cell(str(one.existing), tone),
            Cell(str(one.ready), Tone.GOOD if one.existing and one.ready == one.existing else tone),
            Cell(age(one.created, now), tone),
            _text(one.name, tone),
            _text(one.change_cause or "<none>", tone),
        ),
    )


FACT_COLUMNS = (
    Column("age", "AGE", right=True),
    Column("source", "WHAT"),
    Column("text", "SAYS", elastic=True),
)


def facts(found: Iterable[Evidence], now: datetime) -> Table:
    """Conditions and events: how long ago, what, in which words."""
    return Table(
        FACT_COLUMNS,
        tuple(
            Row(f"Fact//{number}", (Cell(age(one.at, now) if one.at else ""), _text(one.source), _text(one.text)))
            for number, one in enumerate(found)
        ),
    )


FINDING_COLUMNS = (
    Column("severity", "SEVERITY"),
    Column("code", "CODE"),
    Column("namespace", "NAMESPACE"),
    Column("object", "OBJECT"),
    Column("since", "SINCE", right=True),
    Column("title", "FINDING", elastic=True),
    Column("next", "NEXT", wide=True),
)


def findings(found: Iterable[Finding], now: datetime) -> Table:
    """One row a root, worst first; what only follows from it is told with it."""
    return Table(FINDING_COLUMNS, tuple(_finding(one, now) for one in found if one.is_root))


def _finding(one: Finding, now: datetime) -> Row:
    tone = severity_tone(one.severity)
    return Row(
        f"{one.object.key}#{one.code}",
        (
            Cell(one.severity, tone),
            Cell(one.code),
            _text(one.object.namespace),
            _text(one.object.short),
            Cell(age(one.since, now) if one.since else "?"),
            _text(one.title, tone),
            _text(one.next),
        ),
    )


def _text(text: str, tone: Tone = Tone.PLAIN) -> Cell:
    return Cell(plain(text), tone)
