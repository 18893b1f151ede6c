"""A Plan for programs: what `-o json` and `-o yaml` print. Only who prints it loads it."""

from __future__ import annotations

from typing import Any

from kubectl_goweb.actions.plan import Caution, Danger, Plan
from kubectl_goweb.actions.requests import Request
from kubectl_goweb.status.evacuation.simulation import Simulation
from kubectl_goweb.status.template_changes import Change
from kubectl_goweb.status.verdicts import API_VERSION, Answer, Ref


class PlanDocument(Answer, frozen=True, gc=False):
    """A Plan for programs: `-o json` and `-o yaml`. No secret is in it."""

    api_version: str
    kind: str
    context: str
    verb: str
    target: Ref
    sentence: str
    outcome: str
    """`planned`, `nothing`, `applied` or `dry-run`."""
    nothing: str
    danger: Danger
    changes: tuple[Change, ...]
    preconditions: tuple[str, ...]
    cautions: tuple[Caution, ...]
    notes: tuple[str, ...]
    kubectl: str
    writes: tuple[Any, ...]
    inverse: Request | None
    one_way: str
    stays: str
    """What `revert` will not take back."""
    simulation: Simulation | None
    generation: int
    """metadata.generation after the write; 0 when nothing was written, or the server did not say."""
    entry: int | None
    """Its number in the journal."""

    @property
    def is_nothing(self) -> bool:
        return not self.writes


def document(plan: Plan, outcome: str, generation: int = 0, entry: int | None = None) -> PlanDocument:
    """The Plan as it is printed for programs."""
    return PlanDocument(
        API_VERSION,
        "Plan",
        plan.context,
        plan.verb,
        plan.target,
        plan.sentence,
        outcome,
        plan.nothing,
        plan.danger,
        plan.changes,
        plan.preconditions,
        plan.cautions,
        plan.notes,
        plan.kubectl,
        tuple(
            {
                "method": write.method,
                "path": write.path,
                "contentType": write.content_type,
                "query": dict(write.query),
                "body": write.shown(),
            }
            for write in (*plan.writes, *plan.evictions)
        ),
        plan.inverse,
        plan.one_way,
        plan.stays,
        plan.simulation,
        generation,
        entry,
    )
