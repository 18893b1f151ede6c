"""What is said of the feeds."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest

from kubectl_goweb.objects import Feed, FeedState, Kind, Malformed
from kubectl_goweb.tables import Tone
from kubectl_goweb.tui.feeds import is_moving, notes, notice, told_at
from tests.tui.shop import NOW

WORKLOADS = (Kind.DEPLOYMENT, Kind.STATEFUL_SET)


def feed(state: FeedState, why: str = "", *, since: float = 0, retry: float | None = None) -> Feed:
    retry_at = None if retry is None else NOW + timedelta(seconds=retry)
    return Feed(state, NOW - timedelta(seconds=since), why, retry_at)


LIVE = feed(FeedState.LIVE)


@pytest.mark.parametrize(
    ("feeds", "expected"),
    [
        ({}, ["◌ connecting"]),
        ({Kind.POD: LIVE, Kind.NODE: LIVE}, ["● live"]),
        ({Kind.POD: LIVE, Kind.NODE: feed(FeedState.DENIED)}, ["● live", "✖ forbidden: nodes"]),
        ({Kind.POD: feed(FeedState.LISTING), Kind.NODE: feed(FeedState.LISTING)}, ["◌ loading"]),
        ({Kind.POD: feed(FeedState.LISTING), Kind.NODE: LIVE}, ["◌ loading pods"]),
        (
            {Kind.POD: feed(FeedState.POLLED, "ana may not watch pods", since=9, retry=21), Kind.NODE: LIVE},
            ["◌ pods as of 03:07:32: may not be watched, retry in 21 s"],
        ),
        (
            {Kind.POD: feed(FeedState.STALE, "connection refused", since=10, retry=4)},
            ["◌ stale since 03:07:31 (connection refused), retry in 4 s"],
        ),
        (
            {Kind.POD: feed(FeedState.STALE, "cut", since=3, retry=0), Kind.NODE: LIVE},
            ["◌ pods stale since 03:07:38 (cut), trying again"],
        ),
        (
            {
                Kind.POD: feed(FeedState.STALE, "cut", since=3, retry=-2),
                Kind.NODE: feed(FeedState.STALE, "cut", since=9, retry=7),
            },
            ["◌ stale since 03:07:32 (cut), retry in 7 s"],
        ),
        (
            {Kind.POD: feed(FeedState.FAILED, "no route", retry=2)},
            ["✖ cannot read the cluster (no route), retry in 2 s"],
        ),
        (
            {
                Kind.NODE: feed(FeedState.DENIED),
                Kind.EVENT: feed(FeedState.DENIED),
                Kind.POD: feed(FeedState.STALE, since=1),
            },
            ["◌ stale since 03:07:40", "✖ forbidden: nodes, events"],
        ),
    ],
)
def test_header_tells_the_worst_first(feeds: dict[Kind, Feed], expected: list[str]) -> None:
    told = notes(feeds, NOW, UTC, ascii_only=False)

    assert [f"{note.sign} {note.text}" for note in told] == expected


def test_many_kinds_are_not_all_named() -> None:
    feeds = dict.fromkeys(Kind, feed(FeedState.LISTING)) | {Kind.POD: LIVE}

    told = notes(feeds, NOW, UTC, ascii_only=False)[0].text

    assert told == f"loading nodes, services, endpointslices, events and {len(Kind) - 5} more"


def test_unreadable_objects_are_counted() -> None:
    feeds = {Kind.POD: Feed(FeedState.LIVE, NOW, malformed=(Malformed("shop/web-1", "no metadata"),))}

    told = notes(feeds, NOW, UTC, ascii_only=False)

    assert [note.text for note in told] == ["live", "1 object cannot be read"]
    assert notice(feeds, (Kind.POD,), count=3, none="no Pods") == "pods: shop/web-1 cannot be read (no metadata)"


def test_stale_is_no_good_tone_and_live_is() -> None:
    def tones(state: FeedState) -> list[Tone]:
        return [note.tone for note in notes({Kind.POD: feed(state)}, NOW, UTC, ascii_only=False)]

    assert tones(FeedState.LIVE) == [Tone.GOOD]
    assert tones(FeedState.STALE) == [Tone.WARN]
    assert tones(FeedState.DENIED) == [Tone.BAD]
    assert tones(FeedState.FAILED) == [Tone.BAD]


@pytest.mark.parametrize("state", FeedState)
def test_signs_are_plain_ascii_when_asked_for(state: FeedState) -> None:
    for note in notes({Kind.POD: feed(state)}, NOW, UTC, ascii_only=True):
        assert f"{note.sign} {note.text}".isascii()


def test_ages_stop_when_the_first_feed_has_become_stale() -> None:
    feeds = {
        Kind.POD: feed(FeedState.STALE, since=10),
        Kind.NODE: feed(FeedState.STALE, since=30),
        Kind.EVENT: feed(FeedState.DENIED, since=900),
    }

    assert told_at(feeds, NOW) == NOW - timedelta(seconds=30)
    assert not is_moving(feeds)


def test_ages_move_while_something_is_live_and_nothing_is_stale() -> None:
    feeds = {Kind.POD: LIVE, Kind.NODE: feed(FeedState.DENIED, since=900)}

    assert told_at(feeds, NOW) == NOW
    assert is_moving(feeds)
    assert not is_moving({Kind.POD: feed(FeedState.DENIED)})
    assert not is_moving({})


@pytest.mark.parametrize(
    ("feeds", "count", "expected"),
    [
        ({Kind.DEPLOYMENT: LIVE, Kind.STATEFUL_SET: LIVE}, 0, "none here"),
        ({Kind.DEPLOYMENT: LIVE, Kind.STATEFUL_SET: LIVE}, 4, ""),
        (dict.fromkeys(WORKLOADS, feed(FeedState.LISTING)), 0, "loading deployments, statefulsets"),
        (dict.fromkeys(WORKLOADS, feed(FeedState.LISTING)), 500, ""),
        ({Kind.DEPLOYMENT: LIVE, Kind.STATEFUL_SET: feed(FeedState.LISTING)}, 0, "loading statefulsets"),
        (
            {Kind.DEPLOYMENT: LIVE, Kind.STATEFUL_SET: feed(FeedState.DENIED, "ana may not list statefulsets.apps")},
            3,
            "statefulsets: forbidden (ana may not list statefulsets.apps)",
        ),
        (
            dict.fromkeys(WORKLOADS, feed(FeedState.FAILED, "connection refused")),
            0,
            "deployments, statefulsets: cannot be read (connection refused)",
        ),
        ({Kind.DEPLOYMENT: LIVE}, 0, ""),
        ({}, 0, ""),
        (dict.fromkeys(WORKLOADS, feed(FeedState.STALE)), 0, "none here"),
    ],
)
def test_none_is_said_only_when_there_truly_are_none(feeds: dict[Kind, Feed], count: int, expected: str) -> None:
    assert notice(feeds, WORKLOADS, count=count, none="none here") == expected


def test_text_of_the_server_cannot_steer_the_terminal() -> None:
    feeds = {Kind.POD: feed(FeedState.STALE, "\x1b[31mred\x1b[0m\u202egnp.exe")}

    assert "(redgnp.exe)" in notes(feeds, NOW, UTC, ascii_only=False)[0].text
