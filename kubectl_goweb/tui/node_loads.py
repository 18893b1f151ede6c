"""How busy the nodes are: asked about while a screen shows nodes, and told in its words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import structs

from kubectl_goweb.objects import Node
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.usage import Loads, Thresholds
from kubectl_goweb.tui.source import LoadSource, Source


class NodeLoads:
    """One of it a cluster."""

    def __init__(self, source: Source, limits: Thresholds) -> None:
        """From `limits` on a node is too busy."""
        self._source = source
        self._limits = limits
        self._loads: LoadSource | None = None
        self._told: Loads | None = None

    def look(self, nodes: Mapping[str, Node], now: datetime, first: str = "") -> Loads:
        """What is known now; these nodes are asked about from now on, and nobody when there are none."""
        if nodes:
            self._loads = self._loads or self._source.loads()
            self._loads.watch(nodes, first)
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
        return known.asked != told.asked or any(known.is_fresh(one) != told.is_fresh(one) for one in known.readings)


def remark(loads: Loads) -> str:
    """Behind the title of the nodes: why nothing is known of any."""
    if loads.readings or loads.asked is None:
        return ""
    return f"CPU and memory: {'forbidden' if loads.is_forbidden else 'not known'}"


def notice(loads: Loads, nodes: Mapping[str, Node]) -> str:
    """Why something is not known, or is old; empty when it is fresh for all of them, and before anybody was asked."""
    if loads.asked is None or all(loads.is_fresh(name) for name in nodes):
        return ""
    return "\n".join(f"CPU and memory: {plain(why)}" for why in loads.gaps)
