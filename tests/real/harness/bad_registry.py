"""A registry that refuses: a program of its own, to be started in the cluster's network namespace, where the Docker
Engine and containerd speak plain http with it on loopback. `python bad_registry.py 401|429|500|cut|hang|mute ADDRESS`
prints its port and serves until its standard input ends; started_in does that. With the files of a certificate and its
key behind the address it serves over TLS.
"""

import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO

_ENOUGH = b'{"errors": [{"code": "TOOMANYREQUESTS", "message": "You have reached your pull rate limit."}]}'


class Handler(BaseHTTPRequestHandler):
    """401: nobody is known. 429: everybody has had enough. 500: every upload fails. cut: an upload's connection is
    closed in its middle. hang: an upload gets no answer. mute: who asks for an image gets no answer.
    """

    protocol_version = "HTTP/1.1"
    how = "401"

    def do_GET(self) -> None:
        self._answer(200)

    def do_HEAD(self) -> None:
        if self.how == "mute":
            threading.Event().wait()  # for ever: the thread ends with the program
        self._answer(404)

    def do_POST(self) -> None:
        if self.how == "500":
            self._answer(500)
        else:
            self._answer(202, Location=f"{self.path}1", Range="0-0")

    def do_PATCH(self) -> None:
        self.rfile.read(1000)
        if self.how == "hang":
            print("uploading", flush=True)
            while self.rfile.read1():
                pass  # until who uploads gives up
        self.close_connection = True
        self.connection.close()

    def _answer(self, status: int, **headers: str) -> None:
        if self.how == "401":
            status, headers = 401, {"Www-Authenticate": 'Basic realm="test"'}
        body = b""
        if self.how == "429":
            status, headers, body = 429, {"Content-Type": "application/json"}, _ENOUGH
        self.send_response(status)
        for name, value in {**headers, "Docker-Distribution-Api-Version": "registry/2.0"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if self.command != "HEAD" else b"")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test looks at what the engine makes of it."""


class Registry:
    """One that runs."""

    def __init__(self, said: IO[str], address: str) -> None:
        self._said = said
        self.host = f"{address}:{said.readline().strip()}"
        """As seen from its network namespace."""

    def wait_for_upload(self) -> None:
        """Until somebody uploads to one that hangs."""
        assert self._said.readline() == "uploading\n"


@contextmanager
def started_in(netns: str, how: str, address: str = "127.0.0.1", *tls: Path) -> Iterator[Registry]:
    """Such a registry in a network namespace; `tls` is its certificate and the key."""
    command = ["ip", "netns", "exec", netns, sys.executable, __file__, how, address, *map(str, tls)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as registry:
        assert registry.stdout is not None
        try:
            yield Registry(registry.stdout, address)
        finally:
            registry.communicate(timeout=10)


if __name__ == "__main__":
    Handler.how = sys.argv[1]
    server = ThreadingHTTPServer((sys.argv[2], 0), Handler)
    if sys.argv[3:]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*sys.argv[3:])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
