"""A control plane whose parts are stopped one by one, on a cluster of the tests' own: each is told by name, and the
rest of the program stays useful.
"""

import json
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from .harness import controlplane, images, monitoring, pki, processes
from .harness.apiserver import ApiServer
from .harness.cluster import Cluster
from .harness.layout import ETCD_PORT
from .harness.waiting import until
from .harness.web import Web, manifests
from .program import PROGRAM, Goweb, validate
from .terminal import terminal

SCHEDULER, CONTROLLERS = controlplane.SCHEDULER, controlplane.CONTROLLER_MANAGER
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
def stopped(own: Cluster, *names: str, start: Callable[[], object]) -> Iterator[None]:
    for name in names:
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


def test_the_health_of_scheduler_and_controllers_is_asked_of_them_where_their_pods_lead_to_them(
    own: Cluster, goweb: Goweb
) -> None:
    """They are processes here, on the node's address: Pods with kubeadm's labels on the node's network have it, too."""

    def static(component: str, port: int) -> dict[str, Any]:
        env = [{"name": "PORT", "value": str(port)}]
        container = {"name": "x", "image": images.web_image(own.layout, "1"), "env": env}
        meta = {
            "name": f"{component}-node-1",
            "namespace": "kube-system",
            "labels": {"component": component, "tier": "control-plane"},
        }
        spec = {"hostNetwork": True, "terminationGracePeriodSeconds": 0, "containers": [container]}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}

    own.kubectl("-n", "kube-system", "wait", "--for=create", "serviceaccount/default", "--timeout=60s")
    own.kubectl.create(static(SCHEDULER, 18081), static(CONTROLLERS, 18082))
    pods = [f"pod/{name}-node-1" for name in (SCHEDULER, CONTROLLERS)]
    try:
        own.kubectl("-n", "kube-system", "wait", "--for=condition=Ready", "--timeout=60s", *pods)
        seen = plane(goweb, "--no-metrics")
    finally:
        own.kubectl("-n", "kube-system", "delete", *pods)

    for name in (SCHEDULER, CONTROLLERS):
        told = (seen[name]["verdict"], seen[name]["source"], seen[name]["why"])
        assert told == ("healthy", "its Pods", "1 of 1 Pods ready; its /healthz is ok")


def test_a_prometheus_that_scrapes_etcd_tells_how_full_it_is(own: Cluster, goweb: Goweb, tmp_path: Path) -> None:
    job = {"static_configs": [{"targets": [f"127.0.0.1:{ETCD_PORT}"]}]}
    with monitoring.prometheus(tmp_path, {"etcd": job}, node=own.layout) as server:
        until(lambda: server.query("etcd_server_has_leader"), what="a scrape of etcd")
        etcd = plane(goweb, "--prometheus", f"http://{server.address}")["etcd"]

    assert etcd["verdict"] == "healthy"
    assert re.search(r" ok, \d+ MB, \d+ % of its quota$", etcd["why"])


def etcd(own: Cluster, action: str) -> Any:
    """One order about the alarm NOSPACE, by etcd's own gateway; the real etcd then refuses every write."""
    process = processes.recorded(own.layout)[controlplane.ETCD]
    script = (
        "import json,urllib.request as u;"
        f"u.urlopen(u.Request('http://127.0.0.1:{ETCD_PORT}/v3/maintenance/alarm',"
        f"json.dumps({{'action':'{action}','memberID':'0','alarm':'NOSPACE'}}).encode())).read()"
    )
    return subprocess.run(["nsenter", f"--net=/proc/{process.pid}/ns/net", sys.executable, "-c", script], check=True)


