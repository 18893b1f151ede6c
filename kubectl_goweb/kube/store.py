"""What is known of the cluster, kept up to date by one writer a kind, handed out as frozen Snapshots.

One lock. Readers get the newest state, never a queue of changes, and not more often than a few times a second: a
cluster with 2,000 changes a second costs the screen no more than one with four. Who writes is in watching.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from time import monotonic
from types import MappingProxyType
from typing import Any

from msgspec.structs import replace

from kubectl_goweb.objects import Feed, Kind, Object, Snapshot

_After = Callable[[int, float | None], tuple[int, Snapshot] | None]

INTERVAL = 0.25
"""Seconds between two snapshots for the same reader."""


class Store:
    """Thread-safe. A kind exists in it from its first feed on."""

    def __init__(self, namespace: str = "", *, interval: float = INTERVAL) -> None:
        """`namespace` is where is looked, for the Snapshot; `interval` in seconds."""
        self.heard: datetime | None = None
        """When the server last told anything, also what changes nothing; written by whoever hears it."""
        self._namespace = namespace
        self._interval = interval
        self._changed = threading.Condition()
        self._waiting = 0
        self._closing = threading.Event()
        self._objects: dict[Kind, dict[str, Object]] = {}
        self._views: dict[Kind, Mapping[str, Object]] = {}
        self._feeds: dict[Kind, Feed] = {}
        self._version = 0
        self._snapshot = Snapshot(namespace=namespace)
        self._snapshot_version = 0

    # --- written by one thread a kind

    def feed(self, kind: Kind, feed: Feed) -> None:
        """How far what is known of the kind can be trusted from now on."""
        with self._changed:
            self._objects.setdefault(kind, {})
            self._feeds[kind] = feed
            self._touched()

    def add(self, kind: Kind, objects: Iterable[Object]) -> None:
        """A page of the first list: what is here already may be shown while the rest is on its way."""
        with self._changed:
            self._writable(kind).update((item.key, item) for item in objects)
            self._touched()

    def replace(self, kind: Kind, objects: Mapping[str, Object], feed: Feed) -> None:
        """A complete list: what is not in it is gone."""
        with self._changed:
            self._views.pop(kind, None)
            self._objects[kind] = dict(objects)
            self._feeds[kind] = feed
            self._touched()

    def put(self, kind: Kind, item: Object) -> None:
        """One object as it is now."""
        with self._changed:
            known = self._objects.get(kind, {}).get(item.key)
            self._writable(kind)[item.key] = item
            if known is None or not _is_heartbeat(kind, known, item):
                self._touched()

    def remove(self, kind: Kind, key: str) -> None:
        """One object is gone; it need not be known."""
        with self._changed:
            if key in self._objects.get(kind, {}):
                del self._writable(kind)[key]
                self._touched()

    def wake(self) -> None:
        """Give readers the state again: what they add to it has changed."""
        with self._changed:
            self._touched()

    # --- read by anybody

    def snapshot(self) -> Snapshot:
        """Everything as it is known at this moment. A kind that has not changed is the same mapping as before."""
        with self._changed:
            return self._frozen()

    def changes(self) -> Changes:
        """The state now and whenever it has changed, for one reader."""
        return Changes(self._after, self._closing, self._interval)

    def close(self) -> None:
        """End every reader's waiting, from any thread."""
        self._closing.set()
        with self._changed:
            self._changed.notify_all()

    def _after(self, seen: int, timeout: float | None) -> tuple[int, Snapshot] | None:
        """The state once it is newer than version `seen`; None when it is not within `timeout` seconds, or closed."""
        with self._changed:
            self._waiting += 1
            try:
                self._changed.wait_for(lambda: self._version != seen or self._closing.is_set(), timeout)
            finally:
                self._waiting -= 1
            if self._closing.is_set() or self._version == seen:
                return None
            return self._version, self._frozen()

    def _writable(self, kind: Kind) -> dict[str, Object]:
        """The kind's objects, copied first if a snapshot holds them."""
        if self._views.pop(kind, None) is not None:
            self._objects[kind] = dict(self._objects[kind])
        return self._objects.setdefault(kind, {})

    def _touched(self) -> None:
        self._version += 1
        if self._waiting:
            self._changed.notify_all()

    def _frozen(self) -> Snapshot:
        if self._snapshot_version != self._version:
            for kind, objects in self._objects.items():
                if kind not in self._views:
                    self._views[kind] = MappingProxyType(objects)
            fields: dict[str, Any] = {kind.resource.field: view for kind, view in self._views.items()}
            feeds = MappingProxyType(dict(self._feeds))
            self._snapshot = Snapshot(namespace=self._namespace, feeds=feeds, heard=self.heard, **fields)
            self._snapshot_version = self._version
        return self._snapshot


def _is_heartbeat(kind: Kind, known: Object, item: Object) -> bool:
    """Whether a kubelet has only said that it lives. A hundred nodes do so several times a second, and readers, who see
    nothing new in it, would judge the whole cluster anew each time.
    """
    if kind is not Kind.NODE:
        return False
    meta = replace(item.metadata, resource_version=known.metadata.resource_version)
    return replace(item, metadata=meta) == known


class Changes(Iterator[Snapshot]):
    """For one reader in a thread of its own: `for snapshot in store.changes()`, until the store is closed."""

    def __init__(self, after: _After, closing: threading.Event, interval: float) -> None:
        self._after = after
        self._closing = closing
        self._interval = interval
        self._seen = -1
        self._not_before = 0.0

    def next(self, timeout: float | None = None) -> Snapshot | None:
        """The newest state as soon as there is one that was not given yet, but not sooner than the interval after the
        last. None when nothing has changed for `timeout` seconds, or the store is closed.
        """
        self._closing.wait(max(0.0, self._not_before - monotonic()))
        found = self._after(self._seen, timeout)
        if found is None:
            return None
        self._seen, snapshot = found
        self._not_before = monotonic() + self._interval
        return snapshot

    def __next__(self) -> Snapshot:
        snapshot = self.next()
        if snapshot is None:
            raise StopIteration
        return snapshot
