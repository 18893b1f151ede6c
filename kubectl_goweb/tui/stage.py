"""What every screen needs to know of the program it is part of, and what it remembers beyond a screen's life."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from kubectl_goweb.objects import Kind
from kubectl_goweb.status.usage import Thresholds
from kubectl_goweb.tui.commands import Choices, History
from kubectl_goweb.tui.control_plane import PartMemory
from kubectl_goweb.tui.guards import Guards
from kubectl_goweb.tui.node_loads import NodeLoads
from kubectl_goweb.tui.panel import Panel
from kubectl_goweb.tui.probe_watch import ProbeWatch
from kubectl_goweb.tui.remembered import Memory
from kubectl_goweb.tui.sorting import Order
from kubectl_goweb.tui.source import Contexts, OnlyContext, Session, Source
from kubectl_goweb.tui.trail import Place, Trail
from kubectl_goweb.tui.view import WORKLOAD_KINDS, View

if TYPE_CHECKING:  # most sessions build and deploy nothing
    from kubectl_goweb.delivery.jobs.desk import Desk

_RECENT = 9


class Stage:
    """`zone` is the time zone of times of day, the machine's own when None; `now` the present; from `limits` on a node
    is too busy.
    """

    def __init__(
        self,
        source: Source,
        session: Session,
        zone: tzinfo | None,
        now: Callable[[], datetime],
        *,
        contexts: Contexts | None = None,
        memory: Memory | None = None,
        desk: Desk | None = None,
        limits: Thresholds,
        ascii_only: bool,
    ) -> None:
        self.desk = desk
        """Where builds and deploys are begun; None where there is no place for them."""
        self._limits = limits
        self.zone = zone
        self.now = now
        self.ascii_only = ascii_only
        self.contexts: Contexts = contexts or OnlyContext()
        self.memory = memory or Memory(None)
        self.history = History()
        self.orders: dict[str, Mapping[str, Order]] = {}
        """How the panels of a place are sorted."""
        self.begin(source, session)

    def begin(self, source: Source, session: Session) -> None:
        """Look at this cluster from now on."""
        self.source = source
        self.session = session
        self.view: View | None = None
        self.parts = PartMemory()
        self.probes = ProbeWatch(source)
        self.loads = NodeLoads(source, self._limits)
        self.newest: datetime | None = None
        """When the newest data came."""
        known, begun = self.memory.of(session.context), Place(session.namespace, "")
        left = Place(known.namespace, known.place) if known else begun
        self.sought = session.namespace
        """Where is to be looked; `namespace` follows once something was heard of it."""
        self.trail = Trail(begun, *([left] if left != begun else []))
        """Where this context was left the last time lies ahead."""
        self.recent: list[str] = []
        """Namespaces looked at, by the digit that leads there."""
        self.denied: frozenset[str] = frozenset()
        """Permissions that the user does not have where is looked, as far as that is known."""
        self.guards = Guards()
        self.policy = ""
        """How a change was guarded the last time; empty: not at all."""
        for namespace in (*(known.recent if known else ()), session.namespace):
            self.looked_at(namespace)

    @property
    def ellipsis(self) -> str:
        return "~" if self.ascii_only else "…"

    @property
    def namespace(self) -> str:
        """Where is looked now."""
        return self.view.snapshot.namespace if self.view else self.session.namespace

    def panel(self, title: str, name: str) -> Panel:
        return Panel(title, id=name, ascii_only=self.ascii_only)

    def looked_at(self, namespace: str) -> None:
        """Give the namespace a digit, if there is one left."""
        if namespace and namespace not in self.recent:
            self.recent = [*self.recent, namespace][-_RECENT:]

    def labels(self, key: str) -> Mapping[str, str]:
        """The labels of a row's object, as far as it is known."""
        kind, _, rest = key.partition("#")[0].partition("/")
        if self.view is None or kind not in Kind.__members__.values():
            return {}
        found = getattr(self.view.snapshot, Kind(kind).resource.field).get(rest.removeprefix("/"))
        return found.metadata.labels if found is not None else {}

    def workload_of(self, key: str) -> str:
        """The key of the workload that a row is about, or whose Pod it is about; empty when it is about none."""
        kind, _, rest = key.partition("/")
        if kind in WORKLOAD_KINDS:
            return key
        namespace, _, name = rest.partition("/")
        for one in self.view.overview.workloads if self.view and kind == Kind.POD else ():
            if one.ref.namespace == namespace and any(pod.name == name for pod in one.pods):
                return one.ref.key
        return ""

    def choices(self, columns: Sequence[str], *, wants_contexts: bool) -> Choices:
        """What the arguments of commands can be."""
        view = self.view
        contexts = tuple(self.contexts.names()) if wants_contexts else ()
        namespaces = dict.fromkeys((*self.recent, *(sorted(view.snapshot.namespaces) if view else ())))
        workloads = sorted({one.ref.short for one in view.overview.workloads} if view else ())
        return Choices(tuple(namespaces), contexts, tuple(workloads), tuple(columns))
