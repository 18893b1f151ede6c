"""Plans the way back: undo to a recorded Pod template, abort of a rollout under way.

As `kubectl rollout undo`: only the template and, for a Deployment, the annotations of its ReplicaSet come back; refused
while paused; the same template again is nothing to do. Other than kubectl: annotations that were added since are kept,
the server checks that nobody was faster, and without a number the last revision that was fully available is chosen. An
abort ends the pause of what it aborts, in the same write: in two, the rollout would go on between them.
"""

from __future__ import annotations

from typing import Any

import msgspec

from kubectl_goweb.actions import cautions
from kubectl_goweb.actions.choosing import Choice, is_under_way, last_available
from kubectl_goweb.actions.drafts import draft, patch
from kubectl_goweb.actions.facts import Facts
from kubectl_goweb.actions.plan import Danger, Plan, Refusal
from kubectl_goweb.actions.pointers import fingerprint, pointer
from kubectl_goweb.actions.recorded import CAUSE, HISTORY, REVISION, Recorded, by_number, same_template
from kubectl_goweb.actions.requests import Abort, Undo
from kubectl_goweb.errors import Exit
from kubectl_goweb.objects.text import short_image
from kubectl_goweb.status.template_changes import Change, annotation_change, changes
from kubectl_goweb.status.verdicts import Ref

_TEMPLATE = "/spec/template"
_KEPT = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        REVISION,
        HISTORY,
        "deployment.kubernetes.io/desired-replicas",
        "deployment.kubernetes.io/max-replicas",
        "deprecated.deployment.rollback.to",
    }
)
"""Annotations that are the Deployment's own and never come from a ReplicaSet; kubectl keeps the same."""
_NOT_RESTORED = "not restored: replicas, strategy, labels, ConfigMaps, Secrets, autoscaler; only the Pod template is"


def plan_undo(request: Undo, facts: Facts) -> Plan | Refusal:
    """Back to the revision that is named, or to the one that `choosing` finds."""
    chosen = undo_choice(request, facts)
    if isinstance(chosen, Refusal):
        return chosen
    return _plan("undo", facts, chosen, resumes=request.resumes)


def plan_abort(request: Abort, facts: Facts) -> Plan | Refusal:
    """End the rollout that is under way."""
    target = facts.target
    if target.kind != "Deployment":
        return Refusal("abort", target, f"it is a {target.kind}", f"go back instead: kubectl goweb undo {facts.named}")
    if not is_under_way(facts):
        why = "no rollout is under way"
        return Refusal("abort", target, why, f"go back instead: kubectl goweb undo {facts.named}")
    chosen = last_available(facts)
    if chosen is None:
        return _no_history("abort", target)
    return _plan("abort", facts, chosen, resumes=True)


def undo_choice(request: Undo, facts: Facts) -> Choice | Refusal:
    """Which recorded template is meant."""
    recorded = facts.recorded or ()
    if request.recorded:
        found = next((one for one in recorded if one.name == request.recorded), None)
        if found is None:
            why = f"{request.recorded} is not among its recorded revisions any more"
            return Refusal("undo", facts.target, why, _there_are(facts), Exit.FAILING)
        return Choice(found, "", is_proven=True)
    if request.revision:
        found = by_number(recorded, request.revision)
        if found is None:
            why = f"unable to find specified revision {request.revision} in history"
            return Refusal("undo", facts.target, why, _there_are(facts), Exit.FAILING)
        return Choice(found, "", is_proven=True)
    return last_available(facts) or _no_history("undo", facts.target)


def _no_history(verb: str, target: Ref) -> Refusal:
    return Refusal(verb, target, "no rollout history found", "there is no other revision to go back to", Exit.FAILING)


def _there_are(facts: Facts) -> str:
    numbers = ", ".join(str(one.number) for one in reversed(facts.recorded or ()))
    return f"there are: {numbers}" if numbers else "nothing is recorded"


def _plan(verb: str, facts: Facts, chosen: Choice, *, resumes: bool) -> Plan | Refusal:
    back = chosen.recorded
    if facts.is_paused and not resumes:
        return Refusal(
            verb,
            facts.target,
            "you cannot roll back a paused Deployment",
            f"resume it first: kubectl goweb resume {facts.named}{_or_at_once(facts)}",
        )
    present = facts.current
    made = draft(
        facts,
        verb,
        sentence=_sentence(verb, facts, back),
        done="rolled back",
        kubectl=f"rollout undo {facts.named} --to-revision={back.number}",
        before={_TEMPLATE: fingerprint(facts.template)},
    )
    if same_template(back.template, facts.template):
        matches = f"current template already matches revision {back.number}"
        return msgspec.structs.replace(made, done="skipped rollback", nothing=matches)
    operations, changed = _annotations(facts, back) if facts.target.kind == "Deployment" else ([], ())
    if facts.is_paused:
        operations.append({"op": "remove", "path": "/spec/paused"})
        changed = (*changed, Change("spec.paused", "true", None))
    notes = [_NOT_RESTORED]
    if chosen.evidence:
        notes.insert(0, f"revision {back.number} is chosen because {chosen.evidence}")
    if facts.target.kind == "Deployment":
        newest = max((one.number for one in facts.recorded or ()), default=back.number)
        notes.append(f"revision {back.number} becomes revision {newest + 1}")
    return msgspec.structs.replace(
        made,
        writes=patch(facts, {"op": "replace", "path": _TEMPLATE, "value": back.template}, *operations),
        danger=Danger.ROLLING,
        changes=(*changes(facts.template, back.template), *changed),
        cautions=cautions.on_undo(facts, back, is_proven=chosen.is_proven),
        notes=tuple(notes),
        inverse=Undo(facts.target, recorded=present.name) if present else None,
        one_way="" if present else "the present Pod template is not among the recorded ones",
        stays="it is not paused any more" if facts.is_paused else "",
    )


def _or_at_once(facts: Facts) -> str:
    return f"; or go back at once: kubectl goweb abort {facts.named}" if is_under_way(facts) else ""


def _sentence(verb: str, facts: Facts, back: Recorded) -> str:
    present = (
        f"revision {facts.current.number}" if facts.current else "the present template, which has no revision yet,"
    )
    named = (short_image(one.get("image", "")) for one in back.template["spec"]["containers"])
    images = ", ".join(dict.fromkeys(named))
    if verb == "abort":
        return f"abort the rollout of {facts.target.short}: from {present} back to revision {back.number} ({images})"
    return f"roll {facts.target.short} back from {present} to revision {back.number} ({images})"


def _annotations(facts: Facts, back: Recorded) -> tuple[list[dict[str, Any]], tuple[Change, ...]]:
    """The annotations of the ReplicaSet carried over, one by one, so that none that was added since is lost.

    The cause of the change belongs to the revision: when the old one had none, that of the one given up must not stay,
    for the controller would write it on the old ReplicaSet.
    """
    carried = {key: value for key, value in back.annotations.items() if key not in _KEPT}
    operations: list[dict[str, Any]] = []
    told = []
    for key, value in sorted(carried.items()):
        if facts.annotations.get(key) != value:
            operations.append({"op": "add", "path": pointer("metadata", "annotations", key), "value": value})
            told.append(annotation_change(key, facts.annotations.get(key), value))
    if CAUSE in facts.annotations and CAUSE not in carried:
        operations.append({"op": "remove", "path": pointer("metadata", "annotations", CAUSE)})
        told.append(annotation_change(CAUSE, facts.annotations[CAUSE], None))
    if operations and not facts.annotations:
        operations.insert(0, {"op": "add", "path": "/metadata/annotations", "value": {}})
    return operations, tuple(told)
