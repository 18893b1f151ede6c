"""How busy nodes are, as their kubelets tell it, and when they do not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

from kubectl_goweb.errors import ForbiddenError
from kubectl_goweb.kube.connection import Relayed
from kubectl_goweb.kube.wire import Head
from kubectl_goweb.objects import Kind, Node, decode_page
from kubectl_goweb.objects.facts import ServerFacts
from kubectl_goweb.probing.etcd_facts import with_etcd
from kubectl_goweb.probing.kubelet_health import kubelet_faults
from kubectl_goweb.probing.node_usage import from_kubelets, from_prometheus
from kubectl_goweb.probing.prometheus import Prometheus
from kubectl_goweb.probing.promql import Sample, UnansweredError
from kubectl_goweb.status.node_report import node_report
from kubectl_goweb.status.nodes import node_health
from kubectl_goweb.status.usage import Thresholds
from tests.probing.results import NOW


def node(name: str) -> Node:
    item = {"metadata": {"name": name}, "status": {"allocatable": {"cpu": "2", "memory": "1Gi"}}}
    return cast("Node", decode_page(Kind.NODE, json.dumps({"items": [item]}).encode()).items[0])


class Kubelets:
    """What the API server passes on, by node."""

    def __init__(self, **answers: bytes | Exception) -> None:
        self.answers = answers

    def relay(self, path: str, query: Mapping[str, str], *, timeout: float, most: int) -> Relayed:
        answer = self.answers[path.split("/")[4]]
        if isinstance(answer, Exception):
            raise answer
        status = 503 if answer.startswith(b"error") else 500 if answer.startswith(b"[") else 200
        return Relayed(Head(status, "", {}), answer, 0.0, 0.0)


def test_kubelets_are_asked_all_at_once_and_the_silent_ones_are_named() -> None:
    names = ("well", "hanging", "denied", "down", "fresh", "odd")
    kubelets = Kubelets(
        well=b'{"node":{"cpu":{"usageNanoCores":500000000},"memory":{"workingSetBytes":536870912}},"pods":[]}',
        hanging=TimeoutError(),
        denied=ForbiddenError("you may not get nodes/proxy"),
        down=b"error trying to reach service: dial tcp: connection refused",
        fresh=b'{"node":{"cpu":{},"memory":{"workingSetBytes":1}}}',
        odd=b"404 page not found",
    )

    used = from_kubelets(kubelets, [node(name) for name in names])

    assert set(used.nodes) == {"well", "fresh"}
    well, fresh = used.nodes["well"], used.nodes["fresh"]
    assert (well.cpu, well.memory, well.disk, fresh.cpu) == (0.25, 0.5, None, None)
    assert used.gaps[:4] == (
        "kubelet of hanging: it did not answer within 3 s",
        "kubelet of denied: you may not get nodes/proxy",
        "kubelet of down: connection refused: nothing listens there",
        "kubelet of fresh: it does not tell its CPU yet",
    )
    assert used.gaps[4].startswith("kubelet of odd: it answers no statistics (200)")


def test_the_same_trouble_of_many_is_told_once() -> None:
    names = [f"n{number}" for number in range(5)]
    kubelets = Kubelets(**{name: ForbiddenError(f'you may not get nodes "{name}"') for name in names})

    used = from_kubelets(kubelets, [node(name) for name in names])
    assert used.gaps == ("kubelet of n0, n1, n2 and 2 more: you may not get nodes",)


def test_only_a_kubelet_that_says_so_itself_is_not_well() -> None:
    kubelets = Kubelets(
        well=b"ok",
        sick=b"[+]ping ok\n[-]syncloop failed: reason withheld\nhealthz check failed\n",
        hanging=TimeoutError(),
        denied=ForbiddenError("you may not get nodes/proxy"),
        down=b"error trying to reach service: dial tcp: connection refused",
    )
    faults = kubelet_faults(kubelets, [node(name) for name in kubelets.answers])
    assert faults == {"sick": "[-]syncloop failed: reason withheld"}
    health = node_health(node("sick"), None)
    report = node_report(node("sick"), health, {}, None, Thresholds(), NOW, kubelet_fault=faults["sick"])
    assert "its kubelet is not well: [-]syncloop failed: reason withheld" in report.reasons


def test_a_silent_prometheus_is_asked_once_and_not_once_a_query() -> None:
    asked: list[str] = []

    def ask(promql: str) -> tuple[Sample, ...]:
        asked.append(promql)
        raise UnansweredError("it did not answer within 5 s")

    used = from_prometheus(Prometheus("p", ask), {"cpu": "a", "memory": "b"}, [node("n")])

    assert (asked, used.nodes, used.gaps) == (["a"], {}, ("Prometheus: it did not answer within 5 s",))


def test_etcd_is_told_by_a_prometheus_that_scrapes_it_and_else_nothing_is() -> None:
    values = {"q": (Sample({}, 0.25, NOW),), "l": (Sample({}, 0.0, NOW),), "nobody": ()}
    queries = {"etcd_quota": "q", "etcd_leader": "l"}
    known = ServerFacts(throttled=2)

    told = with_etcd(known, Prometheus("p", values.__getitem__), queries)
    assert told == ServerFacts(throttled=2, quota_used=0.25, has_leader=False)
    assert with_etcd(known, Prometheus("p", lambda _: ()), queries) == known

    def refuse(promql: str) -> tuple[Sample, ...]:
        raise UnansweredError("gone")

    assert with_etcd(known, Prometheus("p", refuse), queries) == known
