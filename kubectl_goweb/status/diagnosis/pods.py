"""Findings about Pods. Pods of one workload that ail in the same way are one finding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import assert_never

from kubectl_goweb.objects import Event, LogTail
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.crashes import Crash, read_crash
from kubectl_goweb.status.pod_trouble import Trouble
from kubectl_goweb.status.pods import PodHealth
from kubectl_goweb.status.verdicts import Evidence, Finding, Ref, Severity

_TELLING = {
    Trouble.CRASHING: ("BackOff", "Unhealthy", "Killing"),
    Trouble.OUT_OF_MEMORY: ("OOMKilling", "BackOff"),
    Trouble.IMAGE: ("Failed", "ErrImageNeverPull", "InspectFailed", "BackOff"),
    Trouble.CONFIG: ("Failed", "FailedMount"),
    Trouble.START: ("Failed", "BackOff"),
    Trouble.UNSCHEDULABLE: ("FailedScheduling", "NotTriggerScaleUp", "TriggeredScaleUp"),
    Trouble.NOT_READY: ("Unhealthy", "ProbeWarning"),
    Trouble.EVICTED: ("Evicted", "Preempted"),
    Trouble.ENDED: ("Failed", "DeadlineExceeded"),
    Trouble.LOST: ("NodeNotReady", "TaintManagerEviction"),
    Trouble.STUCK_TERMINATING: ("FailedKillPod", "FailedPreStopHook", "FailedUnmount"),
}
"""The event reasons that tell about a trouble; every other event of the Pod is noise beside it."""

_STARTING = 30.0
"""Seconds that a new Pod may run without being ready before that is worth a warning."""

_RECENT = 600.0
"""Seconds since a restart for which a Pod that is ready again is still worth a warning."""


def pod_findings(
    owner: Ref,
    pods: Iterable[PodHealth],
    events: Mapping[str, Sequence[Event]],
    logs: Mapping[str, LogTail],
    now: datetime,
    words: Mapping[str, str],
) -> tuple[Finding, ...]:
    """What is wrong with these Pods of one owner.

    `events` by Pod name, newest first; `logs` by Pod name; `words` names a Pod's revision by its hash (`revision 8`).
    """
    groups: dict[tuple[str, Trouble, str, str], list[PodHealth]] = {}
    for pod in pods:
        trouble = pod.trouble
        if trouble is not Trouble.NONE and not (trouble is Trouble.NOT_READY and pod.is_starting(now, _STARTING)):
            # A crash loop shows three reasons in turn; they are one trouble. Elsewhere the reason tells causes apart.
            reason = "" if trouble in (Trouble.CRASHING, Trouble.IMAGE, Trouble.NOT_READY) else pod.reason
            groups.setdefault((pod.revision, trouble, pod.container, reason), []).append(pod)
    found = [
        _finding(owner, group, len(group), events, logs, now, words.get(revision, ""))
        for (revision, _, _, _), group in groups.items()
    ]
    restarted = [
        pod
        for pod in pods
        if pod.is_ready and pod.restarted_at is not None and (now - pod.restarted_at).total_seconds() < _RECENT
    ]
    if restarted:
        found.append(_restarted(owner, restarted, now))
    return tuple(found)


def _finding(
    owner: Ref,
    pods: list[PodHealth],
    count: int,
    events: Mapping[str, Sequence[Event]],
    logs: Mapping[str, LogTail],
    now: datetime,
    word: str,
) -> Finding:
    pod = max(pods, key=lambda one: (one.name in logs, one.restarts, one.name))
    told = [event for event in events.get(pod.name, ()) if event.reason in _TELLING.get(pod.trouble, ())]
    who = f"{count} Pod{'s' if count > 1 else ''}" + (f" of {word}" if word else "")
    show = f"kubectl describe pod {pod.name} -n {pod.namespace}"
    logs_command = f"kubectl logs {pod.name} -n {pod.namespace} -c {pod.container}"
    verb_s = "" if count > 1 else "s"
    severity = Severity.CRITICAL
    evidence = [_state(pod)]
    match pod.trouble:
        case Trouble.CRASHING:
            crash = read_crash(logs[pod.name].lines) if pod.name in logs else None
            code, next_command = Code.POD_CRASHLOOP, f"{logs_command} --previous"
            title = f"{who} crash{'' if count > 1 else 'es'}: {_crash_words(pod, crash)}"
            cause = _crash_cause(pod, crash)
            if crash is not None:
                evidence.extend(Evidence("log", plain(line), pod.restarted_at) for line in crash.lines)
        case Trouble.OUT_OF_MEMORY:
            code, next_command = Code.POD_OOM, f"kubectl top pod {pod.name} -n {pod.namespace} --containers"
            title = f"{who} {'were' if count > 1 else 'was'} killed for {'their' if count > 1 else 'its'} memory limit"
            cause = f"container {pod.container} used more memory than resources.limits.memory allows (exit code 137)"
        case Trouble.IMAGE:
            code, next_command = Code.POD_IMAGE, show
            sentence = pod.message or _said(told, "Failed")
            title = f"{who} cannot pull {'their' if count > 1 else 'its'} image ({pod.reason})"
            cause = sentence or "the image name, its tag, the registry or the pull secret is wrong"
        case Trouble.CONFIG:
            code, next_command = Code.POD_CONFIG, show
            title = f"{who} lack{verb_s} something {'they name' if count > 1 else 'it names'}: {pod.message}"
            cause = pod.message
        case Trouble.START:
            code, next_command = Code.POD_START, show
            title = f"{who} cannot start container {pod.container} ({pod.reason})"
            cause = pod.message or "the command does not exist in the image or may not be executed"
        case Trouble.UNSCHEDULABLE:
            code, next_command, severity = Code.POD_UNSCHEDULABLE, show, Severity.WARNING
            title = f"{who} find{verb_s} no node"
            cause = pod.message or _said(told, "FailedScheduling")
        case Trouble.NOT_READY:
            code, next_command, severity = Code.POD_NOT_READY, logs_command, Severity.WARNING
            said = _said(told, "Unhealthy")
            title = f"{who} run{verb_s} but {'are' if count > 1 else 'is'} not ready" + (f": {said}" if said else "")
            cause = said or pod.message or "the readiness probe has not succeeded"
        case Trouble.EVICTED:
            code, next_command, severity = Code.POD_EVICTED, show, Severity.WARNING
            title, cause = f"{who} evicted", pod.message
        case Trouble.ENDED:
            code, next_command = Code.POD_ENDED, logs_command if pod.container else show
            title, cause = f"{who} ended ({pod.reason}) and will not be started again", pod.message
        case Trouble.LOST:
            code, next_command = Code.POD_LOST, f"kubectl describe node {pod.node}"
            title, cause = f"{who} on a node that does not answer", f"node {pod.node} stopped reporting"
        case Trouble.STUCK_TERMINATING:
            code, next_command, severity = Code.POD_STUCK_TERMINATING, show, Severity.WARNING
            title = f"{who} should be gone but {'are' if count > 1 else 'is'} still terminating"
            cause = "a finalizer, a volume or an unreachable node holds it"
        case Trouble.NONE:
            raise ValueError("a Pod without trouble has no finding")
        case _:
            assert_never(pod.trouble)
    evidence.extend(_event(event) for event in told[:2])
    return finding(
        code,
        severity,
        owner,
        plain(title),
        cause=plain(cause),
        next=next_command,
        evidence=tuple(evidence),
        since=min((one.since for one in pods if one.since), default=None),
        affected=tuple(sorted(one.name for one in pods)),
    )


def _restarted(owner: Ref, pods: list[PodHealth], now: datetime) -> Finding:
    newest = max(pods, key=lambda pod: pod.restarted_at or now)
    return finding(
        Code.POD_RESTARTS,
        Severity.WARNING,
        owner,
        f"{len(pods)} ready Pod{'s' if len(pods) > 1 else ''} restarted within the last 10 minutes",
        cause="a container ended and was started again; the previous log tells why",
        next=f"kubectl logs {newest.name} -n {newest.namespace} --previous",
        evidence=tuple(
            Evidence("status.containerStatuses", f"{pod.name}: {pod.restarts} restarts", pod.restarted_at)
            for pod in pods[:3]
        ),
        since=min((pod.restarted_at for pod in pods if pod.restarted_at), default=None),
        affected=tuple(sorted(pod.name for pod in pods)),
    )


def _state(pod: PodHealth) -> Evidence:
    parts = [f"{pod.name}: {pod.status}"]
    if pod.exit_code is not None:
        parts.append(f"exit code {pod.exit_code}")
    if pod.restarts:
        parts.append(f"{pod.restarts} restarts")
    if pod.message:
        parts.append(pod.message)
    source = f"status.containerStatuses[{pod.container}]" if pod.container else "status.conditions"
    return Evidence(source, plain(", ".join(parts)), pod.restarted_at or pod.since)


def _event(event: Event) -> Evidence:
    times = f" ({event.times} times)" if event.times > 1 else ""
    return Evidence(f"event {plain(event.reason)}", plain(event.message) + times, event.last_seen)


def _said(events: Sequence[Event], reason: str) -> str:
    return next((event.message for event in events if event.reason == reason), "")


def _crash_words(pod: PodHealth, crash: Crash | None) -> str:
    code = f"exit code {pod.exit_code}" if pod.exit_code is not None else pod.reason
    if crash is None:
        return f"{code}, {pod.message}" if pod.message else code
    return f"{crash.message} ({crash.place})" if crash.place else f"{code}, {crash.message}"


def _crash_cause(pod: PodHealth, crash: Crash | None) -> str:
    if crash is not None and crash.is_go:
        return f"the program stops with {crash.message}" + (f" at {crash.place}" if crash.place else "")
    if pod.exit_code == 0:
        return "the program ends by itself with exit code 0; a service must keep running"
    if pod.exit_code == 2 and crash is None:
        return "exit code 2 is what a Go program gives after a panic; its log tells which"
    last = f"; its last line: {crash.message}" if crash is not None else ""
    return f"the program ends by itself with exit code {pod.exit_code}{last}"
