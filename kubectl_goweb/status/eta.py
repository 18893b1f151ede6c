"""When a rollout will be done, from how long its own Pods took so far and how many may be on their way at once."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from datetime import datetime, timedelta

from kubectl_goweb.status.pods import PodHealth
from kubectl_goweb.status.verdicts import Answer, Phase
from kubectl_goweb.status.workloads import Workload


class Eta(Answer, frozen=True, gc=False):
    """What can be said about the end of a rollout under way."""

    at: datetime | None
    """When the last new Pod will be available; None when that cannot be told."""
    why: str
    """How it is known, or why it is not, in one line."""
    next_at: datetime | None = None
    """When the next new Pod will be available: the progress that the controller waits for."""
    misses_deadline: bool = False
    """No progress is to be expected before the controller gives up."""


def eta(workload: Workload, now: datetime) -> Eta | None:
    """None when no rollout is under way.

    A new Pod takes as long as the median of those that are ready, from its creation to its readiness, and then the
    minReadySeconds. As many are on their way at once as the limits allow (maxSurge and maxUnavailable together, one in
    a StatefulSet): where one has become available, the next one is made.
    https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment
    """
    rollout = workload.rollout
    if rollout.phase in (Phase.FAILED, Phase.STUCK):
        return Eta(None, rollout.message, misses_deadline=rollout.deadline is not None)
    current = next((one for one in workload.revisions if one.is_current), None)
    if rollout.phase is not Phase.UPDATING or current is None:
        return None
    taken = [seconds for pod in current.pods if (seconds := _seconds(pod)) is not None]
    if not taken:
        return Eta(None, "no new Pod is ready yet")
    each = timedelta(seconds=_median(taken) + rollout.min_ready_seconds)
    under_way = [max(pod.created + each, now) for pod in _under_way(current.pods, now, each) if pod.created is not None]
    left = max(workload.counts.desired - len(current.pods), 0)
    at_once = max(rollout.limits.surge + rollout.limits.unavailable, 1) if rollout.limits is not None else 1
    ends = _played(under_way, left, at_once, each, now)
    why = f"new Pods take {each.total_seconds():.0f} s (of {len(taken)} measured), {at_once} at once"
    if not ends:
        return Eta(now, "every new Pod is available; old ones end", next_at=None)
    misses = rollout.deadline is not None and ends[0] > rollout.deadline
    return Eta(ends[-1], why, ends[0], misses)


def _seconds(pod: PodHealth) -> float | None:
    """From its creation to its readiness; of a Pod that has not started twice, which would tell another story."""
    if pod.ready_at is None or pod.created is None or pod.restarts:
        return None
    return max((pod.ready_at - pod.created).total_seconds(), 0.0)


def _median(found: list[float]) -> float:
    """The middle one, or between the two in the middle. (The library's loads what takes longer than all of this.)"""
    ordered, half = sorted(found), len(found) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _under_way(pods: Iterable[PodHealth], now: datetime, each: timedelta) -> Iterable[PodHealth]:
    """Pods that are not available yet."""
    return (pod for pod in pods if not pod.terminating and (pod.ready_at is None or (pod.created or now) + each > now))


def _played(
    under_way: Iterable[datetime], left: int, at_once: int, each: timedelta, now: datetime
) -> tuple[datetime, ...]:
    """When each Pod that is not available yet will be, in order."""
    ahead = list(under_way)
    heapq.heapify(ahead)
    ends: list[datetime] = []
    while ahead or left:
        while left and len(ahead) < at_once:
            left -= 1
            heapq.heappush(ahead, (ends[-1] if ends else now) + each)
        ends.append(heapq.heappop(ahead))
    return tuple(ends)


def about(seconds: float) -> str:
    """A length of time that is only estimated: `about 40 s`, `about 3 min`."""
    if seconds < 1:
        return "any moment"
    if seconds < 100:
        return f"about {max(round(seconds / 5) * 5, 5) if seconds > 10 else round(seconds)} s"
    return f"about {round(seconds / 60)} min"
