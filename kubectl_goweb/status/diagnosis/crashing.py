"""Containers that end and are started again: the program's own fault, the kernel's, or the kubelet's doing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from kubectl_goweb.objects import Event
from kubectl_goweb.objects.core import Probe, Terminated
from kubectl_goweb.objects.facts import named
from kubectl_goweb.objects.template import FullContainer
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import duration
from kubectl_goweb.status.diagnosis.case import Group
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.crashes import Crash, CrashKind, read_crash
from kubectl_goweb.status.diagnosis.creating import hook_failed
from kubectl_goweb.status.diagnosis.dependencies import Behind, behind
from kubectl_goweb.status.diagnosis.error_words import Reason
from kubectl_goweb.status.diagnosis.mounts import mounted
from kubectl_goweb.status.diagnosis.reasons import Told, reason_of
from kubectl_goweb.status.diagnosis.writes import writes_before
from kubectl_goweb.status.verdicts import Confidence, Evidence, Finding, Severity

_KILL_WINDOW = 60.0
"""Seconds between the last failed probe and the end of the container within which the one is taken to have caused the
other: the default grace period and some."""
_BY_KUBELET = (137, 143, 0, 2)
"""How a container ends that is told to: killed, ended by SIGTERM, or having heeded it. A Go program that ignores
SIGTERM exits with 2 as the first process of a container, which the kernel does not end by a signal."""
_OF_FILES = (Reason.NO_FILE, Reason.DIRECTORY)
_SLACK = 3.0
"""Seconds by which a run that a probe ended may differ from what the probe gives it, besides the grace period."""
_SIGNALS = {
    137: ("SIGKILL", "killed from outside, and not for its memory limit: by the kubelet, the node or an administrator"),
    139: ("SIGSEGV", "an invalid memory access outside of Go's control, in C code or a damaged binary"),
    134: ("SIGABRT", "it aborted itself"),
    143: ("SIGTERM", "told to end from outside"),
    135: ("SIGBUS", "a bus error: mapped memory that is not there"),
    132: ("SIGILL", "an instruction this processor does not have: the binary is built for a newer one (GOAMD64)"),
}
_GO_REASONS = {
    CrashKind.PANIC: Reason.PANIC,
    CrashKind.FATAL: Reason.FATAL,
    CrashKind.STACK: Reason.FATAL,
    CrashKind.MEMORY: Reason.FATAL,
    CrashKind.DEADLOCK: Reason.DEADLOCK,
    CrashKind.MAP_RACE: Reason.RACE,
    CrashKind.RACE: Reason.RACE,
    CrashKind.SIGNAL: Reason.SIGNAL,
}
_PROBE = re.compile(r"(?i)\b(?P<probe>liveness|startup) probe\b")


def crash(group: Group) -> Finding:
    """A container ends by itself, or is ended by the kubelet for failing its liveness or startup probe."""
    pod = group.pod
    log = named("log", f"{pod.namespace}/{pod.name}/{pod.container}")
    # Without its log, the container's termination message is what it wrote last, when it is told to keep that.
    read = read_crash(_lines(group) or pod.message.splitlines())
    status = group.case.status_of(pod)
    ended = (status.state.terminated or status.last_state.terminated) if status else None
    hook = group.said("FailedPostStartHook")
    if hook and ended is not None and ended.exit_code in _BY_KUBELET:
        return hook_failed(group, hook)
    if not (read and read.is_go):
        killed = _killed(group, ended, is_told=read is not None and read.kind is CrashKind.LOGGED)
        if killed is not None:
            return killed
    told = _told(group, read)
    related = behind(group.case, told) if told else None
    behind_path = mounted(group, told.target) if told and told.reason in _OF_FILES else None
    evidence = [Evidence("log", plain(line), pod.restarted_at) for line in read.lines] if read else []
    if read and read.goroutines:
        evidence.append(Evidence("log", plain(read.goroutines), pod.restarted_at))
    return finding(
        Code.POD_CRASHLOOP,
        Severity.CRITICAL,
        group.case.ref,
        plain(f"{group.who} {group.verb('crash', 'crashes')}: {_words(group, read)}"),
        cause=plain("; ".join(filter(None, (_cause(group, read, told), *_deeper(related, behind_path))))),
        next=group.log(previous=True),
        evidence=group.evidence(
            *evidence,
            *(related.evidence if related else ()),
            behind_path,
            *writes_before(group.case, group.since),
            group.case.serving(group.revision),
        ),
        since=group.since,
        affected=group.names,
        reason=related.trap.reason if related and related.trap else _reason(group, read, told),
        confidence=Confidence.CERTAIN if read and (read.is_go or told) else Confidence.LIKELY,
        related=related.refs if related else (),
        unseen=_unseen(group, read, log),
    )


def _deeper(related: Behind | None, behind_path: Evidence | None) -> Iterator[str]:
    """What the cluster adds to the program's own words."""
    if related and related.trap:
        yield related.trap.sentence
    if behind_path is not None:
        yield f"{behind_path.source} {behind_path.text}" if " " in behind_path.source else behind_path.text


