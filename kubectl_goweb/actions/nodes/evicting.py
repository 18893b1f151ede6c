"""Drains in earnest: evicts Pods through the eviction API, waits until they are gone, and says what is in the way.

    evicting = Evicting(connection, request, Orders(timeout=60), tell)
    drained = evicting.run()          in this thread; KeyboardInterrupt leaves everything as it is
    evicting.left()                   what was not gone, and why, whenever it ended

Which Pods there are is looked up when it begins, after the cordon: some may have come since the Plan was made.

A Pod is gone when its uid is: one of the same name is another Pod. A budget that refuses one of its Pods is asked again
for that one only, with growing pauses, and the others of the same budget wait for it. Nothing else is ever written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from time import monotonic

from msgspec import Struct

from kubectl_goweb.actions.nodes.blocking import Blame
from kubectl_goweb.actions.nodes.drained import Drained, Ending, Left, News, Orders, Step, Target
from kubectl_goweb.actions.nodes.draining import JSON, eviction_body
from kubectl_goweb.actions.nodes.reading import simulated
from kubectl_goweb.actions.requests import Drain
from kubectl_goweb.errors import (
    ApiError,
    ForbiddenError,
    NotFoundError,
    RefusedError,
    ThrottledError,
    UnauthorizedError,
)
from kubectl_goweb.hands import Hands
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.reading import Ask
from kubectl_goweb.kube.store import Changes, Store
from kubectl_goweb.kube.watching import Watching
from kubectl_goweb.objects import FeedState, Kind, Snapshot
from kubectl_goweb.objects.policy import PodDisruptionBudget
from kubectl_goweb.objects.text import plain

_HANDS = 8
"""Evictions sent at once."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 5.0
"""Seconds before a budget is asked again; kubectl waits five each time."""
_TICK = 0.5
_CONFLICT = 409
_BUDGET = re.compile(r"The disruption budget (\S+) (?:needs|is still)")
_TWO_BUDGETS = "more than one PodDisruptionBudget"
_NAMESPACE_GOES = "because it is being terminated"


class _Gate(Struct):
    """A budget that has refused: who asks next, and when."""

    at: float
    refusals: int = 1
    version: str = ""
    """Of the budget as it was known when it refused; once it is another one that allows something, it is asked at once.
    """


