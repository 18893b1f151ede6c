"""A registry that refuses: a program of its own, to be started in the cluster's network namespace, where the Docker
Engine speaks plain http with it on loopback. `python bad_registry.py 401|500|cut|hang|mute` prints its port and serves
until its standard input ends; started_in does that.
"""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import IO


class Handler(BaseHTTPRequestHandler):
    """401: nobody is known. 500: every upload fails. cut: an upload's connection is closed in its middle. hang: an
    upload gets no answer. mute: who asks for an image gets no answer.
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
        self.send_response(status)
        for name, value in {**headers, "Docker-Distribution-Api-Version": "registry/2.0"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test looks at what the engine makes of it."""


class Registry:
    """One that runs."""

    def __init__(self, said: IO[str]) -> None:
        self._said = said
        self.host = f"127.0.0.1:{said.readline().strip()}"
        """As seen from its network namespace."""

    def wait_for_upload(self) -> None:
        """Until somebody uploads to one that hangs."""
        assert self._said.readline() == "uploading\n"


@contextmanager
def started_in(netns: str, how: str) -> Iterator[Registry]:
    """Such a registry in a network namespace."""
    command = ["ip", "netns", "exec", netns, sys.executable, __file__, how]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as registry:
        assert registry.stdout is not None
        try:
            yield Registry(registry.stdout)
        finally:
            registry.communicate(timeout=10)


if __name__ == "__main__":
    Handler.how = sys.argv[1]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
