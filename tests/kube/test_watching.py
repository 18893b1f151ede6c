"""Lists and watches against a small server that fails on purpose: what is asked, what is shown, how long is waited."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kubectl_goweb.kube import backoff
from kubectl_goweb.kube.access import Access
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.reading import Ask
from kubectl_goweb.kube.store import Store
from kubectl_goweb.kube.watching import Timing, Watching
from kubectl_goweb.objects import FeedState, Kind, Snapshot
from tests.kube.tiny_server import STREAM, Answer, Asked, TinyServer, chunk, refusal, response

NOW = datetime(2025, 1, 1, tzinfo=UTC)


def namespace(name: str, version: int = 1) -> dict[str, Any]:
    return {"metadata": {"name": name, "resourceVersion": str(version)}}


def listed(version: int, *items: dict[str, Any], **meta: str) -> bytes:
    return response({"kind": "NamespaceList", "metadata": {"resourceVersion": str(version), **meta}, "items": items})


def event(kind: str, item: dict[str, Any]) -> bytes:
    return chunk(json.dumps({"type": kind, "object": item}).encode() + b"\n")


def gone() -> bytes:
    status = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version: 5 (9)"}
    return event("ERROR", status)


class Script:
    """A server's lines: each list and each watch takes the next of its own; the last watch stays open and silent."""

    def __init__(self, lists: Iterable[Answer], watches: Iterable[Iterable[bytes] | bytes] = ()) -> None:
        self._lists, self._watches = iter(lists), iter(watches)
        self.asked: list[str] = []
        self.more: dict[int, bytes] = {}

    def respond(self, asked: Asked) -> Answer:
        is_watch = "watch=true" in asked.target
        self.asked.append("watch " + _parameter(asked.target, "resourceVersion") if is_watch else "list")
        if not is_watch:
            return next(self._lists, None)
        answer = next(self._watches, None)
        if isinstance(answer, bytes):
            return answer
        return self._stream(asked, answer)

    def _stream(self, asked: Asked, pieces: Iterable[bytes] | None) -> Iterator[bytes]:
        yield STREAM
        yield from pieces or ()
        if pieces is None:
            asked.ending.wait(30)


def _parameter(target: str, name: str) -> str:
    return target.partition(f"{name}=")[2].partition("&")[0]


class Bench:
    """A watching with a clock that only moves when somebody waits, and a record of those waits."""

    def __init__(self, server: TinyServer, idle_timeout: float) -> None:
        self.store = Store(interval=0)
        self.waits: list[float] = []
        self.feeds: list[tuple[FeedState, str]] = []
        self.shown: list[list[str]] = []
        """What was shown at the beginning of each wait."""
        self._now = NOW
        self._most_waits = 12
        self._patient = threading.Event()
        timing = Timing(
            now=lambda: self._now,
            jitter=lambda: 0.5,
            wait=self._wait,
            elapsed=lambda: 0.0,  # every watch is a short one, however busy the machine is
            idle_timeout=idle_timeout,
        )
        self.connection = Connection(Access(server=server.url, context="kind", user="ana"), silence=5)
        self.watching = Watching(self.connection, [Ask(Kind.NAMESPACE)], self.store, timing=timing)

    def _wait(self, _: threading.Event, seconds: float) -> bool:
        found = self.store.snapshot()
        feed = found.feeds[Kind.NAMESPACE]
        self.shown.append(sorted(found.namespaces))
        self.feeds.append((feed.state, feed.why))
        self.waits.append(seconds)
        assert feed.retry_at == self._now + timedelta(seconds=seconds)
        self._now += timedelta(seconds=seconds)
        if len(self.waits) >= self._most_waits:
            self._patient.wait(30)
        return False

    def until(self, condition: Callable[[Snapshot], bool]) -> Snapshot:
        """The first state of which the condition is true."""
        deadline = datetime.now(UTC) + timedelta(seconds=40)
        changes = self.store.changes()
        while datetime.now(UTC) < deadline:
            found = changes.next(0.05) or self.store.snapshot()
            if condition(found):
                return found
        pytest.fail(f"it never came: {self.store.snapshot()}")

    def end(self) -> None:
        self._patient.set()
        self.watching.close()
        self.connection.close()
        assert self.watching.join(5)