class Evicting:
    """One drain."""

    def __init__(
        self,
        connection: Connection,
        request: Drain,
        orders: Orders,
        tell: Callable[[News], None],
        now: Callable[[], datetime],
    ) -> None:
        """Nothing is sent yet."""
        self._connection = connection
        self._request = request
        self._now = now
        self._node = request.target.name
        self._targets: dict[str, Target] = {}
        self._orders = orders
        self._tell = tell
        self._blame = Blame(connection)
        self._states: dict[str, Step] = {}
        self._whys: dict[str, str] = {}
        self._gates: dict[str, _Gate] = {}
        """By budget, or by Pod where no budget is known."""
        self._is_stopped = False
        self._budgets: Mapping[str, PodDisruptionBudget] = {}
        """As far as they may be watched."""

    def run(self) -> Drained:
        """Evict and wait. What cannot be done is told in the answer; raised is RefusedError for a Pod that has come and
        needs a flag, and what a connection raises when the Pods cannot be listed.
        """
        started = monotonic()
        self._look()
        ends = None if self._orders.timeout is None else started + self._orders.timeout
        if self._orders.dry_run:
            self._evict(list(self._targets.values()))
            return self._drained(Ending.FAILED if self._with(Step.FAILED, Step.BLOCKED) else Ending.DONE, started)
        store = Store(interval=0.05)
        asks = [Ask(Kind.POD, fields=f"spec.nodeName={self._node}"), Ask(Kind.POD_DISRUPTION_BUDGET)]
        watching = Watching(self._connection, asks, store)
        watching.start()
        try:
            return self._drained(self._until_gone(store.changes(), ends), started)
        finally:
            watching.close()
            store.close()

    def _look(self) -> None:
        request = self._request
        found = simulated(self._connection, self._node, request.flags, self._now, request.pod_selector)
        if found.refused:
            named = ", ".join(f"{one.pod} ({one.why})" for one in found.refused)
            flags = " ".join(sorted({one.flag for one in found.refused}))
            raise RefusedError(
                f"nothing was evicted: Pods came that a flag has to allow: {named}",
                hint=f"if that is meant, add {flags}",
            )
        self._targets = {move.pod: Target(move.pod, move.uid, move.budget) for move in found.moves}
        self._states = dict.fromkeys(self._targets, Step.EVICTING)

    def stop(self) -> None:
        """Evict no more, from any thread; what was evicted ends all the same."""
        self._is_stopped = True

    def left(self) -> tuple[Left, ...]:
        """Those that are not gone, in the order to evict in."""
        return tuple(
            Left(pod, step, self._whys.get(pod, "")) for pod, step in self._states.items() if step is not Step.GONE
        )

    def gone(self) -> tuple[str, ...]:
        return tuple(self._with(Step.GONE))

    def _drained(self, ending: Ending, started: float) -> Drained:
        return Drained(ending, self.gone(), self.left(), round(monotonic() - started, 2))

    def _with(self, *steps: Step) -> list[str]:
        return [pod for pod, step in self._states.items() if step in steps]

    def _until_gone(self, changes: Changes, ends: float | None) -> Ending:
        while not self._is_stopped:
            self._evict(self._due(monotonic()))
            if not self._with(Step.EVICTING, Step.BLOCKED, Step.EVICTED):
                return Ending.FAILED if self._with(Step.FAILED) else Ending.DONE
            now = monotonic()
            if ends is not None and now >= ends:
                return Ending.TIMEOUT
            waits = [gate.at - now for gate in self._gates.values()]
            wait = min([_TICK, *waits, *([ends - now] if ends is not None else [])])
            snapshot = changes.next(max(wait, 0.01))
            if snapshot is not None:
                self._seen(snapshot)
        return Ending.STOPPED

    def _due(self, now: float) -> list[Target]:
        """Whose turn it is: everybody without a closed gate, and one for each gate whose time has come."""
        due, asked = [], set()
        for pod in self._with(Step.EVICTING, Step.BLOCKED):
            key = self._gate_key(self._targets[pod])
            gate = self._gates.get(key)
            if gate is None:
                due.append(self._targets[pod])
            elif gate.at <= now and key not in asked:
                asked.add(key)
                due.append(self._targets[pod])
        return due

    def _gate_key(self, target: Target) -> str:
        return target.budget or target.pod

    def _evict(self, due: list[Target]) -> None:
        if not due:
            return
        for one in due:
            if self._states[one.pod] is Step.EVICTING:
                self._tell(News(Step.EVICTING, one.pod))
        hands = Hands(min(_HANDS, len(due)), "evict")
        try:
            answers = list(hands.map(self._send, due))
        finally:
            hands.shutdown(wait=True, cancel_futures=True)
        for one, error in zip(due, answers, strict=True):
            self._answered(one, error)

    def _send(self, one: Target) -> ApiError | None:
        namespace, _, name = one.pod.partition("/")
        path = f"{Kind.POD.resource.path(namespace, name)}/eviction"
        query = {"dryRun": "All"} if self._orders.dry_run else {}
        body = eviction_body(namespace, name, one.uid, self._orders.grace_period)
        try:
            self._connection.send("POST", path, body, content_type=JSON, query=query)
        except UnauthorizedError:
            raise
        except ApiError as error:
            return error
        return None

    def _answered(self, one: Target, error: ApiError | None) -> None:
        match error:
            case None:
                self._gates.pop(self._gate_key(one), None)
                self._moved(one, Step.GONE if self._orders.dry_run else Step.EVICTED, "it is ending")
            case NotFoundError():
                self._moved(one, Step.GONE, "")
            case RefusedError() if error.status == _CONFLICT:
                self._moved(one, Step.GONE, "another Pod has its name now")
            case RefusedError() if _NAMESPACE_GOES in error.sentence:
                self._moved(one, Step.EVICTED, "its namespace is being deleted")
            case ThrottledError() if error.causes:
                self._held(one, error)
            case ForbiddenError() | RefusedError():
                self._moved(one, Step.FAILED, error.sentence)
            case _ if _TWO_BUDGETS in error.sentence:
                self._moved(
                    one, Step.FAILED, "two disruption budgets guard it, which the eviction API cannot work with"
                )
            case _:
                self._postponed(one, error.sentence)

    def _held(self, one: Target, error: ThrottledError) -> None:
        """A budget says no: who it is, and because of whom."""
        found = _BUDGET.match(error.causes[0])
        namespace = one.pod.partition("/")[0]
        budget = f"{namespace}/{found[1]}" if found else one.budget
        if budget and budget != one.budget:
            self._targets[one.pod] = one = Target(one.pod, one.uid, budget)
        why = self._blame.text(budget) if budget else ""
        self._postponed(one, why or plain(error.causes[0]))

    def _postponed(self, one: Target, why: str) -> None:
        key = self._gate_key(one)
        gate = self._gates.get(key)
        refusals = gate.refusals + 1 if gate is not None else 1
        pause = min(_FIRST_PAUSE * 1.5 ** (refusals - 1), _LONGEST_PAUSE)
        self._gates[key] = _Gate(monotonic() + pause, refusals, self._version(key))
        self._moved(one, Step.BLOCKED, why)
        if self._orders.dry_run:
            return
        for pod in self._with(Step.EVICTING):
            if self._gate_key(self._targets[pod]) == key:
                self._moved(self._targets[pod], Step.BLOCKED, why)

    def _moved(self, one: Target, step: Step, why: str) -> None:
        if (self._states[one.pod], self._whys.get(one.pod)) != (step, why):
            self._states[one.pod] = step
            self._whys[one.pod] = why
            self._tell(News(step, one.pod, why))

    def _version(self, budget: str) -> str:
        known = self._budgets.get(budget)
        return known.metadata.resource_version if known is not None else ""

    def _seen(self, snapshot: Snapshot) -> None:
        self._budgets = snapshot.disruption_budgets
        for key, gate in self._gates.items():
            known = self._budgets.get(key)
            if known is not None and known.status.disruptions_allowed > 0 and self._version(key) != gate.version:
                gate.at = 0.0
        feed = snapshot.feeds.get(Kind.POD)
        if feed is None or feed.state is not FeedState.LIVE:
            return
        there = {one.metadata.uid for one in snapshot.pods.values()}
        for pod in self._with(Step.EVICTING, Step.BLOCKED, Step.EVICTED):
            if self._targets[pod].uid not in there:
                self._moved(self._targets[pod], Step.GONE, "")
                self._opened(self._gate_key(self._targets[pod]))

    def _opened(self, key: str) -> None:
        """Nobody waits behind a gate any more whose last Pod has gone."""
        if not any(self._gate_key(self._targets[pod]) == key for pod in self._with(Step.EVICTING, Step.BLOCKED)):
            self._gates.pop(key, None)
