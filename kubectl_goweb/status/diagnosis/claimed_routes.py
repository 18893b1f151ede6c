"""Ingresses of one class that claim the same host and path: the controller serves one of them, mostly the older."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from kubectl_goweb.objects.networking import Ingress
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.surroundings import Surroundings
from kubectl_goweb.status.verdicts import Confidence, Evidence, Finding, Ref, Severity


class _Claim(Struct, frozen=True):
    ingress: Ingress
    backend: str
    """`shop/web:80`"""


def route_findings(around: Surroundings) -> Iterator[Finding]:
    """Each pair of Ingresses once, however many routes they share; a canary shares one on purpose."""
    claims: dict[tuple[str, str, str, str], list[_Claim]] = {}
    for one in around.snapshot.ingresses.values():
        if one.metadata.annotations.canary != "true":
            for route, backend in _routes(one):
                claims.setdefault(route, []).append(_Claim(one, backend))
    told: set[frozenset[str]] = set()
    for (_, host, path, _), ones in claims.items():
        keys = frozenset(one.ingress.key for one in ones)
        if len(keys) > 1 and len({one.backend for one in ones}) > 1 and keys not in told:
            told.add(keys)
            yield _told(f"{host or '*'}{path}", sorted(ones, key=_born))


def _routes(one: Ingress) -> Iterator[tuple[tuple[str, str, str, str], str]]:
    """Class, host, path and how the path is matched; and where that leads."""
    name = one.spec.ingress_class_name or one.metadata.annotations.ingress_class
    for rule in one.spec.rules:
        for path in rule.http.paths if rule.http else ():
            service = path.backend.service
            if service is not None:
                backend = f"{one.namespace}/{service.name}:{service.port.name or service.port.number}"
                yield (name, rule.host, path.path or "/", path.path_type), backend


def _born(one: _Claim) -> tuple[float, str]:
    created = one.ingress.metadata.creation_timestamp
    return created.timestamp() if created else 0.0, one.ingress.key


def _told(route: str, ones: list[_Claim]) -> Finding:
    """About the youngest: it came to what was somebody's already."""
    first, last = ones[0], ones[-1]
    ingress = last.ingress
    return finding(
        Code.TWO_OWNERS,
        Severity.WARNING,
        Ref("Ingress", ingress.name, ingress.namespace),
        f"Ingress {ingress.name} claims {route}, which is already that of Ingress {first.ingress.key}",
        cause=f"the one leads to {last.backend}, the other to {first.backend}: a controller serves one of them and "
        "passes over the other, mostly the younger",
        next=f"kubectl get ingress {ingress.name} -n {ingress.namespace} -o yaml",
        evidence=tuple(
            Evidence(f"Ingress {one.ingress.key}", f"{route} to {one.backend}", one.ingress.metadata.creation_timestamp)
            for one in ones[:4]
        ),
        since=ingress.metadata.creation_timestamp,
        reason="route",
        confidence=Confidence.LIKELY,
    )
