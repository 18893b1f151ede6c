"""`nodes --guard` within its limits, and a kubelet that is stopped, on a cluster of the tests' own."""

import contextlib
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .harness import monitoring, processes
from .harness.cluster import Cluster, add_fake_nodes
from .harness.waiting import until
from .program import Goweb, validate

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def own(own_cluster: Cluster) -> Cluster:
    """Nobody else's: its parts may be stopped."""
    return own_cluster


@pytest.fixture(scope="module")
def nodes(own: Cluster) -> list[str]:
    """One real node and four fake ones, of which one is the only node of its role."""
    names = sorted(add_fake_nodes(own, 4))
    own.kubectl("label", "node", names[3], "node-role.kubernetes.io/edge=")
    own.kubectl("label", "node", *names[:3], "node-1", "node-role.kubernetes.io/worker=")
    return names


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real one; what the nodes are said to be is in the queries."""
    with monitoring.prometheus(tmp_path_factory.mktemp("prometheus"), {}) as server:
        yield f"http://{server.address}"


def busy(*names: str) -> str:
    """A query by which these nodes have no CPU left, and more than what any real one has used, which their kubelets
    tell when Prometheus tells of none.
    """
    return " or ".join(f'label_replace(vector(3), "node", "{name}", "", "")' for name in names) or "vector(0) > 1"


class Guard:
    """The guard as a process, with settings of its own."""

    def __init__(self, cluster: Cluster, folder: Path, prometheus: str) -> None:
        self.folder = folder / "config" / "kubectl-goweb"
        self.folder.mkdir(parents=True)
        environment = {"XDG_CONFIG_HOME": str(folder / "config"), "XDG_STATE_HOME": str(folder)}
        self.goweb = Goweb(cluster.layout.kubeconfig, environment)
        self.arguments = ["nodes", "--guard", "--prometheus", prometheus, "--interval=1s"]

    @contextlib.contextmanager
    def running(self, query: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
        lines = ["[metrics]", "cpu = 2.0", f"queries.cpu = '{query}'"]
        lines += [f"queries.{name} = 'vector(0) > 1'" for name in ("memory", "disk", "network", "network_errors")]
        (self.folder / "config.toml").write_text("\n".join(lines))
        process = self.goweb.start(*self.arguments, *arguments)
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=10)


@pytest.fixture
def guard(own: Cluster, nodes: list[str], tmp_path: Path, prometheus: str) -> Guard:
    return Guard(own, tmp_path, prometheus)


def lines_until(process: "subprocess.Popen[str]", said: str) -> list[str]:
    assert process.stdout is not None
    found = []
    for line in process.stdout:
        found.append(line.strip())
        if said in line:
            return found
    raise AssertionError(f"ended before {said!r}: {found}")


def cordoned(cluster: Cluster) -> set[str]:
    listed = cluster.kubectl.json("get", "nodes")["items"]
    return {one["metadata"]["name"] for one in listed if one["spec"].get("unschedulable")}


def test_without_yes_a_guard_only_tells(own: Cluster, guard: Guard, nodes: list[str]) -> None:
    with guard.running(busy(nodes[0]), "--patience=1s") as process:
        told = lines_until(process, "would")

    assert f"kubectl cordon {nodes[0]}" in told[-1]
    assert cordoned(own) == set()


def test_a_guard_keeps_its_share_and_takes_back_only_what_was_quiet_long_enough(
    own: Cluster, guard: Guard, nodes: list[str]
) -> None:
    sick = nodes[:2]
    with guard.running(busy(*sick), "--yes", "--patience=1s", "--most=25") as process:
        told = lines_until(process, "held")
        until(lambda: cordoned(own) == {sick[0]}, what="one of two out")
        assert "1 of 5 nodes are out of service, at most 1 may be" in told[-1]
        assert sick[1] in told[-1]
        time.sleep(2)  # that nothing happens cannot be awaited
        assert cordoned(own) == {sick[0]}

    own.kubectl("cordon", nodes[2])  # somebody else's, which stays
    begun = time.monotonic()
    with guard.running(busy(), "--yes", "--patience=1s", "--quiet=3s") as process:
        until(lambda: cordoned(own) == {nodes[2]}, what="the quiet node back")
        took = time.monotonic() - begun
    own.kubectl("uncordon", nodes[2])
    assert took >= 3


def test_with_a_taint_the_pods_that_end_are_told_before(own: Cluster, guard: Guard, nodes: list[str]) -> None:
    tolerations = [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}]
    spec = {
        "nodeName": nodes[0],
        "tolerations": tolerations,
        "containers": [{"name": "web", "image": "web"}],
        "terminationGracePeriodSeconds": 0,
    }
    meta = {"name": "alone", "namespace": "default"}
    own.kubectl("-n", "default", "wait", "--for=create", "serviceaccount/default", "--timeout=60s")
    own.kubectl.create({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})
    with guard.running(busy(nodes[0]), "--yes", "--patience=1s", "--taint=NoExecute") as process:
        told = lines_until(process, "isolated")
        own.kubectl("-n", "default", "wait", "--for=delete", "pod/alone", "--timeout=30s")
    taints = own.kubectl.json("get", "node", nodes[0])["spec"]["taints"]
    with guard.running(busy(), "--yes", "--quiet=1s"):
        until(lambda: cordoned(own) == set(), what="the node back")

    assert "its Pods end at once: of 1 Pod to evict 1 is not replaced" in "\n".join(told)
    assert any(line.startswith("default/alone gone") for line in told)
    assert "NoExecute" in {one["effect"] for one in taints}
    back = own.kubectl.json("get", "node", nodes[0])["spec"]["taints"]
    assert {one["effect"] for one in back} == {"NoSchedule"}, "the fake node's own"


def test_the_last_node_of_a_role_stays_however_sick(own: Cluster, guard: Guard, nodes: list[str]) -> None:
    with guard.running(busy(nodes[3]), "--yes", "--patience=1s", "--most=100") as process:
        told = lines_until(process, "could not")

    assert "it is the last edge node that takes Pods" in told[-1]
    assert cordoned(own) == set()


def test_a_stopped_kubelet_makes_its_node_unknown_and_the_guard_takes_it_out(
    own: Cluster, guard: Guard, nodes: list[str]
) -> None:
    kubelet = processes.recorded(own.layout)["kubelet"]

    def told() -> Any:
        document = json.loads(guard.goweb("nodes", "--no-metrics", "-o", "json").out)
        validate(document, "nodes")
        (node,) = [one for one in document["nodes"] if one["node"]["name"] == "node-1"]
        return node if node["verdict"] == "unknown" else None

    own.kubectl("-n", "kube-node-lease", "wait", "--for=create", "lease/node-1", "--timeout=60s")
    processes.send(kubelet, signal.SIGSTOP)
    begun = time.monotonic()
    try:
        node = until(told, what="the node unknown", timeout=90, every=1)
        took = time.monotonic() - begun
        with guard.running(busy(), "--yes", "--patience=2s"):
            until(lambda: cordoned(own) == {"node-1"}, what="the silent node out of service")
    finally:
        processes.send(kubelet, signal.SIGCONT)
    assert any("was last heard of" in one for one in node["reasons"]) or node["node"]["status"].startswith("NotReady")
    assert 14 < took < 60, "a lease holds 20 s here, and was renewed at most 5 s before"
    with guard.running(busy(), "--yes", "--quiet=2s"):
        until(lambda: cordoned(own) == set(), what="the node back", timeout=60)
