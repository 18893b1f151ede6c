"""The hops of a request as they answered for real, beside what the objects say of them. Asking lives in `probing`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from kubectl_goweb.objects import Pod
from kubectl_goweb.status.paths import Hop, HopState
from kubectl_goweb.status.probes.results import ProbeKind, ProbeResult, Reason, TlsFacts, Way
from kubectl_goweb.status.routes import Route, Trail
from kubectl_goweb.status.verdicts import Answer, Ref


class Place(StrEnum):
    """What is asked for real, from the outside inwards."""

    INGRESS = "Ingress"
    CERTIFICATE = "certificate"
    DNS = "DNS"
    SERVICE = "Service"
    PODS = "Pods"


BELOW = {
    Place.INGRESS: "Ingress",
    Place.CERTIFICATE: "certificate",
    Place.DNS: "Service",
    Place.SERVICE: "Service port",
    Place.PODS: "endpoints",
}
"""Below which hop of the objects each is told."""
_ELSEWHERE = (
    Reason.RESOLVE_FAILED,
    Reason.RESOLVE_TIMEOUT,
    Reason.NO_ROUTE,
    Reason.CONNECT_TIMEOUT,
    Reason.NOT_ALLOWED,
    Reason.NOT_SEEN,
)
"""What says more about the way from here than about what was asked."""
VERIFICATION = (Reason.TLS_NAME, Reason.TLS_EXPIRED, Reason.TLS_NOT_YET_VALID, Reason.TLS_UNKNOWN_CA)
"""What is said against a certificate while the handshake itself would do."""
_SETTLED = ("container port", "certificate")
"""Hops that the objects may leave open and an answer settles."""
_OF_WHO_ASKS = ("DNS", "NetworkPolicy")
"""Hops that are judged for whom is meant to ask, and that what is asked from here cannot contradict."""
_INSIDE = (Place.INGRESS, Place.SERVICE, Place.PODS)
_CONTRADICTS = {
    "Ingress": (Place.INGRESS,),
    "Ingress class": (Place.INGRESS,),
    "certificate": (Place.CERTIFICATE,),
    "NetworkPolicy": (Place.SERVICE, Place.PODS),
}
"""Whose answers speak against a hop that is broken by the objects; for other hops all that lie inside."""


class Checked(Answer, frozen=True, gc=False):
    """One hop as it answered."""

    what: Place
    object: Ref | None
    state: HopState
    """Unknown: it could not be asked, and the text says why."""
    text: str
    way: str = ""
    """`direct`, `API proxy`, `port-forward`; empty when it was not asked."""


class Traced(Struct, frozen=True):
    """One way in, followed."""

    route: Route
    hops: tuple[Hop, ...]
    live: tuple[Checked, ...] = ()
    """Empty when it was not asked for."""
    is_for_one: bool = False
    """Somebody in particular is to ask. What is asked for real still comes from here or from the API server, and tells
    nothing of what policies do to whom is meant.
    """


def unasked(what: Place, ref: Ref | None, why: str) -> Checked:
    return Checked(what, ref, HopState.UNKNOWN, f"not checked: {why}")


def answered(result: ProbeResult) -> bool:
    """Whether a program answered that does not say it is ill; that it refuses this path or caller is its own matter."""
    if result.kind is ProbeKind.HTTP and result.code is not None:
        return result.code < 500
    return result.reason is Reason.OK


def _said(result: ProbeResult) -> str:
    took = f" in {result.durations.total * 1000:.0f} ms"
    if result.kind is ProbeKind.HTTP and result.code is not None:
        return f"answers {result.code}{took}"
    if result.reason is not Reason.OK:
        return result.detail or str(result.reason)
    return "takes connections" if result.kind is ProbeKind.TCP else f"answers{took}"


def service_check(ref: Ref, result: ProbeResult) -> Checked:
    """A Service through the API server's proxy."""
    if result.reason in (Reason.NOT_ALLOWED, Reason.NOT_SEEN):
        return unasked(Place.SERVICE, ref, result.detail)
    state = HopState.OK if answered(result) else HopState.BROKEN
    return Checked(Place.SERVICE, ref, state, _said(result), result.way)


def pods_check(service: Ref, results: Sequence[tuple[Pod, ProbeResult]], total: int) -> Checked:
    """The Pods that were asked, of so many."""
    told = [(pod, one) for pod, one in results if one.reason not in (Reason.NOT_ALLOWED, Reason.NOT_SEEN)]
    if not told:
        why = results[0][1].detail if results else "there is none"
        return unasked(Place.PODS, service, why)
    way = " and ".join(sorted({one.way.value for _, one in told}))
    ill = [(pod, one) for pod, one in told if not answered(one)]
    of = f"{len(told)} of {total}" if len(told) < total else f"all {total}" if total > 1 else told[0][0].name
    if not ill:
        slowest = max(told, key=lambda pair: pair[1].durations.total)[1]
        return Checked(Place.PODS, service, HopState.OK, f"{of}: {_said(slowest)}", way)
    pod, one = ill[0]
    more = f"{len(ill)} of {len(told)} fail, such as " if len(told) > 1 else ""
    return Checked(
        Place.PODS, Ref("Pod", pod.name, pod.namespace), HopState.BROKEN, f"{more}{pod.name}: {_said(one)}", way
    )


