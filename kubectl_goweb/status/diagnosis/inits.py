"""Init containers that do not end, and what they wait for as far as their own words tell."""

from __future__ import annotations

from datetime import datetime

from kubectl_goweb.objects import Pod, condition
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.case import Case, Group
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.crashes import Crash, read_crash
from kubectl_goweb.status.diagnosis.dependencies import behind
from kubectl_goweb.status.diagnosis.reasons import Told, reason_of
from kubectl_goweb.status.pods import PodHealth
from kubectl_goweb.status.verdicts import Confidence, Evidence, Finding, Severity

SOON = 20.0
"""Seconds after which one that still runs is listened to: what it waits for it mostly says."""
_PATIENCE = 300.0
"""Seconds after which it is worth a word whatever it says."""


def running_init(raw: Pod, now: datetime) -> tuple[str, float] | None:
    """The init container, no sidecar that has started, that a Pod waits for, and for how many seconds it runs."""
    initialized = condition(raw.status.conditions, "Initialized")
    if initialized is None or initialized.status == "True":
        return None
    sidecars = {one.name for one in raw.spec.init_containers if one.restart_policy == "Always"}
    for status in raw.status.init_container_statuses:
        running = status.state.running
        if running is None or running.started_at is None or (status.name in sidecars and status.started):
            continue
        return status.name, (now - running.started_at).total_seconds()
    return None


def waiting_init(case: Case, raw: Pod) -> str | None:
    """The init container that runs for longer than such a thing should, or says that something does not answer."""
    found = running_init(raw, case.now)
    if found is None:
        return None
    name, seconds = found
    if seconds > _PATIENCE or (seconds > SOON and _words(case, name) is not None):
        return name
    return None


def _words(case: Case, name: str) -> tuple[Crash, Told] | None:
    """What it says that it lacks, in the Pod whose log was read: the others wait for the same. None when it says
    nothing that is understood.
    """
    for tail in case.logs.values():
        read = read_crash(tail.lines) if tail.container == name else None
        told = reason_of(read.error) if read is not None else None
        if read is not None and told is not None:
            return read, told
    return None


def _last_words(case: Case, name: str) -> str:
    """What it said last, in the Pod whose log was read; empty when it said nothing or was not asked."""
    said = next((read_crash(tail.lines) for tail in case.logs.values() if tail.container == name), None)
    return said.message if said else ""


def init(case: Case, name: str, pods: list[PodHealth]) -> Finding:
    """What Pods wait for whose init container does not end."""
    speaker = next((pod for pod in pods if pod.name in case.logs), pods[0])
    group = Group(case, speaker.revision, tuple(pods), speaker, ())
    read, told = _words(case, name) or (None, None)
    found = behind(case, told) if told else None
    last = plain(_last_words(case, name)) if read is None else ""
    title = f"{group.who} {group.verb('wait', 'waits')} for init container {name}"
    title += f": {told.sentence}" if told else ", which does not end" + (f": {last}" if last else "")
    cause = f"the containers start only after {name} has ended with exit code 0"
    cause += (
        f"; {told.sentence}" if told else f"; it said last: {last}" if last else "; its log tells what it waits for"
    )
    if found and found.trap:
        cause += f"; {found.trap.sentence}"
    words = read.message if read else last
    shown = (Evidence("log", plain(words)), *(found.evidence if found else ())) if words else ()
    return finding(
        Code.POD_INIT,
        Severity.WARNING,
        case.ref,
        plain(title),
        cause=plain(cause),
        next=f"kubectl logs {speaker.name} -n {speaker.namespace} -c {name}",
        evidence=(
            Evidence("status.initContainerStatuses", f"{speaker.name}: {speaker.status}", speaker.created),
            *shown,
        ),
        since=min((pod.created for pod in pods if pod.created), default=None),
        affected=group.names,
        reason=found.trap.reason if found and found.trap else told.reason if told else "init-running",
        confidence=Confidence.LIKELY if told else Confidence.CERTAIN,
        related=found.refs if found else (),
    )
