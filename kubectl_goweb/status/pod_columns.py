"""kubectl's STATUS, READY and RESTARTS of a Pod.

They follow the API server's own table printer, k8s.io/kubernetes/pkg/printers/internalversion/printers.go, as of 1.35.
Older servers differ only where every container has ended: 1.35 prefers an error to `Completed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from kubectl_goweb.objects import Container, ContainerStatus, Pod, condition
from kubectl_goweb.objects.core import Terminated
from kubectl_goweb.status.verdicts import Answer


class Columns(Answer, frozen=True, gc=False):
    status: str
    ready: int
    total: int
    restarts: int
    restarted_at: datetime | None


def columns(pod: Pod) -> Columns:
    status = pod.status
    word = status.reason or status.phase
    if _is_steady(pod):
        count = len(pod.spec.containers)
        return Columns(word, count, count, 0, None)
    if not pod.status.init_container_statuses and not pod.spec.init_containers:
        initialising, ready, restarts, restarted_at, sidecar_restarts, sidecar_at = False, 0, 0, None, 0, None
    else:
        specs = {container.name: container for container in pod.spec.init_containers}
        initialising, init_word, ready, restarts, restarted_at, sidecar_restarts, sidecar_at = _init(pod, specs)
        word = init_word or word
    total = len(pod.spec.containers) + sum(c.restart_policy == "Always" for c in pod.spec.init_containers)
    scheduled = condition(status.conditions, "PodScheduled")
    if scheduled is not None and scheduled.reason == "SchedulingGated":
        word = word if initialising else "SchedulingGated"
    if not initialising or is_true(pod, "Initialized"):
        restarts, restarted_at = sidecar_restarts, sidecar_at
        word, main_ready, main_restarts, main_at = _main(pod, word)
        ready += main_ready
        restarts += main_restarts
        restarted_at = newest(restarted_at, main_at)
    if pod.metadata.deletion_timestamp is not None:
        if status.reason == "NodeLost":
            word = "Unknown"
        elif status.phase not in ("Succeeded", "Failed"):
            word = "Terminating"
    return Columns(word, ready, total, restarts, restarted_at)


def _is_steady(pod: Pod) -> bool:
    """Every container runs and is ready, and none ever did anything else: most Pods, which need no closer look."""
    statuses = pod.status.container_statuses
    if pod.spec.init_containers or pod.metadata.deletion_timestamp is not None or pod.status.init_container_statuses:
        return False
    if len(statuses) != len(pod.spec.containers):
        return False
    for one in statuses:
        if not one.ready or one.state.running is None or one.restart_count or one.last_state.terminated is not None:
            return False
    return True


def _init(
    pod: Pod, specs: Mapping[str, Container]
) -> tuple[bool, str, int, int, datetime | None, int, datetime | None]:
    ready = restarts = sidecar_restarts = 0
    restarted_at = sidecar_at = None
    for index, status in enumerate(pod.status.init_container_statuses):
        spec = specs.get(status.name)
        is_sidecar = spec is not None and spec.restart_policy == "Always"
        restarts += status.restart_count
        restarted_at = newest(restarted_at, _last_end(status))
        if is_sidecar:
            sidecar_restarts += status.restart_count
            sidecar_at = newest(sidecar_at, _last_end(status))
        state = status.state
        if state.terminated and state.terminated.exit_code == 0:
            continue
        if is_sidecar and status.started:
            ready += status.ready
            continue
        if state.terminated:
            word = "Init:" + ended_word(state.terminated)
        elif state.waiting and state.waiting.reason and state.waiting.reason != "PodInitializing":
            word = "Init:" + state.waiting.reason
        else:
            word = f"Init:{index}/{len(pod.spec.init_containers)}"
        return True, word, ready, restarts, restarted_at, sidecar_restarts, sidecar_at
    return False, "", ready, restarts, restarted_at, sidecar_restarts, sidecar_at


def _main(pod: Pod, word: str) -> tuple[str, int, int, datetime | None]:
    ready = restarts = 0
    restarted_at: datetime | None = None
    has_running = False
    error_word = ""
    for status in reversed(pod.status.container_statuses):
        restarts += status.restart_count
        restarted_at = newest(restarted_at, _last_end(status))
        state = status.state
        if state.waiting and state.waiting.reason:
            word = state.waiting.reason
        elif state.terminated:
            ended = state.terminated
            word = ended_word(ended)
            if ended.exit_code != 0:
                error_word = word
        elif status.ready and state.running:
            has_running = True
            ready += 1
    if word == "Completed":
        if has_running and is_true(pod, "Ready"):
            word = "Running"
        elif error_word:
            word = error_word
        elif has_running:
            word = "NotReady"
    return word, ready, restarts, restarted_at


def ended_word(ended: Terminated) -> str:
    """How a container ended: the reason given, else its signal or exit code."""
    if ended.reason:
        return ended.reason
    return f"Signal:{ended.signal}" if ended.signal else f"ExitCode:{ended.exit_code}"


def _last_end(status: ContainerStatus) -> datetime | None:
    ended = status.last_state.terminated
    return ended.finished_at if ended else None


def newest(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return max(one, other)


def is_true(pod: Pod, kind: str) -> bool:
    found = condition(pod.status.conditions, kind)
    return found is not None and found.status == "True"
