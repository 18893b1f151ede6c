"""The demo cluster as a command uses it: started, described by a kubeconfig, waited for."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from kubectl_goweb.demo.server import ApiServer
from kubectl_goweb.demo.world import World

CONTEXT = "goweb-demo"
NAMESPACE = "shop"


def kubeconfig_text(url: str, token: str) -> str:
    """A kubeconfig for a server on loopback, written as JSON, which is YAML too."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CONTEXT, "cluster": {"server": url}}],
        "users": [{"name": CONTEXT, "user": {"token": token}}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT, "namespace": NAMESPACE}}],
        "current-context": CONTEXT,
    }
    return json.dumps(config, indent=2) + "\n"


class DemoCluster:
    """A world that lives as long as the block does:

    with DemoCluster(seed=7, speed=1.0) as cluster:
        cluster.write_kubeconfig(path)
        cluster.wait()
    """

    def __init__(self, seed: int = 7, speed: float = 1.0, *, start: datetime | None = None, port: int = 0) -> None:
        """`start` is the simulated present at the beginning, now by default.

        With a speed above 1 the world's times run ahead of the clock.
        """
        self._server = ApiServer(World(seed, start or datetime.now(UTC)), speed=speed, port=port)
        self._stopped = threading.Event()

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._server.stop()

    @property
    def server(self) -> ApiServer:
        """The API server, with its faults."""
        return self._server

    @property
    def url(self) -> str:
        """The API server's address for a kubeconfig or `kubectl --server`; it needs no further credentials."""
        return self._server.open_url

    def kubeconfig_text(self) -> str:
        """The kubeconfig: context goweb-demo, namespace shop."""
        return kubeconfig_text(self._server.open_url, self._server.token)

    def write_kubeconfig(self, path: Path) -> None:
        """Write it, readable by its owner only, since it holds the token."""
        path.touch(mode=0o600)
        path.write_text(self.kubeconfig_text())

    def wait(self) -> None:
        """Wait until `stop` is called from another thread, or for KeyboardInterrupt."""
        self._stopped.wait()

    def stop(self) -> None:
        """End the wait."""
        self._stopped.set()
