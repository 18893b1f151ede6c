"""The way of a request on a real cluster: what the objects say, what answers, and where the two disagree."""

import http.server
import json
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from .conftest import DeployWeb
from .harness import build, images
from .harness.cluster import Cluster
from .harness.kubectl import Kubectl
from .harness.users import Rule, Users
from .harness.waiting import until
from .program import PROGRAM, ROOT, Goweb
from .terminal import terminal

SCHEMA = json.loads((ROOT / "docs" / "schema" / "goweb-v1-path.json").read_text())
HOST = "shop.example"
ADDRESS = "127.77.0.1"
"""Of this machine alone, and of nobody else's tests."""
Json = dict[str, Any]


@pytest.fixture
def goweb(cluster: Cluster) -> Goweb:
    return Goweb(cluster.kubectl.kubeconfig)


def path(goweb: Goweb, namespace: str, to: str, *more: str) -> Json:
    ran = goweb("path", to, "-n", namespace, "-o", "json", *more)
    document: Json = json.loads(ran.out)
    jsonschema.validate(document, SCHEMA)
    assert document["exitCode"] == ran.code
    return document


def live(document: Json) -> dict[str, tuple[str, str]]:
    return {one["what"]: (one["state"], one["text"]) for one in document["live"]}


def service(namespace: str, name: str, **spec: Any) -> Json:
    meta = {"name": name, "namespace": namespace}
    given = {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}], **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": given}


def test_a_service_that_is_right_is_asked_as_its_pods_are(deploy_web: DeployWeb, goweb: Goweb, namespace: str) -> None:
    deploy_web(replicas=2)
    document = path(goweb, namespace, "web", "--live")
    assert document["exitCode"] == 0
    assert live(document)["Service"][1].startswith("answers 200 in ")
    assert live(document)["Pods"][1].startswith("all 2: answers 200 in ")
    assert document["disagreements"] == []
    assert goweb("path", "web", "-n", namespace).code == 0


@pytest.mark.parametrize(
    ("spec", "static", "decides"),
    [
        ({"selector": {"app": "wbe"}}, ("Pods", "broken"), "Service"),
        ({"ports": [{"port": 80, "targetPort": 9999}]}, ("container port", "unknown"), "Pods"),
        ({"ports": [{"port": 80, "targetPort": "htpp"}]}, ("container port", "broken"), "Service"),
    ],
    ids=["selector", "port number", "port name"],
)
def test_a_service_that_is_wrong_is_found_by_the_objects_and_by_what_answers(
    deploy_web: DeployWeb, kubectl: Kubectl, goweb: Goweb, namespace: str, spec: Json, static: Any, decides: str
) -> None:
    deploy_web(replicas=1)
    kubectl.create(service(namespace, "wrong", **spec))
    document = path(goweb, namespace, "wrong", "--live")
    assert (document["answer"]["what"], document["answer"]["state"]) == static
    assert (document["liveAnswer"]["what"], document["liveAnswer"]["state"]) == (decides, "broken")
    assert document["exitCode"] == 1


def test_pods_that_are_ill_decide_and_not_the_service_before_them(
    deploy_web: DeployWeb, goweb: Goweb, namespace: str
) -> None:
    deploy_web(replicas=1, env={"UNREADY": "1"}, wait=False)

    def look() -> Json | None:
        document = path(goweb, namespace, "web", "--live")
        return document if "answers 500" in live(document).get("Pods", ("", ""))[1] else None

    document = until(look, what="the Pod answers 500", timeout=60, every=1)
    assert document["answer"]["what"] == "endpoints"
    assert document["liveAnswer"]["what"] == "Pods"


def test_a_policy_that_cuts_everybody_off_is_named_and_that_it_answers_all_the_same_is_said(
    deploy_web: DeployWeb, kubectl: Kubectl, goweb: Goweb, namespace: str
) -> None:
    deploy_web(replicas=1)
    deny = {"podSelector": {}, "policyTypes": ["Ingress"]}
    meta = {"name": "deny", "namespace": namespace}
    kubectl.create({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta, "spec": deny})
    document = path(goweb, namespace, "web", "--live")
    assert document["answer"]["object"]["name"] == "deny"
    (sentence,) = document["disagreements"]
    assert "NetworkPolicy is broken, yet Service: answers 200" in sentence


