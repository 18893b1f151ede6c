"""Every typed reason provoked for real, by every way that can see it; and what the kubelet says beside it."""

import contextlib
import json
import re
import socket
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from .conftest import DeployWeb
from .harness import monitoring
from .harness.cluster import Cluster
from .harness.images import publish_current_web
from .harness.kubectl import Kubectl
from .harness.users import Rule, Users
from .harness.waiting import until
from .program import Goweb, Ran, validate


@pytest.fixture(scope="module")
def image(cluster: Cluster) -> str:
    """The web service as it is in this checkout."""
    return publish_current_web(cluster.layout)


@dataclass(frozen=True)
class Faulty:
    """One Pod with every fault of faults.go."""

    goweb: Goweb
    namespace: str
    address: str
    authority: Path

    def __call__(self, *arguments: str) -> Ran:
        return self.goweb("probe", "pod/faulty", "-n", self.namespace, "--retries=1", *arguments)

    def result(self, *arguments: str) -> Any:
        ran = self(*arguments, "-o", "json")
        document = json.loads(ran.out)
        validate(document, "probe")
        (probe,) = document["probes"]
        assert document["exitCode"] == ran.code
        return probe["result"]


@pytest.fixture(scope="module")
def goweb(cluster: Cluster) -> Goweb:
    return Goweb(cluster.kubectl.kubeconfig)


@pytest.fixture(scope="module")
def faulty(cluster: Cluster, goweb: Goweb, image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faulty]:
    kubectl, namespace = cluster.kubectl, f"probes-{socket.gethostname()[:8].lower()}-{id(image) % 10000}"
    kubectl("create", "namespace", namespace)
    kubectl("-n", namespace, "wait", "--for=create", "serviceaccount/default", "--timeout=120s")
    container = {
        "name": "web",
        "image": image,
        "env": [{"name": "FAULTS", "value": "1"}],
        "ports": [{"containerPort": 8080, "name": "http"}, {"containerPort": 9999}],
        "readinessProbe": {"httpGet": {"path": "/api/health", "port": "http"}, "periodSeconds": 1},
    }
    kubectl.create(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "faulty", "namespace": namespace, "labels": {"app": "faulty"}},
            "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
        }
    )
    kubectl("-n", namespace, "wait", "--for=condition=Ready", "pod/faulty", "--timeout=60s")
    address = kubectl.json("-n", namespace, "get", "pod", "faulty")["status"]["podIP"]
    authority = tmp_path_factory.mktemp("ca") / "ca.pem"
    with urllib.request.urlopen(f"http://{address}:8080/ca.pem") as answer:
        authority.write_bytes(answer.read())
    yield Faulty(goweb, namespace, address, authority)
    kubectl("delete", "namespace", "--wait=false", namespace)


