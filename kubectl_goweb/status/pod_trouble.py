"""What keeps a Pod from doing its work: one word, the container it is about, the API's own reason and sentence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from msgspec import structs

from kubectl_goweb.objects import ContainerStatus, Pod, condition
from kubectl_goweb.status.pod_columns import ended_word
from kubectl_goweb.status.verdicts import Answer


class Trouble(StrEnum):
    """What keeps a Pod from doing its work; NONE when nothing is known to."""

    NONE = ""
    CRASHING = "crashing"
    """A container ended and will be started again, or just was and is not ready."""
    OUT_OF_MEMORY = "out-of-memory"
    """As crashing, killed for its memory limit."""
    IMAGE = "image"
    """The image cannot be pulled or is invalid."""
    CONFIG = "config"
    """A ConfigMap, Secret, key or volume it names is not there."""
    START = "start"
    """The container runtime cannot start it: no such command, no permission."""
    UNSCHEDULABLE = "unschedulable"
    NOT_READY = "not-ready"
    """Runs, and its readiness probe or gate says no."""
    EVICTED = "evicted"
    ENDED = "ended"
    """Finished although it should run for ever, or failed for good."""
    LOST = "lost"
    """Its node does not answer."""
    STUCK_TERMINATING = "stuck-terminating"

    @property
    def is_fatal(self) -> bool:
        """It will not heal by waiting a moment: a new Pod that shows it makes its rollout fail."""
        return self in _FATAL


_FATAL = frozenset(
    {Trouble.CRASHING, Trouble.OUT_OF_MEMORY, Trouble.IMAGE, Trouble.CONFIG, Trouble.START, Trouble.ENDED}
)

_IMAGE_REASONS = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ImageInspectError", "ErrImageNeverPull",
     "RegistryUnavailable", "SignatureValidationFailed"}
)  # fmt: skip
_START_REASONS = frozenset({"RunContainerError", "StartError", "ContainerCannotRun", "PostStartHookError"})
_EVICTED = ("Evicted", "Preempting")
"""As the kubelet calls what it ended for its node's sake: for want of a resource, or for a Pod that is critical."""
_CONFIG_REASONS = frozenset({"CreateContainerConfigError", "CreateContainerError"})

_CRASH_MEMORY = 600.0
"""Seconds after a crash during which a container that is not ready is still counted as crashing. The kubelet forgets
its back-off after the same ten minutes; without this the verdict would flap at every restart of a crash loop."""

_TERMINATION_SLACK = 60.0
"""Seconds past its grace period after which a terminating Pod counts as stuck."""


class Ailment(Answer, frozen=True, gc=False):
    container: str
    reason: str
    message: str
    since: datetime | None
    """Since when it has not been ready, as far as that is known."""
    trouble: Trouble
    exit_code: int | None = None


def ailment(pod: Pod, now: datetime) -> Ailment:
    """The one thing that keeps this Pod from being ready, the first that applies."""
    deleted = pod.metadata.deletion_timestamp
    if deleted is not None:
        # deletionTimestamp is the moment at which the grace period ends.
        stuck = (now - deleted).total_seconds() > _TERMINATION_SLACK
        return Ailment("", "", "", deleted, Trouble.STUCK_TERMINATING if stuck else Trouble.NONE)
    if pod.status.reason in _EVICTED:
        since = _unready_since(pod) or pod.status.start_time
        return Ailment("", pod.status.reason, pod.status.message, since, Trouble.EVICTED)
    if pod.status.reason == "NodeLost":
        return Ailment("", "NodeLost", pod.status.message, None, Trouble.LOST)
    for statuses in (pod.status.init_container_statuses, pod.status.container_statuses):
        for status in statuses:
            ail = _container_trouble(pod, status, now)
            if ail is not None:
                return structs.replace(ail, since=_unready_since(pod) or ail.since)
    return _condition_trouble(pod)


def _unready_since(pod: Pod) -> datetime | None:
    ready = condition(pod.status.conditions, "Ready")
    return ready.last_transition_time if ready is not None and ready.status != "True" else None