def _lines(group: Group) -> tuple[str, ...]:
    tail = group.case.logs.get(group.pod.name)
    return tail.lines if tail else ()


def _unseen(group: Group, read: Crash | None, log: str) -> tuple[str, ...]:
    why = group.case.snapshot.facts.unseen.get(log, "")
    if why:
        return (f"the log of the run that ended: {plain(why)}",)
    is_empty = read is None and group.pod.name in group.case.logs
    return ("the log of the run that ended is empty",) if is_empty else ()


def _told(group: Group, read: Crash | None) -> Told | None:
    """What the words of the error, or of the termination message, mean."""
    for text in (read.error, read.message) if read else ():
        if (found := reason_of(text)) is not None:
            return found
    return None


def _reason(group: Group, read: Crash | None, told: Told | None) -> str:
    if read and read.is_go:
        return told.reason if told and read.kind in (CrashKind.PANIC, CrashKind.FATAL) else _GO_REASONS[read.kind]
    if told:
        return told.reason
    if group.pod.exit_code == 0:
        return Reason.ENDS
    return Reason.SIGNAL if group.pod.exit_code in _SIGNALS else ""


def _words(group: Group, read: Crash | None) -> str:
    pod = group.pod
    code = f"exit code {pod.exit_code}" if pod.exit_code is not None else pod.reason
    if read is None:
        return code
    if read.place and (read.is_go or read.kind is CrashKind.LOGGED):
        return f"{read.message} ({read.place})"
    return read.message if read.is_go else f"{code}, {read.message}"


def _cause(group: Group, read: Crash | None, told: Told | None) -> str:
    code = group.pod.exit_code
    if read is not None and read.is_go:
        at = f" at {read.place}" if read.place else ""
        return f"the program stops with {read.message}{at}" + (f": {told.sentence}" if told else "")
    last = f"; its last words: {read.message}" if read is not None else ""
    if told is not None:
        return f"{told.sentence}{last}"
    if code == 0:
        return f"the program ends by itself with exit code 0; a service must keep running{last}"
    if code in _SIGNALS:
        signal, sentence = _SIGNALS[code]
        return f"ended by {signal}: {sentence}{last}"
    if code == 2 and read is None:
        return "exit code 2 is what a Go program gives after a panic; its log tells which"
    if code == 66 and read is None:
        return "exit code 66 is what Go's race detector gives; its log tells where"
    return f"the program ends by itself with exit code {code}{last}"


