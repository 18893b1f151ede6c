"""Containers that cannot be made or started, and Pods that wait for what they need before that."""

from __future__ import annotations

import difflib
import re

from kubectl_goweb.objects import Event, Kind, Pod, condition
from kubectl_goweb.objects.config import ConfigMap, Secret
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.case import Case, Group, from_event
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.images import pulling, pulling_since
from kubectl_goweb.status.diagnosis.inits import init, waiting_init
from kubectl_goweb.status.diagnosis.mechanisms import Reason
from kubectl_goweb.status.diagnosis.mounts import mount_above
from kubectl_goweb.status.diagnosis.reasons import reason_of
from kubectl_goweb.status.pod_trouble import Trouble
from kubectl_goweb.status.pods import PodHealth
from kubectl_goweb.status.references import references
from kubectl_goweb.status.verdicts import Evidence, Finding, Ref, Severity

_MISSING = re.compile(r"(?P<kind>configmap|secret|serviceaccount) \"(?P<name>[^\"]+)\" not found", re.IGNORECASE)
_KEY = re.compile(
    r"couldn't find key (?P<key>\S+) in (?P<kind>ConfigMap|Secret) (?P<namespace>[^/\s]+)/(?P<name>[^\s,]+)"
)
_FILE_KEY = re.compile(r"references non-existent (?P<kind>config|secret) key: (?P<key>\S+)")
_KINDS = {"configmap": Kind.CONFIG_MAP, "secret": Kind.SECRET, "serviceaccount": Kind.SERVICE_ACCOUNT}
_PROFILE = re.compile(r"(?P<what>seccomp|apparmor) profile \"?(?P<name>[^\"\s:]+)\"?", re.IGNORECASE)
_EXEC = re.compile(r"exec: \"(?P<program>[^\"]+)\"")
_ROOT = re.compile(r"runAsNonRoot")
_NO_COMMAND = re.compile(r"executable file not found|no such file or directory|no command specified")

_WAITING = 5.0
"""Seconds for which a Pod may wait to be created before its warnings count: a volume is often tried twice."""


def config(group: Group) -> Finding:
    """CreateContainerConfigError: something named is not there, or the container may not run as it is told to."""
    message = group.pod.message or group.said("Failed")
    return _lacking(group, message) or _not_allowed(group, message)


def _lacking(group: Group, message: str) -> Finding | None:
    key, missing = _KEY.search(message), _MISSING.search(message)
    if key is None and missing is None:
        return None
    case = group.case
    if key is not None:
        kind, name = _KINDS[key["kind"].lower()], key["name"]
        what, reason = f"key {key['key']} in {kind} {name}", "missing-key"
        hint = _nearest(case, kind, name, key["key"])
    elif missing is not None:
        kind, name = _KINDS[missing["kind"].lower()], missing["name"]
        what, reason = f"{kind} {name}", f"missing-{kind.lower()}"
        hint = None
    return finding(
        Code.POD_CONFIG,
        Severity.CRITICAL,
        case.ref,
        plain(f"{group.who} {group.verb('lack', 'lacks')} something {group.verb('they name', 'it names')}: {what}"),
        cause=plain(message) + (f"; {hint.text}" if hint else ""),
        next=f"kubectl get {kind.lower()} {name} -n {case.ref.namespace}",
        evidence=group.evidence(hint),
        since=group.since,
        affected=group.names,
        reason=reason,
        related=(Ref(kind, name, case.ref.namespace),),
    )


def _nearest(case: Case, kind: Kind, name: str, key: str) -> Evidence | None:
    """The keys that are there, when they were asked for, and the one that was probably meant."""
    found = case.snapshot.facts.objects.get(f"{kind} {case.ref.namespace}/{name}")
    keys = found.keys if isinstance(found, ConfigMap | Secret) else None
    if keys is None:
        return None
    near = difflib.get_close_matches(key, keys, 1)
    listed = ", ".join(sorted(keys)[:8])
    return Evidence(f"{kind} {name}", f"it has {listed}" + (f"; {near[0]} was probably meant" if near else ""))


