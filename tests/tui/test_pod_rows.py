"""Rows that are remembered are the rows that would be made anew."""

from __future__ import annotations

from datetime import timedelta

from kubectl_goweb import tables
from kubectl_goweb.objects import Kind, Snapshot
from kubectl_goweb.status.overview import pods
from kubectl_goweb.tui.pod_rows import PodRows
from tests.tui.shop import NOW, ago, crashing, items, pod, snapshot


def young(seconds: float) -> Snapshot:
    ended = {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": ago(minutes=9, seconds=30)}}
    fresh = pod("new", "1", "a", "new:1", created=ago(seconds=seconds))
    restarted = pod("old", "1", "b", "old:1", created=ago(days=3), last=ended, restarts=2)
    return snapshot({Kind.POD: [*items()[Kind.POD], fresh, restarted]})


def test_rows_are_those_of_status_at_every_second_of_an_hour() -> None:
    told, remembered = young(70), PodRows()

    for second in (*range(130), *range(130, 3700, 37)):
        now = NOW + timedelta(seconds=second)
        assert remembered.table(told.pods, now) == tables.pods(pods(told, now), now)


def test_changed_new_and_deleted_pods_are_told() -> None:
    remembered = PodRows()
    remembered.table(snapshot().pods, NOW)
    changed = snapshot({Kind.POD: [crashing("2bvns", 9, 3), crashing("xxxxx", 1, 3), *items()[Kind.POD][2:]]})

    assert remembered.table(changed.pods, NOW) == tables.pods(pods(changed, NOW), NOW)


def test_order_is_by_namespace_and_then_name() -> None:
    found = [pod("web", "1", letter, "web:1", created=ago(days=1)) for letter in "ba"]
    for one, namespace in zip(found, ("a", "a-b"), strict=True):
        one["metadata"]["namespace"] = namespace
    told = snapshot({Kind.POD: found}, namespace="")

    assert [row.key for row in PodRows().table(told.pods, NOW).rows] == ["Pod/a/web-1-b", "Pod/a-b/web-1-a"]


def test_rows_that_read_the_same_are_the_same() -> None:
    remembered = PodRows()
    before = remembered.table(snapshot().pods, NOW).rows
    after = remembered.table(snapshot().pods, NOW).rows

    assert all(one is other for one, other in zip(before, after, strict=True))


def test_only_the_pods_of_the_node_are_told_when_one_is_asked_for() -> None:
    rows = PodRows("worker-2").table(snapshot().pods, NOW).rows

    assert rows
    assert {row.cells[7].text for row in rows} == {"worker-2"}
