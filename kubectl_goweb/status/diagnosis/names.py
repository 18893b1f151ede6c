"""What a host name means inside the cluster, and the traps of Services that are only names.

https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from kubectl_goweb.objects import FeedState, Kind, Service
from kubectl_goweb.status.diagnosis.aliases import EXTERNAL
from kubectl_goweb.status.diagnosis.case import Case
from kubectl_goweb.status.diagnosis.mechanisms import Reason
from kubectl_goweb.status.diagnosis.reasons import Told

_NOT_FOR = re.compile(r"certificate is valid for (?P<names>.+?), not (?P<host>[\w.-]+)")


class Asked(Struct, frozen=True, gc=False):
    """A name as the cluster's DNS takes it."""

    name: str
    """Of the Service."""
    namespace: str
    member: str = ""
    """The Pod of a headless Service that is meant, `web-0` of `web-0.web`."""
    service: Service | None = None


def asked(host: str, namespace: str, services: Mapping[str, Service]) -> Asked | None:
    """The Service that a Pod of `namespace` means by `host`; None when the name is not one of the cluster's."""
    parts = host.rstrip(".").split(".")
    if not all(parts) or "".join(parts).isdecimal():
        return None
    is_whole = "svc" in parts
    parts = parts[: parts.index("svc")] if is_whole else parts
    # As the search path of a Pod tries them: below its own namespace first, then with the namespace named.
    choices = []
    if len(parts) == 1:
        choices = [Asked(parts[0], namespace)]
    elif len(parts) == 2:
        choices = [Asked(parts[0], parts[1])] if is_whole else [
            Asked(parts[1], namespace, parts[0]), Asked(parts[0], parts[1])]  # fmt: skip
    elif len(parts) == 3:
        choices = [Asked(parts[1], parts[2], parts[0])]
    for one in choices:
        found = services.get(f"{one.namespace}/{one.name}")
        if found is not None and (not one.member or is_headless(found)):
            return Asked(one.name, one.namespace, one.member, found)
    if len(parts) > 2 and not is_whole:
        return None
    return choices[-1] if choices and (is_whole or len(parts) == 1) else None


def is_headless(service: Service) -> bool:
    return service.spec.cluster_ip == "None"


class Trap(Struct, frozen=True, gc=False):
    reason: str
    sentence: str


def host_refused(told: Told) -> str:
    """The name that a certificate was not for; empty when the error is another one."""
    found = _NOT_FOR.search(f"x509: {told.target}") if told.reason is Reason.TLS else None
    return found["host"] if found else ""


def trap(case: Case, told: Told, one: Asked, port: str) -> Trap | None:
    """Why a name that looks right leads nowhere: the Service is only a name."""
    service = one.service
    if service is None:
        return _no_governing(case, told, one)
    if service.spec.type == EXTERNAL:
        return _alias(told, service)
    if not is_headless(service):
        return None
    if told.reason is Reason.REFUSED and port.isdecimal():
        return _unmapped(service, int(port))
    if told.reason is Reason.DNS and one.member:
        return _nameless(case, service, one)
    return None


def _alias(told: Told, service: Service) -> Trap | None:
    name = service.spec.external_name
    if told.reason is Reason.TLS and host_refused(told):
        return Trap(
            "alias-tls",
            f"Service {service.name} is an alias of {name}: the certificate is that of {name}, and the client asks for "
            f"{service.name}; it must ask for the real name",
        )
    if told.reason is Reason.REFUSED and any(str(p.target_port or p.port) != str(p.port) for p in service.spec.ports):
        return Trap("alias-port", f"Service {service.name} is an alias of {name}, and an alias maps no port")
    return None


def _unmapped(service: Service, port: int) -> Trap | None:
    moved = next((p for p in service.spec.ports if p.port == port and p.target_port not in (0, port, str(port))), None)
    if moved is None:
        return None
    return Trap(
        "headless-port",
        f"Service {service.name} is headless, so its name is the Pods' addresses and port {port} is not mapped to "
        f"{moved.target_port}: ask for the Pods' own port, or give the Service an address",
    )


def _nameless(case: Case, service: Service, one: Asked) -> Trap | None:
    """Members of a headless Service have names only while they are ready, unless it says otherwise."""
    if service.spec.publish_not_ready_addresses or not _sees(case, Kind.POD):
        return None
    pod = case.snapshot.pods.get(f"{one.namespace}/{one.member}")
    if pod is None:
        return Trap(
            "headless-member",
            f"there is no Pod {one.member} (yet): a StatefulSet makes one member after the other, each once the one "
            "before it is ready; who waits for a later one waits for ever (podManagementPolicy: Parallel)",
        )
    if pod.status.is_ready:
        return None
    return Trap(
        "headless-not-ready",
        f"Pod {one.member} is not ready, and the headless Service {service.name} names only Pods that are; members "
        "that must find each other before they are ready need publishNotReadyAddresses: true",
    )


def _no_governing(case: Case, told: Told, one: Asked) -> Trap | None:
    if told.reason is not Reason.DNS or not _sees(case, Kind.STATEFUL_SET):
        return None
    for found in case.snapshot.stateful_sets.values():
        if found.namespace == one.namespace and found.spec.service_name == one.name:
            return Trap(
                "headless-missing",
                f"StatefulSet {found.name} names Service {one.name} for its members' names (spec.serviceName), and "
                "there is no such Service",
            )
    return None


def _sees(case: Case, kind: Kind) -> bool:
    feed = case.snapshot.feeds.get(kind)
    return feed is not None and feed.state is FeedState.LIVE
