"""Every kind watched at once at the demo's API server: the store shows what the server has, or says why not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from kubectl_goweb.demo.server import ApiServer
from kubectl_goweb.kube.access import Access
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.reading import Ask, read
from kubectl_goweb.kube.store import Store
from kubectl_goweb.kube.watching import Timing, Watching, utc_now
from kubectl_goweb.objects import FeedState, Kind, Snapshot

KINDS = (Kind.POD, Kind.NODE, Kind.SERVICE, Kind.ENDPOINT_SLICE, Kind.DEPLOYMENT, Kind.REPLICA_SET, Kind.STATEFUL_SET)
LONG = 60.0


class Follower:
    """A store that follows the server, with pauses cut short so that tests need not sit them out."""

    def __init__(self, server: ApiServer, *, silence: float = 5, idle_timeout: float = 5) -> None:
        access = Access(server=server.open_url, context="demo", user="demo")
        self.connection = Connection(access, silence=silence)
        self.store = Store(interval=0.02)
        timing = Timing(
            wait=lambda event, seconds: event.wait(min(seconds, 0.1)), jitter=lambda: 0.5, idle_timeout=idle_timeout
        )
        self.watching = Watching(self.connection, [Ask(kind) for kind in KINDS], self.store, timing=timing)
        self._changes = self.store.changes()
        self._access = access

    def start(self) -> Follower:
        self.watching.start()
        self.until(lambda found: all(feed.state is FeedState.LIVE for feed in found.feeds.values()))
        return self

    def until(self, condition: Callable[[Snapshot], bool]) -> Snapshot:
        """The first state of which the condition is true."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            found = self._changes.next(0.05) or self.store.snapshot()
            if condition(found):
                return found
        pytest.fail(f"it never came; the feeds: {dict(self.store.snapshot().feeds)}")

    def until_in_step(self) -> Snapshot:
        """The first state that is live and the same as what a fresh list gives."""
        with Connection(self._access) as fresh:
            return self.until(lambda found: _is_live(found) and _versions(found) == _versions(_listed(fresh)))

    def close(self) -> None:
        self.watching.close()
        self.connection.close()
        assert self.watching.join(5)
        self.store.close()


def _listed(connection: Connection) -> Snapshot:
    return read(connection, [Ask(kind) for kind in KINDS], utc_now)


def _is_live(found: Snapshot) -> bool:
    return all(feed.state is FeedState.LIVE for feed in found.feeds.values())


def _versions(found: Snapshot) -> dict[str, str]:
    return {
        f"{kind}/{key}": item.metadata.resource_version
        for kind in KINDS
        for key, item in getattr(found, kind.resource.field).items()
    }


def state_of(kind: Kind, state: FeedState) -> Callable[[Snapshot], bool]:
    return lambda found: found.feeds[kind].state is state


@pytest.fixture
def follower(server: ApiServer) -> Iterator[Follower]:
    follower = Follower(server)
    yield follower.start()
    follower.close()


def test_every_kind_is_live_after_its_list(follower: Follower) -> None:
    found = follower.until_in_step()
    assert len(found.pods) > 5
    assert found.nodes
    assert found.deployments


def test_everything_that_happens_is_followed(server: ApiServer, follower: Follower) -> None:
    for _ in range(20):
        server.pass_time(30)
    with server.edit("deployments", "shop", "cart") as body:
        body["metadata"]["labels"]["edited"] = "yes"
    found = follower.until_in_step()
    assert found.deployments["shop/cart"].metadata.labels["edited"] == "yes"
    assert server.requests["list", "pods"] >= 1


