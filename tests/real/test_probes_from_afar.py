"""Probes where the network is at fault, and of Ingresses, through which a service is asked from outside."""

import contextlib
import http.client
import json
import os
import ssl
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from .conftest import DeployWeb
from .harness import pki
from .harness.cluster import Cluster
from .harness.kubectl import Kubectl
from .program import Goweb, validate

SILENT_NAMES = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("127.0.0.1", 53))
    print("listening", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def goweb(cluster: Cluster) -> Goweb:
    return Goweb(cluster.kubectl.kubeconfig)


@pytest.fixture
def island() -> Iterator[Goweb]:
    """The program in a network of its own: a name server that says nothing, and routes that lead nowhere."""
    if os.geteuid() != 0:
        pytest.skip("a network of one's own needs root")
    name = f"goweb-{uuid.uuid4().hex[:6]}"
    folder = Path("/etc/netns") / name
    inside = ("ip", "netns", "exec", name)

    def ip(*arguments: str) -> None:
        subprocess.run(["ip", *arguments], check=True)

    ip("netns", "add", name)
    try:
        folder.mkdir(parents=True)
        (folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        ip("-n", name, "link", "set", "lo", "up")
        for kind, where in (
            ("unreachable", "192.0.2.0/26"),
            ("prohibit", "192.0.2.64/26"),
            ("blackhole", "192.0.2.128/26"),
        ):
            ip("-n", name, "route", "add", kind, where)
        server = subprocess.Popen(
            [*inside, sys.executable, "-c", SILENT_NAMES], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with server:
            assert server.stdout is not None
            assert server.stdout.readline() == "listening\n"
            yield Goweb(Path("/nonexistent"), prefix=inside)
            assert server.stdin is not None
            server.stdin.close()
    finally:
        ip("netns", "delete", name)
        (folder / "resolv.conf").unlink(missing_ok=True)
        folder.rmdir()


def test_a_network_that_leads_nowhere_is_named(island: Goweb) -> None:
    cases = {
        "http://web.test/": ("resolve-timeout", "its name was not resolved within 0.5 s"),
        "http://192.0.2.1/": ("no-route", "cannot be reached: no route to host"),
        "tcp://192.0.2.65:80": ("no-route", "a route or firewall of this machine forbids"),
        "grpc://192.0.2.129:80": ("no-route", "a route or firewall of this machine forbids"),
        "https://203.0.113.1/": ("no-route", "cannot be reached: network is unreachable"),
    }
    ran = island("probe", *cases, "--retries=1", "--timeout=500ms", "-o", "json")

    document = json.loads(ran.out)
    validate(document, "probe")
    assert (ran.code, document["exitCode"]) == (1, 1)
    for one in document["probes"]:
        reason, detail = cases[one["target"]]
        assert one["result"]["reason"] == reason
        assert detail in one["result"]["detail"]


ADDRESS = "127.77.0.1"


@contextlib.contextmanager
def controller(certificate: pki.Login, backend: str) -> Iterator[None]:
    """What an Ingress controller does: takes TLS off, sends plain requests of a TLS host there, and hands on the paths
    of its rules.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host = self.headers["Host"]
            is_tls = isinstance(self.connection, ssl.SSLSocket)
            if host == "web.test" and not is_tls:
                self.send_response(308)
                self.send_header("Location", f"https://web.test{self.path}")
                self.end_headers()
                return
            if host not in ("web.test", "plain.test") or not self.path.startswith(("/api", "/version")):
                self.send_error(404)
                return
            onward = http.client.HTTPConnection(backend, timeout=5)
            onward.request("GET", self.path, headers={"Host": host})
            answer = onward.getresponse()
            body = answer.read()
            onward.close()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    with contextlib.ExitStack() as ends:
        for port in (80, 443):
            server = ends.enter_context(ThreadingHTTPServer((ADDRESS, port), Handler))
            if port == 443:
                server.socket = context.wrap_socket(server.socket, server_side=True)
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            ends.callback(server.shutdown)
        yield


def probed(goweb: Goweb, namespace: str, *arguments: str) -> dict[str, Any]:
    """The results of the Ingress, by what was asked."""
    ran = goweb("probe", "ingress/web", "-n", namespace, "--retries=1", *arguments, "-o", "json")
    document = json.loads(ran.out)
    validate(document, "probe")
    assert document["exitCode"] == ran.code
    return {one["target"].partition(" ")[2]: one["result"] for one in document["probes"]}


def test_an_ingress_is_asked_for_every_host_and_path(
    deploy_web: DeployWeb, goweb: Goweb, kubectl: Kubectl, namespace: str, cluster: Cluster, tmp_path: Path
) -> None:
    deploy_web()
    cluster_ip = kubectl.json("-n", namespace, "get", "svc", "web")["spec"]["clusterIP"]
    names = ["DNS:web.test"]
    certificate = pki.issue(cluster.layout.pki, "web", "web", names=names, server=True, folder=tmp_path)
    authority = f"--ca={cluster.layout.pki / 'ca.crt'}"

    def rule(host: str, *paths: str) -> Any:
        backend = {"service": {"name": "web", "port": {"number": 80}}}
        return {
            "host": host,
            "http": {"paths": [{"path": one, "pathType": "Prefix", "backend": backend} for one in paths]},
        }

    rules = [rule("web.test", "/api/health"), rule("plain.test", "/version", "/nowhere")]
    kubectl.create(
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {"name": "web", "namespace": namespace},
            "spec": {"rules": rules, "tls": [{"hosts": ["web.test"], "secretName": "web"}]},
        }
    )

    unknown = probed(goweb, namespace)
    assert {one["success"] for one in unknown.values()} == {False}, "names that no DNS knows"
    assert {one["reason"] for one in unknown.values()} == {"resolve-failed"}

    status = json.dumps({"status": {"loadBalancer": {"ingress": [{"ip": ADDRESS}]}}})
    kubectl("-n", namespace, "patch", "ingress", "web", "--subresource=status", "--type=merge", "-p", status)
    down = probed(goweb, namespace)
    assert {(one["reason"], one["way"]) for one in down.values()} == {("refused", "direct")}

    with controller(certificate, cluster_ip):
        seen = probed(goweb, namespace, authority)
        stranger = probed(goweb, namespace)["https://web.test/api/health"]
        redirected = goweb("probe", f"http://{ADDRESS}/", "--host=web.test", "--no-follow", "--retries=1", "-o", "json")
        other = probed(goweb, namespace, authority, "--host=other.test", "--tls")
        no_tls = probed(goweb, namespace, "--path=/version", "--fail-if-not-ssl")

    assert set(seen) == {"https://web.test/api/health", "http://plain.test/version", "http://plain.test/nowhere"}
    good = seen["https://web.test/api/health"]
    assert (good["success"], good["reason"], good["code"], good["way"]) == (True, "ok", 200, "direct")
    assert (good["tls"]["verified"], good["address"]) == (True, f"{ADDRESS}:443")
    assert good["durations"]["tls"] > 0
    assert seen["http://plain.test/version"]["code"] == 200
    assert (seen["http://plain.test/nowhere"]["reason"], seen["http://plain.test/nowhere"]["code"]) == ("status", 404)
    assert stranger["reason"] == "tls-unknown-ca"
    assert json.loads(redirected.out)["probes"][0]["result"]["code"] == 308
    assert {one["reason"] for one in other.values()} == {"tls-name"}
    assert no_tls["http://plain.test/version"]["reason"] == "tls-required"


def test_a_service_with_nobody_behind_it_has_no_endpoints(
    deploy_web: DeployWeb, goweb: Goweb, kubectl: Kubectl, namespace: str
) -> None:
    deploy_web(env={"UNREADY": "1"}, wait=False)

    ran = goweb("probe", "svc/web", "-n", namespace, "--via=api-proxy", "--retries=1", "-o", "json")

    (probe,) = json.loads(ran.out)["probes"]
    assert (ran.code, probe["result"]["success"], probe["result"]["reason"]) == (1, False, "no-endpoints")
