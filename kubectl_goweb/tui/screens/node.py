"""One node: how it is, what it has to give and what its Pods ask for, the Pods themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction

from textual.containers import Container
from textual.content import Content
from textual.widget import Widget

from kubectl_goweb.objects import Kind, Node
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import age, duration
from kubectl_goweb.status.node_load import Load, load, node_pods, pod_load
from kubectl_goweb.status.nodes import NodeHealth
from kubectl_goweb.status.quantities import amount_text, quantity
from kubectl_goweb.status.usage import FRESH, Loads
from kubectl_goweb.status.verdicts import Evidence, Ref
from kubectl_goweb.tables import ASCII_SIGNS, SIGNS, Tone, verdict_tone
from kubectl_goweb.tables.loads import share
from kubectl_goweb.tui import detail_text
from kubectl_goweb.tui.details import Details, Writer
from kubectl_goweb.tui.feeds import notice
from kubectl_goweb.tui.pod_rows import PodRows
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.summary import Summary
from kubectl_goweb.tui.view import View
from kubectl_goweb.tui.viewing import ViewScreen
from kubectl_goweb.tui.words import line

_BAR = 20
_FINE = {"cpu": Fraction(1, 1000), "memory": Fraction(2**20)}
"""How exactly it is told what is used: in thousandths of a core, in MiB."""
_FULL = 90
"""Percent of the allocatable from which on little more finds room."""


class NodeScreen(ViewScreen):
    shows_nodes = True
    AUTO_FOCUS = "#tree LiveTable"

    def __init__(self, stage: Stage, key: str) -> None:
        super().__init__(stage)
        self.about = key
        self._node_name = name = key.removeprefix("Node//")
        self._summary = Summary()
        self._rows = PodRows(name)
        self._pods = stage.panel(f"Pods on {plain(name)}", "tree")
        self._details = Details("Why", id="details")

    def body(self) -> Iterable[Widget]:
        return (self._summary, Container(self._pods, self._details, id="halves"))

    def prepare(self, view: View) -> Callable[[], None]:
        rows = self._rows.table(view.snapshot.pods, view.now)
        node = view.snapshot.nodes.get(self._node_name)
        health = next((one.judged for one in view.nodes if one.node.name == self._node_name), None)
        where = f" in namespace {view.snapshot.namespace}" if view.snapshot.namespace else ""
        missing = notice(view.snapshot.feeds, (Kind.POD,), count=len(rows.rows), none=f"no Pods on it{where}")
        loads = load(node, node_pods(view.snapshot.pods.values(), self._node_name)) if node is not None else ()
        counted = pod_load(node, view.loads.pods.nodes.get(node.name, 0)) if node and view.loads.pods else None
        is_stale = node is None or view.is_stale(Kind.NODE)

        def paint() -> None:
            self._summary.show(self._summarize(node, health, loads, counted, view))
            self._summary.set_class(is_stale, "-stale")
            without = ("namespace", "node") if view.snapshot.namespace else ("node",)
            self._pods.show(rows, notice=missing, without=without, is_stale=view.is_stale(Kind.POD))
            self._details.show(self._explain(node, health, view))
            self._details.set_class(is_stale, "-stale")

        return paint

    def _summarize(
        self, known: Node | None, node: NodeHealth | None, loads: tuple[Load, ...], counted: Load | None, view: View
    ) -> Writer:
        """`counted` are the Pods of all namespaces, where they had to be counted."""

        def write(width: int) -> Iterator[Content]:
            if known is None or node is None:
                yield line((f"node/{plain(self._node_name)} is not there, or may not be read", Tone.WARN))
                return
            sign = (ASCII_SIGNS if self.stage.ascii_only else SIGNS)[node.verdict]
            tone = verdict_tone(node.verdict)
            yield line(
                (f"node/{plain(node.name)}", "bold"),
                "   ",
                (f"{sign} {node.verdict}", tone),
                (f"  {plain(node.why)}" if node.why else "", tone),
            )
            yield line(
                ("status ", Tone.FAINT),
                plain(node.status),
                ("   roles ", Tone.FAINT),
                plain(",".join(node.roles) or "<none>"),
                ("   ip ", Tone.FAINT),
                plain(node.ip or "<none>"),
                ("   kubelet ", Tone.FAINT),
                plain(node.version),
                ("   age ", Tone.FAINT),
                age(node.created, view.now),
            )
            if node.taints:
                yield line(("taints ", Tone.FAINT), plain(", ".join(node.taints)))
            yield from (self._load(one, counted, view) for one in loads)
            yield from _used(view.loads, known)

        return write

    def _load(self, one: Load, counted: Load | None, view: View) -> Content:
        """A bar; without one when only some of the Pods could be counted."""
        namespace = view.snapshot.namespace
        head = line((f"{one.resource:<7}", Tone.FAINT))
        what, where = " asked for", ""
        if namespace and counted is not None and one.resource == counted.resource:
            old = f", {duration(view.loads.pods_age)} ago" if view.loads.pods_age > FRESH else ""
            one, what, where = counted, "", f", of all namespaces{old}"
        elif namespace:
            room = f" of {one.allocatable} allocatable" if one.allocatable else ""
            return head + line(
                f"{one.asked}{room}", (f" asked for by Pods of namespace {plain(namespace)} alone", Tone.FAINT)
            )
        if one.percent is None:
            return head + line(one.asked, (f"{what}{where}; the node does not say what it has", Tone.FAINT))
        full, empty = ("#", ".") if self.stage.ascii_only else ("█", "░")
        filled = min(one.percent, 100) * _BAR // 100
        tone = Tone.WARN if one.percent >= _FULL else Tone.GOOD
        return head + line(
            (full * filled, tone),
            (empty * (_BAR - filled), Tone.FAINT),
            f" {one.percent} %",
            (f"  {one.asked}{what} of {one.allocatable} allocatable{where}", Tone.FAINT),
        )

    def _explain(self, node: Node | None, health: NodeHealth | None, view: View) -> Writer:
        conditions = tuple(
            Evidence(
                f"{one.type}={one.status}",
                plain(": ".join(part for part in (one.reason, one.message) if part)),
                one.last_transition_time,
            )
            for one in (node.status.conditions if node is not None else ())
        )

        def write(width: int) -> Iterator[Content]:
            findings = tuple(one for one in view.findings if one.object == Ref("Node", self._node_name))
            if findings:
                yield from detail_text.findings(findings, view.now, width)
            elif health is not None:
                yield line(("nothing is known to be wrong", Tone.FAINT))
                yield Content("")
            yield from detail_text.facts("Conditions", conditions, view.now, width, ellipsis=self.stage.ellipsis)

        return write


def _used(loads: Loads, node: Node) -> Iterator[Content]:
    """What a node uses of what is allocatable, by whom that is told; or why it is not known."""
    head = line((f"{'used':<7}", Tone.FAINT))
    reading = loads.readings.get(node.name)
    if reading is None:
        why = "; ".join(loads.gaps) or "it tells nothing"
        yield head + line((f"not known: {plain(why)}" if loads.asked else "not asked yet", Tone.FAINT))
        return
    there, usage, limits = node.status.allocatable, reading.usage, loads.limits
    parts = [("cpu", share(usage.cpu, limits.cpu), usage.cpu, there.cpu)]
    parts += [("memory", share(usage.memory, limits.memory), usage.memory, there.memory)]
    is_fresh = loads.is_fresh(node.name)
    for resource, cell, part, room in parts:
        head += line((f"{resource} {cell.text}{_of(resource, part, room)}   ", cell.tone if is_fresh else Tone.FAINT))
    old = "" if is_fresh else f", {duration(loads.age(node.name))} ago"
    yield head + line((f"by {usage.source}{old}", Tone.FAINT))


def _of(resource: str, part: float | None, there: str | float) -> str:
    """How much that is of how much."""
    room = quantity(there) if there != "" else None
    if part is None or room is None:
        return ""
    step = _FINE[resource]
    amount, whole = (amount_text(resource, round(one / step) * step) for one in (Fraction(part) * room, room))
    return f", {amount} of {whole}"
