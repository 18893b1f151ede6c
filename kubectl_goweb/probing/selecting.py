"""From names to targets: what to probe of a Pod, a Service, an Ingress. Pure.

Unless told otherwise a Pod is asked what its own kubelet asks it, by the kubelet's rules; a Service and an Ingress what
their Pods are asked, by the rules of blackbox_exporter.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, structs

from kubectl_goweb.objects import Container, Pod, Service
from kubectl_goweb.objects.networking import Ingress
from kubectl_goweb.status.endpoints import selects
from kubectl_goweb.status.probes.declared import (
    declared,
    main_request,
    pod_target,
    port_number,
    replays,
    serving_container,
)
from kubectl_goweb.status.probes.results import ProbeKind
from kubectl_goweb.status.probes.targets import KUBELET, Request, Rules, Target
from kubectl_goweb.status.verdicts import Ref

DEFAULT_TIMEOUT = 2.0


class Wish(Struct, frozen=True):
    """What the user asks for instead of what is declared."""

    path: str = ""
    port: str = ""
    """A number, or a name that the container or the Service declares."""
    kind: ProbeKind | None = None
    service: str = ""
    """gRPC."""
    host: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    tls: bool | None = None
    rules: Rules | None = None
    timeout: float | None = None

    @property
    def is_own(self) -> bool:
        """Whether it is another request than the declared ones."""
        return bool(self.path or self.port or self.kind or self.service or self.host or self.headers or self.tls)


def pod_targets(pod: Pod, wish: Wish, version: str = "") -> tuple[Target, ...]:
    """What to probe of a Pod: its declared probes replayed, or the one request asked for; a Pod that declares nothing
    is connected to at the first port it has. `version` is the kubelet's.
    """
    if not wish.is_own:
        found = replays(pod, version=version, timeout=wish.timeout, rules=wish.rules)
        commands = tuple(_command(pod, one.container, one.says) for one in declared(pod) if one.kind is ProbeKind.EXEC)
        if found or commands:
            return (*found, *commands)
    container = serving_container(pod)
    if container is None:
        return ()
    request = _asked(main_request(container), wish, container)
    timeout = wish.timeout or DEFAULT_TIMEOUT
    if request is None:
        why = f"container {container.name} has no port {wish.port!r}" if wish.port else "declares no probe and no port"
        nothing = Request(wish.kind or ProbeKind.TCP, 0)
        target = pod_target(pod, container, nothing, Rules(), timeout)
        return (structs.replace(target, key=f"pod/{pod.key}", unready=why),)
    rules = wish.rules or (Rules() if wish.is_own else KUBELET)
    return (pod_target(pod, container, request, rules, timeout),)


def _command(pod: Pod, container: str, says: str) -> Target:
    ref = Ref("Pod", pod.name, pod.namespace)
    why = "a command can only be run by the kubelet"
    return Target(f"pod/{pod.key} {says}", Request(ProbeKind.EXEC, 0), "", ref, container=container, unready=why)


def _asked(declared: Request | None, wish: Wish, container: Container) -> Request | None:
    """The declared request, changed as wished; None when there is no such port."""
    tcp = [port.container_port for port in container.ports if port.protocol == "TCP"]
    port = port_number(wish.port, container) if wish.port else declared.port if declared else next(iter(tcp), None)
    if port is None:
        return None
    kind = wish.kind or (
        ProbeKind.GRPC
        if wish.service
        else ProbeKind.HTTP
        if wish.path or wish.host or wish.headers
        else declared.kind
        if declared
        else ProbeKind.TCP
    )
    return Request(
        kind=kind,
        port=port,
        tls=wish.tls if wish.tls is not None else bool(declared and declared.tls and port == declared.port),
        path=wish.path or (declared.path if declared else "/"),
        host=wish.host or (declared.host if declared else ""),
        headers=wish.headers,
        service=wish.service,
    )


def service_targets(service: Service, pods: Iterable[Pod], wish: Wish) -> tuple[Target, ...]:
    """Every TCP port of a Service, asked what the Pods behind it are asked at their readiness probe."""
    spec = service.spec
    mine = [pod for pod in pods if pod.namespace == service.namespace]
    behind = [pod for pod in mine if spec.selector and selects(spec.selector, pod.metadata.labels)]
    found = []
    for port in spec.ports:
        if port.protocol != "TCP" or (wish.port and wish.port not in (str(port.port), port.name)):
            continue
        request = _behind(behind, port.target_port or port.port)
        if request is None or wish.is_own:
            kind = wish.kind or (ProbeKind.HTTP if wish.path or request is None else request.kind)
            path = wish.path or (request.path if request else "/")
            tls = wish.tls if wish.tls is not None else request.tls if request else port.port == 443
            request = Request(kind, port.port, tls, path, wish.host, wish.headers, wish.service)
        request = structs.replace(request, port=port.port, headers=wish.headers)
        address = "" if spec.cluster_ip == "None" else spec.cluster_ip
        found.append(
            Target(
                key=f"svc/{service.key} {request.says}",
                request=request,
                host=address,
                ref=Ref("Service", service.name, service.namespace),
                rules=wish.rules or Rules(),
                timeout=wish.timeout or DEFAULT_TIMEOUT,
                unready="" if address or request.kind is ProbeKind.HTTP else "a headless Service has no address",
            )
        )
    return tuple(found)


def _behind(pods: Iterable[Pod], target_port: int | str) -> Request | None:
    """The declared request at that port, of the first Pod that has one."""
    for pod in pods:
        for container in pod.spec.containers:
            request = main_request(container)
            if request is not None and port_number(target_port, container) == request.port:
                return request
    return None


def ingress_targets(ingress: Ingress, wish: Wish) -> tuple[Target, ...]:
    """Every host and path of an Ingress, over TLS where it has a certificate for the host, asked at the address that
    its controller has written, else by name.
    """
    addresses = [one.ip or one.hostname for one in ingress.status.load_balancer.ingress]
    secure = {host for tls in ingress.spec.tls for host in tls.hosts}
    found = {}
    for rule in ingress.spec.rules:
        for path in rule.http.paths if rule.http else ():
            tls = wish.tls if wish.tls is not None else rule.host in secure
            port = int(wish.port) if wish.port.isdecimal() else 443 if tls else 80
            place = path.path if path.path.startswith("/") else "/"
            request = Request(ProbeKind.HTTP, port, tls, wish.path or place, wish.host or rule.host, wish.headers)
            host = addresses[0] if addresses else rule.host
            url = f"{'https' if tls else 'http'}://{request.host or host or '*'}{request.path}"
            found[url] = Target(
                key=f"ing/{ingress.key} {url}",
                request=request,
                host=host,
                ref=Ref("Ingress", ingress.name, ingress.namespace),
                rules=wish.rules or Rules(),
                timeout=wish.timeout or DEFAULT_TIMEOUT,
                unready="" if host and "*" not in host else "no controller has given it an address",
            )
    return tuple(found.values())
