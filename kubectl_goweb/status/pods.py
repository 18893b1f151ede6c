"""One Pod as it is told: kubectl's columns, and what is wrong with it."""

from __future__ import annotations

from datetime import datetime

from kubectl_goweb.objects import Pod, condition
from kubectl_goweb.status.ages import age
from kubectl_goweb.status.pod_columns import columns
from kubectl_goweb.status.pod_trouble import Ailment, Trouble, ailment
from kubectl_goweb.status.verdicts import Answer

_NEVER_READY = 5.0
"""Seconds from a Pod's creation to the start of its unreadiness, up to which it counts as never having been ready."""


class PodHealth(Answer, frozen=True, gc=False):
    """One Pod as told: kubectl's columns and what is wrong."""

    name: str
    namespace: str
    status: str
    """kubectl's STATUS."""
    ready: int
    total: int
    restarts: int
    restarted_at: datetime | None
    """When the newest restart's predecessor ended."""
    created: datetime | None
    is_ready: bool
    """Condition Ready is True and it is not being deleted."""
    trouble: Trouble
    container: str
    """The container the trouble is about, if it is about one."""
    reason: str
    """The API's own word: `CrashLoopBackOff`, `OOMKilled`, `ErrImagePull`."""
    message: str
    """The API's own sentence, raw."""
    since: datetime | None
    node: str
    ip: str
    revision: str = ""
    """pod-template-hash or controller-revision-hash."""
    exit_code: int | None = None
    terminating: bool = False
    ready_at: datetime | None = None
    """When it became ready, of one that is."""

    @property
    def ready_text(self) -> str:
        """kubectl's READY."""
        return f"{self.ready}/{self.total}"

    def is_starting(self, now: datetime, patience: float) -> bool:
        """Younger than `patience` seconds, never ready, and nothing known to be wrong with it."""
        if self.created is None or (now - self.created).total_seconds() > patience:
            return False
        if self.trouble is Trouble.NONE:
            return True
        if self.trouble is not Trouble.NOT_READY or self.since is None:
            return False
        return self.restarts == 0 and (self.since - self.created).total_seconds() <= _NEVER_READY

    def restarts_text(self, now: datetime) -> str:
        """kubectl's RESTARTS: `0`, `7`, `7 (3m ago)`."""
        if self.restarts and self.restarted_at:
            return f"{self.restarts} ({age(self.restarted_at, now)} ago)"
        return str(self.restarts)


def pod_health(pod: Pod, now: datetime) -> PodHealth:
    """Judge one Pod at the instant `now`."""
    shown = columns(pod)
    ready = condition(pod.status.conditions, "Ready")
    terminating = pod.metadata.deletion_timestamp is not None
    is_ready = pod.status.is_ready and not terminating
    ail = Ailment("", "", "", None, Trouble.NONE) if is_ready else ailment(pod, now)
    labels = pod.metadata.labels
    return PodHealth(
        name=pod.name,
        namespace=pod.namespace,
        status=shown.status,
        ready=shown.ready,
        total=shown.total,
        restarts=shown.restarts,
        restarted_at=shown.restarted_at,
        created=pod.metadata.creation_timestamp,
        is_ready=is_ready,
        trouble=ail.trouble,
        container=ail.container,
        reason=ail.reason,
        message=ail.message,
        since=ail.since,
        node=pod.spec.node_name,
        ip=pod.status.pod_ip,
        revision=labels.get("pod-template-hash") or labels.get("controller-revision-hash", ""),
        exit_code=ail.exit_code,
        terminating=terminating,
        ready_at=ready.last_transition_time if is_ready and ready is not None else None,
    )
