"""Pods that run and are not ready: what the probe got for an answer, and what that says."""

from __future__ import annotations

from msgspec import structs

from kubectl_goweb.objects.core import Probe
from kubectl_goweb.objects.template import FullContainer, FullPort
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import duration
from kubectl_goweb.status.diagnosis.case import Group
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.crashes import CrashKind, read_crash
from kubectl_goweb.status.diagnosis.dependencies import behind
from kubectl_goweb.status.diagnosis.handling import unserved
from kubectl_goweb.status.diagnosis.listening import listening, probed_port
from kubectl_goweb.status.diagnosis.mechanisms import Reason
from kubectl_goweb.status.diagnosis.probe_words import answered, budget
from kubectl_goweb.status.diagnosis.reasons import reason_of
from kubectl_goweb.status.diagnosis.throttling import REASON, throttled
from kubectl_goweb.status.diagnosis.writes import writes_before
from kubectl_goweb.status.verdicts import Confidence, Evidence, Finding, Ref, Severity

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def not_ready(group: Group) -> Finding:
    """The readiness or startup probe, or a readiness gate, says no."""
    pod, case = group.pod, group.case
    said = _short(group.said("Unhealthy"))
    reason, cause, extra = _meaning(group, said)
    still = _still_starting(group, said, reason)
    if still:
        reason, cause = "startup-running", f"{still}; {cause}"
    related: tuple[Ref, ...] = ()
    confidence = Confidence.CERTAIN if reason else Confidence.LIKELY if said else Confidence.POSSIBLE
    if reason in ("", "probe-status", "probe-timeout") and pod.name in case.logs:
        why = _by_its_log(group, said, extra)
        if why is not None:
            reason, cause, related = why[0], f"{cause}; {why[1]}", why[2]
            confidence = Confidence.LIKELY
    held = throttled(group) if reason == "probe-timeout" else None
    if held is not None:
        reason, cause = REASON, f"{cause}; {held.text}"
        extra.append(held)
    title = f"{group.who} run{group.verb('', 's')} but {group.verb('are', 'is')} not ready"
    where = f" ({group.where.removeprefix(' in ')})" if group.where else ""
    if pod.reason == "ContainersNotInitialized":
        title = (
            f"{group.who} {group.verb('wait', 'waits')} for sidecar {pod.container}, before which nothing else starts"
        )
    title = f"{group.who} {group.verb('are', 'is')} still starting" if still else title
    return finding(
        Code.POD_NOT_READY,
        Severity.WARNING,
        case.ref,
        plain(title + where + (f": {cause if 'strconv' in said else said}" if said else "")),
        cause=plain(cause),
        next=group.log(previous=False),
        evidence=group.evidence(*extra, *writes_before(case, group.since)),
        since=group.since,
        affected=group.names,
        reason=reason,
        confidence=confidence,
        related=related,
        unseen=() if said else ("the kubelet's events about the probe, which expire after an hour",),
    )


def _by_its_log(group: Group, said: str, shown: list[Evidence]) -> tuple[str, str, tuple[Ref, ...]] | None:
    """The mechanism and the sentence that what the program wrote last adds, and what it blames; evidence goes to
    `shown`.
    """
    case, lines = group.case, group.lines
    fault = unserved(lines, said)
    read = fault or read_crash(lines)
    if fault is not None and fault.kind is CrashKind.RECOVERED:
        shown.extend(Evidence("log", plain(line)) for line in fault.lines)
        at = f" at {fault.place}" if fault.place else ""
        return Reason.PANIC, f"the handler panics: {fault.error}{at}, and the connection is closed unanswered", ()
    told = reason_of(read.error) if read and read.kind is CrashKind.LOGGED else None
    if read is None or told is None:
        return None
    reason, words = str(told.reason), f"its log says why: {told.sentence}"
    shown.append(Evidence("log", plain(read.message)))
    found = behind(case, told)
    if found is None:
        return reason, words, ()
    shown.extend(found.evidence)
    if found.trap is not None:
        reason, words = found.trap.reason, f"{words}; {found.trap.sentence}"
    return reason, words, found.refs


_NOT_YET = ("", "probe-refused", "probe-timeout", "probe-status")
"""What a program that is not that far yet answers."""


def _still_starting(group: Group, said: str, reason: str) -> str:
    """That its startupProbe gives it more time; empty when it does not, or when what it says is no matter of time."""
    _, probe = _probe(group, said)
    status = group.case.status_of(group.pod)
    began = status.state.running.started_at if status and status.state.running else None
    if "tartup probe" not in said or reason not in _NOT_YET or probe is None or began is None:
        return ""
    passed, given = (group.case.now - began).total_seconds(), budget(probe)
    if passed >= given:
        return ""
    return f"its startupProbe gives it {duration(given)} from its start, of which {duration(passed)} have passed"


def _short(said: str) -> str:
    """Without what the event recorder and the container runtime wrap around it."""
    text = said.removeprefix("(combined from similar events): ")
    probe, mark, _ = text.partition(" probe ")
    at = text.find('exec: "')
    return f"{probe} probe failed: {text[at:]}" if mark and at > 0 else text