def _not_allowed(group: Group, message: str) -> Finding:
    many = group.verb("they are", "it is")
    title, reason = f"{group.who} cannot be made as {many} declared: {message or group.pod.reason}", ""
    cause = message or "the container runtime refuses the container as it is declared"
    if _ROOT.search(message):
        reason = "runs-as-root"
        cause = f"runAsNonRoot forbids root, and the image's user is root or is not a number ({message})"
    elif (profile := _PROFILE.search(message)) is not None:
        what = f"{profile['what'].lower()} profile {profile['name'].rpartition('/')[2]}"
        title = f"{group.who} cannot be made as {many} declared: node {group.pod.node} has no {what}"
        reason = "missing-profile"
        cause = f"the {what}, which securityContext names, is not on node {group.pod.node} ({message})"
    elif (told := reason_of(message)) is not None:
        reason, cause = told.reason, f"{told.sentence} ({message})"
    elif _NO_COMMAND.search(message):
        reason = "no-command"
    return finding(
        Code.POD_CONFIG,
        Severity.CRITICAL,
        group.case.ref,
        plain(title),
        cause=plain(cause),
        next=group.show,
        evidence=group.evidence(),
        since=group.since,
        affected=group.names,
        reason=reason,
    )


def start(group: Group) -> Finding:
    """The runtime cannot start the container, or its postStart hook fails."""
    pod = group.pod
    message = pod.message or group.said("Failed", "FailedPostStartHook")
    reason, cause = "", message or "the command does not exist in the image or may not be executed"
    title = f"{group.who} cannot start container {pod.container} ({pod.reason})"
    if pod.reason == "PostStartHookError" or "PostStartHook" in message:
        return hook_failed(group, message)
    if "exec format error" in message:
        reason = Reason.EXEC_FORMAT
        cause = f"the binary is built for another processor than the node's ({message})"
    elif "permission denied" in message:
        reason, cause = Reason.PERMISSION, f"the file to run is not executable for the user it runs as ({message})"
    elif _NO_COMMAND.search(message):
        reason, (what, cause) = "no-command", _no_command(group, message)
        title = f"{title}: {what}"
    return finding(
        Code.POD_START,
        Severity.CRITICAL,
        group.case.ref,
        plain(title),
        cause=plain(cause),
        next=group.show,
        evidence=group.evidence(_command(group)),
        since=group.since,
        affected=group.names,
        reason=reason,
    )


def _no_command(group: Group, message: str) -> tuple[str, str]:
    """What is not there, and why that is likely so: a volume over it, `command` where `args` was meant, no shell."""
    found, container = _EXEC.search(message), group.container
    if found is None:
        is_none = "no command specified" in message
        return ("no program to run" if is_none else "a file or folder is not in the image"), message
    program = found["program"]
    over = mount_above(group, program)
    if over is not None:
        text = f"volume {over.name} at {over.mount_path} hides what the image has there, {program} with it"
        return f"volume {over.name} hides {program}", f"{text} ({message})"
    cause = "the command to run is not in the image; a Go image from scratch has no shell either"
    if container is not None and container.command[:1] == (program,) and "/" not in program:
        cause = (
            f"{program} is no program in the image; `command` replaces the image's ENTRYPOINT: arguments for it belong "
            "into `args`; a Go image from scratch has no shell either"
        )
    return f"{program} is not in the image", f"{cause} ({message})"


def hook_failed(group: Group, message: str) -> Finding:
    """The kubelet ends a container whose postStart hook fails."""
    return finding(
        Code.POD_START,
        Severity.CRITICAL,
        group.case.ref,
        plain(f"{group.who} cannot start container {group.pod.container}: its postStart hook fails"),
        cause=plain(f"the container is ended because its postStart hook fails: {message}"),
        next=group.show,
        evidence=group.evidence(),
        since=group.since,
        affected=group.names,
        reason="post-start",
    )


def _command(group: Group) -> Evidence | None:
    container = group.container
    if container is None or not (container.command or container.args):
        return None
    return Evidence("command and args", plain(" ".join((*container.command, *container.args))))


