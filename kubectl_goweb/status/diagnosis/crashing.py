"""Containers that end and are started again: the program's own fault, the kernel's, or the kubelet's doing."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_goweb.objects.facts import named
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.case import Group
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.crashes import Crash, CrashKind, read_crash
from kubectl_goweb.status.diagnosis.creating import hook_failed
from kubectl_goweb.status.diagnosis.dependencies import Behind, behind
from kubectl_goweb.status.diagnosis.killing import BY_KUBELET, killed
from kubectl_goweb.status.diagnosis.mechanisms import Reason
from kubectl_goweb.status.diagnosis.mounts import mounted, rights, written
from kubectl_goweb.status.diagnosis.reasons import Told, reason_of
from kubectl_goweb.status.diagnosis.siblings import moved_tag, was_before
from kubectl_goweb.status.diagnosis.variables import declared, misread
from kubectl_goweb.status.diagnosis.writes import writes_before
from kubectl_goweb.status.verdicts import Confidence, Evidence, Finding, Severity

_OF_FILES = (Reason.NO_FILE, Reason.DIRECTORY)
_OF_VALUES = (Reason.SETTINGS, Reason.DNS)
"""What a value that is not the one meant leads to."""
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


def crash(group: Group) -> Finding:
    """A container ends by itself, or is ended by the kubelet for failing its liveness or startup probe."""
    pod = group.pod
    log = named("log", f"{pod.namespace}/{pod.name}/{pod.container}")
    # Without its log, the container's termination message is what it wrote last, when it is told to keep that.
    read = read_crash(group.lines or pod.message.splitlines())
    status = group.case.status_of(pod)
    ended = (status.state.terminated or status.last_state.terminated) if status else None
    hook = group.said("FailedPostStartHook")
    if hook and ended is not None and ended.exit_code in BY_KUBELET:
        return hook_failed(group, hook)
    if not (read and read.is_go):
        by_kubelet = killed(group, ended, read)
        if by_kubelet is not None:
            return by_kubelet
    told = _told(group, read)
    related = behind(group.case, told) if told else None
    origin = _origin(group, read, told)
    evidence = [Evidence("log", plain(line), pod.restarted_at) for line in read.lines] if read else []
    if read and read.goroutines:
        evidence.append(Evidence("log", plain(read.goroutines), pod.restarted_at))
    moved = moved_tag(group)
    deeper = [*_deeper(related, origin, node_port=_is_node_port(group, told))]
    deeper += [one.text for one in (moved, group.injected) if one is not None]
    deeper += [was_before(group, told)]
    return finding(
        Code.POD_CRASHLOOP,
        Severity.CRITICAL,
        group.case.ref,
        plain(f"{group.who} {group.verb('crash', 'crashes')}{group.where}: {_words(group, read)}"),
        cause=plain(
            "; ".join(
                filter(
                    None,
                    (_cause(group, read, told), *deeper),
                )
            )
        ),
        next=group.log(previous=True),
        evidence=group.evidence(
            *evidence,
            *(related.evidence if related else ()),
            origin,
            moved,
            *writes_before(group.case, group.since),
        ),
        since=group.since,
        affected=group.names,
        reason=related.trap.reason if related and related.trap else _reason(group, read, told),
        confidence=Confidence.CERTAIN if _is_certain(read, told) else Confidence.LIKELY,
        related=related.refs if related else (),
        unseen=_unseen(group, read, log),
    )


def _is_certain(read: Crash | None, told: Told | None) -> bool:
    return read is not None and (read.is_go or told is not None or read.kind is CrashKind.RECOVERED)


def _origin(group: Group, read: Crash | None, told: Told | None) -> Evidence | None:
    """Where the file or variable was to come from that it misses, or the room or right to write."""
    if told is not None and told.reason in _OF_FILES:
        return mounted(group, told.target)
    if told is not None and told.reason in (Reason.DISK_FULL, Reason.READ_ONLY):
        return written(group, told.target)
    if told is not None and told.reason is Reason.PERMISSION:
        return rights(group, told.target)
    if told is not None and told.reason is Reason.VARIABLE:
        return declared(group, told.target)
    return misread(group, read.message) if read is not None and (told is None or told.reason in _OF_VALUES) else None


def _deeper(related: Behind | None, origin: Evidence | None, *, node_port: bool) -> Iterator[str]:
    """What the cluster adds to the program's own words."""
    if related and related.trap:
        yield related.trap.sentence
    if node_port:
        yield "with hostNetwork its ports are the node's, and another Pod or the node itself has this one"
    if origin is not None:
        yield f"{origin.source} {origin.text}" if " " in origin.source else origin.text


def _is_node_port(group: Group, told: Told | None) -> bool:
    spec = group.case.spec_of(group.pod)
    return told is not None and told.reason is Reason.PORT_IN_USE and spec is not None and spec.host_network


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
    if read and read.kind is CrashKind.RECOVERED:
        return Reason.PANIC
    if group.pod.exit_code == 0:
        return Reason.ENDS
    return Reason.SIGNAL if group.pod.exit_code in _SIGNALS else ""


def _words(group: Group, read: Crash | None) -> str:
    pod = group.pod
    code = f"exit code {pod.exit_code}" if pod.exit_code is not None else pod.reason
    if read is None:
        return code
    if read.place and (read.is_go or read.is_told):
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
    if read is not None and read.kind is CrashKind.RECOVERED:
        at = f" at {read.place}" if read.place else ""
        return f"it recovers from a panic{at}, and then ends by itself with exit code {code}{last}"
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
