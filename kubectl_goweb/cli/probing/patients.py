"""What `heal` looks at: a workload's Pods, whether they are registered behind their Services, how few may remain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct

from kubectl_goweb.cli.looking import Look, Name
from kubectl_goweb.cli.looking import look as look_at
from kubectl_goweb.cli.probing.naming import workload_pods
from kubectl_goweb.errors import NotFoundError, ServerError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.reading import Ask, read
from kubectl_goweb.objects import FeedState, Kind, Pod, Service, Snapshot
from kubectl_goweb.objects.policy import PodDisruptionBudget
from kubectl_goweb.probing.healing import Observed, SeenPod
from kubectl_goweb.probing.selecting import Wish, pod_targets
from kubectl_goweb.status.endpoints import selects
from kubectl_goweb.status.index import SERVICE_NAME
from kubectl_goweb.status.overview import overview
from kubectl_goweb.status.probes.results import ProbeResult
from kubectl_goweb.status.probes.targets import Target
from kubectl_goweb.status.selection import selects as selected
from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.status.workloads import Workload


class Patients(Struct, frozen=True):
    """One look."""

    workload: Workload
    pods: Mapping[str, Pod]
    """By name; those that are not ending."""
    targets: Mapping[str, Target]
    """What to probe of each Pod that can be probed."""
    services: tuple[Service, ...]
    """Those that select its Pods."""
    registered: frozenset[str] | None
    """Pods among the ready endpoints of every such Service; None when there is no Service."""
    minimum: int

    def observed(self, results: Mapping[str, ProbeResult], now: datetime) -> Observed:
        """With what the probes said."""
        ready = {pod.name: pod.is_ready for pod in self.workload.pods}
        seen = {}
        for name, pod in self.pods.items():
            result = results.get(name)
            is_ready = ready.get(name, False) and (self.registered is None or name in self.registered)
            why = "" if result is None else f"{result.reason}: {result.detail}" if result.detail else result.reason
            success = None if result is None else result.success
            seen[name] = SeenPod(success, why, is_ready, pod.metadata.creation_timestamp)
        return Observed(now, seen, self.workload.counts.desired, self.minimum, self.workload.rollout.started)


def look(
    connection: Connection, target: Ref, wish: Wish, min_available: int | None, now: Callable[[], datetime]
) -> Patients:
    """NotFoundError when the workload has gone, another ApiError when it or its Pods cannot be seen."""
    kind = Kind(target.kind)
    want = Look(target.namespace, (Name(target.name, kind, target.short),), detail=True)
    seen = look_at(connection, want, now)
    _insist(seen, kind, Kind.POD)
    found = [one for one in overview(seen, now()).workloads if one.ref == target]
    if not found:
        raise NotFoundError(f"{target.short} in namespace {target.namespace} is not there any more")
    (workload,) = found
    pods = {pod.name: pod for pod in workload_pods(seen, _uid(seen, target))}
    services = _services(seen, pods)
    return Patients(
        workload=workload,
        pods=pods,
        targets=_targets(seen, pods, wish),
        services=services,
        registered=_registered(seen, services) if services else None,
        minimum=_minimum(connection, workload, pods, min_available, now),
    )


def _insist(seen: Snapshot, *kinds: Kind) -> None:
    for kind in kinds:
        feed = seen.feeds.get(kind)
        if feed is None or feed.state is not FeedState.LIVE:
            raise ServerError(f"{kind.resource.plural} cannot be seen: {feed.why if feed else 'not asked for'}")


def _uid(seen: Snapshot, target: Ref) -> str:
    key = f"{target.namespace}/{target.name}"
    workload = {
        Kind.DEPLOYMENT: seen.deployments,
        Kind.STATEFUL_SET: seen.stateful_sets,
        Kind.DAEMON_SET: seen.daemon_sets,
    }[Kind(target.kind)][key]
    return workload.metadata.uid


def _targets(seen: Snapshot, pods: Mapping[str, Pod], wish: Wish) -> dict[str, Target]:
    """The readiness probe's request where there is one, else the first."""
    found = {}
    for name, pod in pods.items():
        node = seen.nodes.get(pod.spec.node_name)
        targets = pod_targets(pod, wish, node.status.node_info.kubelet_version if node else "")
        usable = [one for one in targets if not one.unready]
        if usable and pod.status.phase == "Running":
            found[name] = next((one for one in usable if "readiness" in one.roles), usable[0])
    return found


def _services(seen: Snapshot, pods: Mapping[str, Pod]) -> tuple[Service, ...]:
    labels = [pod.metadata.labels for pod in pods.values()]
    return tuple(
        service
        for service in seen.services.values()
        if service.spec.selector and any(selects(service.spec.selector, one) for one in labels)
    )


def _registered(seen: Snapshot, services: tuple[Service, ...]) -> frozenset[str]:
    ready: list[set[str]] = []
    for service in services:
        names = {
            endpoint.target_ref.name
            for piece in seen.endpoint_slices.values()
            if piece.metadata.labels.get(SERVICE_NAME) == service.name and piece.namespace == service.namespace
            for endpoint in piece.endpoints or ()
            if endpoint.target_ref is not None and endpoint.conditions.ready is not False
        }
        ready.append(names)
    return frozenset(set.intersection(*ready))


def _minimum(
    connection: Connection,
    workload: Workload,
    pods: Mapping[str, Pod],
    min_available: int | None,
    now: Callable[[], datetime],
) -> int:
    """The number asked for and what the disruption budgets want; without either all but one, and at least one. Budgets
    that cannot be seen may want every Pod.
    """
    desired = workload.counts.desired
    kind = Kind.POD_DISRUPTION_BUDGET
    seen = read(connection, [Ask(kind, workload.ref.namespace)], now, namespace=workload.ref.namespace)
    wanted = [one.status.desired_healthy for one in seen.disruption_budgets.values() if _guards(one, pods)]
    if min_available is not None:
        wanted.append(min_available)
    elif seen.feeds[kind].state is not FeedState.LIVE:
        return desired
    return max(wanted, default=max(1, desired - 1))


def _guards(budget: PodDisruptionBudget, pods: Mapping[str, Pod]) -> bool:
    selector = budget.spec.selector
    return selector is not None and any(selected(selector, pod.metadata.labels) for pod in pods.values())