DIRECT, PROXY, FORWARD = "direct", "api-proxy", "port-forward"
TLS = ("--tls", "--host=web.test", "--path=/api/health", "--port")
CASES: list[tuple[tuple[str, ...], dict[str, str]]] = [
    (("--path=/api/health",), {DIRECT: "ok", PROXY: "ok", FORWARD: "ok"}),
    (("--path=/fault/status/503",), {DIRECT: "status", PROXY: "status", FORWARD: "status"}),
    (("--path=/api/health", "--body=sick"), {DIRECT: "body-mismatch", PROXY: "body-mismatch"}),
    (("--path=/api/health", "--expect-header=Content-Type:text"), {DIRECT: "header-mismatch"}),
    (
        ("--path=/fault/redirect/301?to=/moved", "--no-follow"),
        {DIRECT: "redirect-permanent", PROXY: "redirect-permanent"},
    ),
    (
        ("--path=/fault/redirect/302?to=/moved", "--no-follow"),
        {DIRECT: "redirect-temporary", PROXY: "redirect-temporary"},
    ),
    (("--path=/fault/redirect/302?to=/api/health",), {DIRECT: "ok", PROXY: "ok", FORWARD: "ok"}),
    (("--path=/fault/loop",), {DIRECT: "redirect-loop", PROXY: "redirect-loop"}),
    (
        ("--path=/fault/slow?for=3s", "--timeout=500ms"),
        {DIRECT: "processing-timeout", PROXY: "processing-timeout", FORWARD: "processing-timeout"},
    ),
    (
        ("--path=/fault/drip?for=3s", "--timeout=500ms"),
        {DIRECT: "transfer-timeout", PROXY: "processing-timeout", FORWARD: "transfer-timeout"},
    ),
    (("--path=/fault/half",), {DIRECT: "body-cut"}),
    (("--path=/fault/reset",), {DIRECT: "reset", PROXY: "reset"}),
    (("--path=/fault/close",), {DIRECT: "closed", PROXY: "closed"}),
    (("--path=/", "--port=8450"), {DIRECT: "not-http", PROXY: "not-http", FORWARD: "not-http"}),
    (("--path=/", "--port=8443"), {DIRECT: "plain-to-tls-port", PROXY: "plain-to-tls-port"}),
    (
        ("--path=/", "--port=8080", "--tls"),
        {DIRECT: "tls-to-plain-port", PROXY: "tls-to-plain-port", FORWARD: "tls-to-plain-port"},
    ),
    ((*TLS, "8443"), {DIRECT: "ok", FORWARD: "ok"}),
    ((*TLS, "8444"), {DIRECT: "tls-name", FORWARD: "tls-name"}),
    ((*TLS, "8445"), {DIRECT: "tls-expired", FORWARD: "tls-expired"}),
    ((*TLS, "8446"), {DIRECT: "tls-unknown-ca", FORWARD: "tls-unknown-ca"}),
    ((*TLS, "8447", "--min-tls=1.3"), {DIRECT: "tls-version"}),
    ((*TLS, "8448"), {DIRECT: "tls-client-certificate"}),
    ((*TLS, "8449", "--timeout=500ms"), {DIRECT: "tls-timeout", FORWARD: "tls-timeout"}),
    ((*TLS, "8443", "--expires-within=2"), {DIRECT: "tls-expires-soon"}),
    ((*TLS, "8451"), {DIRECT: "tls-not-yet-valid", FORWARD: "tls-not-yet-valid"}),
    ((*TLS, "8452"), {DIRECT: "tls-failed", FORWARD: "tls-failed"}),
    ((*TLS, "8443", "--fail-if-ssl"), {DIRECT: "tls-forbidden"}),
    (("--path=/api/health", "--fail-if-not-ssl"), {DIRECT: "tls-required"}),
    (("--path=/", "--port=8081"), {DIRECT: "wrong-port", PROXY: "wrong-port", FORWARD: "wrong-port"}),
    (("--path=/", "--port=9999"), {DIRECT: "wrong-port", PROXY: "wrong-port"}),
    (("--kind=tcp", "--port=8080"), {DIRECT: "ok", FORWARD: "ok"}),
    (("--kind=tcp", "--port=8081"), {DIRECT: "wrong-port", FORWARD: "wrong-port"}),
    (("--kind=grpc", "--port=9090"), {DIRECT: "ok", FORWARD: "ok"}),
    (("--port=9090", "--grpc-service=sick"), {DIRECT: "grpc-not-serving", FORWARD: "grpc-not-serving"}),
    (("--port=9090", "--grpc-service=nobody"), {DIRECT: "grpc-unknown-service"}),
    (("--kind=grpc", "--port=9091"), {DIRECT: "grpc-unimplemented", FORWARD: "grpc-unimplemented"}),
    (("--kind=grpc", "--port=9092"), {DIRECT: "grpc-status", FORWARD: "grpc-status"}),
    (("--kind=grpc", "--port=8450"), {DIRECT: "not-http", FORWARD: "not-http"}),
]
"""What is asked, and the reason by each way that can tell it."""
PAIRS = [(asked, way, reason) for asked, by_way in CASES for way, reason in by_way.items()]


@pytest.mark.parametrize(("asked", "way", "reason"), PAIRS, ids=[f"{w}-{r}-{a[0]}" for a, w, r in PAIRS])
def test_each_reason_is_named_by_every_way_that_sees_it(
    faulty: Faulty, asked: tuple[str, ...], way: str, reason: str
) -> None:
    result = faulty.result(*asked, f"--via={way}", f"--ca={faulty.authority}")

    assert (result["reason"], result["success"]) == (reason, reason == "ok"), result["detail"]
    assert result["way"].lower().replace(" ", "-") == way