@contextmanager
def bench(script: Script, *, idle_timeout: float = 5) -> Iterator[Bench]:
    with TinyServer(script.respond) as server:
        bench = Bench(server, idle_timeout)
        bench.watching.start()
        try:
            yield bench
        finally:
            bench.end()


def live(*names: str) -> Callable[[Snapshot], bool]:
    return lambda found: (
        found.feeds[Kind.NAMESPACE].state is FeedState.LIVE and sorted(found.namespaces) == sorted(names)
    )


def in_state(state: FeedState) -> Callable[[Snapshot], bool]:
    return lambda found: found.feeds[Kind.NAMESPACE].state is state


def test_events_after_the_list_are_seen() -> None:
    events = [
        event("ADDED", namespace("b", 6)),
        event("MODIFIED", namespace("a", 7)),
        event("BOOKMARK", {"metadata": {"resourceVersion": "9"}}),
        event("DELETED", namespace("b", 10)),
        event("ADDED", namespace("c", 11)),
        chunk(b""),
    ]
    script = Script([listed(5, namespace("a"))], [events])
    with bench(script) as here:
        found = here.until(live("a", "c"))
        here.until(lambda _: "watch 11" in script.asked)
    assert found.namespaces["a"].metadata.resource_version == "7"
    assert script.asked == ["list", "watch 5", "watch 11"]
    assert here.waits == []


def test_bookmark_alone_moves_the_point_to_resume_from() -> None:
    script = Script([listed(5)], [[event("BOOKMARK", {"metadata": {"resourceVersion": "99"}}), chunk(b"")]])
    with bench(script) as here:
        here.until(lambda _: len(script.asked) == 3)
    assert script.asked == ["list", "watch 5", "watch 99"]


def test_watch_is_narrowed_and_ended_by_the_server_in_time() -> None:
    targets: list[str] = []

    def respond(asked: Asked) -> Answer:
        targets.append(asked.target)
        return Script([listed(5)]).respond(asked)

    with TinyServer(respond) as server, Connection(Access(server=server.url)) as connection:
        store = Store(interval=0)
        ask = Ask(Kind.POD, "shop", "app=web", "status.phase!=Succeeded")
        watching = Watching(connection, [ask], store, timing=Timing(jitter=lambda: 0.5))
        watching.start()
        changes = store.changes()
        while len(targets) < 2:
            assert changes.next(5) is not None
        watching.close()
        connection.close()
        assert watching.join(5)
    for target in targets:
        assert target.startswith("/api/v1/namespaces/shop/pods?")
        assert _parameter(target, "labelSelector") == "app%3Dweb"
        assert _parameter(target, "fieldSelector") == "status.phase%21%3DSucceeded"
    assert _parameter(targets[1], "timeoutSeconds") == "450"


def test_first_list_is_shown_page_by_page_as_listing() -> None:
    hold = threading.Event()
    pages: list[Answer] = [listed(5, namespace("a"), **{"continue": "t"})]

    def respond(asked: Asked) -> Answer:
        if "continue" in asked.target:
            hold.wait(10)
            return listed(5, namespace("b"))
        return script.respond(asked)

    script = Script(pages)
    with TinyServer(respond) as server:
        here = Bench(server, 5)
        here.watching.start()
        partial = here.until(lambda found: "a" in found.namespaces)
        hold.set()
        here.until(live("a", "b"))
        here.end()
    assert partial.feeds[Kind.NAMESPACE].state is FeedState.LISTING


@pytest.mark.parametrize("way", ["event", "answer"])
def test_version_that_is_too_old_leads_to_a_new_list_at_once(way: str) -> None:
    expired: list[bytes] | bytes = [gone(), chunk(b"")] if way == "event" else refusal(410, "Expired", "too old")
    script = Script([listed(5, namespace("a"), namespace("b")), listed(9, namespace("b"), namespace("c"))], [expired])
    with bench(script) as here:
        here.until(live("b", "c"))
        here.until(lambda _: len(script.asked) == 4)
    assert script.asked == ["list", "watch 5", "list", "watch 9"]
    assert here.waits == []


