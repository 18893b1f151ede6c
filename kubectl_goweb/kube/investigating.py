"""Facts about suspects: asked for in parallel, a bounded number, within a time budget; what fails is told in them.

Which facts are worth asking for is not known here: the caller's function says it, again after every round.
"""

from __future__ import annotations

import binascii
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct, field, structs

from kubectl_goweb.errors import ApiError, ForbiddenError, GowebError, NotFoundError, ServerError
from kubectl_goweb.kube import cpu_use
from kubectl_goweb.kube.certificates import read_pem
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.listening import listens
from kubectl_goweb.kube.plane import plane
from kubectl_goweb.kube.reading import Ask as ListAsk
from kubectl_goweb.kube.reading import log_tail, read
from kubectl_goweb.kube.rewritten import rewritten
from kubectl_goweb.objects import Event, Kind, LogTail, Object, Snapshot, decode_page
from kubectl_goweb.objects.facts import CpuUse, Facts, Plane, Rewritten, Room, ServedCertificate, Throttling
from kubectl_goweb.objects.meta import Written
from kubectl_goweb.objects.node import FullNode
from kubectl_goweb.objects.rare import (
    FULL,
    decode_full_pod,
    decode_full_workload,
    decode_one,
    decode_recorded,
    decode_written,
)
from kubectl_goweb.objects.template import FullPod, FullWorkload, RecordedTemplate
from kubectl_goweb.objects.wants import Ask, Want

_HANDS = 6
"""Requests at once."""
_ROUNDS = 3
"""A template names a ConfigMap, a claim names a volume: each round asks for what the one before it brought to light."""
_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_ROOM_LIMIT = 3000
"""Pods beyond which the room on the nodes is not worth its list."""

Wanted = Callable[[Snapshot], Iterable[Want]]


class Got(Struct, frozen=True):
    """One answer."""

    want: Want
    value: object = None
    """What was asked for; None when it is not there."""
    failure: str = ""
    is_late: bool = False
    """Nobody answered within the time."""


def investigate(
    connection: Connection,
    snapshot: Snapshot,
    wanted: Wanted,
    now: Callable[[], datetime],
    *,
    budget: float,
    most: int = 60,
) -> Snapshot:
    """The Snapshot with what could be learnt within `budget` seconds and `most` requests about what `wanted` names.

    It never raises for a single fact: what is forbidden or late is in `facts.unseen`.
    """
    deadline = time.monotonic() + budget
    asked: set[Want] = set()
    for _ in range(_ROUNDS):
        fresh = [want for want in dict.fromkeys(wanted(snapshot)) if want not in asked][: max(0, most - len(asked))]
        if not fresh or time.monotonic() >= deadline:
            break
        asked.update(fresh)
        snapshot = with_answers(snapshot, ask_all(connection, fresh, now, deadline, budget))
    return snapshot


def ask_all(
    connection: Connection, wants: Sequence[Want], now: Callable[[], datetime], deadline: float, budget: float
) -> list[Got]:
    """An answer to each, in their order; `deadline` (monotonic) is when the `budget` of seconds is spent."""
    waiting: queue.SimpleQueue[Want] = queue.SimpleQueue()
    answers: queue.SimpleQueue[Got] = queue.SimpleQueue()
    for want in wants:
        waiting.put(want)

    def work() -> None:
        while time.monotonic() < deadline:
            try:
                want = waiting.get_nowait()
            except queue.Empty:
                return
            answers.put(_ask(connection, want, now))

    for number in range(min(_HANDS, len(wants))):
        threading.Thread(target=work, name=f"ask-{number}", daemon=True).start()
    got: dict[Want, Got] = {}
    while len(got) < len(wants):
        try:
            one = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        got[one.want] = one
    late = f"not read within {budget:g} s"
    return [got.get(want) or Got(want, failure=late, is_late=True) for want in wants]


def _ask(connection: Connection, want: Want, now: Callable[[], datetime]) -> Got:
    try:
        return Got(want, _answer(connection, want, now))
    except NotFoundError:
        return Got(want)
    except ForbiddenError as error:
        return Got(want, failure=f"forbidden: {error.sentence}")
    except ApiError as error:
        return Got(want, failure=error.sentence)
    except GowebError as error:
        return Got(want, failure=str(error))


def _answer(connection: Connection, want: Want, now: Callable[[], datetime]) -> object:
    path = want.kind.resource.path(want.namespace, want.name)
    match want.ask:
        case Ask.LOG:
            tail = log_tail(connection, want.namespace, want.name, want.container, previous=want.previous)
            return tail or LogTail(want.key, want.container, (), want.previous)
        case Ask.EVENTS:
            # The kubelet gives its node's name as the uid, and a node's events stand in this namespace.
            is_node = want.kind is Kind.NODE
            fields = (
                f"involvedObject.kind=Node,involvedObject.name={want.name}"
                if is_node
                else f"involvedObject.uid={want.uid}"
            )
            namespace = "default" if is_node else want.namespace
            pages = connection.pages(Kind.EVENT.resource.path(namespace), {"fieldSelector": fields})
            return [one for page in pages for one in decode_page(Kind.EVENT, page).items]
        case Ask.CPU:
            text = connection.get(cpu_use.path(want.uid), accept="text/plain").decode("utf-8", "replace")
            return cpu_use.cpu_use(text, want.key, want.container, now())
        case Ask.THROTTLING:
            text = connection.get(cpu_use.throttling_path(want.uid), accept="text/plain").decode("utf-8", "replace")
            return cpu_use.throttling(text, want.key, want.container, now())
        case Ask.LISTENS:
            return listens(connection, want.namespace, want.name, want.port)
        case Ask.FULL:
            body = connection.get(path)
            return decode_full_pod(body) if want.kind is Kind.POD else decode_full_workload(body)
        case Ask.THERE:
            return decode_one(want.kind, connection.get(path, accept=_METADATA))
        case Ask.WRITERS:
            return decode_written(connection.get(path, accept=_METADATA))
        case Ask.REWRITTEN:
            return rewritten(connection, want.kind, want.namespace, want.name)
        case Ask.TEMPLATE:
            return decode_recorded(connection.get(path))
        case Ask.WHOLE:
            return decode_one(want.kind, connection.get(path))
        case Ask.CERTIFICATE:
            return _certificate(connection.get(path))
        case Ask.LIST:
            return read(connection, [ListAsk(want.kind, want.namespace)], now)
        case Ask.PLANE:
            return plane(connection, now)
        case Ask.ROOM:
            return _room(connection)