def test_stopped_server_is_stale_since_then_and_nothing_is_missed_after_its_restart(
    server: ApiServer, follower: Follower
) -> None:
    before = follower.until_in_step()
    server.stop()
    stale = follower.until(lambda found: all(feed.state is FeedState.STALE for feed in found.feeds.values()))
    assert stale.pods == before.pods
    again = follower.until(lambda found: "connection refused" in found.feeds[Kind.POD].why)
    assert again.feeds[Kind.POD].since == stale.feeds[Kind.POD].since
    assert again.feeds[Kind.POD].retry_at is not None
    gone = next(key for key in before.pods if key.startswith("shop/"))
    server.remove("pods", *gone.split("/"))
    server.start()
    server.pass_time(300)
    after = follower.until_in_step()
    assert gone not in after.pods
    assert after.feeds[Kind.POD].since > stale.feeds[Kind.POD].since


def test_dropped_connections_are_resumed_without_a_new_list(server: ApiServer, follower: Follower) -> None:
    follower.until_in_step()
    lists = server.requests["list", "pods"]
    server.drop_connections()
    server.pass_time(120)
    follower.until(lambda _: server.requests["watch", "pods"] >= 2)
    follower.until(_is_live)
    assert server.requests["list", "pods"] == lists
    follower.until_in_step()


def test_expired_watches_are_listed_again(server: ApiServer, follower: Follower) -> None:
    lists = server.requests["list", "pods"]
    server.expire_watches()
    server.pass_time(60)
    follower.until(lambda _: server.requests["list", "pods"] > lists)
    follower.until_in_step()


def test_half_open_watches_are_found_by_their_silence(server: ApiServer) -> None:
    follower = Follower(server, idle_timeout=0.3)
    follower.start()
    server.faults.half_open()
    server.pass_time(120)
    found = follower.until(state_of(Kind.POD, FeedState.STALE))
    assert "did not answer for 0.3 s on a stream" in found.feeds[Kind.POD].why
    server.faults.clear()
    follower.until_in_step()
    follower.close()


def test_half_an_answer_and_then_nothing_is_failed_and_told(server: ApiServer) -> None:
    server.faults.hang("pods")
    follower = Follower(server, silence=0.3)
    follower.watching.start()
    found = follower.until(state_of(Kind.POD, FeedState.FAILED))
    assert "when asked to list pods" in found.feeds[Kind.POD].why
    follower.until(state_of(Kind.NODE, FeedState.LIVE))
    server.faults.clear()
    follower.until_in_step()
    follower.close()


@pytest.mark.parametrize("code", [401, 429, 500, 503, 504])
def test_refusals_for_a_while_are_outlived(code: int, server: ApiServer, follower: Follower) -> None:
    server.faults.status(code, retry_after=0, times=40)
    server.drop_connections()
    follower.until(state_of(Kind.POD, FeedState.STALE))
    server.faults.clear()
    follower.until_in_step()


def test_forbidden_kind_is_told_and_the_others_are_live(server: ApiServer) -> None:
    server.faults.forbid("pods", "list", "watch")
    follower = Follower(server)
    follower.watching.start()
    found = follower.until(
        lambda found: state_of(Kind.POD, FeedState.DENIED)(found) and state_of(Kind.DEPLOYMENT, FeedState.LIVE)(found)
    )
    assert found.feeds[Kind.POD].why.startswith("demo may not list pods at ")
    assert not found.pods
    server.faults.clear()
    follower.until_in_step()
    follower.close()


def test_malformed_object_is_counted_and_the_others_are_shown(server: ApiServer) -> None:
    server.faults.malformed("deployments", "cart")
    follower = Follower(server)
    follower.start()
    found = follower.until(_is_live)
    assert [one.name for one in found.feeds[Kind.DEPLOYMENT].malformed] == ["shop/cart"]
    assert "shop/cart" not in found.deployments
    assert found.deployments
    follower.close()


def test_closing_ends_every_thread_at_once_whatever_the_server_does(server: ApiServer) -> None:
    server.faults.hang()
    follower = Follower(server, silence=LONG)
    follower.watching.start()
    follower.until(lambda _: server.requests["list", "pods"] >= 1)
    started = time.monotonic()
    follower.close()
    assert time.monotonic() - started < 15
    server.faults.clear()
