"""The 31 cases in which Kubernetes tools disagree; column one is what the API server (1.35) and so kubectl prints."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kubectl_goweb.objects import Pod
from kubectl_goweb.status.pod_columns import columns
from kubectl_goweb.status.pods import pod_health
from tests.status.objects import NOW, ago, container, ended, pod, running, waiting

SIDECAR = {"name": "proxy", "restartPolicy": "Always"}
INIT = {"name": "init"}
INIT_2 = {"name": "init2"}
UP = running(minutes=3)
PENDING = {"phase": "Pending"}
NOT_INITIALIZED = {"Initialized": "False"}

CASES: tuple[tuple[str, Callable[[], Pod], str, str, int], ...] = (
    ("running and ready", lambda: pod(container("c", UP, ready=True)), "Running", "1/1", 0),
    ("readiness failing", lambda: pod(container("c", UP)), "Running", "0/1", 0),
    ("unschedulable", lambda: pod(conditions={"PodScheduled": "False"}, **PENDING), "Pending", "0/1", 0),
    (
        "scheduling gated",
        lambda: pod(conditions={"PodScheduled": {"status": "False", "reason": "SchedulingGated"}}, **PENDING),
        "SchedulingGated",
        "0/1",
        0,
    ),
    ("creating", lambda: pod(container("c", waiting("ContainerCreating")), **PENDING), "ContainerCreating", "0/1", 0),
    ("crash loop", lambda: pod(container("c", waiting("CrashLoopBackOff"), restarts=7)), "CrashLoopBackOff", "0/1", 7),
    (
        "first of two crash-loops",
        lambda: pod(container("c0", waiting("CrashLoopBackOff"), restarts=4), container("c1", UP, ready=True)),
        "CrashLoopBackOff",
        "1/2",
        4,
    ),
    (
        "second of two crash-loops",
        lambda: pod(container("c0", UP, ready=True), container("c1", waiting("CrashLoopBackOff"), restarts=4)),
        "CrashLoopBackOff",
        "1/2",
        4,
    ),
    ("out of memory now", lambda: pod(container("c", ended(137, "OOMKilled"), restarts=1)), "OOMKilled", "0/1", 1),
    ("killed by a signal", lambda: pod(container("c", ended(0, signal=9))), "Signal:9", "0/1", 0),
    ("exit code without a reason", lambda: pod(container("c", ended(2))), "ExitCode:2", "0/1", 0),
    (
        "config error",
        lambda: pod(container("c", waiting("CreateContainerConfigError")), **PENDING),
        "CreateContainerConfigError",
        "0/1",
        0,
    ),
    (
        "init one of two running",
        lambda: pod(
            inits=(container("init", ended(0, "Completed")), container("init2", UP)),
            init_specs=(INIT, INIT_2),
            conditions=NOT_INITIALIZED,
            **PENDING,
        ),
        "Init:1/2",
        "0/1",
        0,
    ),
    (
        "init crash-looping",
        lambda: pod(
            inits=(container("init", waiting("CrashLoopBackOff"), restarts=3),),
            init_specs=(INIT,),
            conditions=NOT_INITIALIZED,
            **PENDING,
        ),
        "Init:CrashLoopBackOff",
        "0/1",
        3,
    ),
    (
        "init failed with a reason",
        lambda: pod(
            inits=(container("init", ended(1, "Error")),), init_specs=(INIT,), conditions=NOT_INITIALIZED, **PENDING
        ),
        "Init:Error",
        "0/1",
        0,
    ),
    (
        "init failed without a reason",
        lambda: pod(inits=(container("init", ended(3)),), init_specs=(INIT,), conditions=NOT_INITIALIZED, **PENDING),
        "Init:ExitCode:3",
        "0/1",
        0,
    ),
    (
        "inits done, main initializing",
        lambda: pod(
            container("c", waiting("PodInitializing")),
            inits=(container("init", ended(0, "Completed")),),
            init_specs=(INIT,),
            **PENDING,
        ),
        "PodInitializing",
        "0/1",
        0,
    ),
    (
        "sidecar and main ready",
        lambda: pod(
            container("c", UP, ready=True),
            inits=(container("proxy", UP, ready=True, started=True),),
            init_specs=(SIDECAR,),
            conditions={"Initialized": "True"},
        ),
        "Running",
        "2/2",
        0,
    ),
    (
        "sidecar started, not ready",
        lambda: pod(
            container("c", UP, ready=True),
            inits=(container("proxy", UP, started=True, restarts=2),),
            init_specs=(SIDECAR,),
            conditions={"Initialized": "True"},
        ),
        "Running",
        "1/2",
        2,
    ),
    (
        "sidecar not started yet",
        lambda: pod(
            container("c", waiting("PodInitializing")),
            inits=(container("proxy", UP, started=False),),
            init_specs=(SIDECAR,),
            conditions=NOT_INITIALIZED,
            **PENDING,
        ),
        "Init:0/1",
        "0/2",
        0,
    ),
    (
        "sidecar crash-loops after start",
        lambda: pod(
            container("c", UP, ready=True),
            inits=(container("proxy", waiting("CrashLoopBackOff"), started=False, restarts=5),),
            init_specs=(SIDECAR,),
            conditions={"Initialized": "True"},
        ),
        "Init:CrashLoopBackOff",
        "1/2",
        5,
    ),
    (
        "job done, sidecar killed",
        lambda: pod(
            container("c", ended(0, "Completed")),
            inits=(container("proxy", ended(137, "Error"), started=False),),
            init_specs=(SIDECAR,),
            conditions={"Initialized": "True"},
            phase="Succeeded",
        ),
        "Completed",
        "0/2",
        0,
    ),
    (
        "first completed, second ready, Pod ready",
        lambda: pod(
            container("c0", ended(0, "Completed")), container("c1", UP, ready=True), conditions={"Ready": "True"}
        ),
        "Running",
        "1/2",
        0,
    ),
    (
        "first completed, second ready, Pod not ready",
        lambda: pod(
            container("c0", ended(0, "Completed")), container("c1", UP, ready=True), conditions={"Ready": "False"}
        ),
        "NotReady",
        "1/2",
        0,
    ),
    (
        "first completed, second failed",
        lambda: pod(container("c0", ended(0, "Completed")), container("c1", ended(1, "Error"))),
        "Error",
        "0/2",
        0,
    ),
    ("evicted", lambda: pod(phase="Failed", reason="Evicted"), "Evicted", "0/1", 0),
    ("terminating", lambda: pod(container("c", UP, ready=True), deleted=ago(seconds=-20)), "Terminating", "1/1", 0),
    (
        "terminating but succeeded",
        lambda: pod(container("c", ended(0, "Completed")), phase="Succeeded", deleted=ago(seconds=-20)),
        "Completed",
        "0/1",
        0,
    ),
    (
        "terminating while in init",
        lambda: pod(
            inits=(container("init", UP),),
            init_specs=(INIT,),
            conditions=NOT_INITIALIZED,
            deleted=ago(seconds=-20),
            **PENDING,
        ),
        "Terminating",
        "0/1",
        0,
    ),
    (
        "node lost and deleted",
        lambda: pod(container("c", UP, ready=True), reason="NodeLost", deleted=ago(minutes=1)),
        "Unknown",
        "1/1",
        0,
    ),
    ("node lost", lambda: pod(container("c", UP, ready=True), reason="NodeLost"), "NodeLost", "1/1", 0),
)


@pytest.mark.parametrize(
    ("make", "status", "ready", "restarts"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_columns_are_those_of_the_api_server(make: Callable[[], Pod], status: str, ready: str, restarts: int) -> None:
    shown = columns(make())
    assert (shown.status, f"{shown.ready}/{shown.total}", shown.restarts) == (status, ready, restarts)


def test_restarts_tell_when_the_newest_one_was() -> None:
    one = pod(
        container("a", UP, ready=True, restarts=2, last=ended(1, minutes=30)),
        container("b", UP, ready=True, restarts=5, last=ended(1, minutes=3)),
    )
    assert pod_health(one, NOW).restarts_text(NOW) == "7 (3m ago)"


def test_restarts_without_a_recorded_end_are_a_bare_number() -> None:
    assert pod_health(pod(container("a", UP, restarts=2)), NOW).restarts_text(NOW) == "2"
