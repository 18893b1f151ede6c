"""Looks at what a Plan about a node needs to know. Blocking; raises what a connection raises when the node itself
cannot be read, everything else that cannot is None in the facts.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec import Struct

from kubectl_goweb.actions.nodes.facts import NodeFacts
from kubectl_goweb.actions.nodes.isolating import plan_isolate, plan_rejoin
from kubectl_goweb.actions.plan import Plan, Refusal
from kubectl_goweb.actions.pointers import Json
from kubectl_goweb.actions.prepare import Reader, may_not
from kubectl_goweb.actions.requests import Isolate, NodeRequest, Rejoin
from kubectl_goweb.errors import ApiError, ForbiddenError, NotFoundError, ServerError
from kubectl_goweb.objects import Kind, Node, Object, decode_page
from kubectl_goweb.objects.template import FullPod

_WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_HANDS = 4
_Object = TypeVar("_Object", bound=Object)


def prepare_node(connection: Reader, request: NodeRequest, now: Callable[[], datetime]) -> Plan | Refusal:
    """Look, and plan."""
    facts = node_facts(connection, request.target.name, with_pods=isinstance(request, Isolate) and bool(request.taint))
    if facts.denied:
        verb = "isolate" if isinstance(request, Isolate) else "rejoin"
        return Refusal(verb, facts.target, facts.denied, "ask for the permission: kubectl auth can-i patch nodes")
    if isinstance(request, Rejoin):
        return plan_rejoin(request, facts)
    return plan_isolate(request, facts, now())


def node_facts(connection: Reader, name: str, *, with_pods: bool) -> NodeFacts:
    """The node, the others, who asks, and whether they may."""
    try:
        one: Json = msgspec.json.decode(connection.get(Kind.NODE.resource.path(name=name)))
    except msgspec.DecodeError as error:
        raise ServerError(f"node {name} cannot be read: {error}") from error
    first = NodeFacts(context=connection.access.context, object=one, nodes=None, user=_login(connection))
    with ThreadPoolExecutor(_HANDS, thread_name_prefix="look") as hands:
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
