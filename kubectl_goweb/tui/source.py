"""What the cockpit is given: clusters to look at and to act on, and who does so. Values and promises only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from kubectl_goweb.objects import Node, Snapshot

if TYPE_CHECKING:  # what they promise is loaded when it is first needed, not before the first screen
    from kubectl_goweb.actions.apply import Applied
    from kubectl_goweb.actions.entries import Entry
    from kubectl_goweb.actions.guard.telling import Report, Teller
    from kubectl_goweb.actions.guard.terms import OnFailure
    from kubectl_goweb.actions.nodes.drained import Drained, News
    from kubectl_goweb.actions.plan import Plan, Refusal
    from kubectl_goweb.actions.requests import Drain, Request, WorkloadRequest
    from kubectl_goweb.kube.log_tail import LogAsk
    from kubectl_goweb.kube.log_tail import Target as LogTarget
    from kubectl_goweb.kube.logs import LogBatch
    from kubectl_goweb.objects.wants import Want
    from kubectl_goweb.status.changes.model import WorkloadChanges
    from kubectl_goweb.status.live_paths import Traced
    from kubectl_goweb.status.probes.history import History
    from kubectl_goweb.status.probes.targets import Target
    from kubectl_goweb.status.usage import Loads
    from kubectl_goweb.status.verdicts import Ref


class LogReader(Protocol):
    """The logs of some containers, as `kube.logs` gives them. It never raises."""

    def follow(self, runs: Mapping[LogTarget, str]) -> None:
        """Follow these containers and no others from now on. Returns at once; called from the screen's thread."""

    def next(self, timeout: float) -> LogBatch | None:
        """What came; None after `timeout` seconds without anything, and once closed. Called from another thread."""

    def close(self) -> None:
        """Stop, and wake who waits in next()."""


class Probes(Protocol):
    """Targets probed in the background, as `probing.background` does. It never raises; one a cluster."""

    def probe(self, targets: Sequence[Target]) -> None:
        """Probe these and no others from now on. Returns at once."""

    def known(self) -> Mapping[str, History]:
        """What is known, by the target's key."""

    def rest(self) -> None:
        """Probe nothing for now; what is known is kept."""


class LoadSource(Protocol):
    """How busy nodes are, asked in the background, as `probing.load_watch` does. It never raises; one a cluster."""

    def watch(self, nodes: Mapping[str, Node], first: str = "", *, counts: bool = False) -> None:
        """Ask about these, by name, from now on; where only some can be asked, `first` is one of them. `counts`: their
        Pods of all namespaces too. Returns at once.
        """

    def known(self, now: datetime) -> Loads:
        """What is known at `now`. Returns at once."""

    def rest(self) -> None:
        """Ask nobody for now; what is known is kept."""


class Draining(Protocol):
    """Evictions under way, as `actions.nodes.evicting` does them."""

    def run(self) -> Drained:
        """Evict and wait until all Pods are gone, it cannot go on, or it is stopped. For a thread of its own."""

    def stop(self) -> None:
        """Evict no more. From any thread."""


class Guarding(Protocol):
    """A rollout under guard, as `actions.guard.guarding` does it."""

    def run(self) -> Report:
        """Follow, judge, act by policy. For a thread of its own. LeftError when it is left."""

    def leave(self) -> None:
        """Leave everything as it is. From any thread."""


class Source(Protocol):
    """One cluster as it is now, as one user. Watching never raises: what fails is told by the feeds of the Snapshot."""

    def next(self, timeout: float) -> Snapshot | None:
        """Wait for a state that was not given yet, and give the newest one; at most four a second.

        None when nothing has changed for `timeout` seconds, and at once after close(). Called from one thread at a
        time, which is not the screen's.
        """

    def restart(self, namespace: str) -> None:
        """Look at this namespace from now on, at all when empty. Returns at once; called from the screen's thread."""

    def suspect(self, wants: Iterable[Want]) -> None:
        """Look closer at these from now on; what is learnt is in later Snapshots. Returns at once; from any thread."""

    def logs(self, ask: LogAsk) -> LogReader:
        """Read logs; whoever asks closes it."""

    def probes(self) -> Probes:
        """The probes of this cluster, the same whenever it is asked. Returns at once."""

    def loads(self) -> LoadSource:
        """How busy the nodes of this cluster are, the same whenever it is asked. Returns at once."""

    # What follows waits for the server, and raises what it refuses: for other threads than the screen's.

    def read(self, path: str) -> bytes:
        """What is at an API path."""

    def denied(self, namespace: str) -> frozenset[str]:
        """The permissions that the user does not have there, as `actions.verbs` names them."""

    def plan(self, request: Request) -> Plan | Refusal:
        """What a request would do now."""

    def apply(self, plan: Plan) -> Applied:
        """Do it."""

    def draining(self, request: Drain, tell: Callable[[News], None]) -> Draining:
        """The evictions of a drain whose writes are done; nothing is sent yet. `tell` is called from other threads."""

    def guard(self, ref: Ref, policy: OnFailure, way_back: WorkloadRequest | None, teller: Teller) -> Guarding:
        """A guard of the rollout that is under way; nothing is done yet. The teller is called from other threads."""

    def journal(self) -> tuple[tuple[Entry, ...], int]:
        """What was done with this program, oldest first, and how many lines cannot be read."""

    def revert(self, entry: Entry) -> Plan | Refusal:
        """How to take an entry back now."""

    def trace(self, ref: Ref) -> tuple[Traced, ...]:
        """Every way in to an object, by the objects and as each hop answers."""

    def changes(self, ref: Ref) -> WorkloadChanges | None:
        """What changed around a workload; None when it is not there."""

    def close(self) -> None:
        """Stop, and wake who waits in next(). Returns at once."""


@dataclass(frozen=True, slots=True)
class Session:
    """What stays the same while one context is looked at. What is not known is empty and not shown."""

    context: str
    server: str = ""
    version: str = ""
    """The API server's, as it says it: `v1.34.4`."""
    user: str = ""
    namespace: str = ""
    """Where the cockpit starts; empty for all namespaces. Where it looks now is said by the Snapshot."""
    read_only: str = ""
    """Why nothing may be written; empty when it may."""
    is_protected: bool = False
    """Before a change the object's name has to be typed, and the frame has another colour."""


class Contexts(Protocol):
    """The contexts of the kubeconfig."""

    def names(self) -> Sequence[str]:
        """In the order of the kubeconfig; empty when it cannot be read."""

    def open(self, name: str, namespace: str | None) -> tuple[Source, Session]:
        """Begin to look at another one, at this namespace or, when None, at the context's own. GowebError when it
        cannot be reached that way; waits for the server a moment, so not for the screen's thread.
        """


class OnlyContext:
    """There is no other context to go to."""

    def names(self) -> Sequence[str]:
        return ()

    def open(self, name: str, namespace: str | None) -> tuple[Source, Session]:
        raise NotImplementedError(name, namespace)
