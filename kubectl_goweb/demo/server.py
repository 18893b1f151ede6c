"""The demo's API server: HTTP on loopback in front of a World.

It serves what kubectl-goweb and a bare `kubectl get, describe, logs, scale, rollout, drain` need: plain HTTP, one
token.
"""

from __future__ import annotations

import secrets
import socket
import sys
import threading
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from kubectl_goweb.demo.backend import Backend
from kubectl_goweb.demo.handler import Handler
from kubectl_goweb.demo.world import World


class ApiServer(Backend):
    """Serves a World; a context manager. For tests: `faults`, `requests`, `pass_time`, `edit`, `create`, `remove`,
    `drop_connections`, `expire_watches`, `stop` and `start`.
    """

    def __init__(self, world: World, *, speed: float = 1.0, token: str | None = None, port: int = 0) -> None:
        """Nothing listens before `start`. The token is made up if none is given; port 0 takes a free one."""
        super().__init__(world, secrets.token_urlsafe(24) if token is None else token, speed)
        self._port = port
        self._http: _HttpServer | None = None
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens; requests need the token."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def open_url(self) -> str:
        """The same with the token as the path's first part, which makes the header unnecessary.

        kubectl sends no token over plain HTTP (client-go reads credentials only for TLS), but it keeps a server's path.
        """
        return f"{self.url}/{self.token}"

    def start(self) -> None:
        """Listen; after a `stop` on the same port again."""
        http = self._http = _HttpServer(self, ("127.0.0.1", self._port))
        self._serving = http
        self._port = http.server_address[1]
        self._threads = [
            threading.Thread(target=http.serve_forever, args=(0.05,), name="demo-http", daemon=True),
            threading.Thread(target=self.keep_time, args=(http,), name="demo-clock", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Refuse connections and cut those that are open. When it starts again, the time in between has passed."""
        http, self._http, self._serving = self._http, None, None
        if http is None:
            return
        http.shutdown()
        http.server_close()
        http.cut()
        with self.changed:
            self.changed.notify_all()
        for thread in self._threads:
            thread.join()

    def drop_connections(self) -> None:
        """Cut every open connection, watches included, without a word; new ones are accepted."""
        if self._http is not None:
            self._http.cut()


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, backend: Backend, address: tuple[str, int]) -> None:
        self.backend = backend
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(address, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that was cut is no news; anything else is printed with its traceback."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def cut(self) -> None:
        """Close every open connection, from whatever thread uses it."""
        with self._guard:
            for each in self._open:
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # the client closed it first
