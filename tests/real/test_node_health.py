"""Nodes and the control plane on the real cluster: load seen by a real Prometheus, checks, webhooks that block."""

import contextlib
import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .harness import monitoring, webhook
from .harness.cluster import Cluster
from .harness.kubectl import Kubectl
from .harness.users import READ_ONLY, Users
from .harness.waiting import until
from .program import Goweb, validate

NODE = "node-1"


@pytest.fixture
def goweb(cluster: Cluster, tmp_path: Path) -> Goweb:
    """With thresholds that a quiet machine exceeds."""
    settings = tmp_path / "config" / "kubectl-goweb"
    settings.mkdir(parents=True)
    (settings / "config.toml").write_text("[metrics]\nmemory = 0.01\n")
    return Goweb(cluster.kubectl.kubeconfig, {"XDG_CONFIG_HOME": str(tmp_path / "config")})


def told(goweb: Goweb, *arguments: str) -> Any:
    ran = goweb("nodes", *arguments, "-o", "json")
    document = json.loads(ran.out)
    validate(document, "nodes")
    assert document["exitCode"] == ran.code
    return document


def about(goweb: Goweb, *arguments: str) -> Any:
    """What is told of the real node."""
    (node,) = told(goweb, NODE, *arguments)["nodes"]
    return node


def part(document: Any, name: str) -> Any:
    return next((one for one in document["controlPlane"] if one["name"] == name), None)


def test_the_control_plane_is_told_by_its_checks_and_what_is_hidden_is_not_failing(goweb: Goweb) -> None:
    # A kubelet that has just begun has no lease yet.
    until(lambda: about(goweb, "--no-metrics")["heartbeat"] is not None, what="a heartbeat")
    document = told(goweb, "--no-metrics")

    server, etcd = part(document, "API server"), part(document, "etcd")
    assert (server["verdict"], etcd["verdict"]) == ("healthy", "healthy")
    assert 0 < server["latency"] < 5
    assert part(document, "kube-scheduler")["verdict"] in ("unknown", "healthy")
    node = about(goweb, "--no-metrics")
    assert node["verdict"] == "healthy"
    assert 0 <= node["heartbeat"] < 40


@pytest.fixture
def address(kubectl: Kubectl) -> str:
    """The real node's."""
    addresses = kubectl.json("get", "node", NODE)["status"]["addresses"]
    return next(str(one["address"]) for one in addresses if one["type"] == "InternalIP")


@pytest.fixture
def prometheus(tmp_path: Path, address: str) -> Iterator[monitoring.Server]:
    """A real one, which scrapes a real node exporter as that node's, and a real blackbox exporter that pings the node
    and an address that nobody has.
    """
    folders = exporter, pinger, server = [tmp_path / name for name in ("exporter", "pinger", "prometheus")]
    for folder in folders:
        folder.mkdir()
    nobody = f"{address.rpartition('.')[0]}.77"
    module = {"icmp": {"prober": "icmp", "timeout": "500ms", "icmp": {"preferred_ip_protocol": "ip4"}}}
    with monitoring.node_exporter(exporter) as nodes, monitoring.blackbox(pinger, module) as pings:
        jobs: dict[str, dict[str, Any]] = {
            "nodes": {"static_configs": [{"targets": [nodes.address], "labels": {"node": NODE}}]},
            **{
                f"ping-{number}": {
                    "metrics_path": "/probe",
                    "params": {"module": ["icmp"], "target": [target]},
                    "static_configs": [{"targets": [pings.address], "labels": {"instance": instance}}],
                }
                for number, (target, instance) in enumerate(((address, NODE), (nobody, "fake-0")))
            },
        }
        with monitoring.prometheus(server, jobs) as found:
            yield found


