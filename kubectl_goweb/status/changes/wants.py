"""Which further facts tell what changed around a workload."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_goweb.objects import Kind
from kubectl_goweb.objects.wants import Ask, Want
from kubectl_goweb.status.changes.config import named_config
from kubectl_goweb.status.changes.fronts import certificates, ingresses, limits, policies, services
from kubectl_goweb.status.changes.model import Sight
from kubectl_goweb.status.changes.nodes import nodes_of
from kubectl_goweb.status.changes.revisions import rolled_out
from kubectl_goweb.status.changes.scaling import autoscalers

_NODES = 10
"""Nodes of one workload that are looked into."""
_REVISIONS = 10


def wants(sights: Iterable[Sight]) -> tuple[Want, ...]:
    """The workload that matters most first."""
    return tuple(dict.fromkeys(want for sight in sights for want in workload_wants(sight)))


def workload_wants(sight: Sight) -> Iterator[Want]:
    """The most telling first."""
    ref = sight.ref
    kind = Kind(ref.kind)
    yield Want(Ask.WRITERS, kind, sight.key)
    yield Want(Ask.FULL, kind, sight.key)
    yield from _templates(sight)
    for of, name in named_config(sight):
        yield Want(Ask.WRITERS, of, f"{ref.namespace}/{name}")
    uid = _uid(sight)
    if uid and kind is Kind.DEPLOYMENT:
        yield Want(Ask.EVENTS, kind, sight.key, uid=uid)
    for one in autoscalers(sight):
        yield Want(Ask.WRITERS, Kind.HORIZONTAL_POD_AUTOSCALER, one.key)
        yield Want(Ask.EVENTS, Kind.HORIZONTAL_POD_AUTOSCALER, one.key, uid=one.metadata.uid)
    for node in nodes_of(sight)[:_NODES]:
        yield Want(Ask.WRITERS, Kind.NODE, node.name)
        yield Want(Ask.EVENTS, Kind.NODE, node.name)
    for found, fronts in (
        (Kind.SERVICE, services(sight)),
        (Kind.INGRESS, ingresses(sight)),
        (Kind.NETWORK_POLICY, policies(sight)),
    ):
        for each in fronts:
            yield Want(Ask.WRITERS, found, each.key)
    for found, key in limits(sight):
        yield Want(Ask.WRITERS, found, key)
    for key in certificates(sight):
        yield Want(Ask.WRITERS, Kind.SECRET, key)
        yield Want(Ask.CERTIFICATE, Kind.SECRET, key)


def _templates(sight: Sight) -> Iterator[Want]:
    kind = Kind.REPLICA_SET if sight.ref.kind == Kind.DEPLOYMENT else Kind.CONTROLLER_REVISION
    for revision, before, at in rolled_out(sight.workload, sight.snapshot)[:_REVISIONS]:
        # One that came back at a time not known yet is asked for too: its time may come with another answer.
        if at is None or sight.is_recent(at):
            for one in (revision, before):
                if one is not None:
                    yield Want(Ask.TEMPLATE, kind, f"{sight.ref.namespace}/{one.name}")


def _uid(sight: Sight) -> str:
    found = sight.snapshot.deployments.get(sight.key)
    return found.metadata.uid if found else ""
