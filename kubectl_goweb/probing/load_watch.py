"""How busy the nodes are, for a screen: asked again and again on the side while somebody looks.

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

from kubectl_goweb.objects import Node
from kubectl_goweb.probing.kubelets import Relay
from kubectl_goweb.probing.node_usage import Getter, Used, first_told, from_kubelets, from_metrics_api
from kubectl_goweb.status.usage import Loads, Reading

INTERVAL = 30.0
"""Seconds between two rounds of questions."""
FORBIDDEN = 300.0
"""Seconds before somebody who may ask nobody tries again."""


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
    ) -> None:
        self._connection = connection
        self._now = now
        self._interval, self._forbidden = interval, forbidden
        self._changed = threading.Condition()
        self._nodes: Mapping[str, Node] = {}
        self._first = ""
        self._known: Loads | None = None
        self._due = 0.0  # of the monotonic clock
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def watch(self, nodes: Mapping[str, Node], first: str = "") -> None:
        """Ask about these, by name, from now on; where only some can be asked, `first` is one of them."""
        with self._changed:
            self._nodes, self._first = nodes, first
            if self._thread is None and nodes:
                self._thread = threading.Thread(target=self._run, name="node-loads", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def known(self, now: datetime) -> Loads:
        """What is known at `now`. What a node has told before stays while it tells nothing, with its time."""
        with self._changed:
            known = self._known
        return Loads(now) if known is None else structs.replace(known, now=now)

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
        while (nodes := self._wait()) is not None:
            at = self._now()
            used = first_told((lambda: from_metrics_api(self._connection, nodes), lambda: self._kubelets(nodes)))
            told = {name: Reading(usage, at) for name, usage in used.nodes.items()}
            pause = self._forbidden if used.is_forbidden and not told else self._interval
            with self._changed:
                before = self._known.readings if self._known is not None else {}
                kept = {node.name: before[node.name] for node in nodes if node.name in before}
                self._known = Loads(at, kept | told, at, used.gaps, used.is_forbidden)
                self._due = monotonic() + pause

    def _wait(self) -> list[Node] | None:
        """The nodes to ask about now, once there are any and it is time; None when it is over."""
        with self._changed:
            while not self._is_closed:
                left = self._due - monotonic() if self._nodes else None
                if left is not None and left <= 0:
                    return sorted(self._nodes.values(), key=lambda node: node.name != self._first)
                self._changed.wait(left)
        return None

    def _kubelets(self, nodes: list[Node]) -> Used:
        with self._changed:
            if self._is_closed:
                return Used({}, ())
        return from_kubelets(self._connection, nodes)
