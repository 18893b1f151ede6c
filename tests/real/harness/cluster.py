"""The order in which a cluster comes up, and how it goes. One lock a folder: two commands on one cluster wait for each
other.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from . import access, build, controlplane, images, kwok, machine, network, node, pki, processes, remains, runtime
from .build import Binaries, Say
from .errors import MachineError
from .kubectl import Kubectl
from .layout import NODE, Layout, state_folder

FAKE_NODES = 3


@dataclass(frozen=True)
class Cluster:
    """A cluster that runs."""

    layout: Layout
    binaries: Binaries
    owner: str
    """What `up` was told about who started it; empty when it was started by hand."""

    def environment(self) -> dict[str, str]:
        """The variables by which programs find the cluster; its kubectl is not on PATH by them."""
        ours = {self.layout.node_ip, "127.0.0.1", "localhost"}
        others = {entry for entry in os.environ.get("NO_PROXY", os.environ.get("no_proxy", "")).split(",") if entry}
        return {
            "KUBECONFIG": str(self.layout.kubeconfig),
            "DOCKER_HOST": f"unix://{self.layout.docker_socket}",
            "NO_PROXY": ",".join(sorted(ours | others)),
            "REAL_CLUSTER_STATE": str(self.layout.root),
            "REAL_CLUSTER_REGISTRY": self.layout.registry,
        }

    @property
    def kubectl(self) -> Kubectl:
        """kubectl as the administrator."""
        return self.kubectl_as(self.layout.kubeconfig)

    def kubectl_as(self, kubeconfig: Path) -> Kubectl:
        """kubectl as somebody else."""
        return Kubectl(self.binaries.kubectl, kubeconfig, self.environment())


def find(root: Path | None = None) -> Cluster | None:
    """The running cluster of a folder, the usual one if None; None when there is none or a part of it is dead."""
    folder = root or state_folder()
    record = folder / "cluster.json"
    if not record.exists():
        return None
    kept = json.loads(record.read_text())
    layout = Layout(folder, kept["network"])
    parts = processes.recorded(layout)
    if not parts or not all(part.is_running() for part in parts.values()) or not controlplane.is_ready(layout):
        return None
    return Cluster(layout, Binaries(**{name: Path(path) for name, path in kept["binaries"].items()}), kept["owner"])


def started_by(root: Path | None = None) -> str:
    """Who started the cluster of a folder, whether or not it still runs; empty when it was started by hand or is not
    there.
    """
    record = (root or state_folder()) / "cluster.json"
    return str(json.loads(record.read_text())["owner"]) if record.exists() else ""


def why_not(root: Path | None = None) -> str:
    """Why `find` finds no cluster in a folder."""
    layout = Layout(root or state_folder(), 0)
    dead = [name for name, part in processes.recorded(layout).items() if not part.is_running()]
    if dead:
        return f"the cluster in {layout.root} is broken: {', '.join(dead)} ended, see {layout.logs}"
    if processes.recorded(layout):
        return f"the API server in {layout.root} does not serve, see {layout.logs}"
    return f"no cluster runs in {layout.root}"


def up(
    say: Say,
    *,
    fake_nodes: int = FAKE_NODES,
    owner: str = "",
    root: Path | None = None,
    node_lease: int = node.NODE_LEASE,
) -> Cluster:
    """The running cluster, started if it does not run, with at least so many fake nodes. Remains of an earlier one are
    removed first. `node_lease` is in seconds, and of the real node.
    """
    folder = root or state_folder()
    if reason := machine.unfit():
        raise MachineError(reason)
    with _lock(folder, say):
        cluster = find(folder)
        if cluster is None:
            machine.require(say)
            binaries = build.binaries(say)
            if processes.recorded(Layout(folder, 0)):
                say(f"{why_not(folder)}; it makes room for a fresh one")
            _clean(folder, keep_logs=False)
            layout = Layout(folder, network.free_network(folder))
            try:
                cluster = _start(layout, binaries, owner, say, node_lease)
            except BaseException:
                _clean(folder, keep_logs=True, network_number=layout.network)
                say(f"not started; the logs are in {layout.logs}")
                raise
        else:
            same = cluster.binaries == build.built()
            say(f"runs already, in {folder}" + ("" if same else ", from other programs than this checkout's"))
            if not owner:
                _recorded(cluster.layout, cluster.binaries, owner)  # `up` by hand: no run of tests may end it now
        add_fake_nodes(cluster, fake_nodes)
        return cluster


def down(say: Say, *, root: Path | None = None) -> None:
    """End the cluster's own processes and remove what it left on the machine. Its logs stay until the next `up`. No
    cluster is fine.
    """
    folder = root or state_folder()
    if not folder.exists():
        say(f"there is no cluster in {folder}")
        return
    with _lock(folder, say):
        _clean(folder, keep_logs=True)
    say(f"ended; its logs stay in {folder / 'logs'}")


def _start(layout: Layout, binaries: Binaries, owner: str, say: Say, node_lease: int) -> Cluster:
    began = time.monotonic()

    def step(text: str) -> None:
        say(f"{time.monotonic() - began:5.1f} s  {text}")

    for folder in (layout.config, layout.data, layout.logs):
        folder.mkdir(parents=True, exist_ok=True)
    layout.marker.touch()
    network.create(layout)
    pki.create(layout)
    access.by_certificate(layout, layout.kubeconfig, pki.login(layout.pki, "admin"))
    cluster = Cluster(layout, binaries, owner)
    step(f"network {layout.name} at {layout.node_ip}, certificates")
    with ThreadPoolExecutor(max_workers=3) as workers:
        container_side = workers.submit(_start_runtime, layout, binaries, step)
        controlplane.start_etcd(layout, binaries)
        api = controlplane.start_api_server(layout, binaries)
        controlplane.wait_for_api(layout, api)
        step("API server ready")
        waits = [*controlplane.start_controllers(layout, binaries), node.start_proxy(layout, binaries)]
        kwok.start_kwok(layout, binaries)
        published = _after(container_side, workers, lambda: _publish(layout, binaries, step))
        kubelet = node.start_kubelet(layout, binaries, lease=node_lease)
        for process, ready, what in waits:
            processes.wait_until(layout, process, ready, what=what)
        processes.wait_until(layout, kubelet, lambda: _is_ready(cluster, NODE), what="a Ready node")
        step(f"node {NODE} Ready")
        published.result()
    _recorded(layout, binaries, owner)
    step("up")
    return cluster


def _recorded(layout: Layout, binaries: Binaries, owner: str) -> None:
    programs = {name: str(path) for name, path in asdict(binaries).items()}
    record = {"network": layout.network, "owner": owner, "binaries": programs}
    (layout.root / "cluster.json").write_text(json.dumps(record))


def _start_runtime(layout: Layout, binaries: Binaries, step: Say) -> None:
    runtime.start_containerd(layout)
    images.load_pause(layout, binaries)
    step("containerd ready")


def _publish(layout: Layout, binaries: Binaries, step: Say) -> None:
    runtime.start_registry(layout)
    runtime.start_docker(layout)
    step("Docker Engine and registry ready")
    images.publish_web(layout, binaries)
    step(f"images {', '.join(images.web_image(layout, version) for version in images.VERSIONS)} pushed")


def _after(first: "Future[None]", workers: ThreadPoolExecutor, then: Callable[[], None]) -> "Future[None]":
    """Wait for one piece of work, so that its failure is told, and begin another."""
    first.result()
    return workers.submit(then)


def _is_ready(cluster: Cluster, name: str) -> bool:
    query = '{.status.conditions[?(@.type=="Ready")].status}'
    return cluster.kubectl("get", "node", name, "--ignore-not-found", "-o", f"jsonpath={query}") == "True"


def add_fake_nodes(cluster: Cluster, count: int) -> list[str]:
    """See that there are at least so many fake nodes, and that they are Ready; answers the names of those it added."""
    present = cluster.kubectl("get", "nodes", "-l", "type=kwok", "-o", "name").split()
    wanted = [number for number in range(count) if f"node/{kwok.node_name(number)}" not in present]
    if not wanted:
        return []
    cluster.kubectl.create(*kwok.nodes(wanted))
    names = [kwok.node_name(number) for number in wanted]
    cluster.kubectl("wait", "--for=condition=Ready", "--timeout=60s", *(f"node/{name}" for name in names))
    return names


def _clean(folder: Path, *, keep_logs: bool, network_number: int = 0) -> None:
    """End and remove whatever is left of a cluster in this folder; its name follows from the folder alone."""
    layout = Layout(folder, network_number)
    remains.require_ours(layout)
    order = list(processes.recorded(layout))
    # The kubelet first: it would start again what is being removed.
    for name in sorted(order, key=lambda name: name != "kubelet"):
        processes.stop(layout, name)
    remains.remove_containers(layout)
    network.delete(layout)
    remains.remove_data(layout, keep_logs=keep_logs)


@contextmanager
def _lock(folder: Path, say: Say) -> Iterator[None]:
    """Hold the lock of a cluster's folder; it stands beside the folder, which comes and goes."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another command on this cluster")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
