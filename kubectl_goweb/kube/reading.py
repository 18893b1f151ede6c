"""One look at the cluster: every kind listed once, in parallel, into a Snapshot. Changes are for watching."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

from kubectl_goweb.errors import ApiError, ExpiredError, ForbiddenError, NotFoundError, ServerError
from kubectl_goweb.objects import Feed, FeedState, Kind, LogTail, Malformed, Object, Page, Snapshot, decode_page

_HANDS = 4
"""Threads that list at once, each on a connection of its own. More would only wait for the server, which is the
bottleneck; fewer pay the way there and back one after the other."""
_ATTEMPTS = 3
"""How often a list that outlived its continue token (410) is begun again."""

NO_LOG = b"unable to retrieve container logs for "
"""How a kubelet answers, with 200, when it has already removed the container that is asked about."""


class Lister(Protocol):
    """What is needed of a connection."""

    def pages(self, path: str, query: Mapping[str, str] = ..., *, limit: int = ...) -> Iterable[bytes]: ...


class Ask(NamedTuple):
    """One list: a kind, where, and how the server shall narrow it."""

    kind: Kind
    namespace: str = ""
    labels: str = ""
    fields: str = ""

    @property
    def path(self) -> str:
        return self.kind.resource.path(self.namespace)

    @property
    def query(self) -> Mapping[str, str]:
        query = {}
        if self.labels:
            query["labelSelector"] = self.labels
        if self.fields:
            query["fieldSelector"] = self.fields
        return query


class _Listed(NamedTuple):
    objects: dict[str, Object]
    feed: Feed


def read(connection: Lister, asks: Iterable[Ask], now: Callable[[], datetime], *, namespace: str = "") -> Snapshot:
    """List everything that is asked for, each kind at most once.

    A kind that is forbidden, absent or broken is told in its feed and the others are read. What concerns them all is
    raised: UnreachableError, UnauthorizedError, ThrottledError.
    """
    asks = list(asks)
    waiting = list(reversed(asks))
    listed: dict[Kind, _Listed] = {}
    failures: list[BaseException] = []
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                if not waiting or failures:
                    return
                ask = waiting.pop()
            try:
                found = _list(connection, ask, now)
            except BaseException as error:  # noqa: BLE001  # handed to the caller's thread, which raises it
                with lock:
                    failures.append(error)
                return
            with lock:
                listed[ask.kind] = found

    hands = [
        threading.Thread(target=work, name=f"list-{number}", daemon=True) for number in range(1, min(_HANDS, len(asks)))
    ]
    for hand in hands:
        hand.start()
    work()
    for hand in hands:
        hand.join()
    if failures:
        raise failures[0]
    return snapshot_of(
        {kind: one.objects for kind, one in listed.items()},
        {ask.kind: listed[ask.kind].feed for ask in asks},
        namespace,
    )


def snapshot_of(
    objects: Mapping[Kind, Mapping[str, Object]],
    feeds: Mapping[Kind, Feed],
    namespace: str,
    logs: tuple[LogTail, ...] = (),
) -> Snapshot:
    """A Snapshot from objects by kind."""
    fields = {kind.resource.field: found for kind, found in objects.items()}
    return Snapshot(namespace=namespace, feeds=feeds, logs=logs, **fields)  # type: ignore[arg-type]  # by kind.resource


def _list(connection: Lister, ask: Ask, now: Callable[[], datetime]) -> _Listed:
    try:
        for _ in range(_ATTEMPTS):
            try:
                return _complete(connection, ask, now)
            except ExpiredError:
                continue
        return _failed(FeedState.FAILED, "the list grew old faster than it could be read (410)", now)
    except ForbiddenError as error:
        return _failed(FeedState.DENIED, error.sentence, now)
    except (NotFoundError, ServerError) as error:
        return _failed(FeedState.FAILED, error.sentence, now)


def _complete(connection: Lister, ask: Ask, now: Callable[[], datetime]) -> _Listed:
    objects: dict[str, Object] = {}
    malformed: list[Malformed] = []
    for body in connection.pages(ask.path, ask.query):
        page: Page = decode_page(ask.kind, body)
        for one in page.items:
            objects[one.key] = one
        malformed.extend(page.malformed)
    return _Listed(objects, Feed(FeedState.LIVE, now(), malformed=tuple(malformed)))


def _failed(state: FeedState, why: str, now: Callable[[], datetime]) -> _Listed:
    return _Listed({}, Feed(state, now(), why))


def log_tail(
    connection: _Getter, namespace: str, pod: str, container: str, *, lines: int = 60, previous: bool = True
) -> LogTail | None:
    """The last lines of a container's previous run, or of this one when there was no run before or it is not asked
    for; None when the server has none or does not let us see them.

    The log of a container that is not running any more stands under `previous` only once it was started again.
    """
    path = f"{Kind.POD.resource.path(namespace, pod)}/log"
    query = {"container": container, "tailLines": str(lines), "limitBytes": "65536"}
    for is_previous in (True, False) if previous else (False,):
        try:
            before = {"previous": "true"} if is_previous else {}
            body = connection.get(path, {**query, **before}, accept="*/*")
        except (ForbiddenError, NotFoundError):
            return None
        except ApiError:
            continue  # 400: this container has no previous run
        if not body.startswith(NO_LOG):
            lines_read = tuple(body.decode("utf-8", "replace").splitlines())
            return LogTail(f"{namespace}/{pod}", container, lines_read, is_previous)
    return None


class _Getter(Protocol):
    def get(self, path: str, query: Mapping[str, str] = ..., *, accept: str = ...) -> bytes: ...
