"""What a real Prometheus knows of a real service, however that Prometheus is reached, stands below its probes."""

import contextlib
import json
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from .conftest import namespaces
from .harness import monitoring
from .harness.cluster import Cluster
from .harness.images import publish_current_web, web_image
from .harness.users import READ_ONLY, Users
from .harness.waiting import until
from .harness.web import Web, manifests
from .program import Goweb, validate


class Measured:
    """Two Pods of the web service, some traffic, and a closed Prometheus that scrapes them through time."""

    def __init__(self, web: Web, server: monitoring.Server, folder: Path) -> None:
        self.web = web
        self.server = server
        self.url = f"http://{server.address}"
        self.password = folder / "password"
        self.password.write_text(f"{monitoring.PASSWORD}\n")
        self.login = (f"--prometheus-user={monitoring.USER}", f"--prometheus-password-file={self.password}")

    def ask(self) -> None:
        """A request to each Pod that succeeds, and one that fails."""
        for pod in self.web.pods():
            url = f"http://{pod['status']['podIP']}:8080"
            urllib.request.urlopen(f"{url}/version").close()
            urllib.request.urlopen(f"{url}/switch?unready=true", data=b"").close()
            with pytest.raises(urllib.error.HTTPError) as failed:
                urllib.request.urlopen(f"{url}/api/health")
            failed.value.close()
            urllib.request.urlopen(f"{url}/switch?unready=false", data=b"").close()


@pytest.fixture(scope="module")
def measured(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Measured]:
    folder = tmp_path_factory.mktemp("monitoring")
    with namespaces(cluster, "measured") as make:
        place = make()
        image = publish_current_web(cluster.layout)
        cluster.kubectl.create(*manifests(place, "web", image=image, replicas=2, env={"FAULTS": "1"}))
        web = Web(cluster.kubectl, place, "web", cluster.layout.registry)
        web.wait()
        service = f"http://{cluster.kubectl.json('-n', place, 'get', 'svc', 'web')['spec']['clusterIP']}/api/health"
        with monitoring.blackbox(_made(folder / "blackbox"), {"http_2xx": {"prober": "http"}}) as blackbox:
            jobs: dict[str, dict[str, Any]] = {
                "web": {
                    "static_configs": [
                        {
                            "targets": [f"{pod['status']['podIP']}:8080"],
                            "labels": {"namespace": place, "pod": pod["metadata"]["name"]},
                        }
                        for pod in web.pods()
                    ]
                },
                "blackbox": {
                    "metrics_path": "/probe",
                    "params": {"module": ["http_2xx"], "target": [service]},
                    "static_configs": [{"targets": [blackbox.address], "labels": {"instance": service}}],
                },
            }
            with monitoring.prometheus(_made(folder / "prometheus"), jobs, is_closed=True) as server:
                yield Measured(web, server, folder)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.fixture
def goweb(cluster: Cluster, tmp_path: Path) -> Goweb:
    return Goweb(cluster.kubectl.kubeconfig, {"XDG_CONFIG_HOME": str(tmp_path)})


def told(goweb: Goweb, place: str, *arguments: str) -> Any:
    document = json.loads(goweb("probe", *arguments, "-n", place, "-o", "json").out)
    validate(document, "probe")
    return document


def test_requests_errors_and_latency_stand_below_the_probes(goweb: Goweb, measured: Measured) -> None:
    place = measured.web.namespace

    def known() -> Any:
        measured.ask()
        document = told(goweb, place, "deploy/web", "svc/web", "--prometheus", measured.url, *measured.login)
        assert document["gaps"] == []
        done = [one for one in document["metrics"] if one["errorRatio"] and one["probes"] and one["p99"]]
        return done if len(done) == 2 else None

    workload, service = until(known, what="metrics of the workload and the Service", timeout=60)

    assert (workload["ref"]["kind"], service["ref"]["kind"]) == ("Deployment", "Service")
    assert 0 < workload["requestRate"] < 60
    assert 0 < workload["errorRatio"] < 0.5
    assert 0 < workload["p50"] <= workload["p95"] <= workload["p99"] < 1
    assert [(one["success"], one["job"]) for one in workload["probes"]] == [(True, "blackbox")]
    assert workload["absent"] == []
    assert workload["source"] == measured.url
    (sample,) = measured.server.query(f'sum(rate(http_requests_total{{namespace="{place}"}}[5m]))')
    assert workload["requestRate"] == pytest.approx(float(sample["value"][1]), rel=0.5)


