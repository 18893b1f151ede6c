"""Looks at what a Plan about a node needs to know. Blocking; raises what a connection raises when the node itself
cannot be read, everything else that cannot is None in the facts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar, assert_never

import msgspec
from msgspec import Struct

from kubectl_goweb.actions.asking import Reader, may_not
from kubectl_goweb.actions.nodes.draining import plan_drain
from kubectl_goweb.actions.nodes.facts import NodeFacts
from kubectl_goweb.actions.nodes.isolating import plan_isolate, plan_rejoin
from kubectl_goweb.actions.plan import Plan, Refusal
from kubectl_goweb.actions.pointers import Json
from kubectl_goweb.actions.requests import Drain, Isolate, NodeRequest, Rejoin
from kubectl_goweb.errors import ApiError, ForbiddenError, NotFoundError, ServerError
from kubectl_goweb.hands import Hands
from kubectl_goweb.objects import DaemonSet, Kind, Namespace, Node, Object, ReplicaSet, Service, decode_page
from kubectl_goweb.objects.node import FullNode
from kubectl_goweb.objects.policy import PodDisruptionBudget
from kubectl_goweb.objects.storage import PersistentVolume, PersistentVolumeClaim, StorageClass
from kubectl_goweb.objects.template import FullPod
from kubectl_goweb.status.evacuation.flags import Flags
from kubectl_goweb.status.evacuation.simulation import Simulation, World, simulate
from kubectl_goweb.status.placement import cluster_of
from kubectl_goweb.status.verdicts import Ref

_WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_HANDS = 4
_Object = TypeVar("_Object", bound=Object)


def prepare_node(connection: Reader, request: NodeRequest, now: Callable[[], datetime]) -> Plan | Refusal:
    """Look, and plan."""
    facts = node_facts(connection, request.target.name, with_pods=isinstance(request, Isolate) and bool(request.taint))
    if facts.denied:
        verb = str(request.__struct_config__.tag)
        return Refusal(verb, facts.target, facts.denied, "ask for the permission: kubectl auth can-i patch nodes")
    match request:
        case Isolate():
            return plan_isolate(request, facts, now())
        case Rejoin():
            return plan_rejoin(request, facts)
        case Drain():
            simulation = simulated(connection, facts.name, request.flags, now, request.pod_selector)
            return plan_drain(request, msgspec.structs.replace(facts, simulation=simulation), now())
        case _:
            assert_never(request)


def simulated(
    connection: Reader, node: str, flags: Flags, now: Callable[[], datetime], pod_selector: str = ""
) -> Simulation:
    """What draining the node would do. ForbiddenError when Pods may not be listed."""
    selected = None
    if pod_selector:
        query = {**on_node(node), "labelSelector": pod_selector}
        pages = connection.pages(Kind.POD.resource.path(), query)
        selected = [one.key for page in pages for one in decode_page(Kind.POD, page).items]
    return simulate(node, world(connection, node), flags, now(), selected)


def world(connection: Reader, node: str) -> World:
    """The cluster as far as it decides about a drain, as far as it may be read."""
    with Hands(_HANDS, "look") as hands:
        pods = hands.submit(listed, connection, Kind.POD, FullPod)
        nodes = hands.submit(listed, connection, Kind.NODE, FullNode)
        budgets = hands.submit(listed, connection, Kind.POD_DISRUPTION_BUDGET, PodDisruptionBudget)
        services = hands.submit(listed, connection, Kind.SERVICE, Service)
        replica_sets = hands.submit(listed, connection, Kind.REPLICA_SET, ReplicaSet)
        daemon_sets = hands.submit(listed, connection, Kind.DAEMON_SET, DaemonSet)
        namespaces = hands.submit(listed, connection, Kind.NAMESPACE, Namespace)
        claims = hands.submit(listed, connection, Kind.PERSISTENT_VOLUME_CLAIM, PersistentVolumeClaim)
        volumes = hands.submit(listed, connection, Kind.PERSISTENT_VOLUME, PersistentVolume)
        classes = hands.submit(listed, connection, Kind.STORAGE_CLASS, StorageClass)
        everywhere = pods.result()
        if everywhere is None:
            raise ForbiddenError(
                f"{_login(connection)} may not list pods, without which nobody knows what is on node {node}",
                hint="ask for the permission; check it with: kubectl auth can-i list pods -A",
                verb="list",
                resource="pods",
            )
        owners = replica_sets.result()
        labels = namespaces.result()
        return World(
            cluster=cluster_of(
                nodes.result() or (),
                everywhere,
                namespaces=None if labels is None else {one.name: one.metadata.labels for one in labels},
                claims=_keyed(claims.result()),
                volumes=_keyed(volumes.result()),
                storage_classes=_keyed(classes.result()),
            ),
            pods=everywhere,
            budgets=budgets.result(),
            services=services.result(),
            owners=None if owners is None else _deployments(owners),
            daemon_sets=_keyed(daemon_sets.result()),
        )


def _keyed(found: tuple[_Object, ...] | None) -> dict[str, _Object] | None:
    return None if found is None else {one.key: one for one in found}


def _deployments(replica_sets: tuple[ReplicaSet, ...]) -> dict[str, Ref]:
    """The Deployment of each ReplicaSet, by the ReplicaSet's uid."""
    return {
        one.metadata.uid: Ref(owner.kind, owner.name, one.namespace)
        for one in replica_sets
        if (owner := one.metadata.controller) is not None
    }


