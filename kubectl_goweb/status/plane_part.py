"""One part of the control plane, as it is told."""

from __future__ import annotations

from kubectl_goweb.status.verdicts import Answer, Verdict

SYSTEM = "kube-system"


class Part(Answer, frozen=True, gc=False):
    """One part."""

    name: str
    verdict: Verdict
    why: str
    """In one line; also for a healthy one, where it says by what."""
    source: str
    """`/readyz`, `/healthz`, `/metrics`, `TLS`, `lease`, `its work`, `its Pods`, `DaemonSet`, `Deployment`,
    `endpoints`; empty when nothing tells.
    """
    latency: float | None = None
    """Seconds of the answer, as seen from here."""


def hidden(name: str, what: str) -> Part:
    return Part(name, Verdict.UNKNOWN, f"not visible: {what} could not be seen", "")
