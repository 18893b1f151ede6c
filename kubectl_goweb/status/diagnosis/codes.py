"""The finding codes. Each is stable: scripts and runbooks name them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from kubectl_goweb.status.verdicts import Evidence, Finding, Ref, Severity


class Code(StrEnum):
    POD_CRASHLOOP = "GW-POD-CRASHLOOP"
    POD_OOM = "GW-POD-OOM"
    POD_IMAGE = "GW-POD-IMAGE"
    POD_CONFIG = "GW-POD-CONFIG"
    POD_START = "GW-POD-START"
    POD_UNSCHEDULABLE = "GW-POD-UNSCHEDULABLE"
    POD_NOT_READY = "GW-POD-NOT-READY"
    POD_EVICTED = "GW-POD-EVICTED"
    POD_ENDED = "GW-POD-ENDED"
    POD_LOST = "GW-POD-LOST"
    POD_STUCK_TERMINATING = "GW-POD-STUCK-TERMINATING"
    POD_RESTARTS = "GW-POD-RESTARTS"
    ROLLOUT_DEADLINE = "GW-ROLLOUT-DEADLINE"
    ROLLOUT_PAUSED = "GW-ROLLOUT-PAUSED"
    ROLLOUT_REFUSED = "GW-ROLLOUT-REFUSED"
    SERVICE_NO_ENDPOINTS = "GW-SERVICE-NO-ENDPOINTS"
    NODE_NOT_READY = "GW-NODE-NOT-READY"
    NODE_PRESSURE = "GW-NODE-PRESSURE"


def finding(
    code: Code,
    severity: Severity,
    ref: Ref,
    title: str,
    *,
    cause: str,
    next: str,  # the document's own word for it
    evidence: tuple[Evidence, ...] = (),
    since: datetime | None = None,
    affected: tuple[str, ...] = (),
) -> Finding:
    return Finding(str(code), severity, ref, title, cause, next, evidence, since, affected)


def worst_first(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """By severity, then how many Pods show it, then the oldest first."""
    return tuple(
        sorted(
            findings,
            key=lambda f: (-f.severity.rank, -len(f.affected), f.since.timestamp() if f.since else float("inf")),
        )
    )