def _meaning(group: Group, said: str) -> tuple[str, str, list[Evidence]]:
    """The mechanism, the likely cause, and what shows it."""
    pod = group.pod
    if pod.reason == "ReadinessGatesNotReady":
        return "readiness-gate", f"a readiness gate is not met: {pod.message}", []
    container, probe = _probe(group, said)
    if not said:
        return _without_events(group, container, probe)
    which = "startupProbe" if "tartup probe" in said else "readinessProbe"
    shown = [Evidence(which, _described(probe))] if probe else []
    if (told := answered(said, probe)) is not None:
        return (*told, shown)
    if "connection refused" in said:
        return _refused(group, container, probe, shown)
    if "deadline exceeded" in said or "timeout" in said or "timed out" in said:
        limit = f" {probe.timeout_seconds} s" if probe else ""
        return "probe-timeout", f"the program does not answer the probe within its timeout{limit} ({said})", shown
    if "not found in $PATH" in said or "no such file or directory" in said or "executable file not found" in said:
        return "probe-command", f"the probe's command is not in the image ({said})", shown
    if "couldn't find port" in said or "invalid port" in said or "strconv" in said:
        return (
            "probe-port",
            _unnamed(container, probe) or f"the probe names a port that is not declared ({said})",
            shown,
        )
    if "no route to host" in said or "network is unreachable" in said or "i/o timeout" in said:
        return "probe-unreachable", f"the kubelet cannot reach the Pod ({said})", shown
    return "", said, shown


def _unnamed(container: FullContainer | None, probe: Probe | None) -> str:
    """That the port the probe names is not among the container's; empty when that is not known."""
    handler = (probe.http_get or probe.tcp_socket) if probe else None
    if handler is None or container is None:
        return ""
    named = ", ".join(f"{port.name} ({port.container_port})" for port in container.ports if port.name)
    return f"the probe names port {handler.port}, and container {container.name} declares {named or 'no port by name'}"


def _without_events(
    group: Group, container: FullContainer | None, probe: Probe | None
) -> tuple[str, str, list[Evidence]]:
    """The kubelet has not said what the probe got: what the log says of where the program listens may tell."""
    shown = [Evidence("readinessProbe", _described(probe))] if probe else []
    if probe is not None:
        reason, cause, more = _refused(group, container, probe, shown)
        if reason in ("probe-loopback", "probe-port"):
            return reason, cause, more
    return "", group.pod.message or "the readiness probe has not succeeded", shown


def _refused(
    group: Group, container: FullContainer | None, probe: Probe | None, shown: list[Evidence]
) -> tuple[str, str, list[Evidence]]:
    """Nobody answers on the probed port: another port, only the loopback, or not yet."""
    port = probed_port(container, probe)
    at = f" {port}" if port else ""
    for host, heard, line in listening(group):
        if host in _LOOPBACK and heard == port:
            shown.append(Evidence("log", plain(line)))
            return "probe-loopback", f"the program listens on {host}:{heard} only, where the kubelet cannot come", shown
        if port and heard != port:
            shown.append(Evidence("log", plain(line)))
            return "probe-port", f"the program listens on port {heard}, and port {port} is probed", shown
    declared = [one.container_port for one in container.ports] if container else []
    if port and declared and port not in declared:
        ports = ", ".join(str(one) for one in declared)
        return "probe-port", f"port {port} is probed, and the container declares only {ports}", shown
    cause = f"nothing listens on the probed port{at}: another port, 127.0.0.1 only, or the program is not that far yet"
    return "probe-refused", cause, shown


def _probe(group: Group, said: str) -> tuple[FullContainer | None, Probe | None]:
    spec = group.case.spec_of(group.pod)
    container = next((c for c in spec.all_containers if c.name == group.pod.container), None) if spec else None
    if container is None:
        raw = group.case.raw.get(group.pod.name)
        known = (*raw.spec.containers, *raw.spec.init_containers) if raw else ()
        slim = next((c for c in known if c.name == group.pod.container), None)
        if slim is None:
            return None, None
        ports = tuple(FullPort(one.container_port, one.name, one.protocol) for one in slim.ports)
        container = FullContainer(slim.name, ports=ports, readiness_probe=slim.readiness_probe)
        container = structs.replace(container, startup_probe=slim.startup_probe)
    is_startup = "tartup probe" in said
    return container, container.startup_probe if is_startup else container.readiness_probe


def _described(probe: Probe) -> str:
    if probe.http_get:
        what = f"{probe.http_get.scheme} GET :{probe.http_get.port}{probe.http_get.path}"
    elif probe.tcp_socket:
        what = f"TCP :{probe.tcp_socket.port}"
    elif probe.grpc:
        what = f"gRPC :{probe.grpc.port}"
    else:
        what = "exec " + " ".join(probe.exec.command if probe.exec else ())
    return plain(f"{what} every {probe.period_seconds} s, {probe.timeout_seconds} s, {probe.failure_threshold} tries")
