"""Ports that Services send to: one that nobody has or hears, and Pods of another program that do not have it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_goweb.objects import Container, Pod, Service
from kubectl_goweb.objects.apps import EndingContainer, LabelSelector
from kubectl_goweb.objects.facts import Facts, named
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.surroundings import Surroundings, Template
from kubectl_goweb.status.endpoints import selects
from kubectl_goweb.status.selection import selector_text
from kubectl_goweb.status.verdicts import Confidence, Evidence, Finding, Ref, Severity


def port_findings(service: Service, pods: list[Pod], around: Surroundings) -> Iterator[Finding]:
    """About a Service that selects these Pods."""
    yield from _unnamed(service, pods)
    undeclared = _undeclared(service, pods, around)
    if undeclared is not None:
        yield undeclared
    strangers = _strangers(service, pods, around) or _of_jobs(service, pods)
    if strangers is not None:
        yield strangers


def _unnamed(service: Service, pods: list[Pod]) -> Iterator[Finding]:
    """targetPort by a name that no container has."""
    declared = {(port.name, port.container_port) for pod in _unlike(pods) for c in _containers(pod) for port in c.ports}
    names = {name for name, _ in declared if name}
    for port in service.spec.ports:
        target = port.target_port or port.port
        if isinstance(target, str) and not target.isdecimal() and target not in names:
            yield finding(
                Code.SERVICE_PORT,
                Severity.CRITICAL,
                Ref("Service", service.name, service.namespace),
                f"Service {service.name} sends port {port.port} to {target!r}, a port that no container has",
                cause="targetPort names a container port that does not exist; the containers have "
                + (", ".join(sorted(f"{name} ({number})" for name, number in declared)) or "none"),
                next=f"kubectl get service {service.name} -n {service.namespace} -o yaml",
                evidence=(Evidence("spec.ports.targetPort", target),),
                reason="port-name",
            )


def doubted(service: Service, pods: Iterable[Pod]) -> tuple[int, ...]:
    """The numbers that a Service sends to, when the containers declare none of them and probe others that they declare.

    That proves nothing: what a container declares is only information, and it may well listen there.
    https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#ports
    """
    pods = _unlike(pods)
    declared = {port.container_port for pod in pods for c in _containers(pod) for port in c.ports}
    plain, probed = numbers(service), _probed(pods)
    if not plain or len(plain) < len(service.spec.ports) or not declared.isdisjoint(plain):
        return ()
    return plain if probed and probed <= declared else ()


def numbers(service: Service) -> tuple[int, ...]:
    """The ports of Pods that a Service sends to by their number."""
    targets = [str(port.target_port or port.port) for port in service.spec.ports if port.protocol == "TCP"]
    return tuple(dict.fromkeys(int(one) for one in targets if one.isdecimal()))


def ready_behind(service: Service, pods: Iterable[Pod]) -> list[Pod]:
    """Those of these Pods that a Service selects and that are ready."""
    return [
        pod
        for pod in pods
        if pod.namespace == service.namespace
        and pod.status.is_ready
        and selects(service.spec.selector, pod.metadata.labels)
    ]


def unwatched(service: Service, pods: Iterable[Pod]) -> list[tuple[Pod, int]]:
    """Ready Pods, one of each kind, and the ports that a Service sends to and none of their probes looks at."""
    kinds = _unlike(ready_behind(service, pods))
    return [(pod, number) for pod in kinds for number in numbers(service) if number not in _probed([pod])]


def _undeclared(service: Service, pods: list[Pod], around: Surroundings) -> Finding | None:
    """Certain when nothing listens there, and nothing when something does; a possible risk when nobody could ask."""
    facts = around.snapshot.facts
    doubts = doubted(service, pods) or (_silent(service, pods, facts) if facts.listening else ())
    if not doubts:
        return None
    asked = {named("port", f"{pod.key}:{number}"): number for pod in pods for number in doubts}
    known = {asked[subject]: facts.listening[subject] for subject in asked if subject in facts.listening}
    if any(known.values()):
        return None
    unseen = tuple(f"{subject}: {facts.unseen[subject]}" for subject in asked if subject in facts.unseen)
    probed = ", ".join(str(one) for one in sorted(_probed(pods)))
    title, cause = "where nothing listens", f"targetPort is wrong: the containers declare and probe {probed}"
    if not known:
        title = f"and the containers declare and probe {probed}"
        cause = "targetPort is probably wrong: nothing says that the program listens there"
    elif not probed:
        cause = "the program listens at another port or on 127.0.0.1 only, and no probe looks there"
    return finding(
        Code.SERVICE_PORT,
        Severity.CRITICAL if known else Severity.WARNING,
        Ref("Service", service.name, service.namespace),
        f"Service {service.name} sends to port {doubts[0]}, {title}",
        cause=cause,
        next=f"kubectl get service {service.name} -n {service.namespace} -o yaml",
        evidence=(
            Evidence("spec.ports.targetPort", ", ".join(str(one) for one in doubts)),
            *_refused(known),
        ),
        reason="port-number",
        confidence=Confidence.CERTAIN if known else Confidence.POSSIBLE,
        unseen=unseen,
    )


def _refused(ports: Iterable[object]) -> Iterator[Evidence]:
    """That nobody took a connection there, when any were tried."""
    if tried := ", ".join(str(port) for port in ports):
        yield Evidence("asked through the API server", f"port {tried}: connection refused")


def _silent(service: Service, pods: Iterable[Pod], facts: Facts) -> tuple[int, ...]:
    """The numbers at which nobody listens: of every kind of ready Pod one was asked, and refused the connection. One
    that is ready by a probe of that port listens there.
    """
    kinds = _unlike(pod for pod in pods if pod.status.is_ready)
    return tuple(
        number
        for number in numbers(service)
        if kinds and not any(number in _probed([pod]) or _heard([pod], number, facts) != [False] for pod in kinds)
    )


def _heard(pods: Iterable[Pod], number: int, facts: Facts) -> list[bool]:
    """What those Pods answered that were asked whether they listen there."""
    subjects = [named("port", f"{pod.key}:{number}") for pod in pods]
    return [facts.listening[one] for one in subjects if one in facts.listening]


def _strangers(service: Service, pods: list[Pod], around: Surroundings) -> Finding | None:
    """A Service that also selects another program's Pods, which do not declare the port that it sends to.

    A canary is the same image in another version, and no stranger whatever it declares; a worker that is the same
    image told to do something else, and has neither ports nor probes, is one.
    """
    behind = [one for one in around.templates_with(service.namespace, service.spec.selector) if around.desired(one.ref)]
    for port in service.spec.ports if len(behind) > 1 else ():
        target = str(port.target_port or port.port)
        home = [one for one in behind if _declares(one, target)]
        known = {program for one in home for program in _programs(one)}
        strange = [one for one in behind if one not in home and known.isdisjoint(_programs(one))]
        # By name only those who have it get any requests; by number all who are selected.
        if home and strange and target.isdecimal():
            is_same = {_program(c.image) for c in strange[0].containers} <= {program for (program, *_) in known}
            who = "the same program told to do something else, which" if is_same else "another program that"
            others = ", ".join(one.ref.short for one in strange)
            theirs = [pod for pod in pods if pod.status.is_ready and any(_is_of(pod, one) for one in strange)]
            asked = _heard(theirs, int(target), around.snapshot.facts)
            if any(asked):
                continue
            return finding(
                Code.SERVICE_PORT,
                Severity.WARNING,
                Ref("Service", service.name, service.namespace),
                f"Service {service.name} also sends to {others}, {who} declares no port {target}",
                cause=f"its selector is also that of {strange[0].ref.short}: requests that land there are refused, the "
                f"others reach {home[0].ref.short}",
                next=f"kubectl get endpointslices -n {service.namespace} -l kubernetes.io/service-name={service.name}",
                evidence=(
                    Evidence("spec.selector", selector_text(LabelSelector(match_labels=service.spec.selector))),
                    *(_refused([target]) if asked else ()),
                ),
                affected=tuple(sorted(pod.name for pod in theirs)),
                reason="strangers",
                confidence=Confidence.CERTAIN if asked else Confidence.LIKELY,
            )
    return None


def _is_of(pod: Pod, one: Template) -> bool:
    return selects(one.selector.match_labels, pod.metadata.labels)


def _of_jobs(service: Service, pods: list[Pod]) -> Finding | None:
    """A Service whose selector is also that of a Job's Pods, which do their work and take no requests."""
    of_jobs = [pod for pod in pods if (owners := pod.metadata.owner_references) and owners[0].kind == "Job"]
    working = [pod for pod in of_jobs if pod.status.is_ready]
    for port in service.spec.ports if working and len(of_jobs) < len(pods) else ():
        target = str(port.target_port or port.port)
        if not target.isdecimal() or any(_has_port(pod, target) for pod in working):
            continue
        jobs = sorted({f"job/{owner.name}" for pod in working if (owner := pod.metadata.controller)})
        return finding(
            Code.SERVICE_PORT,
            Severity.WARNING,
            Ref("Service", service.name, service.namespace),
            f"Service {service.name} also sends to {', '.join(jobs)}, which declares no port {target}",
            cause="the Pods of the Job have the labels that the Service selects: requests that land there are refused "
            "while it runs; give the Job's Pods labels of their own",
            next=f"kubectl get endpointslices -n {service.namespace} -l kubernetes.io/service-name={service.name}",
            evidence=(Evidence("metadata.labels", f"{working[0].name} is ready and selected"),),
            affected=tuple(sorted(pod.name for pod in working)),
            reason="strangers",
            confidence=Confidence.LIKELY,
        )
    return None


