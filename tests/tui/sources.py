"""A Source that a test feeds, and a program over it."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from msgspec import structs
from textual.pilot import Pilot

from kubectl_goweb.actions.apply import Applied, ConflictError, DryRun
from kubectl_goweb.actions.entries import Entry
from kubectl_goweb.actions.guard.following import LeftError
from kubectl_goweb.actions.guard.telling import Report, Teller
from kubectl_goweb.actions.guard.terms import OnFailure
from kubectl_goweb.actions.nodes.drained import Drained, Ending, Left, News, Step
from kubectl_goweb.actions.plan import Caution, Plan, Refusal, Write
from kubectl_goweb.actions.requests import Drain, Request, WorkloadRequest
from kubectl_goweb.delivery.jobs.desk import Desk
from kubectl_goweb.kube.log_tail import LogAsk, LogState, Stream, Target
from kubectl_goweb.kube.logs import LogBatch
from kubectl_goweb.objects import Node, Snapshot
from kubectl_goweb.objects.wants import Want
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.changes.model import WorkloadChanges
from kubectl_goweb.status.live_paths import Traced
from kubectl_goweb.status.probes.history import History
from kubectl_goweb.status.probes.targets import Target as ProbeTarget
from kubectl_goweb.status.template_changes import Change
from kubectl_goweb.status.usage import Loads
from kubectl_goweb.status.verdicts import Ref, Severity
from kubectl_goweb.tui.app import GowebApp
from kubectl_goweb.tui.remembered import Memory
from kubectl_goweb.tui.source import Contexts, Session
from tests.tui.shop import NOW

SESSION = Session(context="prod-eu", version="v1.34.4", user="ana", namespace="shop")


def some_plan(request: Request, inverse: Request | None = None) -> Plan:
    """A Plan with something in every part."""
    return Plan(
        verb=str(request.__struct_config__.tag),
        target=request.target,
        uid="1",
        context="prod-eu",
        sentence=f"change {request.target.short}",
        done="changed",
        writes=(Write("PATCH", "/x", b"[]"),),
        changes=(Change("spec.replicas", "5", "7"),),
        kubectl=f"kubectl change {request.target.short}",
        preconditions=("spec.replicas is still 5",),
        inverse=inverse,
        cautions=(Caution("GW-ACT-HPA", Severity.WARNING, "an autoscaler will take it back [/]"),),
    )


class GivenLogs:
    """Logs that a test writes."""

    def __init__(self, ask: LogAsk) -> None:
        self.ask = ask
        self.runs: Mapping[Target, str] = {}
        self._batches: queue.SimpleQueue[LogBatch | None] = queue.SimpleQueue()

    def follow(self, runs: Mapping[Target, str]) -> None:
        self.runs = runs

    def write(self, *lines: tuple[Target, str, str], **states: LogState) -> None:
        """Lines, and the state of every container, `FOLLOWING` unless said otherwise by its Pod's name."""
        streams = {one: Stream(states.get(one.pod, LogState.FOLLOWING), NOW) for one in self.runs}
        self._batches.put(LogBatch(lines, streams))

    def next(self, timeout: float) -> LogBatch | None:
        try:
            return self._batches.get(timeout=timeout)
        except queue.Empty:
            return None

    def close(self) -> None:
        self._batches.put(None)


class GivenDraining:
    """Evictions that go as a test says."""

    def __init__(self, tell: Callable[[News], None]) -> None:
        self.tell = tell
        self.is_stopped = threading.Event()
        self._over = threading.Event()
        self._ending = Ending.STOPPED

    def run(self) -> Drained:
        assert self._over.wait(20)
        left = (Left("shop/web-2", Step.BLOCKED, "budget web"),) if self._ending is not Ending.DONE else ()
        return Drained(self._ending, (), left, 3.0)

    def stop(self) -> None:
        self.is_stopped.set()
        self._over.set()

    def end(self, ending: Ending) -> None:
        self._ending = ending
        self._over.set()


class GivenGuarding:
    """A guard that tells and ends as a test says."""

    def __init__(self, policy: OnFailure, way_back: WorkloadRequest | None, teller: Teller) -> None:
        self.policy = policy
        self.way_back = way_back
        self.teller = teller
        self._over = threading.Event()
        self._report: Report | None = None

    def run(self) -> Report:
        assert self._over.wait(20)
        if self._report is None:
            raise LeftError("it was left")
        return self._report

    def leave(self) -> None:
        self._over.set()

    def end(self, report: Report) -> None:
        self._report = report
        self._over.set()


class GivenProbes:
    """Probes that answer as a test says."""

    def __init__(self) -> None:
        self.targets: tuple[ProbeTarget, ...] = ()
        self.histories: dict[str, History] = {}
        self.is_resting = False

    def probe(self, targets: Sequence[ProbeTarget]) -> None:
        self.targets, self.is_resting = tuple(targets), False

    def known(self) -> Mapping[str, History]:
        return dict(self.histories)

    def rest(self) -> None:
        self.is_resting = True