def held_up(case: Case) -> list[Finding]:
    """Pods with a node that wait for volumes, a network or an init container, by what they wait for."""
    groups: dict[tuple[str, str], list[tuple[PodHealth, Event]]] = {}
    silent: dict[str, list[PodHealth]] = {}
    pulls: dict[str, list[tuple[PodHealth, Event]]] = {}
    inits: dict[str, list[PodHealth]] = {}
    for pod in case.pods:
        raw = case.raw.get(pod.name)
        if pod.trouble is not Trouble.NONE or pod.is_ready or pod.terminating or raw is None:
            continue
        if pod.created is None or (case.now - pod.created).total_seconds() < _WAITING:
            continue
        event = _holding(case, raw)
        if event is not None:
            groups.setdefault((pod.revision, event.reason), []).append((pod, event))
        elif (name := waiting_init(case, raw)) is not None:
            inits.setdefault(name, []).append(pod)
        elif is_waiting(raw) and (pull := pulling_since(case, pod.name)) is not None:
            pulls.setdefault(pod.revision, []).append((pod, pull))
        elif is_waiting(raw):
            silent.setdefault(pod.revision, []).append(pod)
    found = [_held(case, revision, held) for (revision, _), held in groups.items()]
    found.extend(pulling(case, revision, [pod for pod, _ in some], some[0][1]) for revision, some in pulls.items())
    found.extend(init(case, name, pods) for name, pods in inits.items())
    found.extend(lacking for revision, pods in silent.items() if (lacking := _absent(case, revision, pods)) is not None)
    return found


def is_waiting(raw: Pod) -> bool:
    """It has a node, and none of its containers was started yet."""
    statuses = (*raw.status.init_container_statuses, *raw.status.container_statuses)
    return bool(raw.spec.node_name) and raw.status.phase == "Pending" and not any(s.state.running for s in statuses)


def _absent(case: Case, revision: str, pods: list[PodHealth]) -> Finding | None:
    """Without an event that says so: what the template mounts and the server says is not there."""
    spec = case.spec_of(pods[0])
    for one in references(spec) if spec else ():
        key = f"{case.ref.namespace}/{one.name}"
        if one.as_file and not one.optional and case.snapshot.facts.is_absent(one.kind, key):
            group = Group(case, revision, tuple(pods), pods[0], ())
            return _lacking(group, f'{one.kind.lower()} "{one.name}" not found, for {one.where}')
    return None


_HOLDING = ("FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedCreatePodSandBox")


def _holding(case: Case, raw: Pod) -> Event | None:
    """The newest event that says what a Pod that is not started yet waits for. One that has its sandbox, or one of
    whose containers has begun, has its volumes and its network, whatever was said before: those come first.
    https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-has-network
    """
    has_sandbox = condition(raw.status.conditions, "PodReadyToStartContainers")
    if has_sandbox is not None and has_sandbox.status == "True":
        return None
    statuses = (*raw.status.init_container_statuses, *raw.status.container_statuses)
    if raw.status.phase != "Pending" or any(s.state.running or s.state.terminated for s in statuses):
        return None
    return next((event for event in case.events.get(raw.name, ()) if event.reason in _HOLDING), None)


def _held(case: Case, revision: str, held: list[tuple[PodHealth, Event]]) -> Finding:
    pods, event = tuple(pod for pod, _ in held), held[0][1]
    group = Group(case, revision, pods, pods[0], (event,))
    message = event.message
    lacking = _lacking(group, message)
    if lacking is not None:
        return lacking
    file_key = _FILE_KEY.search(message)
    code, reason, title = Code.POD_VOLUME, "mount", f"cannot mount {group.verb('their', 'its')} volumes"
    cause = message
    if event.reason == "FailedCreatePodSandBox":
        code, reason, title = Code.POD_SANDBOX, "sandbox", "cannot be given a sandbox and a network"
    elif file_key is not None:
        code, reason = Code.POD_CONFIG, "missing-key"
        title = f"{group.verb('lack', 'lacks')} key {file_key['key']} of a mounted {file_key['kind']}"
    elif "Multi-Attach" in message or "already used by" in message or "already exclusively attached" in message:
        reason = "multi-attach"
        cause = f"the volume is attached to another node, and only one may have it at a time ({message})"
        cause += f"; {by_old}" if (by_old := case.held_by_old(revision)) else ""
    elif "timed out waiting for" in message or "deadline exceeded" in message or "DeadlineExceeded" in message:
        reason = "attach-timeout"
    return finding(
        code,
        Severity.CRITICAL,
        case.ref,
        plain(f"{group.who} {title}: {message}"),
        cause=plain(cause),
        next=group.show,
        evidence=(from_event(event),),
        since=event.first_timestamp or event.last_seen,
        affected=group.names,
        reason=reason,
    )
