"""An admission webhook that refuses everything: an HTTPS server of the test's own, on the host's end of the cable."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SAYS = "images must be signed"


class Handler(BaseHTTPRequestHandler):
    """https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#response"""

    def do_POST(self) -> None:
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = {"uid": review["request"]["uid"], "allowed": False, "status": {"message": SAYS}}
        body = json.dumps({"apiVersion": review["apiVersion"], "kind": review["kind"], "response": answer}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test looks at what the API server makes of it."""


@contextmanager
def denying(address: str, certificate: Path, key: Path) -> Iterator[str]:
    """Its URL while it serves at this address, for which the certificate must be."""
    server = ThreadingHTTPServer((address, 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"https://{address}:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
