"""One workload that may be ill, and all that is known of it: what the rules look at."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from kubectl_goweb.objects import (
    Condition,
    ContainerStatus,
    DaemonSet,
    Deployment,
    Event,
    LogTail,
    Pod,
    Snapshot,
    StatefulSet,
)
from kubectl_goweb.objects.facts import named
from kubectl_goweb.objects.template import FullContainer, FullPodSpec
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.index import Index
from kubectl_goweb.status.pods import PodHealth
from kubectl_goweb.status.verdicts import Evidence, Ref
from kubectl_goweb.status.workloads import Counts, Endpoints, Revision, Rollout


class Case(Struct, frozen=True):
    ref: Ref
    workload: Deployment | StatefulSet | DaemonSet | Pod
    """A Pod that nobody owns is a case of its own."""
    counts: Counts
    rollout: Rollout
    pods: tuple[PodHealth, ...]
    raw: Mapping[str, Pod]
    """The Pods as the API tells them, by name."""
    revisions: tuple[Revision, ...]
    conditions: tuple[Condition, ...]
    endpoints: tuple[Endpoints, ...]
    events: Mapping[str, Sequence[Event]]
    """By Pod name, newest first."""
    own_events: Sequence[Event]
    """About the workload and what stands between it and its Pods, newest first."""
    logs: Mapping[str, LogTail]
    """By Pod name."""
    snapshot: Snapshot
    index: Index
    now: datetime

    @property
    def on(self) -> str:
        """How kubectl takes it: `deploy/web -n shop`."""
        return f"{self.ref.short} -n {self.ref.namespace}"

    @property
    def full(self) -> FullPodSpec | None:
        """Its template in full, when that was asked for."""
        if isinstance(self.workload, Pod):
            return None
        found = self.snapshot.facts.workloads.get(named(self.ref.kind, f"{self.ref.namespace}/{self.ref.name}"))
        return found.spec.template.spec if found else None

    def spec_of(self, pod: PodHealth) -> FullPodSpec | None:
        """The full spec of a Pod; the workload's template stands in for Pods of the current revision."""
        found = self.snapshot.facts.pods.get(f"{pod.namespace}/{pod.name}")
        if found is not None:
            return found.spec
        current = next((one for one in self.revisions if one.is_current), None)
        is_current = current is None or pod.revision in (current.hash, current.name)
        return self.full if is_current else None

    def status_of(self, pod: PodHealth) -> ContainerStatus | None:
        """The state of the container its trouble is about."""
        raw = self.raw.get(pod.name)
        if raw is None:
            return None
        for one in (*raw.status.init_container_statuses, *raw.status.container_statuses):
            if one.name == pod.container:
                return one
        return None

    def word_of(self, revision: str) -> str:
        """`revision 8` by a Pod's hash; empty when it is not known."""
        for one in self.revisions:
            if revision and revision in (one.hash, one.name):
                return f"revision {one.number}"
        return ""

    def held_by_old(self, revision: str) -> str:
        """That the Pods of an older revision keep what this, the newest one, waits for, and will not make room."""
        limits = self.rollout.limits
        newest = next((one for one in self.revisions if one.is_current), None)
        if limits is None or limits.unavailable or newest is None or revision not in (newest.hash, newest.name):
            return ""
        if not any(one.existing for one in self.revisions if not one.is_current):
            return ""
        return (
            "with maxUnavailable 0 no Pod of the older revision goes before this one is ready: if those hold what it "
            "needs, set maxUnavailable to 1 or the strategy to Recreate"
        )

    def serving(self, pods: Collection[str]) -> Revision | None:
        """The older revision that still serves while these Pods, all of the newest one, of which none does, ail."""
        newest = next((one for one in self.revisions if one.is_current), None)
        if newest is None or newest.available or not pods:
            return None
        if any(pod.revision not in (newest.hash, newest.name) for pod in self.pods if pod.name in pods):
            return None
        return next((one for one in self.revisions if not one.is_current and one.available), None)


