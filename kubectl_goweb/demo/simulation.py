"""The ground that the simulated controllers stand on: simulated time, the store of objects, the queue of what is due.

Objects are plain JSON, as the API server sends them. What the store hands out is shared and must not be changed: `edit`
gives a copy and writes it back. Which controllers run, and the story they play, is not known here.
"""

from __future__ import annotations

import bisect
import heapq
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from kubectl_goweb.demo.bodies import JSON, clone, controller_uid, moment, stamp
from kubectl_goweb.demo.dice import Dice

FIRST_VERSION = 481_000
"""resourceVersions do not start at 1: the cluster has a past."""

WINDOW = 1_000
"""How many writes are remembered for watches that resume; older ones are answered with 410."""

EVENT_LIFETIME = timedelta(hours=1)
"""How long the API server keeps an Event (--event-ttl)."""

EVENT_BURST = 25
"""After this many repetitions the kubelet's recorder lets one through every five minutes."""


class ConflictError(Exception):
    """The object was changed since it was read, or its name is taken."""


class MissingError(Exception):
    """There is no such object."""


@dataclass(frozen=True, slots=True)
class Change:
    """One write: what watchers are told. `previous` is the object before it, for selectors that stop to match."""

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    resource: str
    object: JSON
    previous: JSON | None = None

    @property
    def version(self) -> int:
        """The resourceVersion of the write."""
        return int(self.object["metadata"]["resourceVersion"])


