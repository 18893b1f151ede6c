"""Every hop of a request asked for real: the host directly, the name in the cluster's DNS, the Service and its Pods
through the API server. What the answers mean is told in status.live_paths.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import structs

from kubectl_goweb.errors import ApiError
from kubectl_goweb.hands import Hands
from kubectl_goweb.objects import Pod, Service
from kubectl_goweb.probing.dns import DnsError, addresses
from kubectl_goweb.probing.selecting import Wish, ingress_targets, pod_targets, service_targets
from kubectl_goweb.probing.sending import Forward
from kubectl_goweb.status.live_paths import (
    VERIFICATION,
    Checked,
    Place,
    certificate_check,
    dns_check,
    front_check,
    is_rewritten,
    pods_check,
    service_check,
    unasked,
)
from kubectl_goweb.status.paths import HopState
from kubectl_goweb.status.probes.declared import replays
from kubectl_goweb.status.probes.results import ProbeKind, ProbeResult, Way
from kubectl_goweb.status.probes.targets import Redirects, Rules, Target
from kubectl_goweb.status.routes import Trail, port_number
from kubectl_goweb.status.verdicts import Ref

_MOST_PODS = 8
_TIMEOUT = 3.0
"""Seconds for one question."""
_HANDS = 10
_RULES = Rules(redirects=Redirects.NONE)
_DOMAIN = "cluster.local"
_KNOWN = f"kubernetes.default.svc.{_DOMAIN}"
"""What every cluster's DNS knows."""


class Asker(Protocol):
    """Sends one probe."""

    def probe(self, target: Target, way: Way) -> ProbeResult: ...


class Forwarder(Protocol):
    def forward(self, namespace: str, pod: str, port: int, *, timeout: float) -> Forward: ...


def checks(
    on: Trail,
    sender: Asker,
    forwarder: Forwarder,
    dns: Sequence[tuple[Pod, int]] | str,
    now: Callable[[], datetime],
) -> tuple[Checked, ...]:
    """Ask everything at once; from the outside inwards. `dns` are Pods of the cluster's DNS with their port, or why
    there is none. Never raises for what is asked.
    """
    if on.service is None:
        return ()
    ref = Ref("Service", on.service.name, on.service.namespace)
    with Hands(_HANDS, "path") as hands:
        front = hands.submit(_front, on, sender)
        name = hands.submit(_dns, on, forwarder, dns)
        service = hands.submit(_service, on, on.service, sender)
        pods = list(hands.map(lambda pod: (pod, _pod(on, pod, sender)), _chosen(on)))
        fronts, asked = front.result(), service.result()
        told = [*_fronts(on, fronts, asked, now()), name.result()]
    told.append(service_check(ref, asked) if asked else unasked(Place.SERVICE, ref, _why_no_service(on)))
    told.append(pods_check(ref, pods, len(on.pods)) if pods else unasked(Place.PODS, ref, _why_no_pods(on)))
    return tuple(told)


def _chosen(on: Trail) -> list[Pod]:
    """A few of its Pods, the ready ones first: they are the ones that are sent to."""
    if on.port is not None and on.port.protocol != "TCP":
        return []
    ready_first = sorted(on.pods, key=lambda pod: (not pod.status.is_ready, pod.name))
    numbers = {pod.key: port_number(pod, on.target) for pod in ready_first}
    ready = [pod for pod in ready_first if pod.status.is_ready]
    return [pod for pod in (ready or ready_first)[:_MOST_PODS] if numbers[pod.key] is not None]


def _path(on: Trail) -> str:
    """The path that was asked for; without one, what the readiness probe asks."""
    return on.asked_path if on.has_front and on.asked_path != "/" else ""


def _wish(on: Trail, pod: Pod) -> Wish:
    """What to ask at a port: what a probe asks there; HTTP where it is said or usual; else only a connection, for what
    a port that nobody declares would make of an HTTP request is not known.
    """
    number = port_number(pod, on.target)
    plain = Wish(port=str(number), rules=_RULES, timeout=_TIMEOUT)
    probed = [target.request for target in replays(pod) if target.request.port == number]
    for request in sorted(probed, key=lambda one: one.kind is not ProbeKind.HTTP):
        path = _path(on) or request.path if request.kind is ProbeKind.HTTP else ""
        return structs.replace(plain, kind=request.kind, path=path, tls=request.tls, service=request.service)
    if not _is_http(on):
        return structs.replace(plain, kind=ProbeKind.TCP, tls=False)
    return structs.replace(plain, kind=ProbeKind.HTTP, path=_path(on) or "/", tls=_is_https(on))


def _words(on: Trail) -> tuple[str, ...]:
    port = on.port
    return (port.app_protocol, port.name, str(on.target)) if port else ()


def _is_http(on: Trail) -> bool:
    usual = on.port is not None and on.port.port in (80, 443)
    return on.has_front or usual or any(word.startswith(("http", "web")) for word in _words(on))


def _is_https(on: Trail) -> bool:
    usual = on.port is not None and on.port.port == 443
    return usual or any(word.startswith("https") for word in _words(on))


