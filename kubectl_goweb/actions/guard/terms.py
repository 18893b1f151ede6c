"""What a guard can be told: how patient it is, and what it does about a failure."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class OnFailure(StrEnum):
    """What is done with a rollout that has failed or taken too long."""

    ROLLBACK = "rollback"
    PAUSE = "pause"
    NONE = "none"


def policies(kind: str) -> tuple[OnFailure, ...]:
    """What can be done about a failed rollout of such a workload: only Deployments can be paused."""
    return tuple(one for one in OnFailure if kind == "Deployment" or one is not OnFailure.PAUSE)


class Terms(Struct, frozen=True):
    """How patient it is. Seconds."""

    restarts: int = 1
    """How often a new container may end and be started again."""
    soak: float = 10.0
    """How long the new revision has to stay fully available before the rollout is done."""
    blocked: float = 15.0
    """How long a broken Pod of an older revision may hold up its StatefulSet: it may get ready after all."""
    ready_within: float | None = None
    """How long a new Pod may run without ever having been ready; None: what its probes allow and a minute."""
    is_held: bool = False
    """Whoever guards has paused it: a pause is no reason to leave it, and its Pods are judged all the same."""
