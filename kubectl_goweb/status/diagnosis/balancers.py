"""Services of type LoadBalancer that nobody gives an address."""

from __future__ import annotations

from kubectl_goweb.objects import Service
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import duration
from kubectl_goweb.status.diagnosis.case import from_event
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.surroundings import Surroundings
from kubectl_goweb.status.verdicts import Confidence, Evidence, Finding, Ref, Severity

_PATIENCE = 300.0
"""Seconds that a cloud may take to make a load balancer."""
_FAILED = ("SyncLoadBalancerFailed", "CreatingLoadBalancerFailed", "AllocationFailed", "UnAvailableLoadBalancer")


def unbalanced(service: Service, around: Surroundings) -> Finding | None:
    """Its controller says why there is no address, or has said nothing for too long: there may be none."""
    created = service.metadata.creation_timestamp
    if service.status.load_balancer.ingress or created is None:
        return None
    age = (around.now - created).total_seconds()
    failed = next((one for one in around.events_about(service.metadata.uid) if one.reason in _FAILED), None)
    if failed is None and age < _PATIENCE:
        return None
    cause = plain(failed.message) if failed else (
        f"nobody has given it one for {duration(age)}: no controller for load balancers runs in this cluster, or it is "
        "of another loadBalancerClass"
    )  # fmt: skip
    return finding(
        Code.SERVICE_BALANCER,
        Severity.WARNING,
        Ref("Service", service.name, service.namespace),
        f"Service {service.name} is of type LoadBalancer and has no address",
        cause=cause + "; inside the cluster, and by its node ports, it answers",
        next=f"kubectl describe service {service.name} -n {service.namespace}",
        evidence=(from_event(failed) if failed else Evidence("status.loadBalancer", "no address", created),),
        since=created,
        reason="refused" if failed else "no-address",
        confidence=Confidence.CERTAIN if failed else Confidence.LIKELY,
    )
