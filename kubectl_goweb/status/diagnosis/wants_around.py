"""Which further facts would tell more about what is around the workloads: owners, nodes, policies, namespaces, Jobs."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from kubectl_goweb.objects import Kind, Pod, Snapshot
from kubectl_goweb.objects.facts import named
from kubectl_goweb.objects.wants import Ask, Want
from kubectl_goweb.status.diagnosis.clocks import NODE_LEASES
from kubectl_goweb.status.diagnosis.codes import Code
from kubectl_goweb.status.diagnosis.owners import RECENT
from kubectl_goweb.status.diagnosis.service_ports import doubted, numbers, ready_behind, unwatched
from kubectl_goweb.status.overview import Overview

_NODES = 1000
"""Nodes up to which their leases are worth a list."""
_SCALED = 10
"""Autoscalers whose doings are looked into."""
_PORTS = 10
"""Services whose ports are tried."""
_JOBS = 20
"""Jobs that have failed whose last words are read."""


def wants_around(snapshot: Snapshot, told: Overview, services: Collection[str] = ()) -> Iterator[Want]:
    """`services` are those that are asked about by name."""
    yield from _of_owners(snapshot, told)
    yield from _of_nodes(snapshot)
    yield from _of_policies(snapshot)
    yield from _of_namespace(snapshot, told)
    yield from _of_ports(snapshot, told, services)
    if any(one.code == Code.CLAIM_PENDING and one.reason == "no-volume" for one in told.findings):
        yield Want(Ask.LIST, Kind.PERSISTENT_VOLUME, "")
    failed = {(one.object.namespace, one.object.name) for one in told.findings if one.code == Code.JOB_FAILED}
    yield from _of_jobs(failed, snapshot) if failed else ()


def _of_nodes(snapshot: Snapshot) -> Iterator[Want]:
    """The leases of all kubelets, where everything is looked at."""
    is_whole = Kind.INGRESS in snapshot.feeds and Kind.NODE not in snapshot.facts.listed
    if is_whole and 0 < len(snapshot.nodes) <= _NODES:
        yield Want(Ask.LIST, Kind.LEASE, NODE_LEASES)


def _of_jobs(failed: Collection[tuple[str, str]], snapshot: Snapshot) -> Iterator[Want]:
    """What the last Pod of each Job wrote that has failed."""
    newest: dict[tuple[str, str], Pod] = {}
    for pod in snapshot.pods.values():
        owner = pod.metadata.controller
        if owner is None or owner.kind != Kind.JOB or (pod.namespace, owner.name) not in failed:
            continue
        before = newest.get((pod.namespace, owner.name))
        if before is None or _born(pod) > _born(before):
            newest[pod.namespace, owner.name] = pod
    for pod in list(newest.values())[:_JOBS]:
        ended = [one.name for one in pod.status.container_statuses if one.state.terminated]
        if ended:
            yield Want(Ask.LOG, Kind.POD, pod.key, ended[0])


def _born(pod: Pod) -> float:
    return pod.metadata.creation_timestamp.timestamp() if pod.metadata.creation_timestamp else 0.0


def _of_ports(snapshot: Snapshot, told: Overview, services: Collection[str]) -> Iterator[Want]:
    """Whether a ready Pod listens where a Service sends; also where that is known, or it would be forgotten. A Service
    that is asked about by name is tried where no probe looks.
    """
    for subject in snapshot.facts.listening:
        key, _, port = subject.removeprefix(named("port", "")).rpartition(":")
        if key in snapshot.pods:
            yield Want(Ask.LISTENS, Kind.POD, key, port=int(port))
    doubts = [one for one in told.findings if one.code == Code.SERVICE_PORT and one.reason == "port-number"]
    for ref in [one.object for one in doubts][:_PORTS]:
        service = snapshot.services[f"{ref.namespace}/{ref.name}"]
        pods = ready_behind(service, snapshot.pods.values())
        for pod in pods[:1]:
            for number in doubted(service, pods):
                yield Want(Ask.LISTENS, Kind.POD, pod.key, port=number)
    for one in told.findings:
        if one.code == Code.SERVICE_PORT and one.reason == "strangers" and one.affected:
            for number in numbers(snapshot.services[f"{one.object.namespace}/{one.object.name}"]):
                yield Want(Ask.LISTENS, Kind.POD, f"{one.object.namespace}/{one.affected[0]}", port=number)
    for service in snapshot.services.values() if services else ():
        if service.name in services and service.spec.selector:
            for pod, number in unwatched(service, snapshot.pods.values())[:_PORTS]:
                yield Want(Ask.LISTENS, Kind.POD, pod.key, port=number)


def _of_policies(snapshot: Snapshot) -> Iterator[Want]:
    """The policies over what is looked at, and the namespaces that they name by labels."""
    if Kind.SERVICE in snapshot.feeds and Kind.NETWORK_POLICY not in snapshot.feeds:
        yield Want(Ask.LIST, Kind.NETWORK_POLICY, snapshot.namespace)
    policies = snapshot.network_policies.values()
    peers = [peer for one in policies for rule in one.spec.ingress for peer in rule.peers]
    peers += [peer for one in policies for rule in one.spec.egress for peer in rule.peers]
    if any(one.namespace_selector for one in peers):
        yield Want(Ask.LIST, Kind.NAMESPACE, "")


def _of_namespace(snapshot: Snapshot, told: Overview) -> Iterator[Want]:
    """The namespace itself, when it is empty or seems to go; and the APIs for which something waits."""
    here = snapshot.namespace
    goes = any(one.reason == "namespace-terminating" for one in told.findings)
    if here and (goes or not told.workloads or any(pod.metadata.deletion_timestamp for pod in snapshot.pods.values())):
        yield Want(Ask.WHOLE, Kind.NAMESPACE, here)
    if any(one.code == Code.API_DOWN for one in told.findings):
        yield Want(Ask.LIST, Kind.API_SERVICE, "")


def _of_owners(snapshot: Snapshot, told: Overview) -> Iterator[Want]:
    """Who scales what an autoscaler has scaled lately, and who writes what is quarrelled about."""
    scaled = [
        (one, target)
        for one in snapshot.autoscalers.values()
        if (at := one.status.last_scale_time) is not None
        and (told.at - at).total_seconds() < RECENT
        and one.spec.scale_target_ref.kind == Kind.DEPLOYMENT
        and (target := snapshot.deployments.get(f"{one.namespace}/{one.spec.scale_target_ref.name}")) is not None
    ]
    for autoscaler, target in scaled[:_SCALED]:
        yield Want(Ask.EVENTS, Kind.DEPLOYMENT, target.key, uid=target.metadata.uid)
        yield Want(Ask.EVENTS, Kind.HORIZONTAL_POD_AUTOSCALER, autoscaler.key, uid=autoscaler.metadata.uid)
    for finding in told.findings:
        if finding.code == Code.TWO_OWNERS and finding.reason != "selector":
            yield Want(Ask.FULL, Kind(finding.object.kind), f"{finding.object.namespace}/{finding.object.name}")