def test_who_may_not_ask_is_told_so_and_what_the_objects_say_stands(
    deploy_web: DeployWeb, user: Users, namespace: str
) -> None:
    deploy_web(replicas=1)
    core = Rule(("get", "list"), ("pods", "services"))
    around = Rule(("list",), ("endpointslices", "networkpolicies"), ("discovery.k8s.io", "networking.k8s.io"))
    reader = Goweb(user("rita", rules=[core, around], namespace=namespace))
    document = path(reader, namespace, "web", "--live")
    assert {state for state, _ in live(document).values()} == {"unknown"}
    assert all(text.startswith("not checked: ") for _, text in live(document).values())
    assert document["answer"]["state"] == "ok"


def test_the_cockpit_tells_what_triage_tells_and_leads_to_the_way_of_a_request(
    deploy_web: DeployWeb, kubectl: Kubectl, goweb: Goweb, namespace: str
) -> None:
    deploy_web(replicas=1)
    kubectl.create(service(namespace, "wrong", selector={"app": "wbe"}))
    ingress(kubectl, namespace, HOST, "web-tls")
    told = json.loads(goweb("triage", "-n", namespace, "-o", "json").out)
    codes = {one["finding"]["code"] for one in told["problems"] if one["finding"]["object"]["namespace"] == namespace}
    assert codes == {"GW-SERVICE-SELECTOR", "GW-INGRESS-TLS"}
    with terminal([*PROGRAM, "-n", namespace], goweb.environ) as screen:
        screen.shows("● live")
        screen.press("X")
        screen.shows(*codes)
        screen.press("Home")
        screen.shows("selects no Pod: none has app=wbe", "kubectl get pods")
        screen.press("Enter")
        screen.shows("Hops", "broken: Pods", "no Pod has the labels app=wbe", "no endpoint is ready")


# --- the host and its certificate, at a stand-in for an Ingress controller


