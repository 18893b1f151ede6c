"""The words about one workload: counts, limits, revisions, its rollout. Values only; they are judged in `rollouts`."""

from __future__ import annotations

from datetime import datetime

from kubectl_goweb.objects import RollingUpdate
from kubectl_goweb.status.pods import PodHealth
from kubectl_goweb.status.verdicts import Answer, Evidence, Finding, Phase, Ref, Verdict


class Counts(Answer, frozen=True, gc=False):
    """How many Pods, as the controller reports them in `status`."""

    desired: int
    existing: int
    updated: int
    ready: int
    available: int


class Limits(Answer, frozen=True, gc=False):
    """How far a rolling update may go beyond and below the desired number of Pods."""

    surge: int
    unavailable: int

    def at_least(self, desired: int) -> int:
        """How many must stay available."""
        return desired - self.unavailable

    def at_most(self, desired: int) -> int:
        """How many may exist."""
        return desired + self.surge


class Revision(Answer, frozen=True, gc=False):
    """One recorded Pod template and the Pods made from it."""

    number: int
    name: str
    """Its ReplicaSet or ControllerRevision."""
    hash: str
    images: tuple[str, ...]
    created: datetime | None
    is_current: bool
    """The one being rolled out, or rolled out."""
    desired: int
    existing: int
    ready: int
    available: int
    change_cause: str = ""
    pods: tuple[PodHealth, ...] = ()


class Rollout(Answer, frozen=True, gc=False):
    """Where the newest revision stands."""

    phase: Phase
    message: str
    """One sentence, in kubectl's words where kubectl has some."""
    revision: int
    started: datetime | None
    """When the current revision was created."""
    deadline: datetime | None
    """When the controller will give up (ProgressDeadlineExceeded), while it is still trying."""
    limits: Limits | None
    min_ready_seconds: int = 0
    """How long a Pod must stay ready before it counts as available."""


class Endpoints(Answer, frozen=True, gc=False):
    """A Service that selects the workload's Pods, and who answers behind it."""

    service: str
    ready: int
    total: int


class Workload(Answer, frozen=True, gc=False):
    """One Deployment, StatefulSet or DaemonSet as told."""

    ref: Ref
    verdict: Verdict
    why: str
    """One line; empty when healthy."""
    counts: Counts
    rollout: Rollout
    images: tuple[str, ...]
    restarts: int | None
    """Of all its Pods; None when the Pods cannot be seen."""
    restarted_at: datetime | None
    created: datetime | None
    paused: bool
    generation: int
    pods: tuple[PodHealth, ...]
    revisions: tuple[Revision, ...]
    """Newest first; old ones without Pods included."""
    conditions: tuple[Evidence, ...]
    endpoints: tuple[Endpoints, ...]
    events: tuple[Evidence, ...]
    """Newest first."""
    findings: tuple[Finding, ...]
    """Worst first."""


def fence_posts(desired: int, strategy: str, rolling: RollingUpdate | None) -> Limits | None:
    """maxSurge rounded up, maxUnavailable rounded down, never both 0; None when they cannot be read.

    Follows ResolveFenceposts and MaxUnavailable of k8s.io/kubernetes/pkg/controller/deployment/util.
    """
    if strategy != "RollingUpdate" or rolling is None:
        return Limits(0, desired if strategy == "Recreate" else 0)
    surge = _resolve(rolling.max_surge, desired, round_up=True)
    unavailable = _resolve(rolling.max_unavailable, desired, round_up=False)
    if surge is None or unavailable is None:
        return None
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return Limits(surge, min(unavailable, desired))


def _resolve(value: int | str, desired: int, *, round_up: bool) -> int | None:
    if isinstance(value, int):
        return value
    percent = value.removesuffix("%")
    if percent == value or not percent.isdecimal():
        return None
    scaled = int(percent) * desired
    return -(-scaled // 100) if round_up else scaled // 100
