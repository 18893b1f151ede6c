"""Pods that are told to end and do not in time: the kubelet then kills them, with the requests they still answer.

https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from kubectl_goweb.objects import ContainerStatus, Pod
from kubectl_goweb.objects.core import Lifecycle
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.case import Case, Group
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.surroundings import Surroundings
from kubectl_goweb.status.pods import PodHealth
from kubectl_goweb.status.verdicts import Confidence, Evidence, Finding, Ref, Severity

_SIGKILL = 137
_CLOCKS = 3.0
"""Seconds by which the kubelet's and the API server's idea of the end of the grace period may differ."""
_STOPPING = re.compile(
    r"(?i)\b(?:shut(?:ting)?[ -]?down|drain(?:ing|ed)?|graceful(?:ly)?|stopping|terminat(?:ed|ing)|sigterm|signal)\b"
)
_SLEEP = re.compile(r"\bsleep[ \"',]+(?P<seconds>\d+)s?\b")


def cut_off(case: Case) -> Finding | None:
    """The Pods of a workload that were killed at the end of their grace period; None when there are none."""
    killed = [(pod, *how) for pod in case.pods if (how := _killed(case, pod)) is not None]
    if not killed:
        return None
    pod, status, grace = max(killed, key=lambda one: (one[0].name in case.logs, one[0].name))
    pods = tuple(one for one, _, _ in killed)
    group = Group(case, pod.revision, pods, pod, ())
    reason, cause, confidence, seen = _why(case, pod, status.name, grace)
    ended = status.state.terminated
    return finding(
        Code.POD_CUT_OFF,
        Severity.WARNING,
        case.ref,
        plain(f"{group.who} {group.verb('were', 'was')} killed while ending: not done within {grace} s of SIGTERM"),
        cause=plain(cause + "; the requests it still answered were cut off"),
        next=f"kubectl logs {pod.name} -n {pod.namespace} -c {status.name}",
        evidence=(
            Evidence(
                f"status.containerStatuses[{status.name}]",
                f"{pod.name}: exit code {_SIGKILL} {grace} s after it was told to end",
                ended.finished_at if ended else None,
            ),
            *seen,
        ),
        since=ended.finished_at if ended else None,
        affected=group.names,
        reason=reason,
        confidence=confidence,
        unseen=() if reason else ("the container's log, which goes when the kubelet is done with the Pod",),
    )


def ended_hard(pod: PodHealth, raw: Pod | None) -> ContainerStatus | None:
    """Of a Pod that is ending, the container that ended by SIGKILL and not for its memory."""
    if raw is None or not pod.terminating:
        return None
    for status in raw.status.container_statuses:
        ended = status.state.terminated
        if ended is not None and ended.exit_code == _SIGKILL and ended.reason != "OOMKilled" and ended.finished_at:
            return status
    return None


def _killed(case: Case, pod: PodHealth) -> tuple[ContainerStatus, int] | None:
    """The container that was killed when the grace period was over, and the period in seconds.

    Once all containers have ended, the kubelet deletes the Pod for good, which moves the end of its grace period; when
    that began is then only in the kubelet's event.
    """
    raw = case.raw.get(pod.name)
    status = ended_hard(pod, raw)
    ended = status.state.terminated if status else None
    if raw is None or status is None or ended is None or ended.finished_at is None:
        return None
    grace, end = raw.metadata.deletion_grace_period_seconds or 0, raw.metadata.deletion_timestamp
    if grace > _CLOCKS and end is not None:
        return (status, grace) if (ended.finished_at - end).total_seconds() > -_CLOCKS else None
    spec = case.spec_of(pod)
    began = [e.first_timestamp for e in case.events.get(pod.name, ()) if e.reason == "Killing" and e.first_timestamp]
    if grace or spec is None or not began or spec.termination_grace_period_seconds <= _CLOCKS:
        return None  # deleted by force, or it cannot be told
    grace = spec.termination_grace_period_seconds
    return (status, grace) if (ended.finished_at - max(began)).total_seconds() > grace - _CLOCKS else None


def _why(case: Case, pod: PodHealth, container: str, grace: int) -> tuple[str, str, Confidence, tuple[Evidence, ...]]:
    spec = case.spec_of(pod)
    full = next((one for one in spec.containers if one.name == container), None) if spec else None
    hook = hook_seconds(full.lifecycle) if full else None
    if hook is not None and hook >= grace:
        cause = (
            f"its preStop hook sleeps for {hook} s, and the grace period of {grace} s is over before SIGTERM is sent"
        )
        return "prestop-too-long", cause, Confidence.CERTAIN, (Evidence("lifecycle.preStop", f"sleeps for {hook} s"),)
    tail = case.logs.get(pod.name)
    if tail is None or not tail.lines:
        return "", f"it ignores SIGTERM, or needs longer than {grace} s to end", Confidence.LIKELY, ()
    told = next((line for line in reversed(tail.lines) if _STOPPING.search(line)), "")
    if told:
        cause = f"it heeds SIGTERM and needs longer than terminationGracePeriodSeconds: {grace}"
        return "grace-too-short", cause, Confidence.LIKELY, (Evidence("log", plain(told)),)
    cause = (
        "it does not heed SIGTERM: no signal.NotifyContext in the program, or a shell is process 1 and does not pass "
        "it on (exec form of ENTRYPOINT)"
    )
    return "sigterm-ignored", cause, Confidence.LIKELY, (Evidence("log", "says nothing of ending"),)


def will_be_cut_off(around: Surroundings, told: Container[Ref]) -> Iterator[Finding]:
    """Workloads whose preStop hook takes all of the grace period: no Pod of theirs ever ends well. `told` are those of
    which it was seen.
    """
    for one in around.all_templates():
        grace = one.spec.termination_grace_period_seconds
        hooks = [(hook_seconds(container.lifecycle), container.name) for container in one.containers]
        seconds, name = max(((found, name) for found, name in hooks if found is not None), default=(0, ""))
        if not seconds or seconds < grace or not around.desired(one.ref) or one.ref in told:
            continue
        yield finding(
            Code.POD_CUT_OFF,
            Severity.WARNING,
            one.ref,
            f"Pods of {one.ref.short} will be killed while ending: preStop sleeps for {seconds} s of {grace} s",
            cause=f"terminationGracePeriodSeconds is {grace}, and the preStop hook of container {name} takes all of "
            "it: the kubelet kills the container about when it is told to end, with the requests that it answers",
            next=f"kubectl get {one.ref.short} -n {one.namespace} -o yaml",
            evidence=(Evidence("lifecycle.preStop", f"sleeps for {seconds} s"),),
            reason="prestop-too-long",
        )


def hook_seconds(lifecycle: Lifecycle | None) -> int | None:
    """How long a preStop hook sleeps, as far as its declaration tells; None when there is none or it does something
    else.
    """
    hook = lifecycle.pre_stop if lifecycle else None
    if hook is None:
        return None
    if hook.sleep is not None:
        return hook.sleep.seconds
    found = _SLEEP.search(" ".join(hook.exec.command)) if hook.exec else None
    return int(found["seconds"]) if found else None
