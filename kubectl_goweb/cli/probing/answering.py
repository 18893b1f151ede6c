"""What `probe` asks and tells, once or again and again: the targets among what is there, one look at all of them, and
the results beside what the kubelets say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Event

from msgspec import structs

from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments
from kubectl_goweb.cli.probing import naming
from kubectl_goweb.cli.probing.wishing import wish
from kubectl_goweb.errors import UsageError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.objects import Snapshot
from kubectl_goweb.probing.sending import Sender
from kubectl_goweb.status.probes.kubelet import kubelet_views
from kubectl_goweb.status.probes.report import ProbeReport, pod_revision, report
from kubectl_goweb.status.probes.results import ProbeResult, Way
from kubectl_goweb.status.probes.targets import Target

_HANDS = 32
_PAUSE = 0.3
"""Seconds between the attempts of one look."""


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

    with ThreadPoolExecutor(min(_HANDS, len(targets)), "probe") as hands:
        return dict(zip((target.key for target in targets), hands.map(probe, targets), strict=True))


def reported(
    seen: Snapshot, targets: Sequence[Target], results: Mapping[str, ProbeResult], now: datetime
) -> tuple[ProbeReport, ...]:
    """The results beside what the kubelets say."""
    found = []
    for target in targets:
        pod = seen.pods.get(f"{target.ref.namespace}/{target.ref.name}") if target.ref else None
        views = kubelet_views(pod, seen.events.values(), now) if pod and target.ref and target.ref.kind == "Pod" else ()
        revision = pod_revision(pod, seen.replica_sets) if pod and target.ref and target.ref.kind == "Pod" else ""
        found.append(report(target, results.get(target.key), views, now, revision=revision))
    return tuple(found)
