"""A real kubectl on the demo cluster: what the client of record makes of the server."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kubectl_goweb.demo.cluster import DemoCluster

KUBECTL = shutil.which("kubectl")

pytestmark = [pytest.mark.skipif(KUBECTL is None, reason="no kubectl on PATH"), pytest.mark.timeout(120)]

Kubectl = Callable[..., str]


@pytest.fixture(scope="module")
def cluster() -> Iterator[DemoCluster]:
    """Twenty times as fast as life, so that a rollout takes seconds."""
    with DemoCluster(speed=20, start=datetime.now(UTC)) as running:
        yield running


@pytest.fixture
def kubectl(cluster: DemoCluster, tmp_path: Path) -> Kubectl:
    config = tmp_path / "config"
    cluster.write_kubeconfig(config)

    def kubectl(*arguments: str, fails: bool = False) -> str:
        assert KUBECTL is not None
        command = [KUBECTL, f"--kubeconfig={config}", f"--cache-dir={tmp_path}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stderr if fails else done.stdout

    return kubectl


def test_get_prints_the_servers_table(kubectl: Kubectl) -> None:
    lines = kubectl("get", "pods", "-l", "app=web").splitlines()

    assert lines[0].split() == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert sum("CrashLoopBackOff" in line or "Error" in line or " 0/1 " in line for line in lines) == 3
    assert "pod/postgres-0" in kubectl("get", "all", "-o", "name")


def test_describe_tells_conditions_replica_sets_and_events(kubectl: Kubectl) -> None:
    told = kubectl("describe", "deployment", "web")

    assert "ReplicaSetUpdated" in told or "ProgressDeadlineExceeded" in told
    assert "5 desired | 3 updated | 7 total | 4 available | 3 unavailable" in told
    assert "Scaled up replica set" in told
    assert "MemoryPressure   True" in kubectl("describe", "node", "worker-3")


def test_top_tells_the_node_that_is_short_of_memory(kubectl: Kubectl) -> None:
    rows = {line.split()[0]: line.split() for line in kubectl("top", "nodes").splitlines()}

    assert set(rows) == {"NAME", "cp-1", "worker-1", "worker-2", "worker-3", "worker-4"}
    shares = {name: int(row[4].removesuffix("%")) for name, row in rows.items() if name != "NAME"}
    assert max(shares, key=lambda name: shares[name]) == "worker-3"
    assert shares["worker-3"] in range(95, 98)
    assert max(share for name, share in shares.items() if name != "worker-3") < 60


def test_the_panic_is_in_the_previous_log(kubectl: Kubectl) -> None:
    names = kubectl(
        "get",
        "pods",
        "-l",
        "app=web",
        "-o",
        "jsonpath={range .items[*]}{.metadata.name} {.status.containerStatuses[0].restartCount}{'\\n'}{end}",
    )
    broken = next(line.split()[0] for line in names.splitlines() if not line.endswith(" 0"))

    assert "panic: assignment to entry in nil map" in kubectl("logs", broken, "--previous")


def test_scale_pause_undo_resume_and_restart_work_as_on_any_cluster(kubectl: Kubectl) -> None:
    assert kubectl("scale", "deployment/api", "--replicas=3") == "deployment.apps/api scaled\n"
    assert "successfully rolled out" in kubectl("rollout", "status", "deployment/api")
    assert kubectl("rollout", "pause", "deployment/api") == "deployment.apps/api paused\n"
    assert "already paused" in kubectl("rollout", "pause", "deployment/api", fails=True)
    assert "cannot rollback a paused deployment" in kubectl("rollout", "undo", "deployment/api", fails=True)
    assert kubectl("rollout", "resume", "deployment/api") == "deployment.apps/api resumed\n"
    assert kubectl("rollout", "restart", "deployment/api") == "deployment.apps/api restarted\n"
    assert "successfully rolled out" in kubectl("rollout", "status", "deployment/api")
    history = kubectl("rollout", "history", "deployment/api").splitlines()
    assert [line.split()[0] for line in history[2:] if line] == ["10", "11", "12", "13"]
    assert kubectl("rollout", "undo", "deployment/api") == "deployment.apps/api rolled back\n"
    history = kubectl("rollout", "history", "deployment/api").splitlines()
    assert [line.split()[0] for line in history[2:] if line] == ["10", "11", "13", "14"]


def test_a_stateful_set_rolls_and_its_status_is_followed(kubectl: Kubectl) -> None:
    kubectl("rollout", "restart", "statefulset/postgres")

    assert "3 new pods have been updated" in kubectl("rollout", "status", "statefulset/postgres")


def test_get_watch_sees_a_scaling_through_to_its_end(cluster: DemoCluster, kubectl: Kubectl, tmp_path: Path) -> None:
    assert KUBECTL is not None
    config = tmp_path / "config-of-the-watch"
    cluster.write_kubeconfig(config)
    command = [KUBECTL, f"--kubeconfig={config}", "get", "deployment", "search", "--watch", "--no-headers"]
    with subprocess.Popen([*command, "--request-timeout=100s"], stdout=subprocess.PIPE, text=True) as watch:
        assert watch.stdout is not None
        assert watch.stdout.readline().split()[0] == "search"
        kubectl("scale", "deployment/search", "--replicas=5")
        seen = []
        for line in watch.stdout:
            seen.append(line.split()[1])
            if seen[-1] == "3/5":
                break
        watch.terminate()

    counts = [ready for ready in seen if ready.endswith("/5")]
    assert (counts[-1], counts) == ("3/5", sorted(counts))


def test_cordon_and_drain_work(kubectl: Kubectl) -> None:
    assert kubectl("cordon", "worker-1") == "node/worker-1 cordoned\n"
    assert "SchedulingDisabled" in kubectl("get", "node", "worker-1")
    assert kubectl("uncordon", "worker-1") == "node/worker-1 uncordoned\n"
    drained = kubectl("drain", "worker-4", "--ignore-daemonsets", "--timeout=45s")
    assert "node/worker-4 drained" in drained
