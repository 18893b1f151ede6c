"""A Prometheus exporter: `/probe?target=&module=` as blackbox_exporter has it, `/metrics` with every watched target.

Like blackbox_exporter it asks whatever it is told to ask, so it should listen where only Prometheus can reach it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct, structs

from kubectl_goweb.objects.text import plain
from kubectl_goweb.probing.exposition import CONTENT_TYPE, Labelled, labelled, prober_text, text
from kubectl_goweb.probing.prober import ProberSnapshot, Probing
from kubectl_goweb.status.probes.results import Way
from kubectl_goweb.status.probes.targets import KUBELET, Rules, Target, url_target

_LONGEST = 120.0
"""Seconds for a probe when Prometheus does not say how long it waits."""
_HEAD_START = 0.5
"""Seconds before Prometheus would give up: it must still get the answer."""
_SCRAPE_TIMEOUT = "X-Prometheus-Scrape-Timeout-Seconds"


class Module(Struct, frozen=True):
    """How a module probes: `prefix` is put before a target without a scheme."""

    prefix: str
    rules: Rules


MODULES: Mapping[str, Module] = {
    "http_2xx": Module("http://", Rules()),
    "http_kubelet": Module("http://", KUBELET),
    "tcp_connect": Module("tcp://", Rules()),
    "grpc": Module("grpcs://", Rules()),
    "grpc_plain": Module("grpc://", Rules()),
}


class BadRequestError(Exception):
    """What the asker did wrong, in a sentence."""


def target_of(query: Mapping[str, list[str]], scrape_timeout: str) -> Target:
    """What a `/probe` request asks for. BadRequestError when it cannot be meant."""
    given = {name: values[0] for name, values in query.items()}
    name = given.get("module", "http_2xx")
    module = MODULES.get(name)
    if module is None:
        raise BadRequestError(f"Unknown module {plain(name, 60)!r}; there are {', '.join(MODULES)}")
    if not given.get("target"):
        raise BadRequestError("Target parameter is missing")
    url = given["target"] if "://" in given["target"] else module.prefix + given["target"]
    try:
        target = url_target(url, module.rules, probe_timeout(scrape_timeout))
    except ValueError as error:
        raise BadRequestError(str(error)) from error
    if hostname := given.get("hostname"):
        target = structs.replace(target, request=structs.replace(target.request, host=hostname))
    return target


def probe_timeout(scrape_timeout: str) -> float:
    """Seconds for a probe, by the time after which Prometheus gives up. BadRequestError when that is no number."""
    try:
        seconds = float(scrape_timeout) if scrape_timeout else _LONGEST
    except ValueError as error:
        raise BadRequestError(f"Failed to parse timeout {plain(scrape_timeout, 60)!r}") from error
    return max(seconds - _HEAD_START, 0.1)


class Exporter:
    """Serves until closed. `watched` gives what the background prober knows."""

    def __init__(self, address: tuple[str, int], sender: Probing, watched: Callable[[], ProberSnapshot]) -> None:
        """OSError when the address cannot be listened on."""
        handler = type("Handler", (_Handler,), {"sender": sender, "watched": staticmethod(watched)})
        self._server = ThreadingHTTPServer(address, handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="exporter", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    sender: Probing
    watched: Callable[[], ProberSnapshot]
    server_version = "kubectl-goweb"
    sys_version = ""
    timeout = 30
    """Seconds that a client may be silent."""

    def do_GET(self) -> None:  # the name that http.server calls
        parts = urlsplit(self.path)
        match parts.path:
            case "/probe":
                self._probe(parse_qs(parts.query))
            case "/metrics":
                self._metrics()
            case "/":
                self._answer(200, "kubectl-goweb exporter: /probe?target=URL&module=http_2xx and /metrics\n")
            case "/-/healthy":
                self._answer(200, "Healthy\n")
            case _:
                self._answer(404, "there is /probe and /metrics\n")

    def _probe(self, query: Mapping[str, list[str]]) -> None:
        try:
            target = target_of(query, self.headers.get(_SCRAPE_TIMEOUT, ""))
        except BadRequestError as error:
            self._answer(400, f"{error}\n")
            return
        result = self.sender.probe(target, Way.DIRECT)
        self._answer(200, text([Labelled(result, timeout=target.timeout)]), CONTENT_TYPE)

    def _metrics(self) -> None:
        known = self.watched()
        results = [
            structs.replace(labelled(last, assignment.target.ref), timeout=assignment.target.timeout)
            for key, assignment in known.assignments.items()
            if (last := known.histories[key].last) is not None
        ]
        self._answer(200, text(results) + prober_text(known), CONTENT_TYPE)

    def _answer(self, status: int, body: str, content_type: str = "text/plain; charset=utf-8") -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # the name that http.server calls
        """Nothing: a scrape every few seconds is no news."""
