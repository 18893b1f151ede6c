"""The probes that Pods declare, as the kubelet runs them: the request, and how many seconds until it acts.

https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from kubectl_goweb.objects import Container, Pod, Probe
from kubectl_goweb.status.probes.results import ProbeKind
from kubectl_goweb.status.probes.targets import KUBELET, Request, Rules, Target
from kubectl_goweb.status.verdicts import Answer, Ref

ROLES = ("startup", "readiness", "liveness")
_AGENT = "kube-probe/{version}"


class Declared(Answer, frozen=True, gc=False):
    """One probe of one container."""

    container: str
    role: str
    """`startup`, `readiness` or `liveness`."""
    kind: ProbeKind
    says: str
    """The request in one line."""
    initial_delay: float
    period: float
    timeout: float
    failures: int
    successes: int

    @property
    def budget(self) -> float:
        """Seconds from the container's start until failing alone makes the kubelet act: at the latest then a container
        that never answers is restarted (startup, liveness) or was found unready (readiness, which begins unready).
        """
        return self.initial_delay + self.period * self.failures

    @property
    def reaction(self) -> float:
        """Seconds from the first failure of a container that worked until the kubelet acts, its timeouts included."""
        return self.period * (self.failures - 1) + self.timeout


def declared(pod: Pod) -> tuple[Declared, ...]:
    """Every probe of a Pod, in the order in which the kubelet begins with them."""
    return tuple(
        Declared(
            container=container.name,
            role=role,
            kind=_kind(probe),
            says=_says(probe, container),
            initial_delay=probe.initial_delay_seconds,
            period=probe.period_seconds,
            timeout=probe.timeout_seconds,
            failures=probe.failure_threshold,
            successes=probe.success_threshold,
        )
        for container in _containers(pod)
        for role, probe in _probes(container)
    )


def replays(
    pod: Pod, *, version: str = "", timeout: float | None = None, rules: Rules | None = None
) -> tuple[Target, ...]:
    """The requests that the kubelet sends to a Pod, each once, the roles that share it together. `version` is the
    node's kubelet version, for its User-Agent; `rules` and `timeout` (seconds) replace the kubelet's own.
    """
    found: dict[tuple[str, Request], Target] = {}
    for container in _containers(pod):
        for role, probe in _probes(container):
            request = _request(probe, container, version)
            if request is None:
                continue
            known = found.get((container.name, request))
            if known is not None:
                found[container.name, request] = structs.replace(known, roles=(*known.roles, role))
                continue
            target = pod_target(pod, container, request, rules or KUBELET, timeout or probe.timeout_seconds)
            host = probe.http_get.host if probe.http_get and probe.http_get.host else target.host
            found[container.name, request] = structs.replace(target, roles=(role,), host=host)
    return tuple(found.values())


def main_request(container: Container) -> Request | None:
    """The request that best says whether a container serves: its readiness probe's, else liveness, else startup; None
    when it declares none that can be sent.
    """
    for probe in (container.readiness_probe, container.liveness_probe, container.startup_probe):
        if probe is not None and (request := _request(probe, container, "")) is not None:
            return request
    return None


def pod_target(pod: Pod, container: Container, request: Request, rules: Rules, timeout: float) -> Target:
    """A request to one container of a Pod."""
    ports = tuple(port.container_port for port in container.ports if port.protocol == "TCP")
    return Target(
        key=f"pod/{pod.key} {request.says}",
        request=request,
        host=pod.status.pod_ip,
        ref=Ref("Pod", pod.name, pod.namespace),
        rules=rules,
        timeout=timeout,
        container=container.name,
        other_ports=tuple(port for port in ports if port != request.port),
        declares_port=not ports or request.port in ports,
        unready="" if pod.status.pod_ip else f"the Pod has no address yet ({pod.status.phase or 'no phase'})",
    )


def port_number(port: int | str, container: Container) -> int | None:
    """A port's number: it may be a name of the container's, or digits in quotes."""
    if isinstance(port, int):
        return port
    named = next((one.container_port for one in container.ports if one.name == port), None)
    return named if named is not None else int(port) if port.isdecimal() else None


def serving_container(pod: Pod) -> Container | None:
    """The container that most likely serves: the first with a readiness probe, else with a port, else the first."""
    containers = pod.spec.containers
    probed = (one for one in containers if one.readiness_probe is not None)
    serving = (one for one in containers if one.ports)
    return next(probed, None) or next(serving, None) or next(iter(containers), None)


def _containers(pod: Pod) -> Iterable[Container]:
    """Those that the kubelet probes: sidecars (restartable init containers) and the containers themselves."""
    yield from (one for one in pod.spec.init_containers if one.restart_policy == "Always")
    yield from pod.spec.containers


def _probes(container: Container) -> Iterable[tuple[str, Probe]]:
    for role, probe in zip(
        ROLES, (container.startup_probe, container.readiness_probe, container.liveness_probe), strict=True
    ):
        if probe is not None:
            yield role, probe


def _kind(probe: Probe) -> ProbeKind:
    if probe.http_get is not None:
        return ProbeKind.HTTP
    if probe.tcp_socket is not None:
        return ProbeKind.TCP
    return ProbeKind.GRPC if probe.grpc is not None else ProbeKind.EXEC


def _says(probe: Probe, container: Container) -> str:
    request = _request(probe, container, "")
    if request is not None:
        return request.says
    if probe.exec is not None:
        return f"exec {' '.join(probe.exec.command)}"
    action = probe.http_get or probe.tcp_socket
    return f"port {action.port!r}, which the container does not declare" if action else "nothing"


def _request(probe: Probe, container: Container, version: str) -> Request | None:
    """None for a command, and for a port by a name that the container does not have."""
    if probe.http_get is not None:
        http = probe.http_get
        port = port_number(http.port, container)
        if port is None:
            return None
        given = {header.name.title(): header.value for header in http.http_headers}
        host = given.pop("Host", "")
        agent = _AGENT.format(version=".".join(version.lstrip("v").split(".")[:2])) if version else "kube-probe"
        headers = {"User-Agent": agent, "Accept": "*/*", **given}
        path = http.path if http.path.startswith("/") else f"/{http.path}"
        sent = tuple((name, value) for name, value in headers.items() if value)  # an empty one is left out
        return Request(ProbeKind.HTTP, port, http.scheme.upper() == "HTTPS", path, host, sent)
    if probe.tcp_socket is not None:
        port = port_number(probe.tcp_socket.port, container)
        return None if port is None else Request(ProbeKind.TCP, port)
    if probe.grpc is not None:
        return Request(ProbeKind.GRPC, probe.grpc.port, service=probe.grpc.service or "")
    return None
