"""NetworkPolicies that keep a Service's clients from it, or a workload from names, as far as the policies alone tell.

Nothing fails by itself for it: what comes from a Pod's own node is always let in, so its probes succeed. Whether a
policy is enforced is the network plugin's matter, which no object tells: all of it is possible, never certain. A
workload that nobody is meant to ask, and that asks nobody, may be closed altogether.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from msgspec import Struct

from kubectl_goweb.objects import Kind, Service
from kubectl_goweb.objects.networking import Ingress, NetworkPolicy
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.surroundings import Surroundings, Template
from kubectl_goweb.status.paths import DNS_NAMESPACE, end_of, named_ports, namespaces_of
from kubectl_goweb.status.policies import (
    Connection,
    End,
    egress_policies,
    judged,
    let_in,
    lets_in_from_elsewhere,
    may_resolve,
)
from kubectl_goweb.status.routes import port_number, port_of
from kubectl_goweb.status.verdicts import Confidence, Evidence, Finding, Ref, Severity

_WORST = ("nobody", "other-port", "ingress-controller", "outside", "no-dns")
"""Of several faults of one policy the first of these is told in its title."""


class _Fault(Struct, frozen=True):
    reason: str
    words: str
    """What the policy does, to be put behind its name."""
    cause: str
    about: tuple[Ref, ...]
    policies: tuple[str, ...]
    """Keys of all that decide."""


class _Behind(Struct, frozen=True):
    """The Pods of a Service that are alike, and the port that is asked there."""

    end: End
    port: int
    protocol: str
    ref: Ref | None
    """Their workload."""


def policy_findings(around: Surroundings) -> Iterator[Finding]:
    """One finding a policy, however many Services and workloads it cuts off."""
    if not around.snapshot.network_policies or not around.sees(Kind.NETWORK_POLICY):
        return
    home: dict[str, list[NetworkPolicy]] = {}
    for one in around.snapshot.network_policies.values():
        home.setdefault(one.namespace, []).append(one)
    faults: dict[str, list[_Fault]] = {}
    for fault in (*_of_services(home, around), *_of_names(home, around)):
        faults.setdefault(_deciding(fault, around), []).append(fault)
    for key, ones in faults.items():
        yield _finding(key, sorted(ones, key=lambda one: _WORST.index(one.reason)))


def _deciding(fault: _Fault, around: Surroundings) -> str:
    """Of the policies that select the same Pods the one that allows least: to deny all is what it was written for."""
    known = around.snapshot.network_policies

    def allows(key: str) -> int:
        spec = known[key].spec
        return len(spec.egress if fault.reason == "no-dns" else spec.ingress)

    return min(fault.policies, key=lambda key: (allows(key), key))


def _finding(key: str, faults: list[_Fault]) -> Finding:
    namespace, _, name = key.partition("/")
    alike = [one for one in faults if one.reason == faults[0].reason]
    first, more = alike[0], len(alike) - 1
    return finding(
        Code.POLICY_CUTS,
        Severity.WARNING,
        Ref("NetworkPolicy", name, namespace),
        f"NetworkPolicy {name} {first.words}" + (f", and {more} more alike" if more else ""),
        cause=first.cause,
        next=f"kubectl describe networkpolicy {name} -n {namespace}",
        evidence=tuple(_proof(ones) for _, ones in groupby(faults, lambda one: (one.reason, one.policies))),
        reason=first.reason,
        confidence=Confidence.POSSIBLE,
        related=tuple(dict.fromkeys(ref for one in faults for ref in one.about)),
        unseen=("whether the cluster's network plugin enforces NetworkPolicies",),
    )


def _proof(faults: Iterable[_Fault]) -> Evidence:
    known = tuple(faults)
    who = ", ".join(dict.fromkeys(one.about[0].short for one in known))
    names = ", ".join(key.partition("/")[2] for key in known[0].policies)
    return Evidence("NetworkPolicy", f"{known[0].reason}: {who}, decided by {names}")


def _of_services(home: dict[str, list[NetworkPolicy]], around: Surroundings) -> Iterator[_Fault]:
    fronts: dict[str, list[Ingress]] = {}
    for one in around.snapshot.ingresses.values():
        if one.namespace in home:
            for name in _backends(one):
                fronts.setdefault(f"{one.namespace}/{name}", []).append(one)
    for service in around.snapshot.services.values():
        policies = home.get(service.namespace)
        if policies and service.spec.selector:
            yield from _of_service(service, policies, fronts.get(service.key, []), around)


def _backends(ingress: Ingress) -> Iterator[str]:
    spec = ingress.spec
    paths = [path.backend for rule in spec.rules if rule.http for path in rule.http.paths]
    for backend in (*paths, *((spec.default_backend,) if spec.default_backend else ())):
        if backend.service is not None:
            yield backend.service.name


def _of_service(
    service: Service, policies: list[NetworkPolicy], fronts: list[Ingress], around: Surroundings
) -> Iterator[_Fault]:
    """The first fault of each kind of its Pods; one port that is closed closes it."""
    told: set[Ref | None] = set()
    for one in _behind(service, around):
        if one.ref in told:
            continue
        fault = _closed(service, one, policies) or _from_front(service, one, policies, fronts, around)
        if fault is not None:
            told.add(one.ref)
            yield fault


def _behind(service: Service, around: Surroundings) -> Iterator[_Behind]:
    templates = around.templates_with(service.namespace, service.spec.selector)
    for port in service.spec.ports:
        target = port.target_port or port.port
        for one in templates:
            number = port_of(one.containers, target)
            if number is not None and around.desired(one.ref):
                yield _Behind(_end(one), number, port.protocol, one.ref)
        for pod in around.selected(service)[:1] if not templates else ():
            number = port_number(pod, target)
            if number is not None:
                yield _Behind(end_of(pod, around.snapshot), number, port.protocol, None)


def _end(one: Template) -> End:
    """Any of its Pods."""
    return End(
        namespace=one.namespace,
        labels=one.labels,
        ports=named_ports(one.containers),
        host_network=one.spec.host_network,
    )


def _closed(service: Service, one: _Behind, policies: list[NetworkPolicy]) -> _Fault | None:
    """That nobody at all may ask."""
    told = let_in(one.end, one.port, one.protocol, policies)
    if told.allowed:
        return None
    names = ", ".join(key.partition("/")[2] for key in told.policies)
    others = sorted(_allowed_ports(told.policies, policies))
    cause = f"no rule of {names} allows port {one.port} of its Pods"
    if others:
        cause += f"; they allow {', '.join(others)}"
        if any(str(p.port) in others and p.port != one.port for p in service.spec.ports):
            cause += ": that is the Service's port, and a policy goes by the Pods' own"
    reason = "other-port" if others else "nobody"
    words = f"lets nobody ask svc/{service.name} on port {one.port}"
    return _Fault(reason, words, cause, _about(service, one), told.policies)


def _allowed_ports(keys: Iterable[str], policies: list[NetworkPolicy]) -> set[str]:
    chosen = set(keys)
    rules = [rule for one in policies if one.key in chosen for rule in one.spec.ingress]
    return {str(port.port) for rule in rules for port in rule.ports if port.port is not None}


def _about(service: Service, one: _Behind) -> tuple[Ref, ...]:
    return (Ref("Service", service.name, service.namespace), *((one.ref,) if one.ref else ()))


def _from_front(
    service: Service, one: _Behind, policies: list[NetworkPolicy], fronts: list[Ingress], around: Surroundings
) -> _Fault | None:
    """That those may not ask through whom users come: an Ingress's controller, or a load balancer."""
    is_balanced = service.spec.type == "LoadBalancer"
    keys = let_in(one.end, one.port, one.protocol, policies).policies if fronts or is_balanced else ()
    if not keys:
        return None
    names = ", ".join(key.partition("/")[2] for key in keys)
    about, port = _about(service, one), one.port
    for ingress in fronts:
        refs = (*about, Ref("Ingress", ingress.name, ingress.namespace))
        known = _controllers(ingress, around)
        if known:
            asked = [(c, judged(Connection(c, one.end, port, one.protocol), policies)) for c in known]
            cut = next((c for c, told in asked if told.direction == "ingress"), None)
            if cut is None:
                continue
            words = f"keeps the controller of ing/{ingress.name} from svc/{service.name}"
            cause = f"its Pods are in namespace {cut.namespace}, and none of {names} lets them ask port {port}"
            return _Fault("ingress-controller", words, cause, refs, keys)
        if not _is_open(one, policies, around) and not _has_front_of_its_own(service, around):
            words = f"lets nobody of another namespace ask svc/{service.name}, and ing/{ingress.name} leads to it"
            cause = (
                f"the controller of an Ingress has a namespace of its own, and {names} allow port {port} to Pods of "
                f"{service.namespace} or of namespaces that are not there: allow it from the controller's namespace"
            )
            return _Fault("ingress-controller", words, cause, refs, keys)
    if is_balanced and not _is_open(one, policies, around):
        words = f"lets nobody from outside ask svc/{service.name}, which is of type LoadBalancer"
        cause = f"who comes through it is no Pod of {service.namespace}, and {names} allow port {port} to such alone"
        return _Fault("outside", words, cause, about, keys)
    return None


