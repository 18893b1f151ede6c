from __future__ import annotations

import pytest

from kubectl_goweb.objects import Kind, Pod
from kubectl_goweb.status.pod_trouble import Trouble
from kubectl_goweb.status.pods import pod_health
from tests.status.objects import NOW, Json, ago, container, decoded, ended, pod, pod_json, running, waiting

NOT_READY: Json = {"Ready": {"status": "False", "lastTransitionTime": ago(minutes=2), "reason": "ContainersNotReady"}}


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        (container("c", waiting("CrashLoopBackOff"), last=ended(2, "Error")), Trouble.CRASHING),
        (container("c", waiting("CrashLoopBackOff"), last=ended(137, "OOMKilled")), Trouble.OUT_OF_MEMORY),
        (container("c", waiting("CrashLoopBackOff"), last=ended(128, "StartError")), Trouble.START),
        (container("c", ended(2, "Error")), Trouble.CRASHING),
        (container("c", ended(0, "Completed")), Trouble.CRASHING),
        (container("c", waiting("ImagePullBackOff")), Trouble.IMAGE),
        (container("c", waiting("InvalidImageName")), Trouble.IMAGE),
        (container("c", waiting("CreateContainerConfigError")), Trouble.CONFIG),
        (container("c", waiting("RunContainerError")), Trouble.START),
        (container("c", waiting("ContainerCreating")), Trouble.NONE),
        (container("c", running(minutes=4)), Trouble.NOT_READY),
    ],
)
def test_what_ails_a_container_is_named(status: Json, trouble: Trouble) -> None:
    assert pod_health(pod(status, conditions=NOT_READY), NOW).trouble is trouble


def test_a_crash_loop_between_two_crashes_is_still_crashing() -> None:
    running_again = container("c", running(seconds=1), restarts=4, last=ended(2, "Error", seconds=3))
    assert pod_health(pod(running_again, conditions=NOT_READY), NOW).trouble is Trouble.CRASHING


def test_a_crash_of_long_ago_does_not_explain_why_a_pod_is_not_ready_now() -> None:
    long_up = container("c", running(hours=3), restarts=1, last=ended(2, "Error", hours=3))
    assert pod_health(pod(long_up, conditions=NOT_READY), NOW).trouble is Trouble.NOT_READY


def test_a_ready_pod_has_no_trouble_whatever_happened_before() -> None:
    up = container("c", running(minutes=1), ready=True, restarts=9, last=ended(2, "Error", minutes=1))
    assert pod_health(pod(up, conditions={"Ready": "True"}), NOW).trouble is Trouble.NONE


def test_an_unschedulable_pod_tells_the_schedulers_sentence() -> None:
    message = "0/3 nodes are available: 3 Insufficient memory."
    one = pod(
        phase="Pending", conditions={"PodScheduled": {"status": "False", "reason": "Unschedulable", "message": message}}
    )
    health = pod_health(one, NOW)
    assert (health.trouble, health.message) == (Trouble.UNSCHEDULABLE, message)


def test_a_terminating_pod_is_stuck_only_after_its_grace_period() -> None:
    up = container("c", running(minutes=1), ready=True)
    assert pod_health(pod(up, deleted=ago(seconds=-10)), NOW).trouble is Trouble.NONE
    assert pod_health(pod(up, deleted=ago(minutes=5)), NOW).trouble is Trouble.STUCK_TERMINATING


def test_a_failing_init_container_is_the_trouble_of_its_pod() -> None:
    one = pod(
        container("c", waiting("PodInitializing")),
        inits=(container("init", waiting("CrashLoopBackOff"), restarts=3, last=ended(1, "Error", seconds=9)),),
        init_specs=({"name": "init"},),
        conditions={"Initialized": "False", **NOT_READY},
        phase="Pending",
    )
    health = pod_health(one, NOW)
    assert (health.trouble, health.container, health.exit_code) == (Trouble.CRASHING, "init", 1)


def test_a_finished_init_container_is_no_trouble() -> None:
    one = pod(
        container("c", waiting("ContainerCreating")),
        inits=(container("init", ended(0, "Completed")),),
        init_specs=({"name": "init"},),
        phase="Pending",
    )
    assert pod_health(one, NOW).trouble is Trouble.NONE


def test_an_evicted_pod_is_told_as_evicted() -> None:
    assert pod_health(pod(phase="Failed", reason="Evicted"), NOW).trouble is Trouble.EVICTED


SIDECAR: tuple[Json, ...] = ({"name": "proxy", "restartPolicy": "Always"},)
HELD: Json = {"Initialized": "False", **NOT_READY}
APP = container("web", waiting("PodInitializing"))


@pytest.mark.parametrize(
    ("proxy", "trouble"),
    [
        (container("proxy", running(minutes=4), started=False), Trouble.NOT_READY),
        (container("proxy", ended(0, "Completed"), restarts=3), Trouble.CRASHING),
        (container("proxy", running(minutes=4), started=True), Trouble.NONE),
    ],
    ids=["does not pass its startup probe", "ended", "started"],
)
def test_a_sidecar_that_does_not_start_holds_up_the_others(proxy: Json, trouble: Trouble) -> None:
    one = pod(APP, inits=(proxy,), init_specs=SIDECAR, conditions=HELD, phase="Pending")
    assert pod_health(one, NOW).trouble is trouble


def test_a_sidecar_that_ends_with_the_others_has_done_its_part() -> None:
    done = container("web", ended(0, "Completed"))
    proxy = container("proxy", ended(0, "Completed"))
    one = pod_json(done, inits=(proxy,), init_specs=SIDECAR, conditions=HELD, phase="Running")
    one["spec"]["restartPolicy"] = "Never"
    (job,) = (one for one in decoded(Kind.POD, one) if isinstance(one, Pod))
    assert pod_health(job, NOW).trouble is Trouble.NOT_READY
