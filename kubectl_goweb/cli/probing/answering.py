"""What `probe` asks and tells, once or again and again: the targets among what is there, one look at all of them, and
the results beside what the kubelets say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from threading import Event
from typing import TYPE_CHECKING

from msgspec import structs

from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments
from kubectl_goweb.cli.probing import naming
from kubectl_goweb.cli.probing.wishing import wish
from kubectl_goweb.errors import UsageError
from kubectl_goweb.hands import Hands
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.objects import Pod, Snapshot
from kubectl_goweb.probing.sending import Sender
from kubectl_goweb.status.probes.kubelet import KubeletView, kubelet_views
from kubectl_goweb.status.probes.report import ProbeReport, pod_revision, report
from kubectl_goweb.status.probes.results import ProbeResult, Way
from kubectl_goweb.status.probes.targets import Target

if TYPE_CHECKING:
    from kubectl_goweb.probing.kubelet_metrics import Counted  # loads prometheus_client

_HANDS = 32
_PAUSE = 0.3
"""Seconds between the attempts of one look."""
_NODES = 20
"""Nodes whose kubelets are asked for their counts."""


def looked(
    args: Arguments, environment: Environment, names: Sequence[naming.Named], connection: Connection | None
) -> tuple[Snapshot, naming.Found]:
    """What is there now, and the targets among it."""
    seen = Snapshot()
    if connection is not None:
        everywhere = getattr(args, "all_namespaces", False)
        if everywhere and names:
            raise UsageError("no target can be named in all namespaces", hint="use -n NAMESPACE instead of -A")
        namespace = "" if everywhere else connection.access.namespace
        seen = naming.look(connection, names, namespace, getattr(args, "selector", ""), environment.now)
    return seen, naming.find(names, seen, wish(args, timeout=args.timeout))


def look_once(
    sender: Sender, targets: Sequence[Target], took: Mapping[str, Way], retries: int
) -> dict[str, ProbeResult]:
    """Every target, side by side; one that fails is tried again, up to `retries` times in all."""

    def probe(target: Target) -> ProbeResult:
        for attempt in range(1, retries + 1):
            result = structs.replace(sender.probe(target, took[target.key]), attempts=attempt)
            if result.success is not False or attempt == retries:
                break
            Event().wait(_PAUSE)
        return result

    with Hands(min(_HANDS, len(targets)), "probe") as hands:
        return dict(zip((target.key for target in targets), hands.map(probe, targets), strict=True))


def counted(connection: Connection, seen: Snapshot, targets: Sequence[Target]) -> tuple[Counted, tuple[str, ...]]:
    """What the kubelets of these Pods' nodes have counted, and what could not be read."""
    from kubectl_goweb.probing.kubelet_metrics import read_counts  # loads prometheus_client

    pods = [pod for target in targets if (pod := _pod(seen, target)) is not None]
    return read_counts(connection, sorted({pod.spec.node_name for pod in pods if pod.spec.node_name})[:_NODES])


def reported(
    seen: Snapshot,
    targets: Sequence[Target],
    results: Mapping[str, ProbeResult],
    now: datetime,
    counts: Counted | None = None,
) -> tuple[ProbeReport, ...]:
    """The results beside what the kubelets say."""
    found = []
    for target in targets:
        pod = _pod(seen, target)
        views: tuple[KubeletView, ...] = ()
        if pod is not None:
            views = tuple(
                structs.replace(view, counts=(counts or {}).get((pod.key, view.declared.container, view.declared.role)))
                for view in kubelet_views(pod, seen.events.values(), now)
            )
        revision = pod_revision(pod, seen.replica_sets) if pod is not None else ""
        found.append(report(target, results.get(target.key), views, now, revision=revision))
    return tuple(found)


def _pod(seen: Snapshot, target: Target) -> Pod | None:
    ref = target.ref
    return seen.pods.get(f"{ref.namespace}/{ref.name}") if ref is not None and ref.kind == "Pod" else None