def _pod(on: Trail, pod: Pod, sender: Asker) -> ProbeResult:
    target = pod_targets(pod, _wish(on, pod))[0]
    return sender.probe(target, Way.API_PROXY if target.request.kind is ProbeKind.HTTP else Way.PORT_FORWARD)


def _service(on: Trail, service: Service, sender: Asker) -> ProbeResult | None:
    """None where it cannot be asked."""
    if on.port is None or service.spec.type == "ExternalName":
        return None
    pods = _chosen(on)
    wish = _wish(on, pods[0]) if pods else Wish(kind=ProbeKind.HTTP if _is_http(on) else ProbeKind.TCP)
    wish = structs.replace(wish, port=str(on.port.port), rules=_RULES, timeout=_TIMEOUT)
    found = service_targets(service, on.pods, wish) if wish.kind is ProbeKind.HTTP else ()
    return sender.probe(found[0], Way.API_PROXY) if found else None


def _why_no_service(on: Trail) -> str:
    if on.service is not None and on.service.spec.type == "ExternalName":
        return "it leads out of the cluster"
    if on.port is None:
        return f"it has no port {on.port_name}"
    if on.port.protocol != "TCP":
        return f"{on.port.protocol} passes neither the API server's proxy nor a port-forward"
    return "the API server's proxy speaks HTTP alone, and nothing says that this port does"


def _why_no_pods(on: Trail) -> str:
    if not on.pods:
        return "there is none"
    if on.port is None or on.port.protocol != "TCP":
        return _why_no_service(on)
    return f"none of them has a port {on.target!r}"


def _front(on: Trail, sender: Asker) -> tuple[Target, ProbeResult, ProbeResult] | str:
    """The host over its Ingress: asked with the certificate verified, and, where that alone fails, without. A sentence
    when there is nobody to ask.
    """
    if on.ingress is None or on.path is None:
        return ""
    host = on.host
    wish = Wish(path=on.asked_path, host=host, tls=bool(on.secret), rules=_RULES, timeout=_TIMEOUT)
    found = [one for one in ingress_targets(on.ingress, wish) if not host or one.request.host == host]
    if not found:
        return "its rules name no host and path to ask for"
    if found[0].unready:
        return found[0].unready
    verified = sender.probe(found[0], Way.DIRECT)
    if verified.reason not in VERIFICATION:
        return found[0], verified, verified
    lenient = structs.replace(found[0], rules=structs.replace(_RULES, verify_tls=False))
    return found[0], verified, sender.probe(lenient, Way.DIRECT)


def _fronts(
    on: Trail, found: tuple[Target, ProbeResult, ProbeResult] | str, service: ProbeResult | None, now: datetime
) -> list[Checked]:
    if on.ingress is None:
        return []
    ref = Ref("Ingress", on.ingress.name, on.ingress.namespace)
    secret = Ref("Secret", on.secret, on.ingress.namespace)
    if isinstance(found, str):
        told = [unasked(Place.INGRESS, ref, found or "no rule answers for it")]
        return [*told, unasked(Place.CERTIFICATE, secret, "no handshake took place")] if on.secret else told
    target, verified, plain = found
    front = front_check(ref, target.request.host or target.host, plain)
    if service is not None and is_rewritten(plain, service):
        text = f"answers 404 at {plain.address}, while the Service answers {service.code}"
        front = structs.replace(front, state=HopState.BROKEN, text=text)
    told = [front]
    if on.secret:
        told.append(certificate_check(secret, target.request.host or target.host, verified, now))
    return told


def _dns(on: Trail, forwarder: Forwarder, dns: Sequence[tuple[Pod, int]] | str) -> Checked:
    """The Service's name, asked at the cluster's own DNS: where a name leads from within Pods cannot be seen here."""
    ref = Ref("Service", on.service_name, on.route.namespace)
    if isinstance(dns, str) or not dns:
        return unasked(Place.DNS, ref, dns if isinstance(dns, str) else "no Pod of the cluster's DNS is ready")
    pod, port = dns[0]
    name = f"{on.service_name}.{on.route.namespace}.svc.{_DOMAIN}"
    try:
        found = _asked(forwarder, pod, port, name)
        if not found and not _asked(forwarder, pod, port, _KNOWN):
            return unasked(Place.DNS, ref, f"the cluster's domain is not {_DOMAIN}")
    except (ApiError, OSError, DnsError) as error:
        return unasked(Place.DNS, ref, f"pod/{pod.name}: {getattr(error, 'sentence', error)}")
    return dns_check(on, name, found, f"pod/{pod.name}")


def _asked(forwarder: Forwarder, pod: Pod, port: int, name: str) -> tuple[str, ...]:
    forward = forwarder.forward(pod.namespace, pod.name, port, timeout=_TIMEOUT)
    try:
        forward.socket.settimeout(_TIMEOUT)
        return addresses(forward.socket, name) or addresses(forward.socket, name, wants_ipv6=True)
    finally:
        forward.close()
