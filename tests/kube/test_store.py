"""Snapshots: frozen, newest, not too often."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import pytest

from kubectl_goweb.kube.store import Store
from kubectl_goweb.objects import Feed, FeedState, Kind, Namespace, Node
from kubectl_goweb.objects.core import NodeSpec
from kubectl_goweb.objects.meta import Meta

LIVE = Feed(FeedState.LIVE, datetime(2025, 1, 1, tzinfo=UTC))


def named(name: str, version: str = "") -> Namespace:
    return Namespace(metadata=Meta(name=name, resource_version=version))


def test_snapshot_does_not_change_under_its_reader() -> None:
    store = Store("shop")
    store.replace(Kind.NAMESPACE, {"a": named("a")}, LIVE)
    before = store.snapshot()
    store.put(Kind.NAMESPACE, named("b"))
    store.remove(Kind.NAMESPACE, "a")
    assert (before.namespace, list(before.namespaces), list(store.snapshot().namespaces)) == ("shop", ["a"], ["b"])
    with pytest.raises(TypeError):
        before.namespaces["c"] = named("c")  # type: ignore[index]


def test_kind_that_has_not_changed_is_the_same_mapping_as_before() -> None:
    store = Store()
    store.replace(Kind.NAMESPACE, {"a": named("a")}, LIVE)
    before = store.snapshot()
    assert store.snapshot() is before
    store.feed(Kind.POD, LIVE)
    assert store.snapshot().namespaces is before.namespaces
    assert Kind.POD in store.snapshot().feeds


def test_kind_without_feed_was_never_asked_for() -> None:
    assert Store().snapshot().feeds == {}


def test_reader_gets_what_is_there_at_once_and_then_only_the_newest() -> None:
    store = Store(interval=0.2)
    changes = store.changes()
    assert changes.next(0) is not None
    started = time.monotonic()
    for number in range(1000):
        store.put(Kind.NAMESPACE, named("a", str(number)))
    newest = changes.next(5)
    assert newest is not None
    assert newest.namespaces["a"].metadata.resource_version == "999"
    assert time.monotonic() - started >= 0.19
    assert changes.next(0.01) is None


def test_heartbeat_of_a_node_is_kept_but_is_no_change() -> None:
    store = Store(interval=0)
    changes = store.changes()

    def node(version: str, *, is_cordoned: bool = False) -> Node:
        return Node(metadata=Meta(name="n", resource_version=version), spec=NodeSpec(unschedulable=is_cordoned))

    store.put(Kind.NODE, node("1"))
    assert changes.next(0) is not None
    store.put(Kind.NODE, node("2"))
    assert changes.next(0) is None
    store.put(Kind.NODE, node("3", is_cordoned=True))
    seen = changes.next(0)
    assert seen is not None
    assert seen.nodes["n"] == node("3", is_cordoned=True)
    store.put(Kind.NODE, node("4", is_cordoned=True))
    store.wake()
    assert store.snapshot().nodes["n"].metadata.resource_version == "4"


def test_change_after_a_quiet_time_is_given_at_once() -> None:
    store = Store(interval=0.05)
    changes = store.changes()
    changes.next(0)
    assert changes.next(0.2) is None
    started = threading.Event()

    def change() -> None:
        started.wait(5)
        store.put(Kind.NAMESPACE, named("a"))

    threading.Thread(target=change, daemon=True).start()
    started.set()
    found = changes.next(5)
    assert found is not None
    assert list(found.namespaces) == ["a"]


def test_readers_do_not_disturb_each_other() -> None:
    store = Store(interval=0)
    one, other = store.changes(), store.changes()
    store.put(Kind.NAMESPACE, named("a"))
    assert one.next(0) is not None
    assert one.next(0) is None
    assert other.next(0) is not None


@pytest.mark.parametrize("interval", [0.0, 30.0])
def test_closing_ends_every_readers_waiting_at_once(interval: float) -> None:
    store = Store(interval=interval)
    seen, ended = threading.Event(), threading.Event()

    def read() -> None:
        for _ in store.changes():
            seen.set()
        ended.set()

    threading.Thread(target=read, daemon=True).start()
    assert seen.wait(5)
    store.put(Kind.NAMESPACE, named("a"))
    store.close()
    assert ended.wait(2)


def test_many_writers_and_a_reader_agree_in_the_end() -> None:
    store = Store(interval=0)

    def write(number: int) -> None:
        for turn in range(500):
            store.put(Kind.NAMESPACE, named(f"{number}-{turn}"))
            store.snapshot()
            if turn % 2:
                store.remove(Kind.NAMESPACE, f"{number}-{turn}")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.snapshot().namespaces) == 4 * 250
