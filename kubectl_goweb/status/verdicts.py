"""The words of every answer: verdict, phase, severity, finding. They are part of the `goweb/v1` documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from msgspec import Struct

from kubectl_goweb.errors import Exit

API_VERSION = "goweb/v1"
"""Of every document for programs."""


class Answer(Struct, frozen=True, gc=False, rename="camel"):
    """Base of everything that is answered; encoded as it stands into `goweb/v1` documents."""


class Verdict(StrEnum):
    """How a workload, a node or a whole namespace is."""

    HEALTHY = "healthy"
    IDLE = "idle"
    """Scaled to 0, and nothing is left running."""
    PROGRESSING = "progressing"
    PAUSED = "paused"
    """Paused with a change that is not rolled out."""
    UNKNOWN = "unknown"
    """What would have to be known is forbidden, stale or not understood."""
    DEGRADED = "degraded"
    """Serving, with less than it should have."""
    FAILING = "failing"
    """Not serving what it must, or its rollout cannot succeed."""

    @property
    def rank(self) -> int:
        """Higher is worse."""
        return _RANKS[self]

    @property
    def exit_code(self) -> Exit:
        match self:
            case Verdict.HEALTHY | Verdict.IDLE:
                return Exit.OK
            case Verdict.PROGRESSING | Verdict.PAUSED:
                return Exit.PROGRESSING
            case Verdict.UNKNOWN:
                return Exit.UNKNOWN
            case Verdict.DEGRADED | Verdict.FAILING:
                return Exit.FAILING
            case _:
                assert_never(self)


_RANKS = {verdict: rank for rank, verdict in enumerate(Verdict)}


class Phase(StrEnum):
    """Where a rollout stands."""

    UPDATING = "updating"
    """New Pods are being made, or run but are not ready yet."""
    SUCCEEDED = "succeeded"
    """Every replica is of the newest revision, ready and available, and no old one is left."""
    FAILED = "failed"
    """A new Pod is abnormal, or the time is up."""
    PAUSED = "paused"
    """Held back by `spec.paused` with a change that is not rolled out."""
    STUCK = "stuck"
    """Nothing can move: new Pods cannot be created or placed."""
    SUPERSEDED = "superseded"
    """The revision asked about is no longer the newest one."""
    UNKNOWN = "unknown"


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Higher is worse."""
        return _SEVERITY_RANKS[self]


_SEVERITY_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Confidence(StrEnum):
    """How sure a finding's cause is."""

    CERTAIN = "certain"
    """The API or the program itself says so."""
    LIKELY = "likely"
    """It follows from what is seen, and nothing speaks against it."""
    POSSIBLE = "possible"
    """What would prove it could not be seen."""


class Ref(Answer, frozen=True, gc=False):
    """Names one object."""

    kind: str
    name: str
    namespace: str = ""

    @property
    def short(self) -> str:
        """`deploy/web`, `pod/web-1`: as kubectl takes it."""
        return f"{_SHORT.get(self.kind, self.kind.lower())}/{self.name}"

    @property
    def key(self) -> str:
        """`Deployment/shop/web`: what the rows about it are known by; nothing stands for the namespace of a node."""
        return f"{self.kind}/{self.namespace}/{self.name}"


_SHORT = {
    "Deployment": "deploy",
    "StatefulSet": "sts",
    "DaemonSet": "ds",
    "ReplicaSet": "rs",
    "Service": "svc",
    "Ingress": "ing",
    "PersistentVolumeClaim": "pvc",
    "ConfigMap": "cm",
    "HorizontalPodAutoscaler": "hpa",
    "PodDisruptionBudget": "pdb",
    "NetworkPolicy": "netpol",
    "ResourceQuota": "quota",
}


class Evidence(Answer, frozen=True, gc=False):
    """One observed fact that a finding rests on."""

    source: str
    """Where it stands: `status.containerStatuses[web].lastState`, `event`, `log`, `condition Available`."""
    text: str
    at: datetime | None = None


class Finding(Answer, frozen=True, gc=False):
    """Something is wrong: what, on what, since when, why, and what to do next."""

    code: str
    """Stable, such as `GW-POD-CRASHLOOP`."""
    severity: Severity
    object: Ref
    title: str
    """One line that can stand alone."""
    cause: str
    """The likely cause, worded as likely where it is not proven."""
    next: str
    """A command that shows more or mends it."""
    evidence: tuple[Evidence, ...] = ()
    since: datetime | None = None
    affected: tuple[str, ...] = ()
    """Names of the Pods it is seen on."""
    reason: str = ""
    """The mechanism within the code, such as `dependency-refused`; stable too; empty when it is not known."""
    confidence: Confidence = Confidence.CERTAIN
    explained_by: str = ""
    """The finding that this one only follows from, as `CODE OBJECT`; empty on a root."""
    related: tuple[Ref, ...] = ()
    """Other objects that have to do with it: the ConfigMap that is missing, the Service that does not answer."""
    unseen: tuple[str, ...] = ()
    """What would have told more and could not be read."""
    back: str = ""
    """The command that goes back to the revision that still serves, which ends the harm while the cause is mended;
    empty where there is no way back, or none is needed."""

    @property
    def is_root(self) -> bool:
        """Nothing else that is known explains it."""
        return not self.explained_by

    @property
    def id(self) -> str:
        """`GW-POD-CRASHLOOP shop/deploy/web`, as `explained_by` names it."""
        where = f"{self.object.namespace}/" if self.object.namespace else ""
        return f"{self.code} {where}{self.object.short}"


def following(one: Finding, found: Iterable[Finding], depth: int = 0) -> Iterator[tuple[Finding, int]]:
    """What follows from a finding, and what from that, each with how far it is from it; no circle is ever made
    (`diagnosis.order`).
    """
    known = tuple(found)
    for other in known:
        if other.explained_by == one.id:
            yield other, depth
            yield from following(other, known, depth + 1)


class Gap(Answer, frozen=True, gc=False):
    """A part that could not be told, and why: forbidden, malformed, stale."""

    part: str
    """The resource (`replicasets.apps`) or the object (`pods shop/web-1`)."""
    state: str
    """`denied`, `failed`, `stale`, `listing` or `malformed`; `polled` for what is known as of `since`."""
    why: str
    since: datetime | None = None
