"""Services that are nothing but names: ExternalName, which is another name, and what cannot be had of one."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_goweb.objects import Kind, Service
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.surroundings import Surroundings
from kubectl_goweb.status.verdicts import Evidence, Finding, Ref, Severity

EXTERNAL = "ExternalName"


def alias_findings(service: Service, around: Surroundings, *, is_routed: bool) -> Iterator[Finding]:
    """An alias to an address, to a Service that is not there, or with ports that are mapped by nobody.

    `is_routed` says that an Ingress leads to it: its controller may map the ports, as no DNS answer can.
    https://kubernetes.io/docs/concepts/services-networking/service/#externalname
    """
    name = service.spec.external_name.rstrip(".")
    if name.replace(".", "").isdecimal() or ":" in name:
        yield _finding(
            service, Severity.CRITICAL, "external-address", f"is an alias of the address {name}",
            "an ExternalName is answered as a DNS name (CNAME), and an address is none: nothing resolves it; use a "
            "Service without selector and an EndpointSlice with the address",
        )  # fmt: skip
        return
    missing = _missing(service, name, around)
    if missing:
        yield _finding(
            service, Severity.CRITICAL, "external-missing", f"is an alias of {name}, and {missing}",
            "the name it stands for is not there, so it cannot be resolved either",
        )  # fmt: skip
        return
    moved = [one for one in service.spec.ports if one.target_port and str(one.target_port) != str(one.port)]
    if moved and not is_routed:
        port = moved[0]
        yield _finding(
            service, Severity.WARNING, "external-port", f"maps port {port.port} to {port.target_port} in vain",
            f"an ExternalName is an answer of DNS and moves no port: who asks {service.name}:{port.port} reaches port "
            f"{port.port} of {name}",
        )  # fmt: skip


def _missing(service: Service, name: str, around: Surroundings) -> str:
    """What is wrong with the Service of the cluster's own that it stands for; empty when nothing is."""
    parts = name.split(".")
    if len(parts) < 3 or parts[2] != "svc" or not around.sees(Kind.SERVICE):
        return ""
    key = f"{parts[1]}/{parts[0]}"
    is_seen = around.snapshot.namespace in ("", parts[1])
    if key == service.key:
        return "that is itself"
    return f"there is no Service {key}" if is_seen and key not in around.snapshot.services else ""


def _finding(service: Service, severity: Severity, reason: str, words: str, cause: str) -> Finding:
    return finding(
        Code.SERVICE_ALIAS,
        severity,
        Ref("Service", service.name, service.namespace),
        f"Service {service.name} {words}",
        cause=cause,
        next=f"kubectl get service {service.name} -n {service.namespace} -o yaml",
        evidence=(Evidence("spec.externalName", service.spec.external_name),),
        since=service.metadata.creation_timestamp,
        reason=reason,
    )
