"""What a guard sees of one workload at one moment: its Overview, and what the verdict needs to know of its new Pods
besides. What that means is judged in `judging`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from fractions import Fraction

from msgspec import Struct

from kubectl_goweb.objects import (
    Container,
    ContainerStatus,
    DaemonSet,
    Deployment,
    Event,
    FeedState,
    Kind,
    Node,
    Pod,
    Probe,
    Snapshot,
    StatefulSet,
    condition,
)
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.admission import allows_now
from kubectl_goweb.status.overview import Overview
from kubectl_goweb.status.pods import PodHealth
from kubectl_goweb.status.quantities import quantity
from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.status.workloads import Workload

_STATUS_CODE = re.compile(r"statuscode: (\d{3})")
_REFUSED = re.compile(r":(\d+): connect: connection refused")
_DEAF = frozenset({"401", "403", "404", "405"})
"""Answers that say the path is not there or not for the kubelet; a service that warms up answers 503, or not at all."""
_GROWING = frozenset({"TriggeredScaleUp", "Nominated"})
"""What cluster-autoscaler and Karpenter tell a Pod for which they get a node."""


class NewPod(Struct, frozen=True, gc=False):
    """One Pod of the revision that is rolled out."""

    uid: str
    health: PodHealth
    ends: int
    """How often the container that ended most often has ended."""
    ended_at: datetime | None
    unready_since: datetime | None
    """When the container was started that runs and is not ready."""
    budget: float
    """Seconds from its start after which its probes have said so for the first time: initialDelaySeconds +
    periodSeconds x failureThreshold, of the startup probe and then the readiness probe."""
    deaf: str
    """Why its readiness probe will not succeed by waiting; empty when nothing says so."""
    unmounted: str
    """The ConfigMap, Secret or key that its volume waits for, in the kubelet's words."""
    is_too_large: bool
    """It asks for more than any node has, empty or not."""
    is_growing: bool
    """Somebody is getting a node for it."""


class Sight(Struct, frozen=True):
    """One workload at one moment."""

    at: datetime
    ref: Ref
    workload: Workload | None = None
    """None when it is not there."""
    denied: str = ""
    """Why the workload may not be seen, and waiting will not help."""
    blind: str = ""
    """Why nothing can be told now, although it could before or may be in a moment."""
    uid: str = ""
    generation: int = 0
    is_observed: bool = False
    """The controller has seen the newest generation."""
    revision: str = ""
    """The ReplicaSet or ControllerRevision that is rolled out; empty when it is not known."""
    number: int = 0
    pods: tuple[NewPod, ...] = ()
    """Of that revision, those that are going away left out."""
    terminating: int = 0
    """Pods of any revision that are going away."""
    refused: str = ""
    """Why Pods cannot be created: quota, admission."""
    has_room: bool | None = None
    """The quota that refused would let a Pod through by now; None when that is not known."""
    overdue: str = ""
    """The controller has given up: its sentence."""

    @property
    def old_pods(self) -> tuple[PodHealth, ...]:
        """Of other revisions, those that are going away left out."""
        new = {pod.health.name for pod in self.pods}
        pods = self.workload.pods if self.workload else ()
        return tuple(pod for pod in pods if not pod.terminating and pod.name not in new)


def sight(found: Snapshot, told: Overview, ref: Ref) -> Sight:
    """What is seen of one workload. `told` is the Overview of the very same Snapshot."""
    kind = Kind(ref.kind)
    denied, blind = _blindness(found, kind, ref)
    if denied or blind:
        return Sight(told.at, ref, denied=denied, blind=blind)
    one = found_workload(found, ref)
    workload = next((each for each in told.workloads if each.ref == ref), None)
    if one is None or workload is None:
        return Sight(told.at, ref)
    current = next((each for each in workload.revisions if each.is_current), None)
    conditions = one.status.conditions
    refused, progressing = condition(conditions, "ReplicaFailure"), condition(conditions, "Progressing")
    own = found.replica_sets.get(f"{ref.namespace}/{current.name}") if current and workload.paused else None
    if own is not None:  # a paused Deployment's condition is not kept up to date
        refused = condition(own.status.conditions, "ReplicaFailure")
    no = plain(refused.message or refused.reason) if refused is not None and refused.status == "True" else ""
    is_overdue = progressing is not None and progressing.reason == "ProgressDeadlineExceeded"
    return Sight(
        at=told.at,
        ref=ref,
        workload=workload,
        uid=one.metadata.uid,
        generation=one.metadata.generation,
        is_observed=one.status.observed_generation >= one.metadata.generation,
        revision=current.name if current else "",
        number=workload.rollout.revision,
        pods=_new_pods(found, current.pods if current else (), _asked_before(found, workload)),
        terminating=sum(pod.terminating for pod in workload.pods),
        refused=no,
        has_room=allows_now(no, ref.namespace, found.quotas),
        overdue=plain(progressing.message or progressing.reason) if progressing is not None and is_overdue else "",
    )