def front_check(ref: Ref, host: str, result: ProbeResult) -> Checked:
    """The host as it is reached from here."""
    if result.reason in _ELSEWHERE:
        return unasked(Place.INGRESS, ref, f"{host} cannot be reached from here: {result.detail}")
    state = HopState.OK if answered(result) else HopState.BROKEN
    return Checked(Place.INGRESS, ref, state, f"{_said(result)} at {result.address}", result.way)


def certificate_check(ref: Ref, host: str, verified: ProbeResult, now: datetime) -> Checked:
    """What the handshake showed, asked with verification."""
    tls, reason = verified.tls, verified.reason
    if reason in _ELSEWHERE:
        return unasked(Place.CERTIFICATE, ref, "no handshake took place")
    if reason is Reason.TLS_UNKNOWN_CA:
        text = "shown, and signed by an authority that is not trusted here"
        return Checked(Place.CERTIFICATE, ref, HopState.UNKNOWN, text, verified.way)
    if reason.value.startswith("tls-"):
        return Checked(Place.CERTIFICATE, ref, HopState.BROKEN, f"{host}: {verified.detail}", verified.way)
    if tls is None:
        return unasked(Place.CERTIFICATE, ref, "no handshake took place")
    return Checked(Place.CERTIFICATE, ref, HopState.OK, _shown(tls, now), verified.way)


def _shown(tls: TlsFacts, now: datetime) -> str:
    until = f", until {tls.expires:%Y-%m-%d %H:%M} UTC ({(tls.expires - now).days} days)" if tls.expires else ""
    return f"accepted, {tls.version}{until}"


def dns_check(on: Trail, name: str, addresses: Sequence[str], resolver: str) -> Checked:
    """What the cluster's DNS says of the Service's name, beside what the Service says; no address: it knows no such
    name.
    """
    service = on.service
    ref = Ref("Service", on.service_name, on.route.namespace)
    way = f"{Way.PORT_FORWARD} to {resolver}"
    if not addresses:
        return Checked(Place.DNS, ref, HopState.BROKEN, f"{name} is not known", way)
    given = ", ".join(sorted(addresses)[:4])
    if service is not None and service.spec.cluster_ip not in ("", "None") and service.spec.type != "ExternalName":
        if service.spec.cluster_ip not in addresses:
            text = f"{name} is {given}, and the Service is {service.spec.cluster_ip}"
            return Checked(Place.DNS, ref, HopState.BROKEN, text, way)
    elif on.pods and (strange := set(addresses) - {pod.status.pod_ip for pod in on.pods}):
        text = f"{name} is {given}, and {', '.join(sorted(strange))} is no Pod of it"
        return Checked(Place.DNS, ref, HopState.BROKEN, text, way)
    return Checked(Place.DNS, ref, HopState.OK, f"{name} is {given}", way)


def live_answer(found: Iterable[Checked]) -> Checked | None:
    """The check that decides: what is broken inside breaks everything before it, so the innermost broken one; else the
    outermost that answered. None when nothing could be asked.
    """
    order = list(Place)
    asked = sorted((one for one in found if one.state is not HopState.UNKNOWN), key=lambda one: order.index(one.what))
    broken = [one for one in asked if one.state is HopState.BROKEN]
    return broken[-1] if broken else next(iter(asked), None)


def disagreements(traced: Traced) -> tuple[str, ...]:
    """Where the objects say one thing and what answers says another; both are told, for both may be right."""
    told, live = traced.hops, traced.live
    static = next((one for one in told if one.state is HopState.BROKEN), None)
    decides = live_answer(live)
    if static is None:
        is_open = any(one.state is HopState.UNKNOWN and one.what in _SETTLED for one in told)
        if decides is None or decides.state is not HopState.BROKEN or is_open:
            return ()
        return (f"by the objects nothing is broken, yet {decides.what}: {decides.text}",)
    if traced.is_for_one and static.what in _OF_WHO_ASKS:
        return ()
    places = _CONTRADICTS.get(static.what, _INSIDE)
    yet = next((one for one in live if one.what in places and one.state is HopState.OK), None)
    if yet is None or (decides is not None and decides.state is HopState.BROKEN):
        return ()
    said = f"by the objects {static.what} is broken, yet {yet.what}: {yet.text}"
    if static.what == "NetworkPolicy":
        return (f"{said}; what the API server asks is not what the policy cuts, or nothing enforces it",)
    return (f"{said}; the objects may just have changed",)


def verdict(told: Sequence[Hop], live: Sequence[Checked]) -> HopState:
    """Of both together: broken when either is; what only the objects leave open is settled by an answer."""
    decides = live_answer(live)
    states = {one.state for one in told}
    if HopState.BROKEN in states or (decides is not None and decides.state is HopState.BROKEN):
        return HopState.BROKEN
    if HopState.UNKNOWN not in states:
        return HopState.OK
    open_ones = {one.what for one in told if one.state is HopState.UNKNOWN}
    # That a port answers settles what the containers do not declare, not who else may ask.
    return HopState.OK if decides is not None and open_ones <= {*_SETTLED} else HopState.UNKNOWN


def is_rewritten(front: ProbeResult, service: ProbeResult) -> bool:
    """Whether the controller in front says that there is nothing, where the Service has something."""
    return front.code == 404 and service.code is not None and service.code < 400
