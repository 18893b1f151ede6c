"""Probe results, Pods and targets in few words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, cast

from kubectl_goweb.objects import Event, Kind, Pod, decode_page
from kubectl_goweb.status.probes.results import Durations, ProbeKind, ProbeResult, Reason, Source, Way
from kubectl_goweb.status.probes.targets import Request, Rules, Target
from kubectl_goweb.status.verdicts import Ref

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def result(
    *,
    success: bool | None = True,
    reason: Reason = Reason.OK,
    total: float = 0.01,
    way: Way = Way.DIRECT,
    target: str = "pod/web-1",
    at: datetime = NOW,
) -> ProbeResult:
    return ProbeResult(
        target=target,
        kind=ProbeKind.HTTP,
        success=success,
        reason=reason,
        detail="",
        code=200 if success else None,
        durations=Durations(total),
        at=at,
        way=way,
        source=Source.US,
    )


def target(path: str = "/api/health", *, tls: bool = False, rules: Rules | None = None, kind: str = "Pod") -> Target:
    request = Request(ProbeKind.HTTP, 8080, tls, path)
    return Target("pod/web-1", request, "10.0.0.1", Ref(kind, "web-1", "shop"), rules or Rules())


def pod(container: dict[str, Any], *, ready: bool = True, labels: dict[str, str] | None = None) -> Pod:
    """A Pod with one container `web`, whose readiness changed 40 s ago."""
    status = {
        "phase": "Running",
        "podIP": "10.0.0.1",
        "conditions": [{"type": "ContainersReady", "status": str(ready), "lastTransitionTime": "2026-03-01T11:59:20Z"}],
        "containerStatuses": [{"name": "web", "ready": ready, "state": {"running": {}}, "started": True}],
    }
    item = {
        "metadata": {"name": "web-1", "namespace": "shop", "uid": "u1", "labels": labels or {}},
        "spec": {"containers": [{"name": "web", **container}]},
        "status": status,
    }
    page = decode_page(Kind.POD, json.dumps({"items": [item]}).encode())
    assert not page.malformed, page.malformed
    return cast("Pod", page.items[0])  # what was decoded as Pods


def unhealthy(message: str, *, at: str = "2026-03-01T11:59:58Z", count: int = 1) -> Event:
    item = {
        "metadata": {"name": "e1", "namespace": "shop"},
        "involvedObject": {"kind": "Pod", "name": "web-1", "uid": "u1", "fieldPath": "spec.containers{web}"},
        "reason": "Unhealthy",
        "message": message,
        "count": count,
        "lastTimestamp": at,
    }
    page = decode_page(Kind.EVENT, json.dumps({"items": [item]}).encode())
    return cast("Event", page.items[0])  # what was decoded as Events
