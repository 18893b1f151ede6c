"""Facts about suspects while the program runs: asked for in the background, at the demo's API server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from kubectl_goweb.demo.server import ApiServer
from kubectl_goweb.kube.access import Access
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.inquiry import Inquiry
from kubectl_goweb.kube.live import Live
from kubectl_goweb.kube.reading import Ask
from kubectl_goweb.objects import Feed, FeedState, Kind, Snapshot
from kubectl_goweb.objects.wants import AROUND, CONTROL_PLANE, Want, around
from kubectl_goweb.objects.wants import Ask as Asked
from kubectl_goweb.status.controlplane import parts_of
from kubectl_goweb.status.diagnosis.wants import wants
from kubectl_goweb.status.overview import overview
from kubectl_goweb.status.verdicts import Verdict

KINDS = (Kind.POD, Kind.DEPLOYMENT, Kind.REPLICA_SET)


@pytest.fixture
def live(server: ApiServer) -> Iterator[Live]:
    with Connection(Access(server=server.open_url, context="demo", user="demo"), silence=5) as connection:
        found = Live(connection, lambda namespace: [Ask(kind, namespace) for kind in KINDS], "shop")
        yield found
        found.close()


def until_complete(live: Live) -> Snapshot:
    while True:
        found = live.next(20)
        assert found is not None, "the lists never came"
        if all(feed.state.is_current for feed in found.followed.values()):
            return found


def test_the_panic_behind_a_crash_loop_is_told_once_it_is_suspected(live: Live, server: ApiServer) -> None:
    found = until_complete(live)
    before = overview(found, server.now())
    assert not any("nil map" in one.title for one in before.findings)
    for _ in range(20):
        live.suspect(wants(found, overview(found, server.now())))
        found = live.next(20) or found
        told = overview(found, server.now())
        if any("nil map" in one.title for one in told.findings):
            break
    crash = next(one for one in told.findings if "nil map" in one.title)
    assert crash.object.name == "web"
    assert found.followed.keys() == set(KINDS)


def test_what_was_listed_for_suspects_is_no_feed_that_is_followed(live: Live, server: ApiServer) -> None:
    found = until_complete(live)
    live.suspect([Want(Asked.LIST, Kind.NODE, "")])
    while Kind.NODE not in found.feeds:
        found = live.next(20) or found
    assert found.nodes
    assert Kind.NODE not in found.followed


def test_what_lies_around_the_workloads_is_judged_too_and_never_that_of_another_namespace(
    live: Live, server: ApiServer
) -> None:
    found = until_complete(live)
    live.suspect(around("shop"))
    while Kind.STORAGE_CLASS not in found.feeds:
        found = live.next(20) or found
    assert set(AROUND) <= found.facts.listed
    assert found.network_policies == {}, "the demo has none; they are known to be none"

    live.restart("kube-system")
    found = until_complete(live)
    assert Kind.STORAGE_CLASS in found.feeds, "of the whole cluster"
    assert not set(AROUND) & found.feeds.keys(), "those of shop say nothing of kube-system"


def test_the_control_plane_is_told_once_it_is_asked_about(live: Live, server: ApiServer) -> None:
    found = until_complete(live)
    assert parts_of(found) == ()
    live.suspect([CONTROL_PLANE])
    while found.facts.plane is None:
        found = live.next(20) or found
    told = {one.name: one.verdict for one in parts_of(found)}
    assert told["API server"] is Verdict.HEALTHY
    assert told["DNS"] is Verdict.HEALTHY
    assert Verdict.FAILING not in told.values(), "what the demo does not have is not visible"
    assert not {Kind.LEASE, Kind.VALIDATING_WEBHOOK_CONFIGURATION} & found.followed.keys()


@pytest.fixture
def silence() -> Iterator[Connection]:
    """To a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        access = Access(server=f"http://127.0.0.1:{listening.getsockname()[1]}", context="demo", user="demo")
        with Connection(access) as connection:
            yield connection


NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("want", "heard", "state"),
    [
        (CONTROL_PLANE, -5, FeedState.STALE),
        (CONTROL_PLANE, 1, FeedState.LIVE),
        (Want(Asked.LOG, Kind.POD, "shop/web", "web"), -5, FeedState.LIVE),
    ],
    ids=["silent", "but its watches tell", "perhaps a kubelet alone"],
)
def test_what_is_watched_is_stale_once_the_api_server_answers_nothing_any_more(
    silence: Connection, want: Want, heard: int, state: FeedState
) -> None:
    is_known = threading.Event()
    inquiry = Inquiry(silence, lambda: NOW, is_known.set, budget=0.2)
    at = NOW + timedelta(seconds=heard)
    denied = Feed(FeedState.DENIED, NOW, "not for you")
    seen = Snapshot(feeds={Kind.POD: Feed(FeedState.LIVE, NOW), Kind.NODE: denied}, heard=at)
    assert inquiry.told(seen).feeds[Kind.POD].state is FeedState.LIVE

    inquiry.ask([want])

    assert is_known.wait(20)
    told = inquiry.told(seen).feeds
    assert told[Kind.POD].state is state
    assert told[Kind.NODE] == denied
    if state is FeedState.STALE:
        why = "the API server does not answer: nothing was read within 0.2 s"
        assert (told[Kind.POD].since, told[Kind.POD].why) == (at, why)
    inquiry.close()