def test_what_the_scheduler_the_controllers_and_etcd_leave_undone_tells_of_them_and_the_rest_is_useful(
    own: Cluster, goweb: Goweb, web: Web
) -> None:
    """One outage of three parts, none of which has a lease or a check that would tell."""

    def start() -> None:
        etcd(own, "DEACTIVATE")
        for process, ready, what in controlplane.start_controllers(own.layout, own.binaries):
            processes.wait_until(own.layout, process, ready, what=what)

    def told() -> Any:
        found = plane(goweb, "--no-metrics")
        return found if {found[name]["verdict"] for name in ("etcd", CONTROLLERS, SCHEDULER)} == {"failing"} else None

    with stopped(own, SCHEDULER, CONTROLLERS, start=start):
        late = manifests("shop", "late", image=images.web_image(own.layout, "1"), replicas=1)[:1]
        container = {"name": "x", "image": f"{own.layout.registry}/nothing:1"}
        meta = {"name": "unplaced", "namespace": "shop"}
        own.kubectl.create(
            *late, {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [container]}}
        )
        etcd(own, "ACTIVATE")
        first = plane(goweb, "--no-metrics")
        seen = until(told, what="three parts told as failing", timeout=120, every=1)
        with ThreadPoolExecutor(2) as hands:
            probed = hands.submit(goweb, "probe", "web", "-n", "shop", "--retries=1", "--no-metrics")
            status = hands.submit(goweb, "status", "-n", "shop")
        with terminal([*PROGRAM, "-n", "shop"], goweb.environ, columns=120, lines=30) as screen:
            screen.shows("✖ etcd", "✖ controllers", "✖ scheduler", "● live", "late", "web", "node-1")
            screen.press("C")
            screen.shows("nothing is written", "Deployment shop/late", "Pod shop/unplaced")
            screen.press("/scheduler", "Enter")
            screen.shows("kube-scheduler  failing  by its work", "nobody has tried to place it")
            screen.press("o")
            screen.shows("Workloads")
            screen.press(":logs web", "Enter")
            screen.shows("logs of deploy/web", "listening")
    own.kubectl("-n", "shop", "delete", "pod/unplaced", "deploy/late", "--wait=false")

    assert first["etcd"]["verdict"] == "healthy", "a lease that was just renewed"
    assert "failing" not in (first[SCHEDULER]["verdict"], first[CONTROLLERS]["verdict"]), "it may yet be looked at"
    assert seen[SCHEDULER]["source"] == seen[CONTROLLERS]["source"] == "its work"
    assert "Pod shop/unplaced waits" in seen[SCHEDULER]["why"]
    assert "nobody has tried to place it" in seen[SCHEDULER]["why"]
    assert "Deployment shop/late" in seen[CONTROLLERS]["why"]
    assert "nobody has looked at it" in seen[CONTROLLERS]["why"]
    assert "nothing is written" in seen["etcd"]["why"]
    assert "alarm NOSPACE" in seen["etcd"]["why"]
    assert seen["API server"]["verdict"] == "healthy"
    assert "ok" in probed.result().out
    assert status.result().code in (1, 5)

    def well() -> bool:
        return "failing" not in {one["verdict"] for one in plane(goweb, "--no-metrics")[""]["controlPlane"]}

    until(well, what="all of it told as well", timeout=60, every=1)


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


def test_a_stopped_etcd_is_told_by_name_within_seconds_and_a_certificate_that_ends_soon_after_it(
    own: Cluster, goweb: Goweb, web: Web
) -> None:
    (pod, *_) = web.pods()
    url = f"http://{pod['status']['podIP']}:8080/api/health"

    def start() -> None:
        controlplane.start_etcd(own.layout, own.binaries)
        pki.issue_serving(own.layout, days=10)
        # Its clients would wait for up to two minutes, by their back-off.
        ApiServer(own.layout, own.binaries).restart()

    verbs = [("status",), ("triage",), ("probe", "web"), ("why", "web"), ("changes", "web")]
    with stopped(own, controlplane.ETCD, start=start):
        shell = ["sh", "-c", f"{shlex.join(PROGRAM)} status -n shop; cat"]
        with ExitStack() as open_now:
            screen = open_now.enter_context(terminal(shell, goweb.environ, columns=200))
            cockpit = open_now.enter_context(terminal([*PROGRAM, "-n", "shop"], goweb.environ, columns=200))
            hands = open_now.enter_context(ThreadPoolExecutor(len(verbs)))
            begun = time.monotonic()
            asked = [hands.submit(goweb, *verb, "-n", "shop") for verb in verbs]
            ran = {one.result().code: one.result().err for one in asked}
            took = time.monotonic() - begun
            screen.shows("waiting for", "its etcd is gone or hangs")
            cockpit.shows("cannot read the cluster", "its etcd is gone or hangs", "✖ etcd for")
        seen = plane(goweb, "--no-metrics")
        probed = goweb("probe", url, "--retries=1")

    assert list(ran) == [3]
    assert took < 20, "half a minute of silence is not waited for"
    assert "runs, but its etcd is gone or hangs (failed: etcd" in ran[3]
    assert (seen["etcd"]["verdict"], seen["etcd"]["source"]) == ("failing", "/readyz")
    assert "not ready: etcd" in seen["API server"]["why"]
    assert seen[""]["exitCode"] == 1
    assert any("its etcd is gone" in gap["why"] for gap in seen[""]["gaps"])
    assert probed.code == 0

    def back() -> Any:
        found = plane(goweb, "--no-metrics")
        return found if found["etcd"]["verdict"] == "healthy" else None

    certificate = until(back, what="etcd back", timeout=60)["API server certificate"]
    assert certificate["verdict"] == "degraded", "the one that it has shown since its new start"
    assert re.match(r"ends in (9|10) days", certificate["why"])