def _is_open(one: _Behind, policies: list[NetworkPolicy], around: Surroundings) -> bool:
    return lets_in_from_elsewhere(one.end, one.port, one.protocol, policies, namespaces_of(around.snapshot))


def _controllers(ingress: Ingress, around: Surroundings) -> list[End]:
    """The Pods that answer at the address which the Ingress's controller wrote into it, as far as they are seen."""
    told = {value for one in ingress.status.load_balancer.ingress for value in (one.ip, one.hostname) if value}
    found = []
    for service in around.snapshot.services.values() if told else ():
        own = {value for one in service.status.load_balancer.ingress for value in (one.ip, one.hostname)}
        if service.spec.selector and (told & own or service.spec.cluster_ip in told):
            found += [end_of(pod, around.snapshot) for pod in around.selected(service)[:1]]
    return found


def _has_front_of_its_own(service: Service, around: Surroundings) -> bool:
    """Whether the namespace seems to have a controller itself: another Service that takes requests from outside, or a
    program that serves both HTTP and HTTPS.
    """
    return any(
        one.namespace == service.namespace and one is not service and one.spec.type in ("LoadBalancer", "NodePort")
        for one in around.snapshot.services.values()
    ) or any(_is_front(one) for one in around.templates(service.namespace))


def _is_front(one: Template) -> bool:
    ports = {port for c in one.containers for p in c.ports for port in (p.name, p.container_port)}
    return {80, 443} <= ports or {"http", "https"} <= ports or {"web", "websecure"} <= ports


