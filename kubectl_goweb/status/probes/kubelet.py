"""What the kubelet says of a Pod's probes: what the conditions hold now, since when, its last complaint; and what it
means when our own result says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kubectl_goweb.objects import ContainerStatus, Event, Pod, condition
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import age, duration
from kubectl_goweb.status.probes.declared import Declared, declared
from kubectl_goweb.status.probes.results import ProbeResult, Reason, Way
from kubectl_goweb.status.verdicts import Answer

UNHEALTHY = "Unhealthy"
"""The reason of the kubelet's events about probes."""
_FAILED = " probe failed: "
_ERRORED = " probe errored"
_FRESH = 2.0
"""An event counts for now when it is not older than so many periods (they are written at most once a period, and
counted up less often)."""


class ProbeCounts(Answer, frozen=True, gc=False):
    """What a kubelet has counted of one probe since the container (or the kubelet) started."""

    successful: int = 0
    failed: int = 0
    unknown: int = 0
    mean_duration: float | None = None
    """Seconds, over all of them; failed ones are not timed."""

    @property
    def says(self) -> str:
        unknown = f" {self.unknown}?" if self.unknown else ""
        return f"{self.successful} ok {self.failed} failed{unknown}"


class KubeletView(Answer, frozen=True, gc=False):
    """One declared probe as the kubelet tells it."""

    declared: Declared
    passing: bool | None
    """None: the API does not tell, as with a liveness probe that has not failed lately."""
    since: datetime | None
    """When that began, as far as the conditions say."""
    complaint: str = ""
    """The newest event about it."""
    complaint_at: datetime | None = None
    complaints: int = 0
    counts: ProbeCounts | None = None
    """None where the kubelet's own metrics were not read."""

    def says(self, now: datetime) -> str:
        """In a few words: `passing since 3m`, `failing since 40s`, `not told`."""
        word = {True: "passing", False: "failing", None: "not told"}[self.passing]
        return f"{word} since {age(self.since, now)}" if self.since and self.passing is not None else word


def kubelet_views(pod: Pod, events: Iterable[Event], now: datetime) -> tuple[KubeletView, ...]:
    """Every declared probe of a Pod, as conditions, container statuses and events tell it."""
    uid = pod.metadata.uid
    complaints = [event for event in events if event.reason == UNHEALTHY and event.involved_object.uid == uid]
    statuses = {one.name: one for one in (*pod.status.container_statuses, *pod.status.init_container_statuses)}
    return tuple(_view(pod, one, statuses.get(one.container), complaints, now) for one in declared(pod))


def _view(
    pod: Pod, one: Declared, status: ContainerStatus | None, complaints: Iterable[Event], now: datetime
) -> KubeletView:
    about = [
        event
        for event in complaints
        if event.message.lower().startswith((f"{one.role}{_FAILED}", f"{one.role}{_ERRORED}"))
        and event.involved_object.field_path.endswith(f"{{{one.container}}}")
    ]
    dated = [(at, event) for event in about if (at := event.last_seen) is not None]
    at, newest = max(dated, key=lambda one: one[0], default=(None, None))
    complaint = plain(newest.message.partition(_FAILED)[2] or newest.message, 300).strip() if newest else ""
    ready = condition(pod.status.conditions, "ContainersReady")
    since = ready.last_transition_time if ready is not None else None
    running = status.state.running if status is not None else None
    passing: bool | None = None
    match one.role:
        case "readiness":
            passing = status.ready if status is not None else None
        case "startup":
            passing = status.started if status is not None else None
            since = running.started_at if running is not None else None
        case _:
            # Nothing in the API says that a liveness probe passes: only its failures are told, and only as events.
            recent = at is not None and (now - at).total_seconds() <= one.period * _FRESH
            passing, since = (False, at) if recent else (None, None)
    return KubeletView(one, passing, since, complaint, at, sum(event.times for event in about))


def disagreement(result: ProbeResult, view: KubeletView, now: datetime) -> str:
    """One sentence on what it means that the kubelet and we differ; empty when we agree or one of us cannot tell."""
    if result.success is None or view.passing is None or result.success == view.passing:
        return ""
    one = view.declared
    if result.success:
        since = f" since {age(view.since, now)}" if view.since else ""
        said = f" ({view.complaint})" if view.complaint else ""
        slow = result.durations.total > one.timeout
        if slow:
            return (
                f"kubelet: {one.role} failing{since}{said}; we got an answer, but in {result.durations.total:.2f} s, "
                f"and the kubelet waits {one.timeout:g} s"
            )
        wait = f"{one.successes} success" + ("es" if one.successes > 1 else "")
        return (
            f"kubelet: {one.role} failing{since}{said}; it answers us now: it has just recovered (the kubelet wants "
            f"{wait}, one every {one.period:g} s), or answers only some"
        )
    if result.reason in (Reason.CONNECT_TIMEOUT, Reason.NO_ROUTE, Reason.NOT_ALLOWED):
        return f"kubelet: {one.role} passing; {result.way}: a NetworkPolicy or firewall keeps us out, not the Pod"
    if result.way is not Way.DIRECT and result.reason.is_timeout:
        return f"kubelet: {one.role} passing; the {result.way} may have taken the time: try --via direct, or --timeout"
    failures = f"{one.failures} failure" + ("s" if one.failures > 1 else "")
    return (
        f"kubelet: {one.role} still passing: it acts after {failures} in a row, here within "
        f"{duration(one.reaction + one.period)} if this goes on"
    )
