"""An admission webhook that takes its time."""

import base64
import contextlib
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from . import pki
from .cluster import Cluster


@dataclass(frozen=True)
class Hook:
    """A webhook that runs."""

    url: str
    asked: threading.Event
    """Set once somebody waits for it."""


@contextlib.contextmanager
def slow(cluster: Cluster, folder: Path, seconds: float) -> Iterator[Hook]:
    """An admission webhook that allows everything, after so many seconds or at its end."""
    asked_once, ending = threading.Event(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked_once.set()
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            ending.wait(seconds)
            response = {"uid": asked["request"]["uid"], "allowed": True}
            answer = {"apiVersion": asked["apiVersion"], "kind": asked["kind"], "response": response}
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    host = cluster.layout.host_ip
    login = pki.issue(cluster.layout.pki, "hook", "hook", names=[f"IP:{host}"], server=True, folder=folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(login.certificate, login.key)
    with ThreadingHTTPServer((host, 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield Hook(f"https://{host}:{server.server_address[1]}/", asked_once)
        finally:
            ending.set()
            server.shutdown()


def configuration(
    cluster: Cluster, namespace: str, name: str, url: str, *resources: str, timeout: int = 10
) -> dict[str, Any]:
    """That the API server asks it about what is created of these resources of the core group, in one namespace, and
    waits `timeout` seconds for it (30 at most).
    """
    authority = base64.b64encode((cluster.layout.pki / "ca.crt").read_bytes()).decode()
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": list(resources)}
    webhook = {
        "name": name,
        "clientConfig": {"url": url, "caBundle": authority},
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "rules": [rule],
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": timeout,
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": namespace},
        "webhooks": [webhook],
    }