def node_facts(connection: Reader, name: str, *, with_pods: bool) -> NodeFacts:
    """The node, the others, who asks, and whether they may."""
    try:
        one: Json = msgspec.json.decode(connection.get(Kind.NODE.resource.path(name=name)))
    except msgspec.DecodeError as error:
        raise ServerError(f"node {name} cannot be read: {error}") from error
    first = NodeFacts(context=connection.access.context, object=one, nodes=None, user=_login(connection))
    with Hands(_HANDS, "look") as hands:
        user = hands.submit(who_am_i, connection)
        denied = hands.submit(may_not, connection, first.target)
        nodes = hands.submit(listed, connection, Kind.NODE, Node)
        pods = hands.submit(listed, connection, Kind.POD, FullPod, on_node(name)) if with_pods else None
        return msgspec.structs.replace(
            first,
            user=user.result(),
            denied=denied.result(),
            nodes=nodes.result(),
            pods=pods.result() if pods else None,
        )


def on_node(name: str) -> dict[str, str]:
    """The query for the Pods of one node."""
    return {"fieldSelector": f"spec.nodeName={name}"}


def listed(
    connection: Reader, kind: Kind, struct: type[_Object], query: dict[str, str] | None = None, namespace: str = ""
) -> tuple[_Object, ...] | None:
    """All of a kind, Pods and nodes in full when asked for so; None when they may not be read, or are not there."""
    from kubectl_goweb.objects.rare import FULL  # its decoders are for plans alone

    read_as = FULL.get(kind) if struct is not kind.struct else None
    found: list[_Object] = []
    try:
        for page in connection.pages(kind.resource.path(namespace), query or {}):
            found += [one for one in decode_page(kind, page, read_as).items if isinstance(one, struct)]
    except (ForbiddenError, NotFoundError):
        return None
    return tuple(found)


class _UserInfo(Struct, frozen=True):
    username: str = ""


class _ReviewStatus(Struct, frozen=True, rename="camel"):
    user_info: _UserInfo = _UserInfo()


class _Review(Struct, frozen=True):
    status: _ReviewStatus = _ReviewStatus()


def who_am_i(connection: Reader) -> str:
    """The user as the API server names them; the kubeconfig's name where it does not tell (before 1.28)."""
    body = msgspec.json.encode({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"})
    try:
        told = msgspec.json.decode(connection.send("POST", _WHO, body), type=_Review).status.user_info.username
    except (ApiError, msgspec.DecodeError):
        told = ""
    return told or _login(connection)


def _login(connection: Reader) -> str:
    return connection.access.impersonation.user or connection.access.user or "unknown"