class Controller(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        code = 200 if self.headers["Host"] == HOST and self.path == "/api/health" else 404
        self.send_response(code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """It need not be told."""


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[Path]:
    """It answers for the host on port 443; the file of the authority that signed its certificate."""
    certificate = tmp_path / "tls.crt"
    made = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "9")
    names = ("-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}")
    openssl(*made, *names, "-keyout", str(tmp_path / "tls.key"), "-out", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, tmp_path / "tls.key")
    server = http.server.ThreadingHTTPServer((ADDRESS, 443), Controller)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield certificate
    server.shutdown()
    thread.join()
    server.server_close()


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def ingress(kubectl: Kubectl, namespace: str, host: str, secret: str) -> None:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    rules = [{"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]
    spec = {"rules": rules, "tls": [{"hosts": [host], "secretName": secret}]}
    meta = {"name": "web", "namespace": namespace}
    kubectl.create({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": meta, "spec": spec})
    status = json.dumps({"status": {"loadBalancer": {"ingress": [{"ip": ADDRESS}]}}})
    kubectl("-n", namespace, "patch", "ingress", "web", "--subresource=status", "--type=merge", "-p", status)


def test_a_host_is_asked_with_its_certificate_and_its_secret_is_judged(
    deploy_web: DeployWeb, kubectl: Kubectl, goweb: Goweb, namespace: str, controller: Path, tmp_path: Path
) -> None:
    deploy_web(replicas=1)
    ingress(kubectl, namespace, HOST, "web-tls")
    missing = path(goweb, namespace, f"{HOST}/api/health", "--live")
    assert missing["answer"]["text"] == "Secret web-tls does not exist"
    files = [f"--cert={controller}", f"--key={tmp_path / 'tls.key'}"]
    kubectl("-n", namespace, "create", "secret", "tls", "web-tls", *files)

    untrusted = path(goweb, namespace, f"{HOST}/api/health", "--live")
    assert live(untrusted)["certificate"] == ("unknown", "shown, and signed by an authority that is not trusted here")
    trusting = Goweb(goweb.kubeconfig, {"SSL_CERT_FILE": str(controller)})
    document = path(trusting, namespace, f"{HOST}/api/health", "--live")
    assert document["exitCode"] == 0
    assert f"is for {HOST}, until" in next(one["text"] for one in document["hops"] if one["what"] == "certificate")
    assert live(document)["certificate"][1].startswith("accepted, TLSv1.3, until ")
    assert live(document)["Ingress"][1].endswith(f"at {ADDRESS}:443")

    lost = path(trusting, namespace, f"{HOST}/version", "--live")
    assert "answers 404" in live(lost)["Ingress"][1]
    assert live(lost)["Ingress"][1].endswith("while the Service answers 200")
    assert lost["liveAnswer"]["what"] == "Ingress"


def test_a_certificate_of_another_name_is_broken_by_the_objects_and_by_the_handshake(
    deploy_web: DeployWeb, kubectl: Kubectl, goweb: Goweb, namespace: str, controller: Path, tmp_path: Path
) -> None:
    deploy_web(replicas=1)
    ingress(kubectl, namespace, "other.example", "web-tls")
    files = [f"--cert={controller}", f"--key={tmp_path / 'tls.key'}"]
    kubectl("-n", namespace, "create", "secret", "tls", "web-tls", *files)
    trusting = Goweb(goweb.kubeconfig, {"SSL_CERT_FILE": str(controller)})
    document = path(trusting, namespace, "other.example/", "--live")
    assert document["answer"]["text"] == f"Secret web-tls is for {HOST}, not for other.example"
    assert live(document)["certificate"][0] == "broken"


# --- the cluster's own DNS


@pytest.fixture
def dns(cluster: Cluster, kubectl: Kubectl) -> Iterator[None]:
    """CoreDNS as clusters have it: labelled k8s-app=kube-dns in kube-system."""
    image = images.publish_program(cluster.layout, build.tool(build.COREDNS, print))
    corefile = ".:5353 {\n    errors\n    ready\n    kubernetes cluster.local\n}\n"
    meta = {"name": "goweb-dns", "namespace": "kube-system"}
    container = {
        "name": "coredns",
        "image": image,
        "args": ["-conf", "/etc/coredns/Corefile"],
        "ports": [{"name": "dns-tcp", "containerPort": 5353}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8181}, "periodSeconds": 1},
        "volumeMounts": [{"name": "config", "mountPath": "/etc/coredns"}],
    }
    role = {"kind": "ClusterRole", "name": "goweb-dns", "apiGroup": "rbac.authorization.k8s.io"}
    subjects = [{"kind": "ServiceAccount", "name": "goweb-dns", "namespace": "kube-system"}]
    rules = [
        {"apiGroups": [""], "resources": ["services", "pods", "namespaces"], "verbs": ["list", "watch"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
    ]
    rbac = "rbac.authorization.k8s.io/v1"
    kubectl.create(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"Corefile": corefile}},
        {"apiVersion": rbac, "kind": "ClusterRole", "metadata": {"name": "goweb-dns"}, "rules": rules},
        {
            "apiVersion": rbac,
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "goweb-dns"},
            "roleRef": role,
            "subjects": subjects,
        },
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {**meta, "labels": {"k8s-app": "kube-dns"}},
            "spec": {
                "serviceAccountName": "goweb-dns",
                "terminationGracePeriodSeconds": 0,
                "containers": [container],
                "volumes": [{"name": "config", "configMap": {"name": "goweb-dns"}}],
            },
        },
    )
    try:
        kubectl("-n", "kube-system", "wait", "pod/goweb-dns", "--for=condition=Ready", "--timeout=90s")
        yield
    finally:
        kubectl("-n", "kube-system", "delete", "pod,configmap,serviceaccount", "goweb-dns", "--wait=false")
        kubectl("delete", "clusterrole,clusterrolebinding", "goweb-dns", "--wait=false")


@pytest.mark.timeout(420)
@pytest.mark.usefixtures("dns")
def test_a_name_is_asked_at_the_clusters_own_dns(
    deploy_web: DeployWeb, kubectl: Kubectl, goweb: Goweb, namespace: str
) -> None:
    web = deploy_web(replicas=2)
    kubectl.create(service(namespace, "headless", clusterIP="None"))
    address = web.url().removeprefix("http://")
    (one,) = [each for each in path(goweb, namespace, "web", "--live")["live"] if each["what"] == "DNS"]
    assert (one["state"], one["text"]) == ("ok", f"web.{namespace}.svc.cluster.local is {address}")
    assert one["way"] == "port-forward to pod/goweb-dns"
    ips = sorted(pod["status"]["podIP"] for pod in web.pods())

    def headless() -> bool | None:
        state, text = live(path(goweb, namespace, "headless", "--live"))["DNS"]
        return (state == "ok" and text.endswith(", ".join(ips))) or None

    until(headless, what="the headless Service's name leads to both Pods", timeout=20, every=1)