@pytest.fixture
def full() -> Iterator[int]:
    """A port whose queue of connections is full: the kernel lets further ones wait."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        with contextlib.ExitStack() as waiting:
            for _ in range(4):
                sock = waiting.enter_context(socket.socket())
                sock.setblocking(False)
                sock.connect_ex(("127.0.0.1", port))
            yield port


@pytest.fixture
def old() -> Iterator[int]:
    """The port of a server that speaks HTTP/1 only, and says so."""
    with ThreadingHTTPServer(("127.0.0.1", 0), QuietHandler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


class QuietHandler(BaseHTTPRequestHandler):
    default_request_version = "HTTP/1.0"
    """Else it answers what it does not understand without a status line."""

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def test_a_url_is_probed_without_a_cluster(goweb: Goweb, full: int, old: int) -> None:
    for url, reason in (
        (f"grpc://127.0.0.1:{old}/", "not-grpc"),
        ("http://nobody.invalid/", "resolve-failed"),
        ("tcp://127.0.0.1:1", "refused"),
        (f"http://127.0.0.1:{full}/", "connect-timeout"),
    ):
        ran = goweb("probe", url, "--kubeconfig=/nonexistent", "--retries=1", "--timeout=500ms", "-o", "json")

        assert ran.code == 1
        assert json.loads(ran.out)["probes"][0]["result"]["reason"] == reason


def test_a_pod_that_speaks_first_is_heard_through_a_port_forward(faulty: Faulty) -> None:
    """Whether its greeting comes with the end of the handshake is a matter of luck, so it is tried several times."""
    asked = ("--kind=grpc", "--port=8450", "--via=port-forward", "--timeout=1s")

    assert {faulty.result(*asked)["reason"] for _ in range(6)} == {"not-http"}


def test_phases_add_up_to_the_whole(faulty: Faulty) -> None:
    result = faulty.result(*TLS, "8443", f"--ca={faulty.authority}", "--via=direct")

    durations = result["durations"]
    phases = [durations[name] for name in ("resolve", "connect", "tls", "processing", "transfer")]
    assert all(seconds > 0 for seconds in phases[1:4])
    assert sum(phases) <= durations["total"] < sum(phases) + 0.05
    assert result["tls"]["version"] == "TLSv1.3"


def test_the_api_proxy_does_not_claim_to_have_checked_a_certificate(faulty: Faulty) -> None:
    result = faulty.result(*TLS, "8444", "--via=api-proxy")

    assert result["success"] is True
    assert "were not checked" in result["warning"]


def test_old_and_new_pods_are_replayed_side_by_side_with_the_kubelets_words(
    deploy_web: DeployWeb, goweb: Goweb, namespace: str, image: str
) -> None:
    web = deploy_web(replicas=2, image=image)
    web.update(env={"UNREADY": "1"})

    def probed() -> Any:
        ran = goweb("probe", "web", "-n", namespace, "--retries=1", "-o", "json")
        return json.loads(ran.out)["probes"]

    def told() -> Any:
        probes = probed()
        new = [probe for probe in probes if probe["revision"] == "2"]
        return probes if new and new[0]["kubelet"][0]["complaint"] else None

    probes = until(told, what="the kubelet's complaint about the new Pod", timeout=60)
    old = [probe for probe in probes if probe["revision"] == "1"]
    new = [probe for probe in probes if probe["revision"] == "2"]
    assert [probe["result"]["success"] for probe in old] == [True, True]
    assert [probe["kubelet"][0]["passing"] for probe in old] == [True, True]
    assert new[0]["result"]["reason"] == "status"
    assert new[0]["kubelet"][0]["passing"] is False
    assert "statuscode: 500" in new[0]["kubelet"][0]["complaint"]
    assert new[0]["disagreement"] == ""


def test_where_the_kubelet_and_we_differ_it_is_said_what_that_means(
    goweb: Goweb, kubectl: Kubectl, namespace: str, image: str
) -> None:
    """Three containers: one sick since its kubelet looked, one too slow for it, one that has just recovered."""

    def container(name: str, port: int, env: dict[str, str], **probe: int) -> dict[str, Any]:
        return {
            "name": name,
            "image": image,
            "env": [{"name": key, "value": value} for key, value in {"PORT": str(port), **env}.items()],
            "ports": [{"containerPort": port}],
            "readinessProbe": {"httpGet": {"path": "/api/health", "port": port}, "failureThreshold": 1, **probe},
        }

    containers = [
        container("sick", 8081, {}, periodSeconds=30, initialDelaySeconds=5),
        container("slow", 8082, {"SLOW": "1500ms"}, periodSeconds=2),
        container("recovered", 8083, {"UNREADY": "1"}, periodSeconds=5, successThreshold=10),
    ]
    kubectl.create(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "three", "namespace": namespace},
            "spec": {"containers": containers, "terminationGracePeriodSeconds": 0},
        }
    )

    def ready() -> dict[str, bool]:
        statuses = kubectl.json("-n", namespace, "get", "pod", "three")["status"].get("containerStatuses", ())
        return {one["name"]: one["ready"] for one in statuses}

    until(lambda: ready().get("sick"), what="the kubelet's first look", timeout=75)
    address = kubectl.json("-n", namespace, "get", "pod", "three")["status"]["podIP"]
    for port, unready in ((8081, "true"), (8083, "false")):
        request = urllib.request.Request(f"http://{address}:{port}/switch?unready={unready}", method="POST")
        urllib.request.urlopen(request).close()

    ran = goweb("probe", "pod/three", "-n", namespace, "--retries=1", "--timeout=5s", "-o", "json")
    document = json.loads(ran.out)
    validate(document, "probe")
    told = {one["container"]: one for one in document["probes"]}
    assert {name: one["result"]["success"] for name, one in told.items()} == {
        "sick": False,
        "slow": True,
        "recovered": True,
    }
    assert {name: one["kubelet"][0]["passing"] for name, one in told.items()} == {
        "sick": True,
        "slow": False,
        "recovered": False,
    }
    assert "still passing: it acts after 1 failure in a row" in told["sick"]["disagreement"]
    assert "and the kubelet waits 1 s" in told["slow"]["disagreement"]
    assert "it has just recovered (the kubelet wants 10 successes, one every 5 s)" in told["recovered"]["disagreement"]


def test_a_service_is_probed_through_its_address_and_by_the_api(
    deploy_web: DeployWeb, goweb: Goweb, namespace: str, image: str
) -> None:
    deploy_web(image=image)

    for way in ("direct", "api-proxy"):
        ran = goweb("probe", "svc/web", "-n", namespace, f"--via={way}", "-o", "json")
        (probe,) = json.loads(ran.out)["probes"]
        assert (ran.code, probe["result"]["reason"], probe["request"]) == (0, "ok", "GET :80/api/health")


def test_what_may_not_be_asked_is_unknown_and_not_failing(faulty: Faulty, user: Users, kubectl: Kubectl) -> None:
    reader = user(
        "reader",
        rules=[Rule(("get", "list"), ("pods", "events")), Rule(("list",), ("replicasets",), "apps")],
        namespace=faulty.namespace,
    )

    ran = Goweb(reader)("probe", "pod/faulty", "-n", faulty.namespace, "--via=api-proxy", "-o", "json")

    result = json.loads(ran.out)["probes"][0]["result"]
    assert (ran.code, result["success"], result["reason"]) == (3, None, "not-allowed")


CODES = (
    "/api/health",
    "/fault/status/503",
    "/fault/redirect/302?to=/api/health",
    "/fault/loop",
    "/fault/half",
    "/fault/close",
    "/fault/slow?for=300ms",
)


def samples(text: str) -> dict[str, float]:
    """An exposition without its comments."""
    lines = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


@contextlib.contextmanager
def exporter(goweb: Goweb, *arguments: str) -> Iterator[str]:
    """Our exporter, at the URL that it tells."""
    process = goweb.start("probe", "--listen=127.0.0.1:0", *arguments)
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        found = re.search(r"http://[0-9.:]+", said)
        assert found, said
        yield found[0]
    finally:
        process.terminate()
        process.wait(10)
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()


@pytest.fixture(scope="module")
def listening(faulty: Faulty) -> Iterator[str]:
    arguments = ("-n", faulty.namespace, "--interval=1s", f"--ca={faulty.authority}")
    with exporter(faulty.goweb, *arguments) as url:
        yield url


EXACT = (
    "probe_success",
    "probe_http_status_code",
    "probe_http_redirects",
    "probe_http_ssl",
    "probe_http_content_length",
    "probe_failed_due_to_regex",
    "probe_grpc_status_code",
)


def test_blackbox_exporter_and_ours_agree(faulty: Faulty, listening: str, tmp_path: Path) -> None:
    modules = {
        "http_2xx": {"prober": "http", "http": {"preferred_ip_protocol": "ip4", "enable_http2": False}},
        "tcp_connect": {"prober": "tcp"},
        "grpc_plain": {"prober": "grpc", "grpc": {"preferred_ip_protocol": "ip4"}},
    }
    targets = [("http_2xx", f"http://{faulty.address}:8080{path}") for path in CODES]
    targets += [("http_2xx", f"http://{faulty.address}:{port}/") for port in (8081, 8443, 8450)]
    targets += [("tcp_connect", f"{faulty.address}:{port}") for port in (8080, 8081)]
    targets += [("grpc_plain", f"{faulty.address}:{port}") for port in (9090, 9091, 8081)]

    with monitoring.blackbox(tmp_path, modules) as theirs:
        for module, target in targets:
            until(partial(phases_agree, theirs, listening, module, target), what=f"the same phases of {target}")


def phases_agree(theirs: monitoring.Server, listening: str, module: str, target: str) -> bool:
    """Whether both took equally long for each phase, which a busy machine upsets at times; what they find has to be the
    same each time.
    """
    query = urllib.parse.urlencode({"module": module, "target": target})
    told = samples(theirs.get("/probe", module=module, target=target))
    with urllib.request.urlopen(f"{listening}/probe?{query}") as answer:
        ours = samples(answer.read().decode())
    # What is only told of an answer is compared where there was one.
    answered = told.get("probe_http_status_code", 1) != 0
    shared = {name for name in (EXACT if answered else EXACT[:2]) if name in told and name in ours}
    if target.endswith("/loop"):
        shared.discard("probe_http_redirects")  # theirs counts the one it refuses, too
    assert "probe_success" in shared
    assert {name: ours[name] for name in shared} == {name: told[name] for name in shared}, target
    names = [
        f'probe_http_duration_seconds{{phase="{phase}"}}' for phase in ("connect", "tls", "processing", "transfer")
    ]
    phases = [name for name in names if name in told] if answered else []
    return all(ours[name] == pytest.approx(told[name], rel=0.2, abs=0.002) for name in phases)


def test_a_real_prometheus_scrapes_our_exporter(faulty: Faulty, listening: str, tmp_path: Path) -> None:
    address = listening.removeprefix("http://")
    url = f"http://{faulty.address}:8080/fault/status/503"
    jobs: dict[str, dict[str, Any]] = {
        "goweb": {"static_configs": [{"targets": [address]}]},
        "blackbox": {
            "metrics_path": "/probe",
            "params": {"module": ["http_2xx"], "target": [url]},
            "static_configs": [{"targets": [address]}],
        },
    }
    with monitoring.prometheus(tmp_path, jobs) as prometheus:
        watched = until(
            lambda: prometheus.query(f'probe_success{{job="goweb",namespace="{faulty.namespace}"}}'),
            what="a scrape of /metrics",
        )
        asked = until(lambda: prometheus.query('probe_http_status_code{job="blackbox"}'), what="a scrape of /probe")

    assert watched[0]["metric"]["name"] == "faulty"
    assert watched[0]["metric"]["via"] == "direct"
    assert watched[0]["value"][1] == "1"
    assert asked[0]["value"][1] == "503"


def test_the_exporter_refuses_what_it_does_not_know(listening: str) -> None:
    for query, said in (("module=nope&target=x", "Unknown module"), ("module=http_2xx", "Target parameter")):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{listening}/probe?{query}")
        with refused.value as error:
            assert error.code == 400
            assert said in error.read().decode()


def test_the_kubelets_own_counts_stand_beside_our_results(faulty: Faulty) -> None:
    def counted() -> Any:
        (probe,) = json.loads(faulty("-o", "json").out)["probes"]
        return probe["kubelet"][0]["counts"]

    counts = until(counted, what="the kubelet's counts")
    assert counts["successful"] >= 1
    assert counts["failed"] == 0
    assert 0 < counts["meanDuration"] < 1
