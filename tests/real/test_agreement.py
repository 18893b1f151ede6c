"""What is shown of every Pod and node is what the real kubectl prints in the same moment."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kubectl_goweb import tables
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import Overrides, resolve
from kubectl_goweb.kube.reading import Ask, read
from kubectl_goweb.objects import Kind
from kubectl_goweb.status.overview import overview, pods

from .conftest import DeployWeb
from .harness.cluster import Cluster
from .harness.kubectl import Kubectl
from .harness.waiting import until


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def connection(cluster: Cluster) -> Any:
    access = resolve(Overrides(kubeconfig=str(cluster.kubectl.kubeconfig)), {"NO_PROXY": "*"}, Path("/nonexistent"))
    with Connection(access, read_only=True) as open_connection:
        yield open_connection


def _rows(text: str) -> dict[str, list[str]]:
    found = {}
    for line in text.splitlines():
        cells = line.replace(" ago)", "_ago)").split()
        # `7 (3m ago)` is one cell
        joined: list[str] = []
        for cell in cells:
            if cell.startswith("("):
                joined[-1] += f" {cell.replace('_ago', ' ago')}"
            else:
                joined.append(cell)
        found[f"{joined[0]}/{joined[1]}"] = joined[2:]
    return found


def _pods_of_kubectl(kubectl: Kubectl) -> dict[str, list[str]]:
    return {key: cells[:3] for key, cells in _rows(kubectl("get", "pods", "-A", "--no-headers")).items()}


def _pods_of_goweb(connection: Connection) -> dict[str, list[str]]:
    snapshot = read(connection, [Ask(Kind.POD)], now)
    shown = tables.pods(pods(snapshot, now()), now())
    names = [column.key for column in shown.columns]
    wanted = [names.index(key) for key in ("ready", "status", "restarts")]
    return {row.key.removeprefix("Pod/"): [row.cells[index].text for index in wanted] for row in shown.rows}


def _once(name: str, namespace: str, image: str, *, code: str, inits: tuple[str, ...] = ()) -> dict[str, Any]:
    """A Pod that runs once and ends with exit code `code`, after init containers that end with theirs."""
    init = [{"name": "first", "image": image, "env": [{"name": "EXIT", "value": one}]} for one in inits]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "restartPolicy": "Never",
            "nodeName": "node-1",
            "initContainers": init,
            "containers": [{"name": "web", "image": image, "env": [{"name": "EXIT", "value": code}]}],
        },
    }


@pytest.mark.alone
def test_every_pod_is_shown_as_kubectl_shows_it_at_the_same_moment(
    deploy_web: DeployWeb, kubectl: Kubectl, connection: Connection, namespace: str, cluster: Cluster
) -> None:
    image = f"{cluster.layout.registry}/web:1"
    deploy_web("fine", replicas=2)
    deploy_web("crash", env={"CRASH": "1"}, wait=False)
    deploy_web("unready", env={"UNREADY": "1"}, wait=False)
    deploy_web("absent", image=f"{cluster.layout.registry}/web:absent", wait=False)
    deploy_web("huge", memory="900Gi", wait=False)
    kubectl.apply(
        _once("ends-badly", namespace, image, code="3"),
        _once("init-fails", namespace, image, code="0", inits=("4",)),
    )
    until(
        lambda: (
            {"CrashLoopBackOff", "Error", "Init:Error", "Pending"}
            <= {cells[1] for key, cells in _pods_of_kubectl(kubectl).items() if key.startswith(namespace)}
            or None
        ),
        what="Pods in all their states",
        timeout=90,
    )

    compared: dict[str, list[str]] = {}

    def agree() -> bool | None:
        """Compare at a moment at which kubectl says the same before and after; the others prove nothing."""
        before = _pods_of_kubectl(kubectl)
        ours = _pods_of_goweb(connection)
        after = _pods_of_kubectl(kubectl)
        steady = {key for key in before if before[key] == after.get(key)}
        assert {key: ours.get(key) for key in steady} == {key: before[key] for key in steady}
        compared.update({key: before[key] for key in steady})
        return True if set(before) == set(after) and set(before) <= set(compared) else None

    until(agree, what="a comparison of every Pod", timeout=60)
    assert len({cells[1] for cells in compared.values()}) >= 5


@pytest.mark.alone
def test_every_node_is_shown_as_kubectl_shows_it(kubectl: Kubectl, connection: Connection) -> None:
    table = kubectl("get", "nodes", "--no-headers")
    theirs = {line.split()[0]: line.split()[1:3] for line in table.splitlines()}
    snapshot = read(connection, [Ask(Kind.NODE)], now)
    shown = {one.name: [one.status, ",".join(one.roles) or "<none>"] for one in overview(snapshot, now()).nodes}
    assert shown == theirs


def test_deployments_count_as_kubectl_counts(
    deploy_web: DeployWeb, kubectl: Kubectl, connection: Connection, namespace: str
) -> None:
    deploy_web(replicas=3)
    theirs = kubectl("-n", namespace, "get", "deploy", "--no-headers").split()[:4]
    kinds: tuple[Kind, ...] = (Kind.DEPLOYMENT, Kind.REPLICA_SET, Kind.POD)
    snapshot = read(connection, [Ask(kind, namespace) for kind in kinds], now, namespace=namespace)
    (row,) = tables.workloads(overview(snapshot, now()).workloads, now()).rows
    columns = [column.key for column in tables.workloads((), now()).columns]
    cell: Callable[[str], str] = lambda key: row.cells[columns.index(key)].text  # noqa: E731
    assert [cell("name"), cell("ready"), cell("updated"), cell("available")] == theirs