def _of_names(home: dict[str, list[NetworkPolicy]], around: Surroundings) -> Iterator[_Fault]:
    """Workloads that may ask somebody, and no name server for where that is."""
    namespaces = namespaces_of(around.snapshot)
    servers = {DNS_NAMESPACE} | {
        one.namespace
        for one in around.snapshot.services.values()
        if one.namespace in home and any(port.port == 53 for port in one.spec.ports)
    }
    for one in around.all_templates():
        policies = home.get(one.namespace)
        if not policies or not around.desired(one.ref):
            continue
        end = _end(one)
        keys = egress_policies(end, policies)
        if not keys or may_resolve(end, policies, namespaces, here=one.namespace in servers):
            continue
        if not any(_asks_by_name(known) for known in policies if known.key in keys):
            continue
        names = ", ".join(key.partition("/")[2] for key in keys)
        words = f"keeps {one.ref.short} from every name server"
        cause = (
            f"{names} let it ask others, and nobody on port 53 of another namespace, where the cluster's DNS is: it "
            f"finds nobody by name; allow UDP and TCP 53 to namespace {DNS_NAMESPACE}"
        )
        yield _Fault("no-dns", words, cause, (one.ref,), keys)


def _asks_by_name(policy: NetworkPolicy) -> bool:
    """Whether it allows to ask somebody whose address is no constant."""
    return any(
        not rule.peers or any(peer.ip_block is None or not peer.ip_block.cidr.endswith("/32") for peer in rule.peers)
        for rule in policy.spec.egress
    )
