"""How busy the nodes are, and how many Pods they have, for a screen: asked again and again while somebody looks.

loads = LoadWatch(connection)
loads.watch(nodes)       again with every look at the cluster; returns at once
loads.known(now)         what was told, and when
loads.rest()             when nobody looks: what is known is kept
loads.close()
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from time import monotonic
from typing import Protocol

from msgspec import structs

from kubectl_goweb.errors import ApiError, ForbiddenError
from kubectl_goweb.objects import Node
from kubectl_goweb.probing.kubelets import Relay
from kubectl_goweb.probing.node_usage import Used, first_told, from_kubelets, from_metrics_api
from kubectl_goweb.probing.pod_counts import Getter, pod_counts
from kubectl_goweb.status.usage import Loads, PodCounts, Reading

INTERVAL = 30.0
"""Seconds between two rounds of questions."""
FORBIDDEN = 300.0
"""Seconds before somebody who may ask nobody tries again."""
COUNTED = 60.0
"""Seconds between two counts of the Pods."""
_COUNT_SHARE = 50
"""Nobody counts again before so many times what it took: of a very large cluster seldom."""


class _Connection(Getter, Relay, Protocol):
    """Asks the API server, and through it the kubelets."""


class LoadWatch:
    """Asks metrics.k8s.io, else the kubelets, one round at a time. Thread-safe; it never raises."""

    def __init__(
        self,
        connection: _Connection,
        now: Callable[[], datetime],
        *,
        interval: float = INTERVAL,
        forbidden: float = FORBIDDEN,
        counted: float = COUNTED,
    ) -> None:
        self._connection = connection
        self._now = now
        self._interval, self._forbidden, self._counted = interval, forbidden, counted
        self._changed = threading.Condition()
        self._nodes: Mapping[str, Node] = {}
        self._first = ""
        self._known = Loads(now())
        self._due = self._count_due = 0.0  # of the monotonic clock
        self._counts = False
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def watch(self, nodes: Mapping[str, Node], first: str = "", *, counts: bool = False) -> None:
        """Ask about these, by name, from now on; where only some can be asked, `first` is one of them. `counts`: their
        Pods too.
        """
        with self._changed:
            self._nodes, self._first, self._counts = nodes, first, counts
            if self._thread is None and nodes:
                self._thread = threading.Thread(target=self._run, name="node-loads", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def known(self, now: datetime) -> Loads:
        """What is known at `now`. What a node has told before stays while it tells nothing, with its time."""
        with self._changed:
            return structs.replace(self._known, now=now)

    def rest(self) -> None:
        """Ask nobody until the next watch(); what is known is kept."""
        with self._changed:
            self._nodes = {}

    def close(self) -> None:
        """Ask nobody any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _run(self) -> None:
        while (ask := self._wait()) is not None:
            ask()

    def _wait(self) -> Callable[[], None] | None:
        """What to ask now, once somebody looks and it is time; None when it is over."""
        with self._changed:
            while not self._is_closed:
                at = monotonic()
                if self._nodes and self._due <= at:
                    nodes = sorted(self._nodes.values(), key=lambda node: node.name != self._first)
                    return lambda: self._ask(nodes)
                if self._nodes and self._counts and self._count_due <= at:
                    return self._count
                due = min(self._due, self._count_due) if self._counts else self._due
                self._changed.wait(due - at if self._nodes else None)
        return None

    def _ask(self, nodes: list[Node]) -> None:
        at = self._now()
        used = first_told((lambda: from_metrics_api(self._connection, nodes), lambda: self._kubelets(nodes)))
        told = {name: Reading(usage, at) for name, usage in used.nodes.items()}
        pause = self._forbidden if used.is_forbidden and not told else self._interval
        with self._changed:
            before = self._known
            kept = {node.name: before.readings[node.name] for node in nodes if node.name in before.readings}
            self._known = structs.replace(
                before, readings=kept | told, asked=at, gaps=used.gaps, is_forbidden=used.is_forbidden
            )
            self._due = monotonic() + pause

    def _count(self) -> None:
        at, begun = self._now(), monotonic()
        try:
            counts, gap, pause = PodCounts(pod_counts(self._connection), at), "", self._counted
        except ApiError as error:
            counts, gap = None, error.sentence
            pause = self._forbidden if isinstance(error, ForbiddenError) else self._counted
        with self._changed:
            self._known = structs.replace(self._known, pods=counts or self._known.pods, pods_gap=gap)
            self._count_due = monotonic() + max(pause, _COUNT_SHARE * (monotonic() - begun))

    def _kubelets(self, nodes: list[Node]) -> Used:
        with self._changed:
            if self._is_closed:
                return Used({}, ())
        return from_kubelets(self._connection, nodes)
