"""Plans another number of Pods, through the /scale subresource as kubectl does."""

from __future__ import annotations

import msgspec

from kubectl_goweb.actions import cautions
from kubectl_goweb.actions.drafts import draft, nothing
from kubectl_goweb.actions.facts import Facts
from kubectl_goweb.actions.plan import Danger, Plan, Refusal, Write
from kubectl_goweb.actions.requests import Scale
from kubectl_goweb.status.template_changes import Change

_FIELD = "/spec/replicas"


def plan_scale(request: Scale, facts: Facts) -> Plan | Refusal:
    """From the number that was seen to the one that is wanted; `current` is kubectl's --current-replicas."""
    had, wanted = facts.replicas, request.replicas
    if request.current is not None and request.current != had:
        return Refusal(
            "scale",
            facts.target,
            f"it was to be scaled from {request.current} replicas and has {had}",
            "somebody else scaled it: look again",
        )
    made = draft(
        facts,
        "scale",
        sentence=f"scale {facts.target.short} from {had} to {wanted} replicas",
        done="scaled",
        kubectl=f"scale {facts.named} --current-replicas={had} --replicas={wanted}",
        before={_FIELD: str(had)},
    )
    if had == wanted:
        return nothing(made, f"it has {had} replicas already")
    # The API leaves a Scale's replicas out when there are none.
    seen = ("/spec", {}) if had == 0 else (_FIELD, had)
    operations = [
        {"op": "test", "path": "/metadata/uid", "value": facts.uid},
        {"op": "test", "path": seen[0], "value": seen[1]},
        {"op": "add", "path": _FIELD, "value": wanted},
    ]
    return msgspec.structs.replace(
        made,
        writes=(Write("PATCH", f"{facts.path}/scale", msgspec.json.encode(operations)),),
        changes=(Change("spec.replicas", str(had), str(wanted)),),
        danger=Danger.HEAVY if wanted < had else Danger.LIGHT,
        cautions=cautions.on_scale(facts, wanted),
        preconditions=(f"it is the same object (uid) and still has {had} replicas",),
        inverse=Scale(facts.target, had),
    )