def test_a_real_prometheus_tells_how_busy_a_node_is(goweb: Goweb, prometheus: monitoring.Server) -> None:
    url = f"http://{prometheus.address}"
    until(lambda: prometheus.query("rate(node_cpu_seconds_total[1m])"), what="two scrapes")
    until(lambda: len(prometheus.query("probe_icmp_duration_seconds{phase='rtt'}")) == 2, what="two nodes pinged")

    document = told(goweb, NODE, "--prometheus", url)
    (lost,) = told(goweb, "fake-0", "--prometheus", url)["nodes"]

    (node,) = document["nodes"]
    usage = node["usage"]
    assert usage["source"] == "Prometheus"
    assert 0 < usage["cpu"] <= 1
    assert 0.01 < usage["memory"] < 1
    assert usage["network"] >= 0
    assert 0 < usage["networkLatency"] < 0.5
    assert (lost["usage"] or {}).get("networkLatency") is None, "a ping without an answer took no time at all"
    assert (node["verdict"], document["exitCode"]) == ("degraded", 1)
    assert any(reason.startswith("memory") and "above 1 %" in reason for reason in node["reasons"])


def test_without_prometheus_the_kubelet_is_asked_and_what_is_absent_is_said(goweb: Goweb) -> None:
    nowhere = ("--prometheus", "http://127.0.0.1:1")
    # A kubelet that has just begun has no mean yet.
    until(lambda: (about(goweb, *nowhere)["usage"] or {}).get("cpu"), what="its CPU")
    document = told(goweb, NODE, *nowhere)

    (node,) = document["nodes"]
    assert node["usage"]["source"] == "kubelet"
    assert 0 < node["usage"]["cpu"] <= 1.1, "of all its cores, over the time that its kubelet takes the mean of"
    assert node["usage"]["memory"] > 0
    assert node["usage"]["disk"] is None
    whys = [gap["why"] for gap in document["gaps"]]
    assert any("127.0.0.1:1 cannot be asked" in why for why in whys)
    assert any("metrics.k8s.io" in why for why in whys)


def test_a_webhook_with_nobody_behind_it_is_named(goweb: Goweb, kubectl: Kubectl, namespace: str) -> None:
    name = f"{namespace}.goweb.test"
    rule = {"apiGroups": ["goweb.test"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["*"]}
    kubectl.create(
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": namespace},
            "webhooks": [
                {
                    "name": name,
                    "clientConfig": {"service": {"name": "gone", "namespace": namespace}, "caBundle": ""},
                    "rules": [rule],
                    "sideEffects": "None",
                    "admissionReviewVersions": ["v1"],
                }
            ],
        }
    )
    try:
        document = told(goweb, "--no-metrics")
    finally:
        kubectl("delete", "validatingwebhookconfiguration", namespace)

    blocked = part(document, f"validating webhook {name}")
    assert (blocked["verdict"], document["exitCode"]) == ("failing", 1)
    assert f"Service {namespace}/gone has no ready endpoint" in blocked["why"]


def test_a_webhook_that_keeps_everybody_waiting_is_named(
    cluster: Cluster, goweb: Goweb, kubectl: Kubectl, namespace: str, tmp_path: Path
) -> None:
    name = f"slow.{namespace[-6:]}.test"
    with webhook.slow(cluster, tmp_path, 1.5) as hook:
        kubectl.create(webhook.configuration(cluster, namespace, name, hook.url, "configmaps"))
        try:

            def late() -> Any:
                made = f"waits-{uuid.uuid4().hex[:6]}"
                kubectl("-n", namespace, "create", "configmap", made)
                return part(told(goweb), f"validating webhook {name}")

            told_of = until(late, what="a webhook that was asked")
        finally:
            kubectl("delete", "validatingwebhookconfiguration", namespace)

    assert (told_of["verdict"], told_of["source"]) == ("degraded", "/metrics")
    assert 1.4 < told_of["latency"] < 5
    assert "s on average since the API server's start, of 10 s" in told_of["why"]


