"""Plans pause and resume of a Deployment's rollouts."""

from __future__ import annotations

import msgspec

from kubectl_goweb.actions import cautions
from kubectl_goweb.actions.drafts import draft, nothing, patch
from kubectl_goweb.actions.facts import Facts
from kubectl_goweb.actions.plan import Danger, Plan
from kubectl_goweb.actions.requests import Pause, Resume
from kubectl_goweb.status.template_changes import Change

_FIELD = "/spec/paused"


def plan_pause(request: Pause, facts: Facts) -> Plan:
    """Hold the rollout where it stands. Pods of both revisions go on serving, and no new one is rolled out."""
    made = _plan(facts, "pause", "paused", f"hold the rollouts of {facts.target.short}")
    if facts.is_paused:
        return nothing(made, "it is paused already")
    return msgspec.structs.replace(
        made,
        writes=patch(facts, {"op": "add", "path": _FIELD, "value": True}),
        changes=(Change("spec.paused", None, "true"),),
        cautions=cautions.on_any(facts),
        notes=(
            "while it is paused it can be scaled, and Pods that end are replaced; changes wait until it is resumed",
        ),
        inverse=Resume(facts.target),
    )


def plan_resume(request: Resume, facts: Facts) -> Plan:
    """Let it go on: what was changed while it was paused is rolled out now, in one rollout."""
    made = _plan(facts, "resume", "resumed", f"let the rollouts of {facts.target.short} go on")
    if not facts.is_paused:
        return nothing(made, "it is not paused")
    return msgspec.structs.replace(
        made,
        writes=patch(facts, {"op": "remove", "path": _FIELD}),
        changes=(Change("spec.paused", "true", None),),
        danger=Danger.ROLLING,
        cautions=cautions.on_rollout(facts, facts.template),
        inverse=Pause(facts.target),
        notes=("to pause it again holds what is left to roll out; what was rolled out until then stays",),
    )


def _plan(facts: Facts, verb: str, done: str, sentence: str) -> Plan:
    before = {_FIELD: "true" if facts.is_paused else "absent"}
    return draft(facts, verb, sentence=sentence, done=done, kubectl=f"rollout {verb} {facts.named}", before=before)