def test_server_whose_versions_always_expire_is_not_asked_in_a_tight_loop() -> None:
    script = Script([listed(number) for number in range(20)], [[gone(), chunk(b"")] for _ in range(20)])
    with bench(script) as here:
        here.until(lambda _: len(here.waits) == 12)
    assert here.waits[:4] == [1.0, 2.0, 4.0, 8.0]
    assert max(here.waits) == 10.0


def test_cut_watch_is_stale_then_resumes_where_it_was_and_misses_nothing() -> None:
    cut = [event("ADDED", namespace("b", 6)), b"5\r\n{"]
    script = Script(
        [listed(5, namespace("a"))], [cut, refusal(500, "Internal", "no"), [event("ADDED", namespace("c", 7))]]
    )
    with bench(script) as here:
        here.until(live("a", "b", "c"))
    assert script.asked[:4] == ["list", "watch 5", "watch 6", "watch 6"]
    assert here.waits[:2] == [0.5, 1.0]
    assert here.feeds[0][0] is FeedState.STALE
    assert "sent half an answer" in here.feeds[0][1]
    assert "cannot watch namespaces: the server failed with 500" in here.feeds[1][1]


def test_objects_stay_shown_while_stale_since_the_first_failure() -> None:
    script = Script([listed(5, namespace("a"))], [refusal(503, "Unavailable", "no") for _ in range(30)])
    with bench(script) as here:
        found = here.until(lambda _: len(here.waits) == 12)
    feed = found.feeds[Kind.NAMESPACE]
    assert (feed.state, list(found.namespaces)) == (FeedState.STALE, ["a"])
    assert feed.since == NOW
    assert feed.retry_at == NOW + timedelta(seconds=sum(here.waits))


def test_half_open_watch_is_found_and_opened_again() -> None:
    script = Script([listed(5, namespace("a"))], [])
    with bench(script, idle_timeout=0.2) as here:
        here.until(lambda _: script.asked.count("watch 5") >= 2)
    assert here.feeds[0][0] is FeedState.STALE
    assert "did not answer for 0.2 s on a stream" in here.feeds[0][1]


def test_list_that_never_came_is_failed_and_not_empty_and_live() -> None:
    script = Script([refusal(500, "Internal", "no"), refusal(500, "Internal", "no"), listed(5, namespace("a"))])
    with bench(script) as here:
        here.until(live("a"))
    assert [state for state, _ in here.feeds] == [FeedState.FAILED, FeedState.FAILED]
    assert here.waits == [0.5, 1.0]


def test_list_cut_between_its_pages_is_begun_again() -> None:
    first = listed(5, namespace("a"), **{"continue": "t"})
    script = Script([first, refusal(410, "Expired", "continue is too old"), listed(8, namespace("b"))])
    with bench(script) as here:
        here.until(live("b"))
    assert here.waits == []


def test_forbidden_kind_is_denied_empty_and_asked_for_again_slowly() -> None:
    message = (
        'namespaces is forbidden: User "ana" cannot list resource "namespaces" in API group "" at the cluster scope'
    )
    script = Script([refusal(403, "Forbidden", message), refusal(403, "Forbidden", message), listed(5, namespace("a"))])
    with bench(script) as here:
        here.until(live("a"))
    assert here.waits == [60.0, 60.0]
    state, why = here.feeds[0]
    assert state is FeedState.DENIED
    assert why.startswith("ana may not list namespaces at ")


def test_permission_taken_away_takes_the_objects_away_with_it() -> None:
    no = refusal(403, "Forbidden", 'User "ana" cannot')
    script = Script(
        [listed(5, namespace("a")), no, listed(9, namespace("b"))], [[event("ADDED", namespace("c", 6))], no]
    )
    with bench(script) as here:
        here.until(live("b"))
    assert [state for state, _ in here.feeds] == [FeedState.STALE, FeedState.DENIED]
    assert here.shown == [["a", "c"], []]
    assert script.asked[:5] == ["list", "watch 5", "watch 6", "list", "list"]


