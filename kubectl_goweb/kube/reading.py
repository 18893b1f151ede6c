"""One look at the cluster: every kind listed once, in parallel, into a Snapshot. Changes are for watching."""

from __future__ import annotations

import re
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
            lines_read = _lines(body)
            if _is_end_of_dump(lines_read):
                whole = _lines(connection.get(path, {**query, **before, **_DUMP}, accept="*/*"))
                lines_read = _from_its_head(whole) or lines_read
            return LogTail(f"{namespace}/{pod}", container, lines_read, is_previous)
    return None


_DUMP = {"tailLines": "5000", "limitBytes": str(1 << 20)}
"""What a fatal error writes of all goroutines, its first line first: those of some hundred."""
_HEAD = re.compile(r"^(?:panic: |fatal error: |SIG[A-Z]+: )")
_TRACE = re.compile(r"^(?:\s+\S+\.(?:go|s):\d+|goroutine \d+\b.* \[|\.{3}\d+ frames elided)")
_BEFORE_HEAD = 5
"""Lines before the head of a dump that may say more, such as that a stack is full."""


def _lines(body: bytes) -> tuple[str, ...]:
    return tuple(body.decode("utf-8", "replace").splitlines())


def _is_end_of_dump(lines: tuple[str, ...]) -> bool:
    """Go writes why it gives up first, and then what every goroutine did: the end of that tells nothing by itself."""
    return any(_TRACE.match(line) for line in lines) and not any(_HEAD.match(line) for line in lines)


def _from_its_head(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The dump with what stands just before it; empty where its head is not among the lines either."""
    heads = [number for number, line in enumerate(lines) if _HEAD.match(line)]
    return lines[max(0, heads[-1] - _BEFORE_HEAD) :] if heads else ()


class _Getter(Protocol):
    def get(self, path: str, query: Mapping[str, str] = ..., *, accept: str = ...) -> bytes: ...