def _has_port(pod: Pod, port: str) -> bool:
    return any(str(p.container_port) == port for c in _containers(pod) for p in c.ports)


def _declares(one: Template, port: str) -> bool:
    """By its ports, or by a probe that looks there."""
    declared = any(str(p.container_port) == port or p.name == port for c in one.containers for p in c.ports)
    return declared or any(str(number) == port for number in _probed_of(one.containers))


def _programs(one: Template) -> set[tuple[str, ...]]:
    """What its containers run; the arguments tell one use of a program from another only where nothing else does."""
    return {
        (_program(c.image),) if c.ports or c.readiness_probe or c.liveness_probe else _told(c) for c in one.containers
    } | {_told(c) for c in one.containers}


def _told(container: EndingContainer) -> tuple[str, ...]:
    return (_program(container.image), *container.command, *container.args)


def _program(image: str) -> str:
    """An image without its tag and digest."""
    name = image.partition("@")[0]
    head, slash, last = name.rpartition("/")
    return head + slash + last.partition(":")[0]


def _unlike(pods: Iterable[Pod]) -> list[Pod]:
    """One of those that share their containers, as Pods of one owner do (objects.sharing)."""
    return list({(id(pod.spec.containers), id(pod.spec.init_containers)): pod for pod in pods}.values())


def _containers(pod: Pod) -> Iterable[Container]:
    sidecars = (one for one in pod.spec.init_containers if one.restart_policy == "Always")
    return (*sidecars, *pod.spec.containers)


def _probed(pods: Iterable[Pod]) -> set[int]:
    """The ports that probes look at."""
    return {port for pod in pods for port in _probed_of(_containers(pod))}


def _probed_of(containers: Iterable[Container]) -> set[int]:
    found = set()
    for container in containers:
        named = {port.name: port.container_port for port in container.ports}
        for probe in (container.readiness_probe, container.liveness_probe, container.startup_probe):
            handler = (probe.http_get or probe.tcp_socket or probe.grpc) if probe else None
            if handler is None:
                continue
            port = handler.port
            found.add(int(port) if str(port).isdecimal() else named.get(str(port), 0))
    return found - {0}
