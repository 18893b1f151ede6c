"""Where a request goes in, and what it would meet: the rule that answers for it, the Service, its port, the Pods.

Whether what it meets is well is told in `paths`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from kubectl_goweb.objects import Container, DaemonSet, Deployment, Kind, Pod, Service, Snapshot, StatefulSet
from kubectl_goweb.objects.core import ServicePort
from kubectl_goweb.objects.networking import Ingress, IngressPath, IngressRule
from kubectl_goweb.status.endpoints import selects
from kubectl_goweb.status.verdicts import Ref


class Route(Struct, frozen=True):
    """Where a request goes in."""

    namespace: str
    service: str = ""
    port: str = ""
    """Number or name; empty for the Service's first."""
    host: str = ""
    path: str = "/"
    ingress: str = ""

    @property
    def title(self) -> str:
        """How it is asked for: `shop.example/cart`, `ing/web`, `svc/web:80`."""
        if self.host:
            return f"{self.host}{self.path}"
        return f"ing/{self.ingress}" if self.ingress else f"svc/{self.service}" + (f":{self.port}" if self.port else "")


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


def ways_in(ref: Ref, snapshot: Snapshot, *, most: int = 4) -> tuple[Route, ...]:
    """How requests come to an object: by the rules of Ingresses, and by a Service that no Ingress leads to. Of a
    workload or Pod by all Services that select it.
    """
    if ref.kind == Kind.INGRESS:
        one = snapshot.ingresses.get(f"{ref.namespace}/{ref.name}")
        found = tuple(route for route, _ in _rules_of(one)) if one else ()
        return (found or (Route(ref.namespace, ingress=ref.name),))[:most]
    routes: list[Route] = []
    for name in _services_of(ref, snapshot):
        here = [one for one in snapshot.ingresses.values() if one.namespace == ref.namespace]
        before = [route for one in here for route, service in _rules_of(one) if service == name]
        routes.extend(before or [Route(ref.namespace, name)])
    return tuple(dict.fromkeys(routes))[:most]


def _rules_of(ingress: Ingress) -> Iterator[tuple[Route, str]]:
    """Every host and path of an Ingress, and the Service that it leads to."""
    for rule in ingress.spec.rules:
        for path in rule.http.paths if rule.http else ():
            service = path.backend.service.name if path.backend.service else ""
            place = path.path if path.path.startswith("/") else "/"
            named = Route(ingress.namespace, host=rule.host, path=place)
            yield (named if rule.host else Route(ingress.namespace, ingress=ingress.name)), service


def _services_of(ref: Ref, snapshot: Snapshot) -> tuple[str, ...]:
    """The Services that lead to an object; a Service leads to itself."""
    if ref.kind == Kind.SERVICE:
        return (ref.name,)
    labels = _labels(ref, snapshot)
    return tuple(
        sorted(
            one.name
            for one in snapshot.services.values()
            if one.namespace == ref.namespace and one.spec.selector and selects(one.spec.selector, labels)
        )
    )


def _labels(ref: Ref, snapshot: Snapshot) -> Mapping[str, str]:
    """The labels of a Pod, or those of a workload's template."""
    key = f"{ref.namespace}/{ref.name}"
    pod = snapshot.pods.get(key) if ref.kind == Kind.POD else None
    if pod is not None:
        return pod.metadata.labels
    by_kind: dict[str, Mapping[str, Deployment | StatefulSet | DaemonSet]] = {
        Kind.DEPLOYMENT: snapshot.deployments,
        Kind.STATEFUL_SET: snapshot.stateful_sets,
        Kind.DAEMON_SET: snapshot.daemon_sets,
    }
    found = by_kind.get(ref.kind, {}).get(key)
    return found.spec.template.metadata.labels if found else {}


def is_host_of(pattern: str, host: str) -> bool:
    """`*.example.com` stands for exactly one label."""
    if pattern.startswith("*."):
        return host.partition(".")[2] == pattern[2:]
    return pattern == host


def port_number(pod: Pod, target: int | str) -> int | None:
    """The container port that a targetPort means."""
    return port_of(pod.spec.containers, target)


def port_of(containers: Iterable[Container], target: int | str) -> int | None:
    """The same of a template's containers."""
    if isinstance(target, int) or target.isdecimal():
        return int(target)
    return next((one.container_port for c in containers for one in c.ports if one.name == target), None)


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
