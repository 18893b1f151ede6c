"""What a guard is told to do. Values; nothing is done here."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from kubectl_goweb.actions.guard.terms import OnFailure, Terms
from kubectl_goweb.actions.plan import Plan
from kubectl_goweb.actions.requests import Scale, WorkloadRequest
from kubectl_goweb.status.verdicts import Ref


class Orders(Struct, frozen=True):
    evidence: Path
    """The folder to be made when the rollout fails."""
    on_failure: OnFailure = OnFailure.ROLLBACK
    timeout: float | None = None
    """Seconds."""
    terms: Terms = Terms()
    way_back: WorkloadRequest | None = None
    """Instead of the revision that was available before: for a change of which the Pod template is no part."""


def way_back(done: Plan) -> WorkloadRequest | None:
    """The way back from what was done, where that is no template: a scale's is the number before."""
    return done.inverse if isinstance(done.inverse, Scale) else None


def evidence_folder(state: Path, context: str, ref: Ref, at: datetime) -> Path:
    """A folder of its own for this guard, in the program's folder for what it writes down by itself."""
    parts = (context, ref.namespace, ref.name, at.strftime("%Y%m%dT%H%M%SZ"))
    return state / "evidence" / "-".join(re.sub(r"[^\w.]+", "-", part) for part in parts if part)
