"""How busy nodes are, as their kubelets tell it, and when they do not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

from kubectl_goweb.errors import ForbiddenError
from kubectl_goweb.kube.connection import Relayed
from kubectl_goweb.kube.wire import Head
from kubectl_goweb.objects import Kind, Node, decode_page
from kubectl_goweb.probing.node_usage import from_kubelets, from_prometheus
from kubectl_goweb.probing.prometheus import Prometheus
from kubectl_goweb.probing.promql import Sample, UnansweredError


def node(name: str) -> Node:
    item = {"metadata": {"name": name}, "status": {"allocatable": {"cpu": "2", "memory": "1Gi"}}}
    return cast("Node", decode_page(Kind.NODE, json.dumps({"items": [item]}).encode()).items[0])


class Kubelets:
    """What the API server passes on, by node; a counter moves by one second a reading."""

    def __init__(self, **answers: bytes | Exception) -> None:
        self.answers = answers
        self.readings = 0

    def relay(self, path: str, query: Mapping[str, str], *, timeout: float, most: int) -> Relayed:
        answer = self.answers[path.split("/")[4]]
        if isinstance(answer, Exception):
            raise answer
        self.readings += 1
        body = answer % self.readings if b"%d" in answer else answer
        return Relayed(Head(503 if answer.startswith(b"error") else 200, "", {}), body, 0.0, 0.0)


METRICS = b"node_cpu_usage_seconds_total %d\nnode_memory_working_set_bytes 536870912\n"


def test_kubelets_are_asked_all_at_once_and_the_silent_ones_are_named() -> None:
    names = ("well", "hanging", "denied", "down", "still", "odd")
    kubelets = Kubelets(
        well=METRICS,
        hanging=TimeoutError(),
        denied=ForbiddenError("you may not get nodes/proxy"),
        down=b"error trying to reach service: dial tcp: connection refused",
        still=METRICS.replace(b"%d", b"7"),
        odd=b"up 1\n",
    )
    waited: list[float] = []

    used = from_kubelets(kubelets, [node(name) for name in names], waited.append)

    assert waited == [1.0]
    assert set(used.nodes) == {"well", "still"}
    well = used.nodes["well"]
    assert well.cpu is not None
    assert (well.cpu > 0, well.memory, used.nodes["still"].cpu) == (True, 0.5, None)
    assert used.gaps == (
        "kubelet of hanging: it did not answer within 3 s",
        "kubelet of denied: you may not get nodes/proxy",
        "kubelet of down: connection refused: nothing listens there",
        "kubelet of still: the CPU counter, written every 10 s or so, did not move meanwhile",
        "kubelet of odd: it tells no node_cpu_usage_seconds_total",
    )


def test_the_same_trouble_of_many_is_told_once() -> None:
    names = [f"n{number}" for number in range(5)]
    kubelets = Kubelets(**{name: ForbiddenError(f'you may not get nodes "{name}"') for name in names})

    used = from_kubelets(kubelets, [node(name) for name in names], lambda _: None)
    assert used.gaps == ("kubelet of n0, n1, n2 and 2 more: you may not get nodes",)


def test_a_silent_prometheus_is_asked_once_and_not_once_a_query() -> None:
    asked: list[str] = []

    def ask(promql: str) -> tuple[Sample, ...]:
        asked.append(promql)
        raise UnansweredError("it did not answer within 5 s")

    used = from_prometheus(Prometheus("p", ask), {"cpu": "a", "memory": "b"}, [node("n")])

    assert (asked, used.nodes, used.gaps) == (["a"], {}, ("Prometheus: it did not answer within 5 s",))
