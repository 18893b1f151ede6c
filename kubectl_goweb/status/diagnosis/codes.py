"""The finding codes. Each is stable: scripts and runbooks name them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from kubectl_goweb.status.verdicts import Confidence, Evidence, Finding, Ref, Severity


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
    POD_KILLED = "GW-POD-KILLED"
    POD_VOLUME = "GW-POD-VOLUME"
    POD_SANDBOX = "GW-POD-SANDBOX"
    POD_INIT = "GW-POD-INIT"
    SET_BLOCKED = "GW-SET-BLOCKED"
    CLAIM_PENDING = "GW-CLAIM-PENDING"
    SERVICE_SELECTOR = "GW-SERVICE-SELECTOR"
    SERVICE_PORT = "GW-SERVICE-PORT"
    SERVICE_IDLE = "GW-SERVICE-IDLE"
    INGRESS_BACKEND = "GW-INGRESS-BACKEND"
    INGRESS_CLASS = "GW-INGRESS-CLASS"
    INGRESS_TLS = "GW-INGRESS-TLS"
    POLICY_CUTS = "GW-NETPOL-CUTS"
    HPA_BLIND = "GW-HPA-BLIND"
    HPA_LIMIT = "GW-HPA-LIMIT"
    PDB_IMPOSSIBLE = "GW-PDB-IMPOSSIBLE"
    JOB_HELD = "GW-JOB-HELD"
    JOB_FAILED = "GW-JOB-FAILED"
    SERVICE_ALIAS = "GW-SERVICE-ALIAS"
    SERVICE_BALANCER = "GW-SERVICE-BALANCER"
    TWO_OWNERS = "GW-TWO-OWNERS"
    API_GONE = "GW-API-GONE"
    POD_HOOK = "GW-POD-HOOK"
    POD_CUT_OFF = "GW-POD-CUT-OFF"
    PROBE_REDIRECTED = "GW-PROBE-REDIRECTED"
    CONFIG_STALE = "GW-CONFIG-STALE"
    API_DOWN = "GW-API-DOWN"
    NAMESPACE_STUCK = "GW-NAMESPACE-STUCK"
    NODE_BUSY = "GW-NODE-BUSY"
    NODE_CLOCK = "GW-NODE-CLOCK"
    NODE_NOT_READY = "GW-NODE-NOT-READY"
    NODE_PRESSURE = "GW-NODE-PRESSURE"


class Entry(Struct, frozen=True):
    severity: str
    means: str
    known: str
    """From what it is known."""
    mend: str
    reasons: tuple[str, ...] = ()
    """The values that `reason` may have."""


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
    reason: str = "",
    confidence: Confidence = Confidence.CERTAIN,
    related: tuple[Ref, ...] = (),
    unseen: tuple[str, ...] = (),
) -> Finding:
    return Finding(
        str(code),
        severity,
        ref,
        title,
        cause,
        next,
        evidence,
        since,
        affected,
        str(reason),
        confidence,
        related=related,
        unseen=unseen,
    )


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Roots before what they explain; then by severity, then how many Pods show it, then the oldest first."""
    return tuple(
        sorted(
            findings,
            key=lambda f: (
                not f.is_root,
                -f.severity.rank,
                -len(f.affected),
                f.since.timestamp() if f.since else float("inf"),
            ),
        )
    )
