"""Asks what might be in the way of a change: autoscalers, quotas, budgets, Pods, room on nodes, what a template names.

Only what matters for the request at hand, in parallel, and with little patience where a cluster is large: what could
not be looked at is told and stops nothing. What the answers mean is said in `cautions`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future
from datetime import datetime
from typing import Any, Protocol

import msgspec

from kubectl_goweb.actions.facts import Config, ConfigState, Facts, Room, selector_text
from kubectl_goweb.actions.requests import Pause, Request, Scale
from kubectl_goweb.errors import ApiError, ForbiddenError, NotFoundError
from kubectl_goweb.kube.reading import Ask, read
from kubectl_goweb.objects import Kind, Snapshot, decode_page
from kubectl_goweb.objects.rare import DECODERS, FULL
from kubectl_goweb.objects.template import FullTemplate
from kubectl_goweb.status.placement import cluster_of
from kubectl_goweb.status.references import Reference, references

_PATIENCE = 2.0
"""Seconds for the list of every Pod and node; a change is not kept waiting for it."""
_LIMITS = (Kind.RESOURCE_QUOTA, Kind.LIMIT_RANGE, Kind.POD_DISRUPTION_BUDGET)
_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"


class Asker(Protocol):
    """What is needed of a connection."""

    def get(self, path: str, *, accept: str = ...) -> bytes: ...

    def pages(self, path: str, query: Mapping[str, str] = ..., *, limit: int = ...) -> Iterable[bytes]: ...


def around(connection: Asker, request: Request, first: Facts, now: Callable[[], datetime]) -> Snapshot:
    """What is in the namespace and concerns the request."""
    namespace = first.target.namespace
    asks = [Ask(kind, namespace) for kind in _kinds(request)]
    if asks and not isinstance(request, Scale):
        asks.append(Ask(Kind.POD, namespace, selector_text(first.spec)))
    return read(connection, asks, now, namespace=namespace) if asks else Snapshot()


def _kinds(request: Request) -> list[Kind]:
    match request:
        case Pause():
            return []
        case Scale():
            return [Kind.HORIZONTAL_POD_AUTOSCALER, *_LIMITS]
        case _:
            return list(_LIMITS)


def config(connection: Asker, template: FullTemplate, namespace: str, hands: Executor) -> tuple[Config, ...]:
    """How the ConfigMaps and Secrets stand that the template names. Of a Secret only its metadata is asked for."""
    wanted: dict[tuple[Kind, str], list[Reference]] = {}
    for one in references(template.spec):
        if one.kind in (Kind.CONFIG_MAP, Kind.SECRET) and one.where != "imagePullSecrets":
            wanted.setdefault((one.kind, one.name), []).append(one)
    return tuple(hands.map(lambda key: _config(connection, namespace, key[0], key[1], wanted[key]), wanted))


def _config(connection: Asker, namespace: str, kind: Kind, name: str, named: list[Reference]) -> Config:
    where = ", ".join(dict.fromkeys(one.where for one in named))
    is_optional = all(one.optional for one in named)
    path = kind.resource.path(namespace, name)
    try:
        body = connection.get(path) if kind is Kind.CONFIG_MAP else connection.get(path, accept=_METADATA)
        found: Any = DECODERS[kind].item.decode(body)
    except NotFoundError:
        return Config(kind, name, where, ConfigState.GONE, is_optional)
    except (ApiError, msgspec.DecodeError) as error:
        why = error.sentence if isinstance(error, ForbiddenError) else str(error)
        return Config(kind, name, where, ConfigState.UNSEEN, is_optional, why=why)
    last = found.metadata.last_write
    keys = found.keys if kind is Kind.CONFIG_MAP else None
    missing = (
        () if keys is None else tuple(key for one in named if not one.optional for key in one.keys if key not in keys)
    )
    return Config(
        kind,
        name,
        where,
        ConfigState.THERE,
        is_optional,
        written=(last.time if last else None) or found.metadata.creation_timestamp,
        writer=last.manager if last else "",
        missing_keys=missing,
    )


def room(connection: Asker) -> Future[Room]:
    """Nodes and Pods of the whole cluster, being read by a thread of its own; see `wait_for`."""
    told: Future[Room] = Future()

    def work() -> None:
        try:
            nodes = _every(connection, Kind.NODE)
            told.set_result(Room(cluster_of(nodes, _every(connection, Kind.POD))))
        except ApiError as error:
            told.set_result(Room(None, error.sentence))

    threading.Thread(target=work, name="room", daemon=True).start()
    return told


def wait_for(told: Future[Room]) -> Room:
    """The room there is, or why it is not known."""
    try:
        return told.result(_PATIENCE)
    except TimeoutError:
        return Room(None, f"listing every Pod takes longer than {_PATIENCE:g} s")


def _every(connection: Asker, kind: Kind) -> list[Any]:
    return [one for page in connection.pages(kind.resource.path()) for one in decode_page(kind, page, FULL[kind]).items]
