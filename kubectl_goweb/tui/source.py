"""What the cockpit is given: where its Snapshots come from, and who is looking at what. Values and promises only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from kubectl_goweb.kube.log_tail import LogAsk, Target
from kubectl_goweb.kube.logs import LogBatch
from kubectl_goweb.objects import Snapshot


class LogReader(Protocol):
    """The logs of some containers, as `kube.logs` gives them. It never raises."""

    def follow(self, runs: Mapping[Target, str]) -> None:
        """Follow these containers and no others from now on. Returns at once; called from the screen's thread."""

    def next(self, timeout: float) -> LogBatch | None:
        """What came; None after `timeout` seconds without anything, and once closed. Called from another thread."""

    def close(self) -> None:
        """Stop, and wake who waits in next()."""


class Source(Protocol):
    """The cluster as it is now. It never raises: what fails is told by the feeds of the Snapshot."""

    def next(self, timeout: float) -> Snapshot | None:
        """Wait for a state that was not given yet, and give the newest one; at most four a second.

        None when nothing has changed for `timeout` seconds, and at once after close(). Called from one thread at a
        time, which is not the screen's.
        """

    def restart(self, namespace: str) -> None:
        """Look at this namespace from now on, at all when empty. Returns at once; called from the screen's thread."""

    def logs(self, ask: LogAsk) -> LogReader:
        """Read logs; whoever asks closes it."""

    def close(self) -> None:
        """Stop, and wake who waits in next(). Returns at once."""


@dataclass(frozen=True, slots=True)
class Session:
    """What stays the same while the cockpit is open. What is not known is empty and not shown."""

    context: str
    server: str = ""
    version: str = ""
    """The API server's, as it says it: `v1.34.4`."""
    user: str = ""
    namespace: str = ""
    """Where the cockpit starts; empty for all namespaces. Where it looks now is said by the Snapshot."""
    read_only: bool = False
