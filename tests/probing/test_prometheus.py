"""Asking a Prometheus: logins, refusals, discovery, and the questions about services."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from kubectl_goweb.cli.probing.metrics import queries
from kubectl_goweb.errors import ForbiddenError, SettingsError
from kubectl_goweb.kube.access import Secret
from kubectl_goweb.kube.connection import Relayed
from kubectl_goweb.kube.wire import Head
from kubectl_goweb.objects import Kind, Pod, Service, decode_page
from kubectl_goweb.objects.core import ServicePort, ServiceSpec
from kubectl_goweb.objects.meta import Meta, OwnerReference
from kubectl_goweb.objects.networking import Ingress
from kubectl_goweb.probing.prometheus import Login, Prometheus, at_url, discovered, is_prometheus, secret_in
from kubectl_goweb.probing.promql import NODE_QUERIES, PromError, Sample, UnansweredError
from kubectl_goweb.probing.service_metrics import measured
from kubectl_goweb.probing.service_queries import SERVICE_QUERIES, Subject, filled, pods_pattern, subject
from kubectl_goweb.settings import Metrics
from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.tables.service_metrics import requests, service_metrics, share
from tests.probing.results import NOW
from tests.probing.test_promql import vector

WEB = Ref("Deployment", "web", "shop")


class Recorder:
    """An HTTP server that answers as told, and remembers what it was asked with."""

    def __init__(self, answer: Callable[[str], tuple[int, bytes]]) -> None:
        self.logins: list[str] = []
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                recorder.logins.append(self.headers.get("Authorization", ""))
                status, body = answer(parse_qs(urlsplit(self.path).query)["query"][0])
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", body.decode())
                    body = b""
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def recorder() -> Iterator[Callable[[int, bytes], Recorder]]:
    made: list[Recorder] = []

    def make(status: int, body: bytes) -> Recorder:
        made.append(Recorder(lambda _: (status, body)))
        return made[-1]

    yield make
    for one in made:
        one.close()


ANSWER = vector(({"node": "a"}, "0.5"))


def test_a_bearer_token_or_a_user_with_a_password_is_sent(
    recorder: Callable[[int, bytes], Recorder], tmp_path: Path
) -> None:
    server = recorder(200, ANSWER)
    secret = tmp_path / "token"
    secret.write_text("s3cret\n")

    at_url(server.url, Login()).ask("up")
    at_url(server.url, Login(token=secret_in(str(secret)))).ask("up")
    at_url(server.url, Login(user="ann", password=Secret("pw"))).ask("up")

    assert server.logins == ["", "Bearer s3cret", f"Basic {base64.b64encode(b'ann:pw').decode()}"]
    with pytest.raises(PromError, match="cannot read"):
        secret_in(str(tmp_path / "none"))


def test_a_login_is_not_handed_on_to_where_a_redirect_leads(recorder: Callable[[int, bytes], Recorder]) -> None:
    elsewhere = recorder(200, ANSWER)
    gate = recorder(302, f"{elsewhere.url}api/v1/query?query=up".encode())

    (sample,) = at_url(gate.url, Login(token=Secret("s3cret"))).ask("up")

    assert (sample.value, gate.logins, elsewhere.logins) == (0.5, ["Bearer s3cret"], [""])


@pytest.mark.parametrize(
    ("status", "body", "said", "is_unanswered"),
    [
        (401, b"", "answered 401: it wants another login", True),
        (403, b"", "answered 403: this login may not ask it", True),
        (502, b"bad gateway", "answered 502", True),
        (400, b'{"status":"error","error":"parse error"}', "refused the query: parse error", False),
        (200, b"<html>", "does not answer as a Prometheus", False),
    ],
)
def test_a_refusal_says_whose_it_is(
    recorder: Callable[[int, bytes], Recorder], status: int, body: bytes, said: str, *, is_unanswered: bool
) -> None:
    with pytest.raises(PromError, match=said) as raised:
        at_url(recorder(status, body).url, Login()).ask("up")
    assert isinstance(raised.value, UnansweredError) is is_unanswered


def test_nobody_at_the_url_is_told() -> None:
    for url, said in (("http://127.0.0.1:1", "cannot be asked"), ("prometheus:9090", "is no http URL")):
        with pytest.raises(UnansweredError, match=said):
            at_url(url, Login()).ask("up")


def service(name: str, *ports: tuple[str, int], namespace: str = "monitoring", **labels: str) -> Service:
    found = {key.replace("__", "/").replace("_", "."): value for key, value in labels.items()}
    spec = ServiceSpec(ports=tuple(ServicePort(port, name=name) for name, port in ports), cluster_ip="10.0.0.9")
    return Service(Meta(name, namespace, labels=found), spec)


NAME, COMPONENT = "app_kubernetes_io__name", "app_kubernetes_io__component"


@pytest.mark.parametrize(
    ("found", "is_one"),
    [
        (service("prometheus-k8s", ("web", 9090), **{NAME: "prometheus"}), True),
        (service("prometheus-operated", ("http-web", 9090), operated="true"), True),
        (service("p-server", ("http", 80), **{NAME: "prometheus", COMPONENT: "server"}), True),
        (service("mine", ("", 9090), app="prometheus"), True),
        (service("prometheus-alertmanager", ("http", 9093), **{NAME: "alertmanager"}), False),
        (service("prometheus-pushgateway", ("http", 9091), **{NAME: "prometheus-pushgateway"}), False),
        (service("prometheus-node-exporter", ("metrics", 9100), **{NAME: "prometheus-node-exporter"}), False),
        (service("p-push", ("http", 9091), app="prometheus", **{COMPONENT: "pushgateway"}), False),
        (service("web", ("http", 80)), False),
    ],
)
def test_a_prometheus_is_known_by_its_service(found: Service, *, is_one: bool) -> None:
    assert is_prometheus(found) is is_one


class Proxy:
    """The API server's proxy: what it answers by the Service's name."""

    def __init__(self, answers: Mapping[str, tuple[int, bytes] | Exception]) -> None:
        self.answers = answers
        self.paths: list[str] = []

    def relay(self, path: str, query: Mapping[str, str], *, timeout: float, most: int) -> Relayed:
        self.paths.append(path)
        name = path.split("/")[6].partition(":")[0]
        answer = self.answers[name]
        if isinstance(answer, Exception):
            raise answer
        return Relayed(Head(answer[0], "", {}), answer[1], 0.0, 0.0)


NOBODY = json.dumps({"kind": "Status", "reason": "ServiceUnavailable", "message": 'no endpoints available for "a"'})


def test_the_clusters_prometheus_is_asked_through_the_api_server() -> None:
    proxy = Proxy({"prometheus": (200, ANSWER)})

    found = discovered(proxy, [service("web", ("http", 80)), service("prometheus", ("web", 9090))])

    assert found is not None
    assert (found.place, found.ask("up")[0].value) == ("svc/prometheus in monitoring", 0.5)
    assert proxy.paths == ["/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1/query"]
    assert discovered(proxy, [service("web", ("http", 80))]) is None


def test_a_closed_one_in_the_cluster_is_told_with_the_way_to_ask_it() -> None:
    """The API server takes the login out of what it hands on."""
    found = discovered(Proxy({"prometheus": (401, b"Unauthorized")}), [service("prometheus", ("web", 9090))])

    assert found is not None
    with pytest.raises(UnansweredError, match=r"proxy does not hand on: name its URL and the login \(--prometheus\)"):
        found.ask("up")


def test_of_several_the_first_that_answers_is_asked() -> None:
    several = [service(f"prometheus-{one}", ("", 9090)) for one in "cba"]
    silent: dict[str, tuple[int, bytes] | Exception] = {"prometheus-a": (503, NOBODY.encode())}

    found = discovered(Proxy({**silent, "prometheus-b": (200, ANSWER)}), several)
    assert found is not None
    assert found.place == "svc/prometheus-b in monitoring"

    denied = ForbiddenError("you may not")
    with pytest.raises(UnansweredError, match=r"no endpoint is ready.*you may not.*did not answer within"):
        discovered(Proxy({**silent, "prometheus-b": denied, "prometheus-c": TimeoutError()}), several)


def pod(name: str, owner: str = "") -> Pod:
    owners = (OwnerReference(kind="ReplicaSet", name=owner, uid="u", controller=True),) if owner else ()
    return Pod(Meta(name, "shop", labels={"app": "web"}, owner_references=owners))


def test_pods_are_selected_by_their_controllers_names() -> None:
    pods = [
        pod("web-5d9-abcde", "web-5d9"),
        pod("web-5d9-fghij", "web-5d9"),
        pod("db-0", "db"),
        pod("a.b"),
        pod("x-y-1", "x"),
    ]

    assert pods_pattern(pods) == "web-5d9-[a-z0-9]+|db-[a-z0-9]+|a[.]b|x-y-1"


def test_a_query_is_about_one_subject() -> None:
    spec = ServiceSpec(selector={"app": "web"}, cluster_ip="10.1.1.1")
    services = [Service(Meta("web", "shop"), spec), Service(Meta("web", "other"), spec)]
    about = subject(WEB, [pod("web-1")], services, ())

    said = filled('x{$pods} y{instance=~"$hosts"} $namespace $names $services $window $quantile', about, 0.95)
    assert 'x{namespace="shop",pod=~"web-1"}' in said
    assert "web[.]shop[.]svc|" in said
    assert "10[.]1[.]1[.]1" in said
    assert said.endswith("shop web-1 web 5m 0.95")
    nobody = filled('probe_success{instance=~"$hosts",pod=~"$names"}', Subject(WEB, ()))
    assert nobody == 'probe_success{instance=~"-",pod=~"-"}'


def test_an_ingress_leads_to_a_service_by_its_backend() -> None:
    path = {"backend": {"service": {"name": "web"}}, "path": "/"}
    rules = [{"host": host, "http": {"paths": [path]}} for host in ("web.example", "*.example")]
    item = {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"rules": rules}}
    ingress = decode_page(Kind.INGRESS, json.dumps({"items": [item]}).encode()).items[0]
    assert isinstance(ingress, Ingress)
    services = [Service(Meta("web", "shop"), ServiceSpec(selector={"app": "web"}, cluster_ip="None"))]

    about = subject(WEB, [pod("web-1")], services, [ingress])
    assert "web.example" in about.hosts
    assert not {"*.example", "None", ""} & set(about.hosts)


def prometheus(answers: Mapping[str, float | str]) -> Prometheus:
    """Answers by a piece of the query; a text is a refusal."""

    def ask(promql: str) -> tuple[Sample, ...]:
        for piece, value in answers.items():
            if piece in promql:
                if isinstance(value, str):
                    raise PromError(value)
                labels = {"instance": "http://web.shop/", "job": "blackbox"} if "probe_success" in promql else {}
                return (Sample(labels, value, NOW),)
        return ()

    return Prometheus("p", ask)


SIMPLE = {"requests": "R{$pods}", "errors": "E{$pods}", "latency": "Q$quantile", "probes": "probe_success{$pods}"}
ABOUT = Subject(WEB, (pod("web-1"),))


def test_what_prometheus_has_is_told_and_what_it_has_not_is_absent() -> None:
    answers = {"R{": 12.0, "E{": 0.01, "Q0.5": 0.002, "Q0.95": 0.02, "Q0.99": 0.2, "probe_success": 0.0}
    known = measured(prometheus(answers), SIMPLE, ABOUT)
    assert (known.request_rate, known.error_ratio, known.p50, known.p95, known.p99) == (12, 0.01, 0.002, 0.02, 0.2)
    assert [(one.target, one.success, one.job) for one in known.probes] == [("http://web.shop/", False, "blackbox")]
    assert known.absent == ()

    nothing = measured(prometheus({}), SIMPLE, ABOUT)
    assert (nothing.request_rate, nothing.error_ratio, nothing.p99, nothing.probes) == (None, None, None, ())
    assert nothing.absent == tuple(
        f"{name}: no such series" for name in ("request rate", "error ratio", "latency", "probe_success")
    )
    idle = measured(prometheus({"R{": 0.0}), SIMPLE, ABOUT)
    assert idle.absent == (
        "error ratio and latency: no requests in the last 5m",
        "probe_success: no such series",
    )
    refused = measured(prometheus({"R{": 1.0, "E{": "it refused the query: too long"}), SIMPLE, ABOUT)
    assert refused.absent[0] == "error ratio: it refused the query: too long"


def test_a_row_tells_what_is_not_there_from_nothing() -> None:
    def cells(answers: Mapping[str, float | str]) -> list[str]:
        (row,) = service_metrics([measured(prometheus(answers), SIMPLE, ABOUT)]).rows
        return [cell.text for cell in row.cells[1:8]]

    answers = {"R{": 12.4, "E{": 0.0, "Q": 0.002, "probe_success": 1.0}
    assert cells(answers) == ["deploy/web", "12/s", "0 %", "2.0ms", "2.0ms", "2.0ms", "1 of 1"]
    assert cells({"probe_success": 0.0})[1:] == ["-", "-", "-", "-", "-", "0 of 1, not http://web.shop/"]
    assert [requests(0), requests(0.04), requests(3.25)] == ["0/s", "0.04/s", "3.2/s"]
    assert [share(0.0001), share(0.0125), share(1)] == ["<0.1 %", "1.2 %", "100 %"]


def test_queries_of_the_settings_replace_the_built_in_ones() -> None:
    mine = Metrics(queries={"latency": "mine($quantile)", "cpu": "my:cpu"})

    assert queries(SERVICE_QUERIES, mine)["latency"] == "mine($quantile)"
    assert queries(SERVICE_QUERIES, mine)["requests"] == SERVICE_QUERIES["requests"]
    assert set(queries(NODE_QUERIES, mine)) == set(NODE_QUERIES)
    with pytest.raises(SettingsError, match="unknown query 'latencies'") as raised:
        queries(SERVICE_QUERIES, Metrics(queries={"latencies": "x"}))
    assert raised.value.hint == "did you mean latency?"