def found_workload(found: Snapshot, ref: Ref) -> Deployment | StatefulSet | DaemonSet | None:
    """The object itself."""
    key = f"{ref.namespace}/{ref.name}"
    objects: Mapping[str, Deployment | StatefulSet | DaemonSet] = getattr(found, Kind(ref.kind).resource.field)
    return objects.get(key)


def needed(kind: Kind) -> tuple[Kind, ...]:
    """The kinds without which nothing can be told of such a workload."""
    return kind, Kind.POD, Kind.REPLICA_SET if kind is Kind.DEPLOYMENT else Kind.CONTROLLER_REVISION


def _blindness(found: Snapshot, kind: Kind, ref: Ref) -> tuple[str, str]:
    """Why it may not be seen, and why it cannot be seen at the moment."""
    for each in needed(kind):
        feed = found.feeds.get(each)
        if feed is None or feed.state is FeedState.LISTING:
            return "", f"{each.resource.plural} are being listed"
        if feed.state is FeedState.DENIED:
            return plain(feed.why), ""
        if feed.state is not FeedState.LIVE:
            return "", f"{each.resource.plural} {feed.state}: {plain(feed.why)}"
    for bad in found.feeds[kind].malformed:
        if bad.name == f"{ref.namespace}/{ref.name}":
            return "", f"{ref.short} cannot be read: {plain(bad.why)}"
    return "", ""


def _asked_before(found: Snapshot, workload: Workload) -> frozenset[int]:
    """The ports at which older revisions that serve are asked whether they are ready: right for them, whether or not
    the container declares them.
    """
    ports: set[int] = set()
    for revision in workload.revisions:
        replica_set = found.replica_sets.get(f"{workload.ref.namespace}/{revision.name}")
        if replica_set is None or revision.is_current or not revision.available:
            continue
        for container in replica_set.spec.template.spec.containers:
            probe = container.readiness_probe
            handler = (probe.http_get or probe.tcp_socket) if probe else None
            if handler is not None:
                named = {port.name: port.container_port for port in container.ports}
                port = handler.port if isinstance(handler.port, int) else named.get(handler.port)
                ports |= {port} if port else set()
    return frozenset(ports)


def _new_pods(found: Snapshot, told: Iterable[PodHealth], asked: frozenset[int]) -> tuple[NewPod, ...]:
    told = [each for each in told if not each.terminating]
    uids = {f"{each.namespace}/{each.name}" for each in told}
    events: dict[str, list[Event]] = {}
    for event in found.events.values():
        involved = event.involved_object
        if f"{involved.namespace}/{involved.name}" in uids:
            events.setdefault(involved.uid, []).append(event)
    pods = []
    for health in told:
        pod = found.pods.get(f"{health.namespace}/{health.name}")
        if pod is not None:
            pods.append(_new_pod(pod, health, events.get(pod.metadata.uid, ()), found.nodes.values(), asked))
    return tuple(pods)


