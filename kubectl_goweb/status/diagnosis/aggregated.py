"""APIs that another server than the API server serves, by what those say who ask them in vain."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubectl_goweb.objects import condition
from kubectl_goweb.objects.meta import Condition
from kubectl_goweb.objects.registration import APIService
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.case import from_condition
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.surroundings import Surroundings
from kubectl_goweb.status.index import namespaces
from kubectl_goweb.status.verdicts import Confidence, Evidence, Finding, Ref, Severity

_ASKED = re.compile(
    r"(?P<how>could not find the requested resource|currently unable to handle the request) "
    r"\(\w+ [\w*]+\.(?P<group>(?:\w+\.)?metrics\.k8s\.io)"
    r"|no (?:custom|external) metrics API \((?P<none>[\w.]+)\) registered"
)
"""In the words of k8s.io/metrics and of client-go's errors, as the autoscaler's conditions have them."""
_DISCOVERED = re.compile(r"(?P<group>[a-z0-9-]+(?:\.[a-z0-9-]+)+)/v\w+: ")
"""In those of client-go's discovery (ErrGroupDiscoveryFailed): `GROUP/VERSION: why`."""
METRICS = "metrics.k8s.io"


def unanswered(message: str) -> str:
    """The group of the API that did not answer, by what an autoscaler says; empty when it says no such thing."""
    found = _ASKED.search(message)
    return (found["group"] or found["none"]) if found else ""


def undiscovered(message: str) -> str:
    """The same by what is said of discovery, which asks all groups."""
    found = _DISCOVERED.search(message)
    return found["group"] if found else ""


def ref_of(group: str) -> Ref:
    return Ref("APIService", group)


def api_findings(around: Surroundings) -> Iterator[Finding]:
    """Each API once, however many ask it."""
    asked: dict[str, list[tuple[str, Condition]]] = {}
    for one in around.snapshot.autoscalers.values():
        active = condition(one.status.conditions or (), "ScalingActive")
        if active is not None and active.status == "False" and (group := unanswered(active.message)):
            asked.setdefault(group, []).append((f"hpa/{one.name}", active))
    for space in namespaces(around.snapshot):
        failed = condition(space.status.conditions, "NamespaceDeletionDiscoveryFailure")
        if failed is not None and failed.status == "True" and (group := undiscovered(failed.message)):
            asked.setdefault(group, []).append((f"namespace/{space.name}", failed))
    for group, ones in asked.items():
        yield _down(group, ones, around)


def _down(group: str, asked: list[tuple[str, Condition]], around: Surroundings) -> Finding:
    service = next((one for one in around.snapshot.api_services.values() if one.spec.group == group), None)
    message = asked[0][1].message
    is_missing = service is None and "unable to handle" not in message and "stale" not in message
    cause = "no server is registered for it" if is_missing else "the server that is registered for it does not answer"
    if group == METRICS and is_missing:
        cause += ": metrics-server is not installed"
    proof, related, words = _state(service)
    who = ", ".join(name for name, _ in asked[:3]) + (f" and {len(asked) - 3} more" if len(asked) > 3 else "")
    return finding(
        Code.API_DOWN,
        Severity.WARNING,
        ref_of(group),
        f"the API {group} is not served: {who} {'wait' if len(asked) > 1 else 'waits'} for it",
        cause=plain(f"{cause}{words}"),
        next=f"kubectl describe apiservice {service.name}" if service else "kubectl get apiservices",
        evidence=(*proof, *(Evidence(name, plain(said.message)) for name, said in asked[:2])),
        since=min((said.last_transition_time for _, said in asked if said.last_transition_time), default=None),
        reason="not-served" if is_missing else "not-available",
        confidence=Confidence.CERTAIN if service else Confidence.LIKELY,
        related=related,
    )


def _state(service: APIService | None) -> tuple[tuple[Evidence, ...], tuple[Ref, ...], str]:
    """What its APIService tells, the Service behind it, and the words for it."""
    if service is None:
        return (), (), ""
    available = condition(service.status.conditions, "Available")
    behind = service.spec.service
    proof = (from_condition(available),) if available is not None else ()
    words = f": {available.message}" if available is not None and available.status != "True" else ""
    return proof, (Ref("Service", behind.name, behind.namespace),) if behind else (), words