class Group(Struct, frozen=True):
    """Pods of one workload that ail in the same way: one finding."""

    case: Case
    revision: str
    pods: tuple[PodHealth, ...]
    pod: PodHealth
    """The one that speaks for them."""
    told: tuple[Event, ...]
    """The speaker's events that tell about this trouble, newest first."""

    @property
    def is_many(self) -> bool:
        return len(self.pods) > 1

    @property
    def who(self) -> str:
        """`3 Pods of revision 8`"""
        word = self.case.word_of(self.revision)
        return f"{len(self.pods)} Pod{'s' if self.is_many else ''}" + (f" of {word}" if word else "")

    @property
    def where(self) -> str:
        """` in container proxy` of a Pod that has several, ` in init container migrate`; empty where it is clear."""
        raw, name = self.case.raw.get(self.pod.name), self.pod.container
        if raw is None or not name:
            return ""
        init = next((one for one in raw.spec.init_containers if one.name == name), None)
        if init is not None:
            return f" in {'sidecar' if init.restart_policy == 'Always' else 'init container'} {name}"
        return f" in container {name}" if len(raw.spec.containers) > 1 else ""

    def verb(self, plural: str, singular: str) -> str:
        return plural if self.is_many else singular

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(pod.name for pod in self.pods))

    @property
    def since(self) -> datetime | None:
        return min((pod.since for pod in self.pods if pod.since), default=None)

    @property
    def container(self) -> FullContainer | None:
        """The container it is about, in full, when that was asked for."""
        spec = self.case.spec_of(self.pod)
        return next((one for one in spec.all_containers if one.name == self.pod.container), None) if spec else None

    @property
    def injected(self) -> Evidence | None:
        """That the container it is about is not in the template: somebody changed the Pod when it was made."""
        spec, name = self.case.full, self.pod.container
        newest = next((one for one in self.case.revisions if one.is_current), None)
        if spec is None or not name or (newest and self.pod.revision not in (newest.hash, newest.name)):
            return None
        if any(one.name == name for one in spec.all_containers):
            return None
        return Evidence("template", plain(f"has no container {name}: an admission webhook put it into the Pods"))

    @property
    def lines(self) -> tuple[str, ...]:
        """What the speaker wrote last, as far as it was asked for."""
        tail = self.case.logs.get(self.pod.name)
        return tail.lines if tail else ()

    @property
    def show(self) -> str:
        return f"kubectl describe pod {self.pod.name} -n {self.pod.namespace}"

    def log(self, *, previous: bool) -> str:
        flag = " --previous" if previous else ""
        container = f" -c {self.pod.container}" if self.pod.container else ""
        return f"kubectl logs {self.pod.name} -n {self.pod.namespace}{container}{flag}"

    def said(self, *reasons: str) -> str:
        """The newest message of an event with one of these reasons."""
        return next((event.message for event in self.told if event.reason in reasons), "")

    def evidence(self, *more: Evidence | None, events: int = 2) -> tuple[Evidence, ...]:
        """The Pod's own state first, then what the rule adds, then events."""
        added = [one for one in more if one is not None]
        return (
            state(self.pod),
            *((self.injected,) if self.injected else ()),
            *added,
            *(from_event(event) for event in self.told[:events]),
        )


def last_ended(raw: Pod) -> ContainerStatus | None:
    """The container whose previous run ended last."""
    found = [
        (ended.finished_at.timestamp() if ended.finished_at else 0.0, index, one)
        for index, one in enumerate((*raw.status.init_container_statuses, *raw.status.container_statuses))
        if (ended := one.last_state.terminated) is not None
    ]
    return max(found)[2] if found else None


def state(pod: PodHealth) -> Evidence:
    parts = [f"{pod.name}: {pod.status}"]
    if pod.exit_code is not None:
        parts.append(f"exit code {pod.exit_code}")
    if pod.restarts:
        parts.append(f"{pod.restarts} restarts")
    if pod.message:
        parts.append(pod.message)
    source = f"status.containerStatuses[{pod.container}]" if pod.container else "status.conditions"
    return Evidence(source, plain(", ".join(parts)), pod.restarted_at or pod.since)


def from_event(event: Event) -> Evidence:
    times = f" ({event.times} times)" if event.times > 1 else ""
    return Evidence(f"event {plain(event.reason)}", plain(event.message) + times, event.last_seen)


def from_condition(said: Condition) -> Evidence:
    return Evidence(
        f"condition {said.type}", plain(f"{said.status} {said.reason}: {said.message}"), said.last_transition_time
    )
