"""From a request and the facts to a Plan or a Refusal: which module plans what. Pure, as all of them are."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from msgspec import structs

from kubectl_goweb.actions.choosing import Choice, last_available
from kubectl_goweb.actions.facts import Facts
from kubectl_goweb.actions.images import plan_set_image
from kubectl_goweb.actions.pausing import plan_pause, plan_resume
from kubectl_goweb.actions.plan import Plan, Refusal
from kubectl_goweb.actions.pointers import Json
from kubectl_goweb.actions.requests import Abort, Pause, Restart, Resume, Scale, SetImage, Undo, WorkloadRequest
from kubectl_goweb.actions.restarting import plan_restart
from kubectl_goweb.actions.room import surge
from kubectl_goweb.actions.scaling import plan_scale
from kubectl_goweb.actions.undoing import plan_abort, plan_undo, undo_choice


def plan(request: WorkloadRequest, facts: Facts, now: datetime) -> Plan | Refusal:
    """What would be done, or why nothing can be."""
    planned = _planned(request, facts, now)
    return structs.replace(planned, last_write=facts.last_write) if isinstance(planned, Plan) else planned


def _planned(request: WorkloadRequest, facts: Facts, now: datetime) -> Plan | Refusal:
    verb = request.__struct_config__.tag
    if facts.denied:
        return Refusal(str(verb), facts.target, facts.denied, "ask for the permission")
    match request:
        case Scale():
            return plan_scale(request, facts)
        case Pause():
            return plan_pause(request, facts)
        case Resume():
            return plan_resume(request, facts)
        case Restart():
            return plan_restart(request, facts, now)
        case SetImage():
            return plan_set_image(request, facts)
        case Undo():
            return plan_undo(request, facts)
        case Abort():
            return plan_abort(request, facts)
        case _:
            assert_never(request)


def wanted_template(request: WorkloadRequest, facts: Facts) -> Json | None:
    """The template that Pods will be made from, for what has to be asked about it; None when no Pod is made."""
    match request:
        case Pause():
            return None
        case Undo():
            chosen = undo_choice(request, facts)
            return chosen.recorded.template if isinstance(chosen, Choice) else None
        case Abort():
            last = last_available(facts)
            return last.recorded.template if last else None
        case Scale():
            return facts.template if request.replicas > facts.replicas else None
        case Resume() | Restart() | SetImage():
            return facts.template
        case _:
            assert_never(request)


def adds_pods(request: WorkloadRequest, facts: Facts) -> bool:
    """Whether more Pods may be made than there are now, so that it matters whether nodes have room for them."""
    match request:
        case Pause():
            return False
        case Scale():
            return request.replicas > facts.replicas
        case _:
            return surge(facts) > 0