def _killed(group: Group, ended: Terminated | None, *, is_told: bool) -> Finding | None:
    """The kubelet ended it: its liveness or startup probe failed as often as it may.

    `is_told` says that the program itself wrote an error last, which speaks against it where no event speaks for it.
    """
    event, container, lasted = _kill_event(group, ended), group.container, _seconds(ended)
    if event is not None:
        probe = (_PROBE.search(event.message) or {"probe": "liveness"})["probe"].lower()
        failed = next((e for e in group.told if e.reason == "Unhealthy" and probe in e.message.lower()), event)
        said = failed.message.partition("failed: ")[2] or failed.message
    elif not is_told and (matching := _matching(group, container, ended, lasted)):
        probe, said = matching, "the run lasted just as long as the probe allows"
    else:
        return None
    spec = (container.startup_probe if probe == "startup" else container.liveness_probe) if container else None
    never_ready = not any(pod.is_ready for pod in group.pods)
    slow = lasted is not None and spec is not None and never_ready and lasted <= _budget(spec) + _KILL_WINDOW
    refused = "connection refused" in said
    cause = f"the kubelet ends it because its {probe} probe fails ({said})"
    late = refused or probe == "startup" or (event is None and not _was_up(group))
    if slow and late and spec is not None:
        cause += (
            f"; it is given {duration(_budget(spec))} from its start to answer"
            + ("" if container and container.startup_probe else " and has no startupProbe")
            + ": if it needs longer to start, it is killed each time before it is ready"
        )
    elif refused:
        cause += "; nothing listens on the port that is probed"
    return finding(
        Code.POD_KILLED,
        Severity.CRITICAL,
        group.case.ref,
        plain(f"{group.who} {group.verb('are', 'is')} killed by {group.verb('their', 'its')} {probe} probe: {said}"),
        cause=plain(cause),
        next=group.show,
        evidence=group.evidence(_lasted(lasted, ended), group.case.serving(group.revision)),
        since=group.since,
        affected=group.names,
        reason="slow-start" if slow and late else f"{probe}-probe",
        confidence=Confidence.CERTAIN if event is not None and event.reason == "Killing" else Confidence.LIKELY,
        unseen=() if event is not None else ("the kubelet's events about its probes",),
    )


def _was_up(group: Group) -> bool:
    """Whether the program said that it listens."""
    return any(re.search(r"(?i)\b(?:listen|serving|started)", line) for line in _lines(group))


def _matching(group: Group, container: FullContainer | None, ended: Terminated | None, lasted: float | None) -> str:
    """Without events: the probe that would have ended the container just when it ended; empty when none would."""
    if container is None or ended is None or lasted is None or ended.exit_code not in _BY_KUBELET:
        return ""
    if any(pod.is_ready for pod in group.pods):
        return ""
    spec = group.case.spec_of(group.pod)
    # Only a container that does not heed SIGTERM takes its grace period.
    grace = spec.termination_grace_period_seconds if spec and ended.exit_code == 137 else 0
    for name, probe in (("startup", container.startup_probe), ("liveness", container.liveness_probe)):
        if probe is not None:
            least = _budget(probe) - probe.period_seconds - _SLACK
            return name if least <= lasted <= _budget(probe) + grace + _SLACK else ""
    return ""


def _kill_event(group: Group, ended: Terminated | None) -> Event | None:
    killing = next((e for e in group.told if e.reason == "Killing" and _PROBE.search(e.message)), None)
    if killing is not None and _is_near(killing.last_seen, ended):
        return killing
    if ended is None or ended.exit_code not in _BY_KUBELET:
        return None
    unhealthy = next((e for e in group.told if e.reason == "Unhealthy" and _PROBE.search(e.message)), None)
    return unhealthy if unhealthy is not None and _is_near(unhealthy.last_seen, ended) else None


def _is_near(at: datetime | None, ended: Terminated | None) -> bool:
    """Whether the event belongs to the end of a run; events of a later run count too: the loop goes on alike."""
    if at is None or ended is None or ended.finished_at is None:
        return True
    return (ended.finished_at - at).total_seconds() <= _KILL_WINDOW


def _seconds(ended: Terminated | None) -> float | None:
    """How long the run took."""
    if ended is None or ended.started_at is None or ended.finished_at is None:
        return None
    return (ended.finished_at - ended.started_at).total_seconds()


def _lasted(seconds: float | None, ended: Terminated | None) -> Evidence | None:
    if seconds is None or ended is None:
        return None
    return Evidence("lastState.terminated", f"ran for {duration(seconds)}", ended.finished_at)


def _budget(probe: Probe) -> float:
    """Seconds from a container's start until this probe has failed as often as it may."""
    return probe.initial_delay_seconds + probe.period_seconds * probe.failure_threshold
