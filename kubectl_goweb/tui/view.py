"""One moment as the screens show it: the Snapshot, what it means, and the instant that ages are told for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kubectl_goweb.objects import FeedState, Kind, Snapshot
from kubectl_goweb.status.controlplane import Part, parts_of
from kubectl_goweb.status.node_report import NodeReport, node_report, with_busy_nodes
from kubectl_goweb.status.overview import Overview, overview
from kubectl_goweb.status.usage import Loads
from kubectl_goweb.status.verdicts import Finding
from kubectl_goweb.tui.feeds import told_at
from kubectl_goweb.tui.probed import Probed

WORKLOAD_KINDS = (Kind.DEPLOYMENT, Kind.STATEFUL_SET, Kind.DAEMON_SET)


_NOTHING = Probed()


@dataclass(frozen=True, slots=True)
class View:
    snapshot: Snapshot
    overview: Overview
    now: datetime
    loads: Loads
    """How busy the nodes are."""
    nodes: tuple[NodeReport, ...]
    """As `kubectl goweb nodes` judges them, by name; without heartbeats, of which nothing is known to the second."""
    findings: tuple[Finding, ...]
    """Of the overview, and of nodes that are too busy; worst first."""
    probed: Probed = _NOTHING
    """What is known of probes; what is asked for is not the cluster's and comes from the screen."""
    parts: tuple[Part, ...] = ()
    """Of the control plane, as it was when it was last asked about; see `facts.plane`."""

    @property
    def states(self) -> tuple[FeedState, ...]:
        """Of every feed."""
        return tuple(feed.state for feed in self.snapshot.feeds.values())

    def is_stale(self, *kinds: Kind) -> bool:
        """Whether what is shown of one of these kinds is old."""
        return any((feed := self.snapshot.feeds.get(k)) is not None and feed.state is FeedState.STALE for k in kinds)


def judge(snapshot: Snapshot, now: datetime, loads: Loads | None = None, *, server_version: str = "") -> View:
    """Pure, and slow for a large cluster: not for the screen's thread. Ages stop where a feed has become stale; what a
    node's load was judges it while it is fresh.
    """
    at, loads = told_at(snapshot.feeds, now), loads or Loads(now)
    told = overview(snapshot, at)
    nodes = tuple(
        node_report(
            snapshot.nodes[one.name], one, {}, loads.fresh(one.name), loads.limits, at, server_version=server_version
        )
        for one in told.nodes
    )
    used = {one.node.name: one.usage for one in nodes if one.usage is not None}
    findings = with_busy_nodes(told.findings, used, loads.limits)
    return View(snapshot, told, at, loads, nodes, findings, parts=parts_of(snapshot))