def test_the_table_is_for_people(goweb: Goweb, measured: Measured) -> None:
    ran = goweb("probe", "web", "-n", measured.web.namespace, "--prometheus", measured.url, *measured.login)

    above, below = ran.out.split("\n\n")
    assert above.startswith("TARGET")
    more = ("PROBE_SUCCESS", "OVER")
    assert below.split("\n")[0].split() == ["SERVICE", "REQUESTS", "ERRORS", "P50", "P95", "P99", *more]
    assert below.split("\n")[1].startswith("deploy/web")
    assert ran.err == ""


def test_another_login_is_wanted_and_that_is_said(goweb: Goweb, measured: Measured) -> None:
    document = told(goweb, measured.web.namespace, "web", "--prometheus", measured.url)

    assert document["metrics"] == []
    (gap,) = document["gaps"]
    assert gap["why"] == f"Prometheus: {measured.url} answered 401: it wants another login"
    assert document["exitCode"] == 0, "metrics are no reason for another verdict"


@contextlib.contextmanager
def gate(behind: str, token: str) -> Iterator[str]:
    """Lets those through who bear a token, to a Prometheus that knows no tokens."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get("Authorization") != f"Bearer {token}":
                self.send_error(401)
                return
            with urllib.request.urlopen(behind + self.path) as answer:
                body = answer.read()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_bearer_token_opens_the_gate_and_what_is_not_scraped_is_absent(
    goweb: Goweb, measured: Measured, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("t0ken\n")
    settings = _made(tmp_path / "kubectl-goweb") / "config.toml"
    with monitoring.prometheus(tmp_path, {}) as empty, gate(f"http://{empty.address}", "t0ken") as url:
        settings.write_text(
            f'[metrics]\nprometheus = "{url}"\ntoken_file = "{token}"\nqueries.requests = "vector(7)"\n'
        )

        (known,) = told(goweb, measured.web.namespace, "web")["metrics"]

    assert known["requestRate"] == 7, "the query of the settings"
    assert (known["errorRatio"], known["p50"], known["probes"]) == (None, None, [])
    assert known["absent"] == [f"{name}: no such series" for name in ("error ratio", "latency", "probe_success")]


def _known(document: Any) -> Any:
    return document if document["metrics"] else None


def test_a_prometheus_of_the_cluster_is_found_and_asked_through_the_api_server(
    goweb: Goweb, cluster: Cluster, measured: Measured, namespace: str, tmp_path: Path, user: Users
) -> None:
    place, image = namespace, web_image(cluster.layout, "1")
    node = {"static_configs": [{"targets": ["127.0.0.1:1"], "labels": {"node": "node-1"}}]}
    # The API server's proxy leads to Pods only: Prometheus runs on the node, where this Pod has the node's address.
    pod = {
        "hostNetwork": True,
        "terminationGracePeriodSeconds": 0,
        "containers": [
            {"name": "web", "image": image, "env": [{"name": "PORT", "value": str(monitoring.free_port())}]}
        ],
    }
    labels = {"app.kubernetes.io/name": "prometheus"}
    meta = {"name": "metrics", "namespace": place, "labels": labels}
    with monitoring.prometheus(tmp_path, {"nobody": node}, node=cluster.layout) as server:
        port = int(server.address.partition(":")[2])
        ports = [{"name": "web", "port": 9090, "targetPort": port}]
        cluster.kubectl.create(
            {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": pod},
            {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"ports": ports, "selector": labels}},
        )
        cluster.kubectl("-n", place, "wait", "--for=condition=Ready", "pod/metrics", "--timeout=60s")
        (up,) = until(lambda: server.query("up"), what="a first scrape")

        document = until(lambda: _known(told(goweb, measured.web.namespace, "web")), what="endpoints of Prometheus")
        near = Goweb(user("near", rules=READ_ONLY, namespace=measured.web.namespace))
        refused = told(near, measured.web.namespace, "web")
        usage = json.loads(goweb("nodes", "node-1", "-o", "json").out)

    assert up["value"][1] == "0"
    assert any(gap["why"].startswith("Prometheus has no cpu of any node") for gap in usage["gaps"])
    assert document["gaps"] == []
    (known,) = document["metrics"]
    assert known["source"] == f"svc/metrics in {place}"
    assert len(known["absent"]) == 4
    assert refused["metrics"] == []
    assert "no Prometheus could be searched for" in refused["gaps"][0]["why"]
