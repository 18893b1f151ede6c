"""The words about what changed. Values only; part of the `goweb/v1` documents."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from kubectl_goweb.objects import Snapshot
from kubectl_goweb.objects.facts import named
from kubectl_goweb.objects.meta import Write, Written
from kubectl_goweb.objects.template import FullPodSpec
from kubectl_goweb.status.verdicts import Answer, Ref, Verdict
from kubectl_goweb.status.workloads import Workload


class Topic(StrEnum):
    """What kind of change it was."""

    TEMPLATE = "template"
    """A new revision: the Pod template is another one."""
    CREATION = "creation"
    """The workload itself came into being, or a node."""
    RESTART = "restart"
    """A new revision that differs in annotations alone: Pods are made anew and read their configuration again."""
    SPEC = "spec"
    """The workload itself, apart from its template."""
    CONFIG = "config"
    IMAGE = "image"
    """The same tag, another digest."""
    NODE = "node"
    AUTOSCALER = "autoscaler"
    CERTIFICATE = "certificate"
    NETWORK = "network"
    """A Service, an Ingress or a NetworkPolicy before its Pods."""
    LIMIT = "limit"
    """A quota or a limit range of its namespace."""
    JOURNAL = "journal"
    """Done with this program, and not to be seen elsewhere."""


class Onset(Answer, frozen=True, gc=False):
    """The earliest known transition to unhealthy."""

    at: datetime
    how: str
    """How it is known: `condition Ready=False of pod/web-1`."""


class PastChange(Answer, frozen=True, gc=False):
    """One change."""

    topic: Topic
    object: Ref
    """What was changed."""
    at: datetime
    text: str
    """One line."""
    source: str
    """How it is known: `managedFields`, `ReplicaSet web-7965`, `event Rebooted`."""
    who: str = ""
    """The manager, user or login that did it; empty when it is not known."""
    details: tuple[str, ...] = ()
    before_onset: float | None = None
    """Seconds; negative when it came later, None without an onset."""


class WorkloadChanges(Answer, frozen=True, gc=False):
    """What changed around one workload."""

    object: Ref
    verdict: Verdict
    why: str
    onset: Onset | None
    """None when it is well, or since when it is not cannot be told."""
    since: datetime
    """How far back was looked."""
    changes: tuple[PastChange, ...]
    """With an onset the likeliest culprit first, else the newest."""
    unseen: tuple[str, ...] = ()
    """What could not be read, and why."""


class Sight(Struct, frozen=True):
    """One workload and all that is known, as the questions of this room look at it."""

    workload: Workload
    snapshot: Snapshot
    since: datetime
    now: datetime

    @property
    def ref(self) -> Ref:
        return self.workload.ref

    @property
    def key(self) -> str:
        return f"{self.ref.namespace}/{self.ref.name}"

    @property
    def template(self) -> FullPodSpec | None:
        """Its Pod template; None when it was not read."""
        found = self.snapshot.facts.workloads.get(named(self.ref.kind, self.key))
        return found.spec.template.spec if found else None

    def is_recent(self, at: datetime | None) -> bool:
        return at is not None and self.since <= at <= self.now

    def written(self, kind: str, key: str) -> Written | None:
        return self.snapshot.facts.written.get(named(kind, key))

    def writes(self, kind: str, key: str) -> tuple[Write, ...]:
        """What was written to an object in the time that is looked at."""
        found = self.written(kind, key)
        return found.metadata.writes(self.since) if found else ()

    def was_created(self, one: Written, write: Write) -> bool:
        """Whether a write is the one that made the object."""
        made = one.metadata.creation_timestamp
        return made is not None and write.time is not None and abs((write.time - made).total_seconds()) <= 1


def listed(names: Iterable[str], most: int = 6) -> str:
    """`A, B and 3 more`."""
    found = list(names)
    more = len(found) - most
    return ", ".join(found[:most]) + (f" and {more} more" if more > 0 else "")
