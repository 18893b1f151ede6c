"""How busy the nodes are: asked about while a screen shows nodes, and told in its words."""

from __future__ import annotations

from datetime import datetime

from msgspec import structs

from kubectl_goweb.objects import FeedState, Kind, Snapshot
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.nodes import pods_by_node
from kubectl_goweb.status.usage import FRESH, Loads, Thresholds
from kubectl_goweb.tables import Table
from kubectl_goweb.tables.loads import nodes_with_loads
from kubectl_goweb.tui.source import LoadSource, Source
from kubectl_goweb.tui.view import View


class NodeLoads:
    """One of it a cluster."""

    def __init__(self, source: Source, limits: Thresholds) -> None:
        """From `limits` on a node is too busy."""
        self._source = source
        self._limits = limits
        self._loads: LoadSource | None = None
        self._told: Loads | None = None

    def look(self, snapshot: Snapshot, now: datetime, *, asks: bool, first: str = "") -> Loads:
        """What is known now. With `asks` its nodes are asked about from now on, `first` before the others, and their
        Pods are counted where only those of one namespace are watched; without, nobody is asked any more.
        """
        if asks and snapshot.nodes:
            self._loads = self._loads or self._source.loads()
            self._loads.watch(snapshot.nodes, first, counts=bool(snapshot.namespace))
        else:
            self.rest()
        known = self._loads.known(now) if self._loads is not None else Loads(now)
        self._told = structs.replace(known, limits=self._limits)
        return self._told

    def rest(self) -> None:
        """No screen shows nodes."""
        if self._loads is not None:
            self._loads.rest()

    def has_news(self, now: datetime) -> bool:
        """Whether something else is known than at the last look, or something has grown old since."""
        if self._loads is None or self._told is None:
            return False
        told, known = self._told, self._loads.known(now)
        if (known.asked, known.pods, known.pods_gap) != (told.asked, told.pods, told.pods_gap):
            return True
        if (known.pods_age > FRESH) != (told.pods_age > FRESH):
            return True
        return any(known.is_fresh(one) != told.is_fresh(one) for one in known.readings)


def rows(view: View, *, ascii_only: bool) -> Table:
    """One row a node."""
    pods = view.snapshot.feeds.get(Kind.POD)
    is_seen = pods is not None and (pods.state.is_current or pods.state is FeedState.STALE)
    here = pods_by_node(view.snapshot.pods.values()) if is_seen and view.loads.pods is None else None
    return nodes_with_loads(view.nodes, view.loads, view.now, here=here, signs=not ascii_only)


def remark(loads: Loads) -> str:
    """Behind the title of the nodes: why nothing is known of any."""
    if loads.readings or loads.asked is None:
        return ""
    return f"CPU and memory: {'forbidden' if loads.is_forbidden else 'not known'}"


def notice(view: View) -> str:
    """Why something is not known, or is old; empty when it is fresh for all of them, and before anybody was asked."""
    loads, said = view.loads, []
    if loads.asked is not None and not all(loads.is_fresh(name) for name in view.snapshot.nodes):
        said = [f"CPU and memory: {plain(why)}" for why in loads.gaps]
    if loads.pods_gap and view.snapshot.namespace:
        said.append(f"Pods of all namespaces: {plain(loads.pods_gap)}")
    return "\n".join(said)
