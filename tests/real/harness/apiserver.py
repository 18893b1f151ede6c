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
        """Start it if it is dead, and wait until it is ready; its data is what it was.

        Controllers that elect a leader end themselves when they lose their lease, and are started anew. These elect
        none, so they are ended here: else their back-off may keep them away for over a minute.
        """
        process = processes.recorded(self.layout)[controlplane.API_SERVER]
        was_dead = not process.is_running()
        if was_dead:
            process = controlplane.start_api_server(self.layout, self.binaries)
        controlplane.wait_for_api(self.layout, process)
        if was_dead:
            for name in (controlplane.CONTROLLER_MANAGER, controlplane.SCHEDULER):
                processes.stop(self.layout, name)
            for started, ready, what in controlplane.start_controllers(self.layout, self.binaries):
                processes.wait_until(self.layout, started, ready, what=what)

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
