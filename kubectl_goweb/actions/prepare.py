"""Looks at what a request needs to know, and no more, and has it planned. Blocking: three rounds to the server.

    planned = prepare(connection, request, now)      a Plan to show, or a Refusal to tell

Raises what a connection raises: NotFoundError when there is no such workload, UnreachableError, ForbiddenError when not
even the workload may be read. What else may not be read is told in the Plan's cautions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from kubectl_goweb.actions import planning, preflight
from kubectl_goweb.actions.asking import Reader, may_not
from kubectl_goweb.actions.facts import Facts, full_template, selector_text
from kubectl_goweb.actions.plan import Plan, Refusal
from kubectl_goweb.actions.pointers import Json
from kubectl_goweb.actions.recorded import Recorded, from_controller_revisions, from_replica_sets, with_pods
from kubectl_goweb.actions.requests import Drain, Isolate, Pause, Rejoin, Request, Resume, Scale, WorkloadRequest
from kubectl_goweb.actions.verbs import verb
from kubectl_goweb.errors import ServerError
from kubectl_goweb.hands import Hands
from kubectl_goweb.objects import Kind
from kubectl_goweb.status.verdicts import Ref

_HANDS = 4


class _Items(Struct, frozen=True):
    items: tuple[Json, ...] | None = ()


# Made at import, in one thread; see objects.decoding.decoders.
_PAGE = msgspec.json.Decoder(_Items)


def prepare(connection: Reader, request: Request, now: Callable[[], datetime]) -> Plan | Refusal:
    """Ask for the facts, in parallel where they do not depend on each other, and plan."""
    if isinstance(request, Isolate | Rejoin | Drain):
        from kubectl_goweb.actions.nodes.reading import prepare_node  # nodes are planned from other facts

        return prepare_node(connection, request, now)
    return planning.plan(request, facts(connection, request, now), now())


def facts(connection: Reader, request: WorkloadRequest, now: Callable[[], datetime]) -> Facts:
    """What this request needs to know."""
    first = _workload(connection, request.target)
    told = preflight.room(connection) if planning.adds_pods(request, first) else None
    with Hands(_HANDS, "prepare") as hands:
        recorded = hands.submit(_recorded, connection, first) if _needs_recorded(request) else None
        denied = hands.submit(_denied, connection, request)
        around = hands.submit(preflight.around, connection, request, first, now)
        found = msgspec.structs.replace(
            first,
            recorded=recorded.result() if recorded else None,
            denied=denied.result(),
            around=around.result(),
        )
        if found.recorded is not None and first.target.kind != Kind.DEPLOYMENT:
            counted = with_pods(found.recorded, found.around.pods.values(), first.uid)
            found = msgspec.structs.replace(found, recorded=counted)
        template = planning.wanted_template(request, found)
        if template is None:
            return found
        full = full_template(template)
        config = preflight.config(connection, full, first.target.namespace, hands)
    return msgspec.structs.replace(found, config=config, room=preflight.wait_for(told) if told else None)


def seen(connection: Reader, target: Ref) -> Facts:
    """The workload alone, in one round: enough to plan a pause and its end."""
    return _workload(connection, target)


def history(connection: Reader, target: Ref) -> Facts:
    """The workload and its recorded templates alone."""
    first = _workload(connection, target)
    return msgspec.structs.replace(first, recorded=_recorded(connection, first))


def _workload(connection: Reader, ref: Ref) -> Facts:
    body = connection.get(Kind(ref.kind).resource.path(ref.namespace, ref.name))
    one: Json = {"kind": ref.kind, **_decoded(body, f"{ref.kind} {ref.name}")}
    return Facts(context=connection.access.context, object=one)


def _decoded(body: bytes, what: str) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise ServerError(f"{what} cannot be read: {error}") from error


def _needs_recorded(request: WorkloadRequest) -> bool:
    return not isinstance(request, Scale | Pause | Resume)


def _recorded(connection: Reader, first: Facts) -> tuple[Recorded, ...]:
    """Its ReplicaSets or ControllerRevisions, by its selector and its uid, as the controllers find them."""
    kind = Kind.REPLICA_SET if first.target.kind == Kind.DEPLOYMENT else Kind.CONTROLLER_REVISION
    query = {"labelSelector": selector_text(first.spec)}
    items: list[Json] = []
    for page in connection.pages(kind.resource.path(first.target.namespace), query):
        items.extend(_items(page, kind))
    if kind is Kind.REPLICA_SET:
        return from_replica_sets(items, first.uid)
    return from_controller_revisions(items, first.uid)


def _items(page: bytes, kind: Kind) -> Iterator[Json]:
    try:
        yield from _PAGE.decode(page).items or ()
    except msgspec.DecodeError as error:
        raise ServerError(f"the list of {kind.resource.group_plural} cannot be read: {error}") from error


def _denied(connection: Reader, request: WorkloadRequest) -> str:
    """Why the write would be refused; empty when it would not, or when the server does not tell."""
    ref = request.target
    wanted = verb(str(request.__struct_config__.tag))
    return may_not(connection, ref, wanted.subresource)
