"""One connection to the demo's API server: requests in, answers, watches and logs out.

What an answer says is decided in `reading`, `writing`, `logs` and `resources`; here it is sent, with the faults that
are on.
"""

from __future__ import annotations

import socket
import time
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol

import msgspec

from kubectl_goweb.demo.apps import health
from kubectl_goweb.demo.backend import Backend
from kubectl_goweb.demo.bodies import JSON, is_ready
from kubectl_goweb.demo.endpoints import selects
from kubectl_goweb.demo.logs import Log
from kubectl_goweb.demo.nodes import usage
from kubectl_goweb.demo.reading import Watch, get_object, list_objects
from kubectl_goweb.demo.requests import Request, Target, read_request
from kubectl_goweb.demo.resources import StatusError, discovery, expired, no_such_path, unauthorized, version_info
from kubectl_goweb.demo.writing import review_access, scale_of, write

LOG_PAUSE_SECONDS = 0.5
WATCH_SECONDS = 1800
"""How long a watch lasts when the client names no timeoutSeconds."""


class Served(Protocol):
    """The HTTP server that a connection belongs to."""

    backend: Backend


class Handler(BaseHTTPRequestHandler):
    """One connection. Several requests may come on it."""

    server: Served  # type: ignore[assignment]  # what is used of it, and typeshed has it as a plain BaseServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    _is_known = False
    _epoch = 0
    """Of the faults, when the present request came."""

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed: the cockpit has the terminal."""

    def do_GET(self) -> None:
        """Reads."""
        self._handle()

    def do_POST(self) -> None:
        """Reviews and evictions."""
        self._handle()

    def do_PUT(self) -> None:
        """Updates."""
        self._handle()

    def do_PATCH(self) -> None:
        """Patches."""
        self._handle()

    def do_DELETE(self) -> None:
        """Deletions."""
        self._handle()

    @property
    def _api(self) -> Backend:
        return self.server.backend

    def _handle(self) -> None:
        api = self._api
        headers = {key.lower(): value for key, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        path = self.path.removeprefix(f"/{self._api.token}")
        self._is_known = path != self.path or headers.get("authorization") == f"Bearer {self._api.token}"
        request = read_request(self.command, path, headers, body)
        with api.changed:
            self._epoch = api.faults.epoch
            api.requests[request.counted_as] += 1
            if api.faults.delay:
                api.changed.wait_for(self._is_let_go, api.faults.delay)
        try:
            self._answer(request)
        except StatusError as refusal:
            extra = {} if refusal.retry_after is None else {"Retry-After": str(refusal.retry_after)}
            self._send(refusal.code, refusal.status, extra)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _answer(self, request: Request) -> None:
        api = self._api
        if not self._is_known:
            raise unauthorized()
        api.faults.refuse(request)
        target = request.target
        if target is None or request.parts[-1] == "selfsubjectaccessreviews":
            self._send(*self._answer_path(request))
        elif request.verb == "watch":
            self._watch(request, target)
        elif target.subresource == "log":
            self._log(request, target)
        elif target.subresource == "proxy":
            self._send(*self._proxy(target))
        else:
            with api.changed:
                api.advance()
                code, answer = self._answer_objects(request, target)
                api.advance()
            if api.faults.hangs(request):
                self._hang(answer)
            else:
                self._send(code, answer)

    def _answer_path(self, request: Request) -> tuple[int, JSON | bytes]:
        api = self._api
        match request.parts:
            case ["readyz" | "livez" | "healthz", *_]:
                return 200, b"ok"
            case ["version"]:
                return 200, version_info()
            case ["apis", "authorization.k8s.io", "v1", "selfsubjectaccessreviews"] if request.verb == "create":
                return 201, review_access(request, api.faults)
            case ["apis", "metrics.k8s.io", "v1beta1", "nodes"] if request.verb == "get":
                with api.changed:
                    api.advance()
                    return 200, usage(api.world.sim)
        found = discovery(request.parts) if request.verb == "get" else None
        if found is None:
            raise no_such_path()
        return 200, found

    def _answer_objects(self, request: Request, target: Target) -> tuple[int, JSON]:
        sim, faults, resource = self._api.world.sim, self._api.faults, target.resource.name
        match request.verb, target.subresource:
            case "list", "":
                answer = list_objects(sim, request, target)
                if "items" in answer:
                    answer["items"] = faults.spoil(resource, answer["items"])
                return 200, answer
            case "get", ("" | "status"):
                body = get_object(sim, target)
                if request.wants_table:
                    return 200, list_objects(sim, request, target)
                return 200, faults.spoil(resource, [body])[0]
            case "get", "scale":
                return 200, scale_of(get_object(sim, target))
            case _:
                return write(sim, request, target)

    def _proxy(self, target: Target) -> tuple[int, JSON]:
        """The simulated service's answer to GET /api/health, through the API server."""
        api = self._api
        with api.changed:
            api.advance()
            sim = api.world.sim
            name = target.name.split(":")[1 if target.name.startswith(("http:", "https:")) else 0]
            addressed = Target(target.resource, target.namespace, name)
            body = get_object(sim, addressed)
            if target.resource.name == "services":
                ready = [pod for pod in sim.find("pods", target.namespace) if selects(body, pod) and is_ready(pod)]
                if not ready:
                    raise StatusError(503, "ServiceUnavailable", f'no endpoints available for service "{target.name}"')
                body = ready[0]
            running = all(
                "running" in each["state"] for each in body["status"].get("containerStatuses", [{"state": {}}])
            )
            if not running:
                where = f"{body['status'].get('podIP', '')}:8080"
                text = f"error trying to reach service: dial tcp {where}: connect: connection refused"
                raise StatusError(503, "ServiceUnavailable", text)
            if f"/{target.rest}" != "/api/health":
                return 404, {"error": "no such path"}
            return health(body)

    # Sending

    def _send(self, code: int, answer: JSON | bytes, extra: dict[str, str] | None = None) -> None:
        payload = answer if isinstance(answer, bytes) else _encoded(answer)
        self.send_response(code)
        self.send_header("Content-Type", "text/plain" if isinstance(answer, bytes) else "application/json")
        self.send_header("Content-Length", str(len(payload)))
        for key, value in (extra or {}).items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(payload)

    def _hang(self, answer: JSON) -> None:
        """Half of the answer, then silence until the fault is cleared."""
        api = self._api
        payload = _encoded(answer)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload[: len(payload) // 2])
        with api.changed:
            api.changed.wait_for(self._is_let_go)
        self.close_connection = True

    def _is_let_go(self) -> bool:
        """The faults were cleared since the request came, or the server stopped."""
        return self._api.faults.epoch != self._epoch or self._is_stopped()

    def _begin_stream(self, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _chunk(self, payload: bytes) -> None:
        self.wfile.write(f"{len(payload):x}\r\n".encode() + payload + b"\r\n")

    def _watch(self, request: Request, target: Target) -> None:
        """Events as they happen, bookmarks in between, until the client's timeout or a 410."""
        api = self._api
        with api.changed:
            watch = Watch(api.world.sim, request, target)
            silences = api.faults.silences - api.faults.is_silent
        self._begin_stream("application/json")
        end = time.monotonic() + (request.number("timeoutSeconds") or WATCH_SECONDS)
        bookmark_at = time.monotonic() + api.bookmark_seconds
        while time.monotonic() < end and not self.close_connection:
            with api.changed:
                api.advance()
                events = watch.events()
                if events == [] and api.faults.silences == silences:
                    api.changed.wait(max(0.01, min(end, bookmark_at) - time.monotonic()))
                    events = watch.events()
                if api.faults.silences != silences:
                    api.changed.wait_for(lambda: not api.faults.is_silent or self._is_stopped())
                    self.close_connection = True
                    return
                if self._is_stopped() or self._is_left():
                    self.close_connection = True
                    return
            if events is None:
                self._chunk(_encoded({"type": "ERROR", "object": expired().status}) + b"\n")
                break
            if not events and time.monotonic() >= bookmark_at and request.is_on("allowWatchBookmarks"):
                events = [watch.bookmark()]
                bookmark_at = time.monotonic() + api.bookmark_seconds
            for each in events:
                if not request.wants_table and each["type"] != "BOOKMARK":
                    each["object"] = api.faults.spoil(target.resource.name, [each["object"]])[0]
                self._chunk(_encoded(each) + b"\n")
        self._chunk(b"")

    def _is_stopped(self) -> bool:
        return not self._api.is_served_by(self.server)

    def _is_left(self) -> bool:
        """The client has closed the connection. Only a write would tell, and a stream may be quiet for long."""
        try:
            return not self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False  # it is there, and says nothing

    def _log(self, request: Request, target: Target) -> None:
        api = self._api
        with api.changed:
            api.advance()
            log = Log(api.world.sim, request, target)
            lines = log.lines()
        if not request.is_on("follow"):
            self._send(200, "".join(f"{line}\n" for line in lines).encode())
            return
        self._begin_stream("text/plain")
        while True:
            if lines:
                self._chunk("".join(f"{line}\n" for line in lines).encode())
            with api.changed:
                if self._is_left():
                    self.close_connection = True
                    return
                if self._is_stopped() or log.has_ended():
                    break
                api.changed.wait(LOG_PAUSE_SECONDS)
                api.advance()
                lines = [] if log.has_ended() else log.lines()
        self._chunk(b"")


def _encoded(answer: JSON) -> bytes:
    return msgspec.json.encode(answer)
