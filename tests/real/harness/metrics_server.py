"""metrics.k8s.io as a server beside the API server serves it: every Pod that is asked about uses a whole processor."""

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

GROUP = "metrics.k8s.io/v1beta1"


def handler(pods: Callable[[], list[str]]) -> type[BaseHTTPRequestHandler]:
    """`pods` are the names of those that are told of."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0].strip("/")
            if path == f"apis/{GROUP}":
                kinds = [{"name": "pods", "kind": "PodMetrics", "namespaced": True, "verbs": ["get", "list"]}]
                self._answer({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": GROUP, "resources": kinds})
            elif path.startswith(f"apis/{GROUP}/namespaces/") and path.endswith("/pods"):
                self._answer({"kind": "PodMetricsList", "apiVersion": GROUP, "metadata": {},
                              "items": [_used(name, path.split("/")[4]) for name in pods()]})  # fmt: skip
            else:
                self.send_error(404)

        def _answer(self, document: object) -> None:
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the test looks at what the autoscaler makes of it."""

    return Handler


def _used(name: str, namespace: str) -> dict[str, object]:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    containers = [{"name": "web", "usage": {"cpu": "1", "memory": "8Mi"}}]
    return {"metadata": {"name": name, "namespace": namespace}, "timestamp": now, "window": "15s",
            "containers": containers}  # fmt: skip


@contextmanager
def measuring(address: str, certificate: Path, key: Path, pods: Callable[[], list[str]]) -> Iterator[int]:
    """Its port while it serves at this address."""
    server = ThreadingHTTPServer((address, 0), handler(pods))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