def test_who_may_see_only_a_namespace_is_told_that_and_nothing_is_failing(
    cluster: Cluster, user: Users, namespace: str
) -> None:
    reader = Goweb(user("only-here", rules=READ_ONLY, namespace=namespace))

    document = told(reader, "--no-metrics")

    assert document["exitCode"] == 3
    assert not [one for one in document["controlPlane"] if one["verdict"] == "failing"]
    assert any(gap["part"] == "nodes" and gap["state"] == "denied" for gap in document["gaps"])


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of some megabytes, that a node exporter sees."""
    image, folder = tmp_path / "disk.img", tmp_path / "disk"
    folder.mkdir()
    with image.open("wb") as file:
        file.truncate(16 * 1024 * 1024)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", image], check=True)
    mounted = subprocess.run(["mount", "-o", "loop", image, folder], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"this machine cannot mount a file: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


class Full:
    """A disk without room."""

    settings = "cpu = 1.1"
    seen = 'node_filesystem_avail_bytes{{mountpoint="{disk}"}}'
    reason = r"guard: disk (9\d|100) %, above 90 %"

    def __init__(self, disk: Path) -> None:
        self._file = disk / "full"

    def begin(self) -> None:
        self._file.write_bytes(bytes(13 * 1024 * 1024))

    def end(self) -> None:
        self._file.unlink(missing_ok=True)


class Busy:
    """A processor that has no time left, for two minutes at most."""

    settings = """\
disk = 1.1
cpu = 0.95
[metrics.queries]
cpu = '1 - avg by (node) (rate(node_cpu_seconds_total{mode="idle"}[4s]))'
"""
    seen = 'rate(node_cpu_seconds_total{{mode="idle"}}[4s])'
    reason = r"guard: CPU (9\d|100) %, above 95 %"

    def __init__(self, _: Path) -> None:
        self._loops: list[subprocess.Popen[bytes]] = []

    def begin(self) -> None:
        loop = ["timeout", "120", sys.executable, "-c", "while True: pass"]
        self._loops = [subprocess.Popen(loop) for _ in range(2 * (os.cpu_count() or 1))]

    def end(self) -> None:
        for one in self._loops:
            one.terminate()
            one.wait()


@pytest.mark.alone
@pytest.mark.parametrize("trouble", [Full, Busy])
def test_a_guard_takes_a_node_out_while_it_is_in_trouble_and_back(
    cluster: Cluster, kubectl: Kubectl, namespace: str, tmp_path: Path, small_disk: Path, trouble: type[Full | Busy]
) -> None:
    """The trouble is real, seen by a real node exporter; the node it is said of is a fake one, as others use the real
    one.
    """
    name = f"guarded-{namespace[-6:]}"
    kubectl.create(
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "annotations": {"kwok.x-k8s.io/node": "fake"}, "labels": {"type": "kwok"}},
            "spec": {"taints": [{"key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule"}]},
        }
    )
    settings = tmp_path / "config" / "kubectl-goweb"
    settings.mkdir(parents=True)
    (settings / "config.toml").write_text(f"[metrics]\nmemory = 1.1\nnetwork_errors = 1e9\n{trouble.settings}\n")
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "XDG_STATE_HOME": str(tmp_path)}
    goweb = Goweb(cluster.kubectl.kubeconfig, environment)

    def node() -> Any:
        return kubectl.json("get", "node", name)

    def cordoned() -> bool:
        return bool(node()["spec"].get("unschedulable"))

    with contextlib.ExitStack() as ends:
        ends.callback(kubectl, "delete", "node", name, "--wait=false")
        exporter = ends.enter_context(monitoring.node_exporter(tmp_path))
        job = {"static_configs": [{"targets": [exporter.address], "labels": {"node": name}}]}
        server = ends.enter_context(monitoring.prometheus(tmp_path, {"nodes": job}))
        seen = trouble.seen.format(disk=small_disk)
        until(lambda: server.query(seen), what="it in Prometheus")
        made = trouble(small_disk)
        ends.callback(made.end)
        arguments = ["--prometheus", f"http://{server.address}", "--interval=1s", "--patience=2s", "--quiet=2s"]
        process = goweb.start("nodes", name, "--guard", "--yes", "--most=100", *arguments)
        ends.callback(process.communicate, timeout=10)
        ends.callback(process.terminate)

        assert process.stderr is not None
        assert "guarding nodes" in process.stderr.readline()
        assert not cordoned()
        made.begin()
        until(cordoned, what="the node in trouble out of service", timeout=60)
        reason = node()["metadata"]["annotations"]["kubectl-goweb/isolated"]
        made.end()
        until(lambda: not cordoned(), what="the node back in service", timeout=60)

    assert re.search(trouble.reason, reason), reason