def test_kind_that_may_not_be_watched_is_listed_every_half_minute_until_it_may() -> None:
    no = refusal(403, "Forbidden", 'namespaces is forbidden: User "ana" cannot watch resource "namespaces"')
    script = Script([listed(5, namespace("a")), listed(7, namespace("b")), listed(9, namespace("c"))], [no, no])
    with bench(script) as here:
        found = here.until(live("c"))
    assert script.asked[:6] == ["list", "watch 5", "list", "watch 7", "list", "watch 9"]
    assert (here.waits, here.shown) == ([30.0, 30.0], [["a"], ["b"]])
    assert [state for state, _ in here.feeds] == [FeedState.POLLED, FeedState.POLLED]
    assert here.feeds[0][1].startswith("ana may not watch namespaces")
    assert found.feeds[Kind.NAMESPACE].state is FeedState.LIVE


def test_what_is_polled_is_as_old_as_its_list() -> None:
    no = refusal(403, "Forbidden", 'User "ana" cannot watch')
    with bench(Script([listed(5)] * 20, [no] * 20)) as here:
        seen = here.until(lambda _: len(here.waits) == 12)
    assert seen.feeds[Kind.NAMESPACE].since == NOW + timedelta(seconds=11 * 30)


def test_missing_api_is_failed_and_asked_for_slowly() -> None:
    script = Script([response(b"404 page not found", "404 Not Found"), listed(5)])
    with bench(script) as here:
        here.until(live())
    assert here.waits == [60.0]
    assert here.feeds[0][0] is FeedState.FAILED


def test_throttling_is_obeyed_for_as_long_as_the_server_says() -> None:
    slow = refusal(429, "TooManyRequests", "slow down", Retry_After="0")
    long = refusal(429, "TooManyRequests", "slow down", Retry_After="30")
    # The connection itself repeats a throttled request three times before it tells.
    script = Script([slow, slow, slow, long, listed(5)])
    with bench(script) as here:
        here.until(live())
    assert here.waits == [30.0]


def test_unknown_login_is_stale_and_tried_again() -> None:
    script = Script([listed(5, namespace("a"))], [refusal(401, "Unauthorized", "Unauthorized")])
    with bench(script) as here:
        here.until(lambda _: script.asked.count("watch 5") == 2)
        here.until(live("a"))
    assert here.feeds[0][0] is FeedState.STALE
    assert "does not know user 'ana'" in here.feeds[0][1]


def test_server_that_ends_every_watch_at_once_is_not_asked_in_a_tight_loop() -> None:
    script = Script([listed(5)], [[chunk(b"")] for _ in range(30)])
    with bench(script) as here:
        here.until(lambda _: len(here.waits) == 12)
    assert here.waits[:4] == [0.5, 1.0, 2.0, 4.0]
    assert "ends the watch of namespaces at once" in here.feeds[0][1]


def test_malformed_objects_are_set_aside_and_counted() -> None:
    broken = {"metadata": {"name": "bad", "resourceVersion": "3", "labels": [1]}}
    events = [
        event("MODIFIED", {"metadata": {"name": "a", "resourceVersion": "6", "labels": [1]}}),
        event("ADDED", namespace("c", 7)),
    ]
    script = Script([listed(5, namespace("a"), broken, namespace("b"))], [events])
    with bench(script) as here:
        first = here.until(live("a", "b"))
        later = here.until(lambda found: set(found.namespaces) == {"b", "c"})
    assert [one.name for one in first.feeds[Kind.NAMESPACE].malformed] == ["bad"]
    assert sorted(one.name for one in later.feeds[Kind.NAMESPACE].malformed) == ["a", "bad"]


