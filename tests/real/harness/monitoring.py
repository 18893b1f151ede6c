"""Prometheus and its exporters, Debian's, on loopback ports, for as long as a test needs them."""

import json
import os
import shutil
import socket
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import HarnessError
from .machine import MONITORING, install
from .waiting import until


class Server:
    """One of them, listening at `address`."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
        self.address = f"127.0.0.1:{port}"
        self._process = process
        self._log = log

    def get(self, path: str, **query: str) -> str:
        """What it answers with 200."""
        url = f"http://{self.address}{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        with urllib.request.urlopen(url, timeout=10) as answer:
            body: bytes = answer.read()
        return body.decode()

    def query(self, promql: str) -> list[dict[str, Any]]:
        """The samples of an instant query (Prometheus only)."""
        answer = json.loads(self.get("/api/v1/query", query=promql))
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def wait(self, path: str) -> None:
        def answers() -> bool:
            if self._process.poll() is not None:
                raise HarnessError(f"{self._process.args!r} ended:\n{self._log.read_text()[-2000:]}")
            try:
                self.get(path)
            except (urllib.error.URLError, ConnectionError):
                return False
            return True

        until(answers, what=f"{self.address}{path}", timeout=20)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def prometheus(folder: Path, targets: dict[str, dict[str, Any]], *, interval: str = "1s") -> Iterator[Server]:
    """A Prometheus that scrapes every `interval`; `targets` are scrape configurations by job."""
    install(MONITORING, print)
    jobs = [{"job_name": name, **job} for name, job in targets.items()]
    config = folder / "prometheus.yml"
    config.write_text(
        json.dumps({"global": {"scrape_interval": interval, "scrape_timeout": interval}, "scrape_configs": jobs})
    )
    port = free_port()
    arguments = [f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}"]
    with _running("prometheus", port, folder, [*arguments, f"--web.listen-address=127.0.0.1:{port}"]) as server:
        server.wait("/-/ready")
        yield server


@contextmanager
def blackbox(folder: Path, modules: dict[str, Any]) -> Iterator[Server]:
    """Debian's blackbox exporter with these modules."""
    install(MONITORING, print)
    config = folder / "blackbox.yml"
    config.write_text(json.dumps({"modules": modules}))
    port = free_port()
    arguments = [f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}"]
    with _running("prometheus-blackbox-exporter", port, folder, arguments) as server:
        server.wait("/-/healthy")
        yield server


@contextmanager
def node_exporter(folder: Path) -> Iterator[Server]:
    """Debian's node exporter, about this machine."""
    install(MONITORING, print)
    port = free_port()
    with _running("prometheus-node-exporter", port, folder, [f"--web.listen-address=127.0.0.1:{port}"]) as server:
        server.wait("/metrics")
        yield server


@contextmanager
def _running(program: str, port: int, folder: Path, arguments: list[str]) -> Iterator[Server]:
    found = shutil.which(program)
    if found is None:
        raise HarnessError(f"{program} is not installed")
    log = folder / f"{program}.log"
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    with log.open("wb") as output:
        process = subprocess.Popen([found, *arguments], stdout=output, stderr=output, cwd=folder, env=environment)
    try:
        yield Server(process, port, log)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