class Simulation:
    """Objects by (resource, namespace, name), with the API server's bookkeeping, and actions that are due at a time."""

    def __init__(self, seed: int, begin: datetime) -> None:
        self.now = begin
        self.dice = Dice(seed)
        self.version = FIRST_VERSION
        self._changes: list[Change] = []
        self._forgotten = FIRST_VERSION
        self.listeners: list[Callable[[Change], None]] = []
        self._objects: dict[str, dict[tuple[str, str], JSON]] = {}
        self._recorded: dict[tuple[str, str, str], str] = {}
        self._due: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()

    # Time

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do `action` once, that much simulated time from now; of two due at the same time the older goes first."""
        heapq.heappush(self._due, (self.now + timedelta(seconds=seconds), next(self._order), action))

    def next_due(self) -> datetime | None:
        """When something happens next."""
        return self._due[0][0] if self._due else None

    def run(self, until: datetime) -> None:
        """Let everything happen that is due until then, each at its own time: the size of the steps cannot matter."""
        while self._due and self._due[0][0] <= until:
            self.now, _, action = heapq.heappop(self._due)
            action()
        self.now = max(self.now, until)

    # Reading

    def get(self, resource: str, namespace: str, name: str) -> JSON | None:
        """The object, or None; namespace is empty for cluster-scoped kinds."""
        return self._objects.get(resource, {}).get((namespace, name))

    def find(self, resource: str, namespace: str | None = None) -> list[JSON]:
        """All objects of a resource, in one namespace or everywhere, in the server's order (namespace, name)."""
        kept = self._objects.get(resource, {})
        return [kept[key] for key in sorted(kept) if namespace is None or key[0] == namespace]

    def since(self, version: int) -> list[Change] | None:
        """Every write after that version, or None when it is so old that some of them are forgotten."""
        if version < self._forgotten:
            return None
        first = bisect.bisect_right(self._changes, version, key=lambda change: change.version)
        return self._changes[first:]

    def forget(self) -> None:
        """Forget every write so far (a compaction of etcd): no version handed out until now can be resumed from."""
        self.version += 1
        self._changes = []
        self._forgotten = self.version

    def at(self, resource: str, version: int) -> list[JSON] | None:
        """All objects of a resource as they were at that version, in the server's order; None when it is forgotten."""
        later = self.since(version)
        if later is None:
            return None
        then = dict(self._objects.get(resource, {}))
        for change in reversed([each for each in later if each.resource == resource]):
            meta = change.object["metadata"]
            key = (meta.get("namespace", ""), meta["name"])
            if change.previous is None:
                then.pop(key, None)
            else:
                then[key] = change.previous
        return [then[key] for key in sorted(then)]

    def owned(self, resource: str, owner: JSON) -> list[JSON]:
        """The objects whose controller is `owner`."""
        uid = owner["metadata"]["uid"]
        return [each for each in self.find(resource, owner["metadata"]["namespace"]) if controller_uid(each) == uid]

    # Writing

    def create(self, resource: str, body: JSON) -> JSON:
        """Store a new object; a creationTimestamp that is already there is kept (the story has a past)."""
        created: JSON = clone(body)
        meta = created["metadata"]
        key = (meta.get("namespace", ""), meta["name"])
        kept = self._objects.setdefault(resource, {})
        if key in kept:
            raise ConflictError(key[1])
        meta.setdefault("creationTimestamp", stamp(self.now))
        meta["uid"] = self.dice.uid()
        if "spec" in created and resource != "namespaces":
            meta.setdefault("generation", 1)
        self._write(Change("ADDED", resource, created))
        return created

    def replace(self, resource: str, body: JSON, *, status: bool = False) -> JSON:
        """Store a newer state and keep `body` itself. An equal object is not written at all.

        A resourceVersion in it must be the stored one, or a ConflictError is raised.

        The generation grows with the spec, for Deployments with the annotations too, never with a `status` write.
        """
        meta = body["metadata"]
        stored = self.get(resource, meta.get("namespace", ""), meta["name"])
        if stored is None:
            raise MissingError(meta["name"])
        if meta.get("resourceVersion") not in {None, "", stored["metadata"]["resourceVersion"]}:
            raise ConflictError(meta["name"])
        replaced = {**body, "metadata": {**meta}}
        replaced["metadata"]["resourceVersion"] = stored["metadata"]["resourceVersion"]
        if replaced == stored:
            return stored
        if (
            not status
            and "generation" in stored["metadata"]
            and _desired(resource, replaced) != _desired(resource, stored)
        ):
            replaced["metadata"]["generation"] = stored["metadata"]["generation"] + 1
        self._write(Change("MODIFIED", resource, replaced, stored))
        return replaced

    @contextmanager
    def edit(self, resource: str, body: JSON, *, status: bool = False) -> Iterator[JSON]:
        """A copy of the stored object to change in place; written when the block ends."""
        meta = body["metadata"]
        stored = self.get(resource, meta.get("namespace", ""), meta["name"])
        if stored is None:
            raise MissingError(meta["name"])
        draft: JSON = clone(stored)
        yield draft
        self.replace(resource, draft, status=status)

    def remove(self, resource: str, namespace: str, name: str) -> JSON:
        """Take the object out of the store at once; watchers get its last state with the version of the deletion."""
        stored = self.get(resource, namespace, name)
        if stored is None:
            raise MissingError(name)
        gone = {**stored, "metadata": {**stored["metadata"]}}
        self._write(Change("DELETED", resource, gone, stored))
        return gone

    def delete_pod(self, pod: JSON, grace: int | None = None) -> JSON:
        """Delete as the API server does: gracefully, if a node runs it; at once, if none does or it has finished."""
        meta = pod["metadata"]
        if grace is None:
            grace = pod["spec"].get("terminationGracePeriodSeconds", 30)
        if not grace or not pod["spec"].get("nodeName") or pod["status"].get("phase") in {"Succeeded", "Failed"}:
            return self.remove("pods", meta["namespace"], meta["name"])
        if "deletionTimestamp" in meta:
            return pod
        with self.edit("pods", pod) as draft:
            draft["metadata"]["deletionTimestamp"] = stamp(self.now + timedelta(seconds=grace))
            draft["metadata"]["deletionGracePeriodSeconds"] = grace
            draft["metadata"]["generation"] = meta.get("generation", 1) + 1
        return self.get("pods", meta["namespace"], meta["name"]) or pod

    def _write(self, change: Change) -> None:
        self.version += 1
        meta = change.object["metadata"]
        meta["resourceVersion"] = str(self.version)
        kept = self._objects.setdefault(change.resource, {})
        key = (meta.get("namespace", ""), meta["name"])
        if change.type == "DELETED":
            del kept[key]
        else:
            kept[key] = change.object
        self._changes.append(change)
        if len(self._changes) > 2 * WINDOW:
            self._forgotten = self._changes[WINDOW - 1].version
            self._changes = self._changes[WINDOW:]
        for listener in self.listeners:
            listener(change)

    # Events

    def record(self, about: JSON, kind: str, reason: str, message: str, component: str, *, host: str = "") -> None:
        """Write an Event, or count the one with the same object, reason and message up. `kind` is Normal or Warning."""
        meta = about["metadata"]
        namespace = meta.get("namespace", "default")
        key = (meta["uid"], reason, message)
        known = self.get("events", namespace, self._recorded.get(key, ""))
        if known is not None:
            quiet = self.now - moment(known["lastTimestamp"]) < timedelta(minutes=5)
            if known["count"] < EVENT_BURST or not quiet:
                with self.edit("events", known) as draft:
                    draft["count"] += 1
                    draft["lastTimestamp"] = stamp(self.now)
            return
        involved = {
            "kind": about["kind"],
            "name": meta["name"],
            "uid": meta["uid"],
            "apiVersion": about["apiVersion"],
            "resourceVersion": meta["resourceVersion"],
        }
        if "namespace" in meta:
            involved["namespace"] = namespace
        if about["kind"] == "Pod" and component == "kubelet" and reason not in {"Scheduled", "FailedScheduling"}:
            involved["fieldPath"] = f"spec.containers{{{about['spec']['containers'][0]['name']}}}"
        nanoseconds = int(self.now.timestamp()) * 10**9 + self.version % 10**9
        event: JSON = {
            "kind": "Event",
            "apiVersion": "v1",
            "metadata": {"name": f"{meta['name']}.{nanoseconds:x}", "namespace": namespace},
            "involvedObject": involved,
            "reason": reason,
            "message": message,
            "source": {"component": component, **({"host": host} if host else {})},
            "firstTimestamp": stamp(self.now),
            "lastTimestamp": stamp(self.now),
            "count": 1,
            "type": kind,
            "eventTime": None,
            "reportingComponent": component,
            "reportingInstance": host,
        }
        self._recorded[key] = event["metadata"]["name"]
        self.create("events", event)
        self.after(EVENT_LIFETIME.total_seconds(), lambda: self._forget_event(key, namespace))

    def _forget_event(self, key: tuple[str, str, str], namespace: str) -> None:
        event = self.get("events", namespace, self._recorded.get(key, ""))
        if event is None:
            return
        rest = EVENT_LIFETIME - (self.now - moment(event["lastTimestamp"]))
        if rest > timedelta(0):
            self.after(rest.total_seconds(), lambda: self._forget_event(key, namespace))
        else:
            del self._recorded[key]
            self.remove("events", namespace, event["metadata"]["name"])


def _desired(resource: str, body: JSON) -> list[Any]:
    annotations = body["metadata"].get("annotations") if resource == "deployments" else None
    return [body.get("spec"), annotations]
