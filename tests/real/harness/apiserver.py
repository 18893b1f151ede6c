"""The API server as something that can fail: killed, started again, or hanging."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from . import controlplane, processes
from .build import Binaries
from .layout import Layout


@dataclass(frozen=True)
class ApiServer:
    """The API server of one cluster. Everybody who uses the cluster feels what is done to it."""

    layout: Layout
    binaries: Binaries

    def kill(self) -> None:
        """End it by SIGKILL: connections are reset, new ones refused. One that is dead already stays so."""
        process = processes.recorded(self.layout)[controlplane.API_SERVER]
        processes.end(process.pid, process.started)

    def start(self) -> None:
        """Start it if it is dead, and wait until it is ready; its data is what it was."""
        process = processes.recorded(self.layout)[controlplane.API_SERVER]
        if not process.is_running():
            process = controlplane.start_api_server(self.layout, self.binaries)
        controlplane.wait_for_api(self.layout, process)

    def restart(self) -> None:
        """Kill it, start it and wait until it is ready."""
        self.kill()
        self.start()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Inside the `with` block it accepts connections and answers none, as a machine that is stuck."""
        process = processes.recorded(self.layout)[controlplane.API_SERVER]
        processes.send(process, signal.SIGSTOP)
        try:
            yield
        finally:
            processes.send(process, signal.SIGCONT)

    def is_ready(self) -> bool:
        """Whether it serves now."""
        return controlplane.is_ready(self.layout)
