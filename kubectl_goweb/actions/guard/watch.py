"""Everything a guard has to see of one workload, kept up to date, with every count of available Pods noted: the store's
readers get the newest state only, and a dip may be over by then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType

from kubectl_goweb.actions.guard.telling import Availability
from kubectl_goweb.errors import NotFoundError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.reading import Ask, read
from kubectl_goweb.kube.store import Store
from kubectl_goweb.kube.watching import Watching
from kubectl_goweb.objects import DaemonSet, Deployment, Feed, Kind, Object, Snapshot, StatefulSet
from kubectl_goweb.status.rollouts import daemon_set_counts, deployment_counts, stateful_set_counts
from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.status.workloads import Counts, Limits, fence_posts

_INTERVAL = 0.1
"""Seconds between two looks: one workload is little to look at."""


class Watch:
    """A `with` block in which one workload is watched. NotFoundError when there is none of that name."""

    def __init__(self, connection: Connection, ref: Ref, now: Callable[[], datetime]) -> None:
        self._store = _Counting(ref)
        self._watching = Watching(connection, _asks(connection, ref, now), self._store)
        self._changes = self._store.changes()

    def next(self, seconds: float) -> Snapshot:
        """The newest state, as soon as it has changed or so many seconds are over."""
        return self._changes.next(seconds) or self._store.snapshot()

    def wake(self) -> None:
        """End the waiting in next(), from any thread."""
        self._store.wake()

    @property
    def available(self) -> Availability:
        """Of everything seen so far."""
        return self._store.available

    def __enter__(self) -> Watch:
        self._watching.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watching.close()
        self._store.close()


def _asks(connection: Connection, ref: Ref, now: Callable[[], datetime]) -> list[Ask]:
    kind = Kind(ref.kind)
    own = Ask(kind, ref.namespace, fields=f"metadata.name={ref.name}")
    found = read(connection, [own], now)
    objects: Mapping[str, Deployment | StatefulSet | DaemonSet] = getattr(found, kind.resource.field)
    one = objects.get(f"{ref.namespace}/{ref.name}")
    if one is None and not found.feeds[kind].why:
        raise NotFoundError(f"there is no {ref.short} in namespace {ref.namespace}", hint="see: kubectl goweb status")
    pairs = one.spec.selector.match_labels if one is not None else {}
    labels = ",".join(f"{key}={value}" for key, value in pairs.items())
    between = Kind.REPLICA_SET if kind is Kind.DEPLOYMENT else Kind.CONTROLLER_REVISION
    return [
        own,
        Ask(Kind.POD, ref.namespace, labels),
        Ask(between, ref.namespace, labels),
        Ask(Kind.EVENT, ref.namespace),
        Ask(Kind.NODE),
        Ask(Kind.RESOURCE_QUOTA, ref.namespace),
    ]


def _counts(one: Object) -> tuple[Counts, Limits | None] | None:
    match one:
        case Deployment():
            strategy = one.spec.strategy
            return deployment_counts(one), fence_posts(one.spec.replicas, strategy.type, strategy.rolling_update)
        case StatefulSet():
            return stateful_set_counts(one), Limits(0, 1)
        case DaemonSet():
            counts, strategy = daemon_set_counts(one), one.spec.update_strategy
            return counts, fence_posts(counts.desired, strategy.type, strategy.rolling_update)
        case _:
            return None


class _Counting(Store):
    """A store that notes every count of available Pods that passes through it."""

    def __init__(self, ref: Ref) -> None:
        super().__init__(ref.namespace, interval=_INTERVAL)
        self._ref = ref
        self._counted = threading.Lock()
        self._available = Availability(None, None)
        self._is_held = False

    @property
    def available(self) -> Availability:
        with self._counted:
            return self._available

    def put(self, kind: Kind, item: Object) -> None:
        self._note(kind, item)
        super().put(kind, item)

    def replace(self, kind: Kind, objects: Mapping[str, Object], feed: Feed) -> None:
        for item in objects.values():
            self._note(kind, item)
        super().replace(kind, objects, feed)

    def _note(self, kind: Kind, item: Object) -> None:
        if kind != self._ref.kind or item.name != self._ref.name:
            return
        counted = _counts(item)
        if counted is None:
            return
        counts, limits = counted
        with self._counted:
            self._available, self._is_held = counted_on(self._available, counts, limits, is_held=self._is_held)


def counted_on(
    before: Availability, counts: Counts, limits: Limits | None, *, is_held: bool
) -> tuple[Availability, bool]:
    """With one more count; and whether the promise holds from here on: once there are as many as promised, until more
    are asked for. What was missing before, or is missing because somebody has just asked for more, breaks no promise.
    """
    promised = limits.at_least(counts.desired) if limits else None
    lowest = counts.available if before.lowest is None else min(before.lowest, counts.available)
    if promised is None:
        return Availability(lowest, None, before.missing), False
    is_more = before.promised is not None and promised > before.promised
    is_held = counts.available >= promised or (is_held and not is_more)
    short = max(0, promised - counts.available) if is_held else 0
    return Availability(lowest, promised, max(before.missing, short)), is_held
