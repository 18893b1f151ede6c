"""Who stands behind an address that does not answer: the Service, its endpoints, the workload behind it."""

from __future__ import annotations

from msgspec import Struct

from kubectl_goweb.objects import FeedState, Kind, Service
from kubectl_goweb.status.diagnosis.case import Case
from kubectl_goweb.status.diagnosis.reasons import Told
from kubectl_goweb.status.verdicts import Evidence, Ref

_DOMAIN = ".svc"


class Behind(Struct, frozen=True, gc=False):
    refs: tuple[Ref, ...]
    evidence: tuple[Evidence, ...]


def behind(case: Case, told: Told) -> Behind | None:
    """What the cluster knows of the address in an error's words; None when that is nothing."""
    host, _, port = told.target.removeprefix("http://").removeprefix("https://").rpartition(":")
    host = (host or port).strip("[]")
    if not host:
        return None
    feed = case.snapshot.feeds.get(Kind.SERVICE)
    if feed is None or feed.state is not FeedState.LIVE:
        return None
    service = _service(case, host)
    if service is None:
        return _no_service(case, host)
    ref = Ref("Service", service.name, service.namespace)
    ready = _ready(case, service)
    words = []
    if port.isdecimal() and host != told.target and service.spec.ports:
        ports = {one.port for one in service.spec.ports}
        if int(port) not in ports and not _is_headless(service):
            words.append(f"has no port {port}, only {', '.join(str(one) for one in sorted(ports))}")
    if ready == 0:
        words.append("has no ready endpoint")
    text = f"{service.key} " + (" and ".join(words) if words else f"has {ready} ready endpoints")
    return Behind((ref,), (Evidence("Service", text),))


def _service(case: Case, host: str) -> Service | None:
    """By cluster address, or by name as a Pod of this namespace would resolve it."""
    services = case.snapshot.services
    by_address = next((one for one in services.values() if one.spec.cluster_ip == host), None)
    if by_address is not None:
        return by_address
    name, _, rest = host.partition(".")
    namespace = rest.partition(".")[0] if rest else case.ref.namespace
    return services.get(f"{namespace}/{name}")


def _no_service(case: Case, host: str) -> Behind | None:
    name, dot, rest = host.partition(".")
    is_local = not dot or _DOMAIN in f".{rest}"
    namespace = rest.partition(".")[0] if dot else case.ref.namespace
    seen = case.snapshot.namespace in ("", namespace)
    if not is_local or not seen or name.replace(".", "").isdecimal():
        return None
    return Behind((), (Evidence("Service", f"there is no Service {name} in namespace {namespace}"),))


def _is_headless(service: Service) -> bool:
    return service.spec.cluster_ip == "None"


def _ready(case: Case, service: Service) -> int:
    return sum(
        endpoint.conditions.ready is not False
        for piece in case.index.slices.get(service.key, ())
        for endpoint in piece.endpoints or ()
    )
