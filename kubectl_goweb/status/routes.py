"""Where a request goes in, and what it would meet: the rule that answers for it, the Service, its port, the Pods.

Whether what it meets is well is told in `paths`.
"""

from __future__ import annotations

from msgspec import Struct

from kubectl_goweb.objects import Pod, Service, Snapshot
from kubectl_goweb.objects.core import ServicePort
from kubectl_goweb.objects.networking import Ingress, IngressPath, IngressRule
from kubectl_goweb.status.endpoints import selects


class Route(Struct, frozen=True):
    """Where a request goes in."""

    namespace: str
    service: str = ""
    port: str = ""
    """Number or name; empty for the Service's first."""
    host: str = ""
    path: str = "/"
    ingress: str = ""


class Trail(Struct, frozen=True):
    """What a request meets, as far as there is something."""

    route: Route
    ingress: Ingress | None = None
    rule: IngressRule | None = None
    path: IngressPath | None = None
    secret: str = ""
    """Of the certificate that covers the host; empty where the Ingress names none."""
    service_name: str = ""
    port_name: str = ""
    """As it was asked for, by the rule or by the user."""
    service: Service | None = None
    port: ServicePort | None = None
    pods: tuple[Pod, ...] = ()
    """Those that the Service selects."""

    @property
    def has_front(self) -> bool:
        return bool(self.route.host or self.route.ingress)

    @property
    def host(self) -> str:
        """The name under which it is asked for; a rule's own where only the Ingress was named."""
        return self.route.host or (self.rule.host if self.rule else "")

    @property
    def asked_path(self) -> str:
        """The path that is asked for; a rule's own where only the Ingress was named."""
        own = self.path.path if self.path and self.path.path.startswith("/") else "/"
        return self.route.path if self.route.host or not self.path else own

    @property
    def target(self) -> int | str:
        """The Pods' port, as the Service names it."""
        return (self.port.target_port or self.port.port) if self.port else 0


def trail(route: Route, snapshot: Snapshot) -> Trail:
    """Follow a route over the objects."""
    name, wanted = route.service, route.port
    ingress, rule, path = _rule(route, snapshot) if route.host or route.ingress else (None, None, None)
    if path is not None and path.backend.service is not None:
        name = path.backend.service.name
        wanted = path.backend.service.port.name or str(path.backend.service.port.number)
    service = snapshot.services.get(f"{route.namespace}/{name}")
    return Trail(
        route=route,
        ingress=ingress,
        rule=rule,
        path=path,
        secret=_secret(ingress, route.host or (rule.host if rule else "")),
        service_name=name,
        port_name=wanted,
        service=service,
        port=_port(service, wanted) if service else None,
        pods=_pods(service, snapshot) if service else (),
    )


def is_host_of(pattern: str, host: str) -> bool:
    """`*.example.com` stands for exactly one label."""
    if pattern.startswith("*."):
        return host.partition(".")[2] == pattern[2:]
    return pattern == host


def port_number(pod: Pod, target: int | str) -> int | None:
    """The container port that a targetPort means."""
    if isinstance(target, int) or target.isdecimal():
        return int(target)
    return next((one.container_port for c in pod.spec.containers for one in c.ports if one.name == target), None)


def _rule(route: Route, snapshot: Snapshot) -> tuple[Ingress | None, IngressRule | None, IngressPath | None]:
    """The rule that a controller would take: the exact host before a wildcard, the longest path."""
    best: tuple[tuple[int, int, int], Ingress, IngressRule, IngressPath] | None = None
    for ingress in snapshot.ingresses.values():
        if ingress.namespace != route.namespace or (route.ingress and ingress.name != route.ingress):
            continue
        for rule in ingress.spec.rules:
            if route.host and rule.host and not is_host_of(rule.host, route.host):
                continue
            for path in rule.http.paths if rule.http else ():
                # An Ingress that was named alone is followed where it leads.
                if route.host and not _is_path(path, route.path):
                    continue
                rank = (2 * (rule.host == route.host) + bool(rule.host), len(path.path), path.path_type == "Exact")
                if best is None or rank > best[0]:
                    best = rank, ingress, rule, path
    if best is not None:
        return best[1], best[2], best[3]
    for ingress in snapshot.ingresses.values():
        named = ingress.namespace == route.namespace and ingress.name == (route.ingress or ingress.name)
        if named and ingress.spec.default_backend is not None:
            return ingress, None, IngressPath(ingress.spec.default_backend)
    return None, None, None


def _is_path(path: IngressPath, asked: str) -> bool:
    if path.path_type == "Exact":
        return path.path == asked
    prefix = (path.path or "/").rstrip("/")
    return asked == prefix or asked.startswith(prefix + "/") or not prefix


def _secret(ingress: Ingress | None, host: str) -> str:
    for tls in ingress.spec.tls if ingress else ():
        if not tls.hosts or any(is_host_of(one, host) for one in tls.hosts):
            return tls.secret_name
    return ""


def _port(service: Service, wanted: str) -> ServicePort | None:
    if not wanted:
        return service.spec.ports[0] if service.spec.ports else None
    return next((one for one in service.spec.ports if wanted in (one.name, str(one.port))), None)


def _pods(service: Service, snapshot: Snapshot) -> tuple[Pod, ...]:
    selector = service.spec.selector
    return tuple(
        pod
        for pod in snapshot.pods.values()
        if selector and pod.namespace == service.namespace and selects(selector, pod.metadata.labels)
    )