class GivenLoads:
    """Loads that were told as a test says."""

    def __init__(self) -> None:
        self.told: Loads | None = None
        self.watched: tuple[str, ...] = ()
        self.first = ""
        self.counts = False

    def watch(self, nodes: Mapping[str, Node], first: str = "", *, counts: bool = False) -> None:
        self.watched, self.first, self.counts = tuple(nodes), first, counts

    def known(self, now: datetime) -> Loads:
        return structs.replace(self.told, now=now) if self.told is not None else Loads(now)

    def rest(self) -> None:
        self.watched = ()


class Given:
    """Gives what it was given. `shown` waits until that is on the screen: only then somebody asks for more."""

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        self._condition = threading.Condition()
        self._pending = snapshot
        self._is_asked = False
        self._is_closed = False
        self.restarts: list[str] = []
        self.probing = GivenProbes()
        self.loading = GivenLoads()
        self.wants: tuple[Want, ...] = ()
        self.paths: list[str] = []
        self.bodies: dict[str, bytes] = {}
        self.not_allowed: frozenset[str] = frozenset()
        self.requests: list[Request] = []
        self.planned: Callable[[Request], Plan | Refusal] = some_plan
        self.conflicts = 0
        self.applied: list[Plan] = []
        self.guarded: list[Ref] = []
        self.entries: tuple[Entry, ...] = ()
        self.traced: list[Ref] = []
        self.ways_in: tuple[Traced, ...] = ()
        self.changed: WorkloadChanges | None = None

    def give(self, snapshot: Snapshot) -> None:
        with self._condition:
            self._pending = snapshot
            self._is_asked = False
            self._condition.notify_all()

    def next(self, timeout: float) -> Snapshot | None:
        with self._condition:
            if self._pending is None:
                self._is_asked = True
                self._condition.notify_all()
                self._condition.wait_for(lambda: self._pending is not None or self._is_closed, timeout)
            snapshot, self._pending = self._pending, None
            return snapshot

    def restart(self, namespace: str) -> None:
        self.restarts.append(namespace)

    def suspect(self, wants: Iterable[Want]) -> None:
        self.wants = tuple(wants)

    def logs(self, ask: LogAsk) -> GivenLogs:
        self.reader = GivenLogs(ask)
        return self.reader

    def probes(self) -> GivenProbes:
        return self.probing

    def loads(self) -> GivenLoads:
        return self.loading

    def read(self, path: str) -> bytes:
        self.paths.append(path)
        return self.bodies[path]

    def denied(self, namespace: str) -> frozenset[str]:
        return self.not_allowed

    def plan(self, request: Request) -> Plan | Refusal:
        self.requests.append(request)
        return self.planned(request)

    def apply(self, plan: Plan) -> Applied:
        if self.conflicts:
            self.conflicts -= 1
            raise ConflictError("it has changed since it was looked at")
        self.applied.append(plan)
        return Applied(plan, DryRun.NONE)

    def trace(self, ref: Ref) -> tuple[Traced, ...]:
        self.traced.append(ref)
        return self.ways_in

    def changes(self, ref: Ref) -> WorkloadChanges | None:
        return self.changed

    def draining(self, request: Drain, tell: Callable[[News], None]) -> GivenDraining:
        self.drain = GivenDraining(tell)
        return self.drain

    def guard(self, ref: Ref, policy: OnFailure, way_back: WorkloadRequest | None, teller: Teller) -> GivenGuarding:
        self.guarding = GivenGuarding(policy, way_back, teller)
        self.guarded.append(ref)
        return self.guarding

    def journal(self) -> tuple[tuple[Entry, ...], int]:
        return self.entries, 0

    def revert(self, entry: Entry) -> Plan | Refusal:
        assert entry.inverse is not None
        return self.plan(entry.inverse)

    def close(self) -> None:
        with self._condition:
            self._is_closed = True
            self._condition.notify_all()

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    def wait_until_asked(self) -> None:
        with self._condition:
            assert self._condition.wait_for(lambda: self._is_asked, 20), "nobody asked for more"


class Clock:
    """Stands still until told."""

    def __init__(self, now: datetime = NOW) -> None:
        self.time = now

    def __call__(self) -> datetime:
        return self.time


def program(
    source: Given,
    *,
    session: Session = SESSION,
    settings: Settings | None = None,
    clock: Callable[[], datetime] | None = None,
    keymap: dict[str, str] | None = None,
    contexts: Contexts | None = None,
    memory: Memory | None = None,
    desk: Desk | None = None,
) -> GowebApp:
    return GowebApp(
        source,
        session,
        settings or Settings(),
        clock or Clock(),
        zone=UTC,
        keymap=keymap,
        contexts=contexts,
        memory=memory,
        desk=desk,
    )


async def shown(pilot: Pilot[None], source: Given) -> None:
    """Wait until the newest Snapshot is on the screen."""
    await asyncio.to_thread(source.wait_until_asked)
    await pilot.pause()


async def until(pilot: Pilot[None], met: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for a state of the screen that no event announces."""
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "it never came to that"
        await pilot.pause(0.02)


def screen_text(app: GowebApp) -> str:
    """What is on the screen now, line by line."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)
