"""A Plan: one change to the cluster as a value, to be shown, confirmed and then applied as it stands.

What it is made from lives in the planning modules, how it is sent in `apply`. Nothing in a Plan but the bodies of its
writes may hold a secret, and those are never printed as they stand: see `Write.shown`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from kubectl_goweb.actions.requests import Request
from kubectl_goweb.errors import Exit
from kubectl_goweb.status.secrets import without_secrets
from kubectl_goweb.status.template_changes import Change
from kubectl_goweb.status.verdicts import Answer, Ref, Severity

if TYPE_CHECKING:  # drains alone have one, and it brings the scheduler's rules along
    from kubectl_goweb.status.evacuation.simulation import Simulation

JSON_PATCH = "application/json-patch+json"


class Danger(StrEnum):
    """What a Plan does to Pods that serve."""

    LIGHT = "light"
    """None of them ends."""
    ROLLING = "rolling"
    """They are replaced, within the limits of the rollout's strategy."""
    HEAVY = "heavy"
    """Some end without a replacement, or nothing limits how many at once."""


class Write(Struct, frozen=True):
    """One request that changes something."""

    method: str
    path: str
    body: bytes
    content_type: str = JSON_PATCH
    query: Mapping[str, str] = {}

    def shown(self) -> Any:
        """The body as JSON for people and documents, secrets taken out."""
        return without_secrets(msgspec.json.decode(self.body)) if self.body else None


class Caution(Answer, frozen=True, gc=False):
    """Something to know before confirming."""

    code: str
    """Stable, such as `GW-ACT-HPA`."""
    severity: Severity
    text: str
    """One line that can stand alone."""


class Plan(Struct, frozen=True, kw_only=True):
    """What will be done, why that is right, and what leads back."""

    verb: str
    """The id of its verb in `verbs`."""
    target: Ref
    uid: str
    """Of the target as it was seen; an object of the same name made later is another one."""
    context: str
    """The kubeconfig's context, for the dialog and the journal."""
    sentence: str
    """What will be done, in one line without a full stop."""
    done: str
    """kubectl's word for it when it is done: `scaled`, `rolled back`."""
    writes: tuple[Write, ...] = ()
    """In order. None at all: there is nothing to do, and `nothing` says why."""
    nothing: str = ""
    changes: tuple[Change, ...] = ()
    kubectl: str = ""
    """The command line of kubectl that comes nearest."""
    danger: Danger = Danger.LIGHT
    preconditions: tuple[str, ...] = ()
    """What the server checks in the moment of the write, in words. When one does not hold, nothing is written."""
    cautions: tuple[Caution, ...] = ()
    """Worst first."""
    notes: tuple[str, ...] = ()
    """What the Plan does not do although one might think so, and how it knows what it claims."""
    inverse: Request | None = None
    """The request that leads back, for the journal and `revert`."""
    one_way: str = ""
    """Why there is no inverse."""
    stays: str = ""
    """What the inverse leaves as this Plan made it; empty when it takes everything back."""
    before: Mapping[str, str] = {}
    """Fingerprints of what will be changed, by JSON pointer into the object, as it was seen (`pointers.marks`)."""
    evictions: tuple[Write, ...] = ()
    """What comes after the writes, as budgets let Pods go: `apply` leaves that to `nodes.evicting`."""
    simulation: Simulation | None = None
    """Of a drain: what will become of the Pods."""
    last_write: str = ""
    """Who wrote to it last, and when, as the server recorded it: `kubectl-edit at 2026-03-01T12:00:00Z`."""

    @property
    def is_nothing(self) -> bool:
        return not self.writes and not self.evictions

    @property
    def replaces_pods(self) -> bool:
        """Whether a rollout comes of it."""
        return not self.is_nothing and self.danger is not Danger.LIGHT


class Refusal(Struct, frozen=True):
    """Why there can be no Plan."""

    verb: str
    target: Ref
    why: str
    """One sentence, lower case."""
    hint: str = ""
    exit_code: Exit = Exit.REFUSED
    """FAILING where what is asked for does not exist."""