class _Public(Struct, frozen=True):
    """Of a TLS Secret only the certificate is decoded; its key is passed over."""

    certificate: str = field(default="", name="tls.crt")


class _TlsSecret(Struct, frozen=True):
    data: _Public = _Public()


# Made at import, in one thread; see objects.decoding.decoders.
_TLS_SECRET = msgspec.json.Decoder(_TlsSecret)


def _certificate(body: bytes) -> ServedCertificate:
    """The certificate of a TLS Secret. ServerError when it has none that can be read."""
    try:
        pem = binascii.a2b_base64(_TLS_SECRET.decode(body).data.certificate).decode("ascii", "replace")
    except (msgspec.DecodeError, ValueError) as error:
        raise ServerError(f"the Secret has no certificate that can be read: {error}") from error
    found = read_pem(pem)
    if found is None:
        raise ServerError("the Secret has no certificate that can be read")
    return ServedCertificate(found.subject, found.not_before, found.not_after, found.names)


def _room(connection: Connection) -> Room:
    """Every node and Pod in full. ServerError where that would be too many to be worth it."""
    found: dict[Kind, list[Object]] = {Kind.NODE: [], Kind.POD: []}
    for kind, objects in found.items():
        for page in connection.pages(kind.resource.path()):
            objects.extend(decode_page(kind, page, FULL[kind]).items)
            if len(objects) > _ROOM_LIMIT:
                raise ServerError(f"more than {_ROOM_LIMIT} {kind.resource.plural}")
    nodes = {one.name: one for one in found[Kind.NODE] if isinstance(one, FullNode)}
    return Room(nodes, {one.key: one for one in found[Kind.POD] if isinstance(one, FullPod)})


def with_answers(snapshot: Snapshot, answers: Iterable[Got]) -> Snapshot:
    """The Snapshot with these answers in it."""
    facts = snapshot.facts
    pods, workloads = dict(facts.pods), dict(facts.workloads)
    objects, absent, unseen = dict(facts.objects), set(facts.absent), dict(facts.unseen)
    events, logs = dict(snapshot.events), list(snapshot.logs)
    lists: dict[str, object] = {}
    room, listed, certificates = facts.room, set(facts.listed), dict(facts.certificates)
    written, templates, cpu = dict(facts.written), dict(facts.templates), dict(facts.cpu)
    throttling, listening = dict(facts.throttling), dict(facts.listening)
    anew = dict(facts.rewritten)
    feeds, told_of = dict(snapshot.feeds), facts.plane
    for got in answers:
        want, value = got.want, got.value
        if got.failure:
            unseen[want.subject] = got.failure
        elif value is None:
            absent.add(want.subject)
        elif isinstance(value, bool):
            listening[want.subject] = value
        elif isinstance(value, LogTail):
            logs.append(value)
        elif isinstance(value, FullPod):
            pods[want.key] = value
        elif isinstance(value, FullWorkload):
            workloads[want.subject] = value
        elif isinstance(value, Snapshot):
            lists[want.kind.resource.field] = getattr(value, want.kind.resource.field)
            feeds.update(value.feeds)
            listed.add(want.kind)
        elif isinstance(value, Room):
            room = value
        elif isinstance(value, Plane):
            told_of = value
        elif isinstance(value, ServedCertificate):
            certificates[want.key] = value
        elif isinstance(value, CpuUse):
            cpu[want.subject] = value
        elif isinstance(value, Throttling):
            throttling[want.subject] = value
        elif isinstance(value, Rewritten):
            anew[want.subject] = value
        elif isinstance(value, Written):
            written[want.subject] = value
        elif isinstance(value, RecordedTemplate):
            templates[want.subject] = value
        elif isinstance(value, list):
            events.update({one.key: one for one in value if isinstance(one, Event)})
        elif isinstance(value, Object):
            objects[want.subject] = value
    told = Facts(
        pods=pods,
        workloads=workloads,
        objects=objects,
        absent=frozenset(absent),
        unseen=unseen,
        room=room,
        certificates=certificates,
        cpu=cpu,
        throttling=throttling,
        listening=listening,
        written=written,
        rewritten=anew,
        templates=templates,
        listed=frozenset(listed),
        plane=told_of,
    )
    changed = structs.replace(snapshot, events=events, logs=tuple(logs), facts=told, feeds=feeds)
    return structs.replace(changed, **lists) if lists else changed
