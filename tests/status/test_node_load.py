"""What the Pods on a node ask for."""

from __future__ import annotations

from kubectl_goweb.objects import Container, Node, Pod
from kubectl_goweb.objects.core import NodeStatus, PodSpec, PodStatus, Quantities, Resources
from kubectl_goweb.objects.meta import Meta
from kubectl_goweb.status.node_load import load, node_pods


def container(cpu: str = "", memory: str = "", *, limit: str = "", sidecar: bool = False) -> Container:
    asked = Resources(limits=Quantities(cpu=limit), requests=Quantities(cpu=cpu, memory=memory))
    return Container("c", resources=asked, restart_policy="Always" if sidecar else "")


def pod(*containers: Container, init: tuple[Container, ...] = (), phase: str = "Running", node: str = "n") -> Pod:
    spec = PodSpec(containers=containers, init_containers=init, node_name=node)
    return Pod(metadata=Meta("web", "shop"), spec=spec, status=PodStatus(phase=phase))


def node(cpu: str = "4", memory: str = "8Gi", pods: str = "110") -> Node:
    return Node(metadata=Meta("n"), status=NodeStatus(allocatable=Quantities(cpu=cpu, memory=memory, pods=pods)))


def asked(*pods: Pod) -> list[tuple[str, int | None]]:
    return [(one.asked, one.percent) for one in load(node(), pods)]


def test_requests_of_all_containers_are_summed_against_the_allocatable() -> None:
    found = asked(pod(container("500m", "1Gi"), container("1500m", "1Gi")), pod(container()))

    assert found == [("2", 50), ("2Gi", 25), ("2", 2)]


def test_limit_without_a_request_counts_as_one() -> None:
    assert asked(pod(container(limit="1")))[0] == ("1", 25)


def test_largest_init_container_counts_where_it_asks_for_more_and_sidecars_go_on() -> None:
    assert asked(pod(container("1"), init=(container("3"),)))[0] == ("3", 75)
    assert asked(pod(container("1"), init=(container("500m", sidecar=True), container("100m"))))[0] == ("1500m", 38)
    assert asked(pod(container("1"), init=(container("1", sidecar=True), container("2"))))[0] == ("3", 75)


def test_ended_pods_and_those_of_other_nodes_take_no_room() -> None:
    pods = (pod(), pod(phase="Succeeded"), pod(phase="Failed"), pod(node="m"))

    assert node_pods(pods, "n") == pods[:1]


def test_what_the_node_does_not_say_is_not_known() -> None:
    found = load(node(cpu="", memory="nonsense"), (pod(container("1")),))

    assert [(one.allocatable, one.percent) for one in found] == [("", None), ("", None), ("110", 1)]
