"""The loads of nodes for a screen: who is asked, how often, and what is kept of what was told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Protocol

import pytest

from kubectl_goweb.errors import ForbiddenError, NotFoundError, UnreachableError
from kubectl_goweb.kube.connection import Relayed
from kubectl_goweb.kube.wire import Head
from kubectl_goweb.objects import Node
from kubectl_goweb.probing.kubelets import MOST
from kubectl_goweb.probing.load_watch import LoadWatch
from kubectl_goweb.status.usage import FRESH, PodCounts
from tests.probing.results import NOW
from tests.probing.test_node_usage import node

SUMMARY = b'{"node":{"cpu":{"usageNanoCores":500000000},"memory":{"workingSetBytes":536870912}}}'
ABSENT = NotFoundError("the server has nothing at /apis/metrics.k8s.io/v1beta1/nodes")


def pods_table(*nodes: str) -> bytes:
    """As the API server prints Pods."""
    rows = [{"cells": [f"web-{number}", "1/1", "Running", 0, "5m", None, node]} for number, node in enumerate(nodes)]
    names = ("Name", "Ready", "Status", "Restarts", "Age", "IP", "Node")
    return json.dumps({"columnDefinitions": [{"name": name} for name in names], "rows": rows}).encode()


class Cluster:
    """Answers as a test says, and counts; a round waits while it is `held`."""

    def __init__(
        self, metrics: Mapping[str, tuple[str, str]] | Exception, kubelet: bytes | Exception = SUMMARY
    ) -> None:
        self.metrics, self.kubelet = metrics, kubelet
        self.pods: bytes | Exception = pods_table("a", "a", "b", "<none>")
        self.counts = 0
        self.rounds = 0
        self.at_once = self.most_at_once = 0
        self.kubelets: list[str] = []
        self.let_go = threading.Event()
        self.let_go.set()

    def get(self, path: str, query: Mapping[str, str] = {}, *, accept: str = "") -> bytes:
        if path == "/api/v1/pods":
            assert "as=Table" in accept
            assert query["includeObject"] == "None"
            self.counts += 1
            if isinstance(self.pods, Exception):
                raise self.pods
            return self.pods
        assert path == "/apis/metrics.k8s.io/v1beta1/nodes"
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.let_go.wait(20)
        self.at_once -= 1
        self.rounds += 1
        if isinstance(self.metrics, Exception):
            raise self.metrics
        items = [
            {"metadata": {"name": name}, "usage": {"cpu": cpu, "memory": memory}}
            for name, (cpu, memory) in self.metrics.items()
        ]
        return json.dumps({"items": items}).encode()

    def relay(self, path: str, query: Mapping[str, str], *, timeout: float, most: int) -> Relayed:
        self.kubelets.append(path.split("/")[4])
        if isinstance(self.kubelet, Exception):
            raise self.kubelet
        return Relayed(Head(200, "", {}), self.kubelet, 0.0, 0.0)


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time

    def pass_by(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Watching(Protocol):
    def __call__(self, cluster: Cluster, **pauses: float) -> LoadWatch: ...


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watching(clock: Clock) -> Iterator[Watching]:
    made: list[LoadWatch] = []

    def make(cluster: Cluster, **pauses: float) -> LoadWatch:
        made.append(LoadWatch(cluster, clock, **{"interval": 0.01, "forbidden": 0.01, "counted": 0.01} | pauses))
        return made[-1]

    yield make
    for one in made:
        one.close()


def until(met: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not met():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.002)


def nodes(*names: str) -> dict[str, Node]:
    return {name: node(name) for name in names}


def test_metrics_api_is_asked_first_and_then_no_kubelet(watching: Watching, clock: Clock) -> None:
    cluster = Cluster({"a": ("500m", "512Mi"), "gone": ("1", "1Gi")})
    loads = watching(cluster)
    assert loads.known(NOW).asked is None

    loads.watch(nodes("a", "b"))

    until(lambda: cluster.rounds > 2)
    known = loads.known(NOW)
    assert set(known.readings) == {"a"}, "b is not known, which is not 0"
    used = known.readings["a"].usage
    assert (used.source, used.cpu, used.memory, known.gaps) == ("metrics.k8s.io", 0.25, 0.5, ())
    assert cluster.kubelets == []


def test_without_it_kubelets_are_asked_but_not_too_many_and_the_one_looked_at_among_them(watching: Watching) -> None:
    cluster = Cluster(ABSENT)
    loads = watching(cluster, interval=600)

    loads.watch(nodes(*(f"n{number:03}" for number in range(100))), "n099")

    until(lambda: loads.known(NOW).asked)
    assert len(cluster.kubelets) == MOST
    known = loads.known(NOW)
    assert known.readings["n099"].usage.source == "kubelet"
    assert known.gaps[-1] == f"kubelet of n029, n030, n031 and 67 more: not asked: at most {MOST} are"
    assert not known.is_forbidden


def test_who_may_ask_nobody_is_told_so_and_asks_seldom(watching: Watching) -> None:
    cluster = Cluster(ABSENT, ForbiddenError("eve may not get nodes/proxy"))
    loads = watching(cluster, forbidden=600)

    loads.watch(nodes("a"))

    until(lambda: loads.known(NOW).asked)
    known = loads.known(NOW)
    assert (known.readings, known.is_forbidden) == ({}, True)
    assert known.gaps[1] == "kubelet of a: eve may not get nodes/proxy"
    loads.watch(nodes("a"))
    time.sleep(0.1)
    assert cluster.rounds == 1


def test_what_was_told_grows_old_when_nobody_answers_any_more_and_goes_with_its_node(
    watching: Watching, clock: Clock
) -> None:
    cluster = Cluster({"a": ("1", "1Gi"), "b": ("1", "1Gi")})
    loads = watching(cluster)
    loads.watch(nodes("a", "b"))
    until(lambda: loads.known(NOW).asked)

    cluster.metrics = cluster.kubelet = UnreachableError("no answer")
    clock.pass_by(FRESH)
    until(lambda: loads.known(clock.time).asked == clock.time)
    known = loads.known(clock.time)
    assert known.is_fresh("a")
    assert known.gaps == ("metrics.k8s.io: no answer", "kubelet of a, b: no answer")
    clock.pass_by(1)
    assert not loads.known(clock.time).is_fresh("a")
    assert loads.known(clock.time).age("a") == FRESH + 1

    loads.watch(nodes("b"))
    until(lambda: set(loads.known(clock.time).readings) == {"b"})


def test_nobody_is_asked_while_nobody_looks_and_never_twice_at_once(watching: Watching) -> None:
    cluster = Cluster({"a": ("1", "1Gi")})
    loads = watching(cluster)
    loads.rest()
    loads.watch(nodes("a"))
    until(lambda: cluster.rounds > 2)

    cluster.let_go.clear()
    until(lambda: cluster.at_once)
    for _ in range(20):
        loads.watch(nodes("a"))
    loads.rest()
    rounds = cluster.rounds
    cluster.let_go.set()

    time.sleep(0.1)
    assert cluster.rounds == rounds + 1, "the one that was under way, and no other"
    assert cluster.most_at_once == 1
    assert loads.known(NOW).readings, "what is known is kept"
    loads.watch(nodes("a"))
    until(lambda: cluster.rounds > rounds + 1)


def test_a_round_that_is_under_way_when_it_is_closed_asks_no_kubelet_any_more(watching: Watching) -> None:
    cluster = Cluster(ABSENT)
    cluster.let_go.clear()
    loads = watching(cluster)
    loads.watch(nodes("a"))
    until(lambda: cluster.at_once)

    loads.close()
    cluster.let_go.set()

    until(lambda: not any(one.name == "node-loads" for one in threading.enumerate()))
    assert (cluster.rounds, cluster.kubelets) == (1, [])


def test_pods_are_counted_by_node_only_for_who_does_not_watch_them_all(watching: Watching) -> None:
    cluster = Cluster({"a": ("1", "1Gi")})
    loads = watching(cluster)
    loads.watch(nodes("a", "b"))
    until(lambda: cluster.rounds > 2)
    assert (cluster.counts, loads.known(NOW).pods) == (0, None)

    loads.watch(nodes("a", "b"), counts=True)

    until(lambda: cluster.counts > 2)
    assert loads.known(NOW).pods == PodCounts({"a": 2, "b": 1}, NOW), "one of four is on no node"
    assert not loads.known(NOW).pods_gap


def test_a_count_that_fails_keeps_the_one_before_with_its_time_and_tells_why(watching: Watching, clock: Clock) -> None:
    cluster = Cluster({"a": ("1", "1Gi")})
    loads = watching(cluster)
    loads.watch(nodes("a"), counts=True)
    until(lambda: loads.known(NOW).pods)

    cluster.pods = b'{"kind":"PodList","items":[]}'
    clock.pass_by(FRESH + 1)

    until(lambda: loads.known(clock.time).pods_gap)
    known = loads.known(clock.time)
    assert "the table of Pods does not tell their nodes" in known.pods_gap
    assert (known.pods, known.pods_age) == (PodCounts({"a": 2, "b": 1}, NOW), FRESH + 1)


def test_who_may_not_list_all_pods_is_told_so_and_counts_seldom(watching: Watching) -> None:
    cluster = Cluster({"a": ("1", "1Gi")})
    cluster.pods = ForbiddenError("eve may not list pods")
    loads = watching(cluster, forbidden=600)

    loads.watch(nodes("a"), counts=True)

    until(lambda: loads.known(NOW).pods_gap)
    assert (loads.known(NOW).pods, loads.known(NOW).pods_gap) == (None, "eve may not list pods")
    until(lambda: cluster.rounds > 3)
    assert cluster.counts == 1