def test_malformed_object_that_heals_or_goes_is_no_longer_counted() -> None:
    bad = {"metadata": {"name": "a", "labels": [1]}}
    gone_bad = {"metadata": {"name": "b", "labels": [1], "resourceVersion": "7"}}
    events = [event("MODIFIED", namespace("a", 6)), event("DELETED", gone_bad)]
    script = Script([listed(5, bad, {**gone_bad})], [events])
    with bench(script) as here:
        found = here.until(lambda found: live("a")(found) and not found.feeds[Kind.NAMESPACE].malformed)
    assert list(found.namespaces) == ["a"]


def test_line_that_is_no_event_leads_to_a_new_list() -> None:
    script = Script([listed(5, namespace("a")), listed(8, namespace("b"))], [[chunk(b"<html>\n")]])
    with bench(script) as here:
        here.until(live("b"))
    assert script.asked[:3] == ["list", "watch 5", "list"]


def test_list_without_version_is_no_list() -> None:
    script = Script([response({"items": []}), listed(5)])
    with bench(script) as here:
        here.until(live())
    assert "has no resourceVersion" in here.feeds[0][1]


def test_restarted_server_is_found_again_and_nothing_is_missed() -> None:
    script = Script([listed(5, namespace("a"))], [None, [event("ADDED", namespace("b", 6))]])  # type: ignore[list-item]
    with TinyServer(script.respond) as server:
        here = Bench(server, 5)
        here.watching.start()
        here.until(lambda found: live("a")(found) and script.asked == ["list", "watch 5"])
        server.drop_connections()
        here.until(live("a", "b"))
        here.end()
    assert here.feeds[0][0] is FeedState.STALE


def test_closing_ends_a_long_pause_at_once() -> None:
    message = 'User "ana" cannot list'
    script = Script([refusal(403, "Forbidden", message)])
    with TinyServer(script.respond) as server, Connection(Access(server=server.url)) as connection:
        store = Store(interval=0)
        watching = Watching(connection, [Ask(Kind.NAMESPACE)], store)
        watching.start()
        changes = store.changes()
        while store.snapshot().feeds[Kind.NAMESPACE].state is not FeedState.DENIED:
            changes.next(1)
        watching.close()
        assert watching.join(20)


def test_retry_now_ends_a_long_pause() -> None:
    script = Script([refusal(403, "Forbidden", 'User "ana" cannot list'), listed(5, namespace("a"))])
    with TinyServer(script.respond) as server, Connection(Access(server=server.url)) as connection:
        store = Store(interval=0)
        watching = Watching(connection, [Ask(Kind.NAMESPACE)], store)
        watching.start()
        changes = store.changes()
        while not live("a")(store.snapshot()):
            watching.retry_now()
            changes.next(0.05)
        watching.close()
        connection.close()
        assert watching.join(20)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_error_of_our_own_never_looks_live() -> None:
    script = Script([listed(5, namespace("a"))], [refusal(500, "Internal", "no")])
    with TinyServer(script.respond) as server:
        here = Bench(server, 5)

        def fail(_: threading.Event, __: float) -> bool:
            raise RuntimeError("a bug")

        here.watching._watchers[0]._timing.wait = fail
        here.watching.start()
        found = here.until(lambda found: "kubectl-goweb itself" in found.feeds[Kind.NAMESPACE].why)
        here.end()
    assert found.feeds[Kind.NAMESPACE].state is FeedState.STALE


@pytest.mark.parametrize(
    ("failures", "jitter", "seconds"), [(1, 0.5, 0.5), (2, 0.5, 1.0), (5, 0.5, 8.0), (6, 0.5, 10.0), (999, 1.0, 12.5)]
)
def test_pauses_double_up_to_a_limit(failures: int, jitter: float, seconds: float) -> None:
    assert backoff.pause(failures, jitter) == seconds


def test_jitter_spreads_the_pauses() -> None:
    assert backoff.pause(3, 0.0) < backoff.pause(3, 0.5) < backoff.pause(3, 1.0)
    assert (backoff.slow_pause(0.0), backoff.slow_pause(1.0)) == (45.0, 75.0)
