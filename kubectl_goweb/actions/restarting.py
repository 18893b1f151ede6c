"""Plans a restart: an annotation in the Pod template, as kubectl writes it, makes new Pods of the same template."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from kubectl_goweb.actions import cautions
from kubectl_goweb.actions.drafts import draft, patch
from kubectl_goweb.actions.facts import Facts
from kubectl_goweb.actions.plan import Danger, Plan, Refusal
from kubectl_goweb.actions.pointers import fingerprint, pointer
from kubectl_goweb.actions.requests import Restart, Undo
from kubectl_goweb.status.template_changes import Change

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
_ANNOTATIONS = pointer("spec", "template", "metadata", "annotations")
_TEMPLATE = "/spec/template"


def plan_restart(request: Restart, facts: Facts, now: datetime) -> Plan | Refusal:
    """As `kubectl rollout restart`: refused while paused, where nothing would happen, and twice within a second."""
    if facts.is_paused:
        return Refusal("restart", facts.target, "it is paused", f"resume it first: kubectl goweb resume {facts.named}")
    at = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    had = (facts.template.get("metadata", {}).get("annotations") or {}).get(RESTARTED_AT)
    if had == at:
        return Refusal("restart", facts.target, "it was restarted within this second", "wait a second")
    annotations = facts.template.get("metadata", {}).get("annotations")
    operation = (
        {"op": "add", "path": _ANNOTATIONS, "value": {RESTARTED_AT: at}}
        if annotations is None
        else {"op": "add", "path": _ANNOTATIONS + pointer(RESTARTED_AT), "value": at}
    )
    current = facts.current
    made = draft(
        facts,
        "restart",
        sentence=f"restart {facts.target.short}: replace every Pod by one of the same template",
        done="restarted",
        kubectl=f"rollout restart {facts.named}",
        before={_TEMPLATE: fingerprint(facts.template)},
    )
    return msgspec.structs.replace(
        made,
        writes=patch(facts, operation),
        changes=(Change(f"metadata.annotations[{RESTARTED_AT}]", had, at),),
        danger=Danger.ROLLING,
        cautions=cautions.on_rollout(facts, facts.template),
        inverse=Undo(facts.target, recorded=current.name) if current else None,
        one_way="" if current else "the present Pod template is not among the recorded ones",
    )