def _container_trouble(pod: Pod, status: ContainerStatus, now: datetime) -> Ailment | None:
    waiting, ended, last = status.state.waiting, status.state.terminated, status.last_state.terminated
    if waiting is not None:
        since = last.finished_at if last else pod.metadata.creation_timestamp
        if waiting.reason in _IMAGE_REASONS:
            return Ailment(status.name, waiting.reason, waiting.message, pod.metadata.creation_timestamp, Trouble.IMAGE)
        if waiting.reason in _CONFIG_REASONS:
            return Ailment(status.name, waiting.reason, waiting.message, since, Trouble.CONFIG)
        if waiting.reason in _START_REASONS:
            return Ailment(status.name, waiting.reason, waiting.message, since, Trouble.START)
        if waiting.reason == "CrashLoopBackOff":
            return _crash(status, waiting.reason)
        return None
    if ended is not None:
        if ended.reason in _START_REASONS:
            return Ailment(status.name, ended.reason, ended.message, ended.finished_at, Trouble.START, ended.exit_code)
        is_sidecar = status in _sidecars(pod)
        if is_sidecar and all(one.state.terminated for one in pod.status.container_statuses):
            return None  # told to end, for the others have
        if (
            ended.exit_code == 0
            and not is_sidecar
            and (pod.spec.restart_policy != "Always" or status in pod.status.init_container_statuses)
        ):
            return None
        if pod.spec.restart_policy == "Never" and not is_sidecar:
            return Ailment(status.name, ended.reason, ended.message, ended.finished_at, Trouble.ENDED, ended.exit_code)
        return _crash(status, ended_word(ended))
    if not status.ready and last is not None and last.finished_at is not None:
        recent = (now - last.finished_at).total_seconds() < _CRASH_MEMORY
        if recent and last.exit_code != 0:
            return _crash(status, ended_word(last))
    return None


def _crash(status: ContainerStatus, reason: str) -> Ailment:
    ended = status.state.terminated or status.last_state.terminated
    if ended is None:
        return Ailment(status.name, reason, "", None, Trouble.CRASHING)
    if ended.reason in _START_REASONS:
        return Ailment(status.name, ended.reason, ended.message, ended.finished_at, Trouble.START, ended.exit_code)
    trouble = Trouble.OUT_OF_MEMORY if ended.reason == "OOMKilled" else Trouble.CRASHING
    return Ailment(status.name, reason, ended.message, ended.finished_at, trouble, ended.exit_code)


def _sidecars(pod: Pod) -> Iterator[ContainerStatus]:
    """The init containers that go on running beside the others: the Pod is ready when they are, too."""
    names = {one.name for one in pod.spec.init_containers if one.restart_policy == "Always"}
    return (one for one in pod.status.init_container_statuses if one.name in names)


def _condition_trouble(pod: Pod) -> Ailment:
    scheduled = condition(pod.status.conditions, "PodScheduled")
    if scheduled is not None and scheduled.status == "False":
        return Ailment("", scheduled.reason, scheduled.message, scheduled.last_transition_time, Trouble.UNSCHEDULABLE)
    if pod.status.phase in ("Failed", "Succeeded"):
        return Ailment("", pod.status.reason or pod.status.phase, pod.status.message, None, Trouble.ENDED)
    ready = condition(pod.status.conditions, "Ready")
    if pod.status.phase == "Unknown":
        return Ailment("", "Unknown", pod.status.message, None, Trouble.LOST)
    held = next((one for one in _sidecars(pod) if one.state.running and one.started is False), None)
    if held is not None:  # the others start once its startupProbe has succeeded
        since = ready.last_transition_time if ready else None
        return Ailment(held.name, "ContainersNotInitialized", "", since, Trouble.NOT_READY)
    if any(status.state.waiting for status in pod.status.container_statuses):
        return Ailment("", "", "", None, Trouble.NONE)  # being created
    running = [s for s in (*pod.status.container_statuses, *_sidecars(pod)) if s.state.running and not s.ready]
    if running or (pod.status.phase == "Running" and ready is not None and ready.status == "False"):
        since = ready.last_transition_time if ready else None
        container = running[0].name if running else ""
        reason = ready.reason if ready else ""
        return Ailment(container, reason, ready.message if ready else "", since, Trouble.NOT_READY)
    return Ailment("", "", "", None, Trouble.NONE)