def _new_pod(
    pod: Pod, health: PodHealth, events: Iterable[Event], nodes: Iterable[Node], asked: frozenset[int]
) -> NewPod:
    ends, ended_at = _ends(pod)
    declared = {container.name: container for container in pod.spec.containers}
    unready = [
        (each.state.running.started_at, each.name)
        for each in pod.status.container_statuses
        if each.state.running is not None and each.state.running.started_at is not None and not each.ready
    ]
    since, name = max(unready, default=(None, ""))
    waiting = declared.get(name)
    return NewPod(
        uid=pod.metadata.uid,
        health=health,
        ends=ends,
        ended_at=ended_at,
        unready_since=since,
        budget=_budget(waiting) if waiting else 0.0,
        deaf=_deaf(waiting, events, since, asked) if waiting and since else "",
        unmounted=_unmounted(pod, events),
        is_too_large=not pod.spec.node_name and _is_too_large(pod, nodes),
        is_growing=any(event.reason in _GROWING for event in events),
    )


def _ends(pod: Pod) -> tuple[int, datetime | None]:
    """How often, and when last. An init container that has done its work has not ended in this sense."""
    worst, newest = 0, None
    for each in (*pod.status.init_container_statuses, *pod.status.container_statuses):
        ended = _times_ended(each, is_init=each in pod.status.init_container_statuses)
        last = each.state.terminated or each.last_state.terminated
        if ended > worst:
            worst, newest = ended, last.finished_at if last else None
    return worst, newest


def _times_ended(status: ContainerStatus, *, is_init: bool) -> int:
    ended, waiting = status.state.terminated, status.state.waiting
    if is_init and ended is not None and ended.exit_code == 0:
        return status.restart_count
    is_down = ended is not None or (waiting is not None and waiting.reason == "CrashLoopBackOff")
    return status.restart_count + is_down


def _budget(container: Container) -> float:
    probes = [probe for probe in (container.startup_probe, container.readiness_probe) if probe is not None]
    return float(sum(_patience(probe) for probe in probes))


def _patience(probe: Probe) -> int:
    return probe.initial_delay_seconds + probe.period_seconds * probe.failure_threshold


def _deaf(container: Container, events: Iterable[Event], since: datetime, asked: frozenset[int]) -> str:
    """What the kubelet was answered since the container's start, if that cannot change by waiting."""
    told = [
        event
        for event in events
        if event.reason == "Unhealthy"
        and event.message.startswith("Readiness probe failed")
        and event.last_seen is not None
        and event.last_seen >= since - timedelta(seconds=1)  # events and starts are told in whole seconds
    ]
    if not told:
        return ""
    newest = max(told, key=lambda event: event.last_seen or since)
    code, refused = _STATUS_CODE.search(newest.message), _REFUSED.search(newest.message)
    if code and code[1] in _DEAF:
        return f"its readiness probe is answered {code[1]}"
    ports = {port.container_port for port in container.ports}
    if refused and ports and int(refused[1]) not in ports | asked:
        declared = ", ".join(str(port) for port in sorted(ports))
        return f"its readiness probe asks port {refused[1]}, the container has {declared}"
    return ""


def _unmounted(pod: Pod, events: Iterable[Event]) -> str:
    """Only while it waits for its volumes: the event outlives the trouble."""
    waits = all(
        each.state.waiting is not None and each.state.waiting.reason in ("ContainerCreating", "PodInitializing")
        for each in pod.status.container_statuses
    )
    if not pod.spec.node_name or not waits:
        return ""
    told = (plain(each.message) for each in events if each.reason == "FailedMount" and "not found" in each.message)
    return next(told, "")


def _is_too_large(pod: Pod, nodes: Iterable[Node]) -> bool:
    """Whether no node, were it empty, had so much; False when the nodes are not known."""
    wanted = (_asked(pod, "cpu"), _asked(pod, "memory"))
    sizes = [(quantity(node.status.allocatable.cpu), quantity(node.status.allocatable.memory)) for node in nodes]
    return bool(sizes) and all(
        any(room is not None and need > room for need, room in zip(wanted, size, strict=True)) for size in sizes
    )


def _asked(pod: Pod, resource: str) -> Fraction:
    """Requests of all containers; an init container runs alone."""

    def of(container: Container) -> Fraction:
        return quantity(getattr(container.resources.requests, resource)) or Fraction(0)

    together = sum((of(each) for each in pod.spec.containers), Fraction(0))
    return max([together, *(of(each) for each in pod.spec.init_containers)])
