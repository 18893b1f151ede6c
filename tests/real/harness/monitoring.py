"""Prometheus and its exporters, Debian's, on loopback ports, for as long as a test needs them."""

import base64
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
from .layout import Layout
from .machine import MONITORING, install
from .waiting import until


class Server:
    """One of them, listening at `address`."""

    def __init__(self, process: "subprocess.Popen[bytes]", address: str, log: Path, header: dict[str, str]) -> None:
        self.address = address
        self._header = header
        self._process = process
        self._log = log

    def get(self, path: str, **query: str) -> str:
        """What it answers with 200."""
        url = f"http://{self.address}{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        with urllib.request.urlopen(urllib.request.Request(url, headers=self._header), timeout=10) as answer:
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


USER, PASSWORD = "ann", "s3cret"
_HASHED = "$2b$04$abcdefghijklmnopqrstuuLZYjhNQAOdpbzt4WxWlUHjv1wsyH5DG"
"""The password as bcrypt writes it, which is what Prometheus wants."""


@contextmanager
def prometheus(
    folder: Path,
    targets: dict[str, dict[str, Any]],
    *,
    interval: str = "1s",
    node: Layout | None = None,
    is_closed: bool = False,
) -> Iterator[Server]:
    """A Prometheus that scrapes every `interval`; `targets` are scrape configurations by job. It listens on
    loopback, or runs on the node of a cluster; a closed one wants USER and PASSWORD.
    """
    install(MONITORING, print)
    jobs = [{"job_name": name, **job} for name, job in targets.items()]
    config = folder / "prometheus.yml"
    config.write_text(
        json.dumps({"global": {"scrape_interval": interval, "scrape_timeout": interval}, "scrape_configs": jobs})
    )
    address = f"{node.node_ip if node is not None else '127.0.0.1'}:{free_port()}"
    arguments = [f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}"]
    arguments.append(f"--web.listen-address={address}")
    header = {}
    if is_closed:
        web = folder / "web.yml"
        web.write_text(json.dumps({"basic_auth_users": {USER: _HASHED}}))
        arguments.append(f"--web.config.file={web}")
        header = {"Authorization": f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"}
    prefix = ["nsenter", f"--net={node.namespace}", "--"] if node is not None else []
    with _running("prometheus", address, folder, arguments, header, prefix) as server:
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
    with _running("prometheus-blackbox-exporter", f"127.0.0.1:{port}", folder, arguments) as server:
        server.wait("/-/healthy")
        yield server


@contextmanager
def alertmanager(folder: Path) -> Iterator[Server]:
    """Debian's Alertmanager, which tells nobody."""
    install(MONITORING, print)
    config = folder / "alertmanager.yml"
    config.write_text(json.dumps({"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}))
    address = f"127.0.0.1:{free_port()}"
    arguments = [f"--config.file={config}", f"--storage.path={folder / 'data'}", f"--web.listen-address={address}"]
    with _running("prometheus-alertmanager", address, folder, [*arguments, "--cluster.listen-address="]) as server:
        server.wait("/-/ready")
        yield server


@contextmanager
def node_exporter(folder: Path) -> Iterator[Server]:
    """Debian's node exporter, about this machine."""
    install(MONITORING, print)
    port = free_port()
    address = f"127.0.0.1:{port}"
    with _running("prometheus-node-exporter", address, folder, [f"--web.listen-address={address}"]) as server:
        server.wait("/metrics")
        yield server


@contextmanager
def _running(
    program: str,
    address: str,
    folder: Path,
    arguments: list[str],
    header: dict[str, str] | None = None,
    prefix: list[str] | None = None,
) -> Iterator[Server]:
    found = shutil.which(program)
    if found is None:
        raise HarnessError(f"{program} is not installed")
    log = folder / f"{program}.log"
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*(prefix or ()), found, *arguments], stdout=output, stderr=output, cwd=folder, env=environment
        )
    try:
        yield Server(process, address, log, header or {})
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
