"""A control plane whose parts are stopped one by one, on a cluster of the tests' own: each is told by name, and the
rest of the program stays useful.
"""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from .harness import controlplane, images, monitoring, processes
from .harness.cluster import Cluster
from .harness.layout import ETCD_PORT
from .harness.waiting import until
from .harness.web import Web, manifests
from .program import Goweb, validate

pytestmark = [pytest.mark.alone, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def own(own_cluster: Cluster) -> Cluster:
    """Nobody else's: its parts may be stopped."""
    return own_cluster


@pytest.fixture(scope="module")
def web(own: Cluster) -> Web:
    """One Pod that goes on serving whatever is stopped above it."""
    own.kubectl("create", "namespace", "shop")
    own.kubectl("-n", "shop", "wait", "--for=create", "serviceaccount/default", "--timeout=60s")
    own.kubectl.create(*manifests("shop", "web", image=images.web_image(own.layout, "1"), replicas=1))
    made = Web(own.kubectl, "shop", "web", own.layout.registry)
    made.wait()
    return made


@pytest.fixture
def goweb(own: Cluster, tmp_path: Path) -> Goweb:
    """With thresholds that no other load on this machine exceeds."""
    settings = tmp_path / "kubectl-goweb"
    settings.mkdir()
    (settings / "config.toml").write_text("[metrics]\ncpu = 2.0\nmemory = 2.0\n")
    return Goweb(own.layout.kubeconfig, {"XDG_STATE_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)})


def plane(goweb: Goweb, *arguments: str) -> dict[str, Any]:
    """The parts by name, and the whole document under the empty one."""
    ran = goweb("nodes", *arguments, "-o", "json")
    document = json.loads(ran.out)
    validate(document, "nodes")
    assert document["exitCode"] == ran.code
    return {"": document, **{one["name"]: one for one in document["controlPlane"]}}


def until_failing(goweb: Goweb, name: str, said: str) -> Any:
    def look() -> Any:
        found = plane(goweb, "--no-metrics").get(name)
        return found if found and found["verdict"] == "failing" and said in found["why"] else None

    return until(look, what=f"{name} told as failing", timeout=120, every=2)


@contextmanager
def stopped(own: Cluster, name: str, start: Callable[[], object]) -> Iterator[None]:
    process = processes.recorded(own.layout)[name]
    processes.end(process.pid, process.started)
    try:
        yield
    finally:
        start()


def test_everything_runs_and_the_certificate_and_size_are_told(goweb: Goweb, web: Web) -> None:
    seen = plane(goweb)

    assert (seen["API server"]["verdict"], seen["etcd"]["verdict"]) == ("healthy", "healthy")
    assert seen["etcd"]["why"].endswith(" MB"), "from the API server's own metrics"
    certificate = seen["API server certificate"]
    assert (certificate["verdict"], certificate["source"]) == ("healthy", "TLS")
    assert "days)" in certificate["why"]
    assert {one["verdict"] for one in seen[""]["nodes"]} == {"healthy"}
    for name in ("kube-proxy", "DNS"):
        assert (seen[name]["verdict"], seen[name]["why"][:12]) == ("unknown", "not visible:"), "missing is not failing"
    assert seen[""]["exitCode"] == 0


def test_a_prometheus_that_scrapes_etcd_tells_how_full_it_is(own: Cluster, goweb: Goweb, tmp_path: Path) -> None:
    job = {"static_configs": [{"targets": [f"127.0.0.1:{ETCD_PORT}"]}]}
    with monitoring.prometheus(tmp_path, {"etcd": job}, node=own.layout) as server:
        until(lambda: server.query("etcd_server_has_leader"), what="a scrape of etcd")
        etcd = plane(goweb, "--prometheus", f"http://{server.address}")["etcd"]

    assert etcd["verdict"] == "healthy"
    assert re.search(r" ok, \d+ MB, \d+ % of its quota$", etcd["why"])


def test_a_stopped_scheduler_is_told_by_its_work_and_the_rest_is_useful(own: Cluster, goweb: Goweb, web: Web) -> None:
    def start() -> None:
        processes.stop(own.layout, controlplane.CONTROLLER_MANAGER)
        for process, ready, what in controlplane.start_controllers(own.layout, own.binaries):
            processes.wait_until(own.layout, process, ready, what=what)

    with stopped(own, controlplane.SCHEDULER, start):
        web.scale(2)
        told = until_failing(goweb, "kube-scheduler", "nobody has tried to place it")
        assert told["source"] == "its work"
        ran = goweb("probe", "web", "-n", "shop", "--retries=1", "--no-metrics")
        assert "ok" in ran.out
        assert goweb("status", "-n", "shop").code in (1, 5)
    until(lambda: plane(goweb, "--no-metrics")["kube-scheduler"]["verdict"] != "failing", what="Pods placed", every=1)


def test_a_stopped_controller_manager_is_told_by_its_work(own: Cluster, goweb: Goweb, web: Web) -> None:
    def start() -> None:
        processes.stop(own.layout, controlplane.SCHEDULER)
        for process, ready, what in controlplane.start_controllers(own.layout, own.binaries):
            processes.wait_until(own.layout, process, ready, what=what)

    with stopped(own, controlplane.CONTROLLER_MANAGER, start):
        own.kubectl.create(*manifests("shop", "late", image=images.web_image(own.layout, "1"), replicas=1)[:1])
        told = until_failing(goweb, "kube-controller-manager", "nobody has looked at it")
        assert "Deployment shop/late" in told["why"]
        assert plane(goweb, "--no-metrics")["kube-scheduler"]["verdict"] != "failing"
    until(
        lambda: plane(goweb, "--no-metrics")["kube-controller-manager"]["verdict"] != "failing",
        what="a Deployment looked at",
        every=1,
    )


def test_kube_proxy_and_dns_that_are_down_are_told_where_they_are_visible(own: Cluster, goweb: Goweb) -> None:
    labels = {"k8s-app": "kube-dns"}
    container = {"name": "x", "image": f"{own.layout.registry}/nothing:1"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    other = {"k8s-app": "kube-proxy"}
    proxy = {"selector": {"matchLabels": other}, "template": {**template, "metadata": {"labels": other}}}
    meta = {"namespace": "kube-system", "labels": labels}
    objects: list[Any] = [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {**meta, "name": "coredns"}, "spec": spec},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {**meta, "name": "kube-dns"},
            "spec": {"selector": labels, "ports": [{"port": 53, "protocol": "UDP"}]},
        },
        {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {**meta, "name": "kube-proxy"}, "spec": proxy},
    ]
    objects[2]["spec"] = {
        "selector": {"matchLabels": {"k": "p"}},
        "template": {**template, "metadata": {"labels": {"k": "p"}}},
    }
    own.kubectl.create(*objects)
    try:
        told = until_failing(goweb, "DNS", "names of Services cannot be resolved")
        assert told["source"] == "endpoints"
        assert until_failing(goweb, "kube-proxy", "0 of 1 ready")["source"] == "DaemonSet"
    finally:
        own.kubectl("-n", "kube-system", "delete", "deploy/coredns", "svc/kube-dns", "ds/kube-proxy", "--wait=false")


def etcd(own: Cluster, action: str) -> Any:
    """One order about the alarm NOSPACE, by etcd's own gateway; the real etcd then refuses every write."""
    process = processes.recorded(own.layout)[controlplane.ETCD]
    script = (
        "import json,urllib.request as u;"
        f"u.urlopen(u.Request('http://127.0.0.1:{ETCD_PORT}/v3/maintenance/alarm',"
        f"json.dumps({{'action':'{action}','memberID':'0','alarm':'NOSPACE'}}).encode())).read()"
    )
    return subprocess.run(["nsenter", f"--net=/proc/{process.pid}/ns/net", sys.executable, "-c", script], check=True)


def test_an_etcd_out_of_space_is_told_although_its_check_is_ok(own: Cluster, goweb: Goweb, web: Web) -> None:
    etcd(own, "ACTIVATE")
    try:
        told = until_failing(goweb, "etcd", "nothing is written")
        assert "alarm NOSPACE" in told["why"]
        assert plane(goweb, "--no-metrics")["API server"]["verdict"] == "healthy"
        assert "ok" in goweb("probe", "web", "-n", "shop", "--retries=1", "--no-metrics").out
    finally:
        etcd(own, "DEACTIVATE")
    until(lambda: plane(goweb, "--no-metrics")["etcd"]["verdict"] == "healthy", what="leases renewed", timeout=60)


def test_a_stopped_etcd_is_told_by_name_and_urls_can_still_be_probed(own: Cluster, goweb: Goweb, web: Web) -> None:
    (pod, *_) = web.pods()
    url = f"http://{pod['status']['podIP']}:8080/api/health"
    with stopped(own, controlplane.ETCD, lambda: controlplane.start_etcd(own.layout, own.binaries)):
        told = until_failing(goweb, "etcd", "etcd")
        assert told["source"] == "/readyz"
        begun = time.monotonic()
        seen = plane(goweb, "--no-metrics")
        assert time.monotonic() - begun < 20, "nobody waits half a minute for every list"
        assert "not ready: etcd" in seen["API server"]["why"]
        assert seen[""]["exitCode"] == 1
        assert goweb("probe", url, "--retries=1").code == 0
        status = goweb("status", "-n", "shop", "--request-timeout=5s")
        assert status.code == 3
        assert "etcd" in goweb("nodes", "--request-timeout=5s", "--no-metrics").out
    controlplane.wait_for_api(own.layout, processes.recorded(own.layout)[controlplane.API_SERVER])
    until(lambda: plane(goweb, "--no-metrics")["etcd"]["verdict"] == "healthy", what="etcd back", timeout=60)
