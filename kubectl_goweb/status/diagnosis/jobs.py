"""Jobs that have failed for good, and Pods that nobody owns."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_goweb.objects import condition
from kubectl_goweb.objects.batch import Job
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.case import from_condition
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.surroundings import Surroundings
from kubectl_goweb.status.verdicts import Evidence, Finding, Ref, Severity

_OPEN_FOR = 300.0
"""Seconds that a container may go on after the others of a Job's Pod, to send what it has."""
_FRESH = 86_400.0
"""Seconds after which a Job's failure is history."""


def job_findings(around: Surroundings) -> Iterator[Finding]:
    yield from _held_open(around)
    for job in around.snapshot.jobs.values():
        failed = condition(job.status.conditions or (), "Failed")
        if failed is None or failed.status != "True" or _is_past(job, around):
            continue
        at = failed.last_transition_time
        if at is not None and (around.now - at).total_seconds() > _FRESH:
            continue
        yield finding(
            Code.JOB_FAILED,
            Severity.WARNING,
            Ref("Job", job.name, job.namespace),
            plain(f"Job {job.name} failed after {job.status.failed} tries: {failed.reason}"),
            cause=plain(failed.message),
            next=f"kubectl logs job/{job.name} -n {job.namespace}",
            evidence=(from_condition(failed),),
            since=at,
            reason={"BackoffLimitExceeded": "backoff-limit", "DeadlineExceeded": "deadline"}.get(failed.reason, ""),
        )


def _held_open(around: Surroundings) -> Iterator[Finding]:
    """Jobs whose work is done and whose Pod goes on: a container beside it does not know that it is over."""
    for pod in around.snapshot.pods.values():
        owner = pod.metadata.controller
        if owner is None or owner.kind != "Job" or pod.status.phase != "Running":
            continue
        done = [one.state.terminated for one in pod.status.container_statuses if one.state.terminated]
        open_ = [one.name for one in pod.status.container_statuses if one.state.running]
        ends = [one.finished_at for one in done if one.finished_at]
        if not open_ or not ends or any(one.exit_code for one in done):
            continue
        if (around.now - max(ends)).total_seconds() < _OPEN_FOR:
            continue
        names = ", ".join(open_)
        yield finding(
            Code.JOB_HELD,
            Severity.WARNING,
            Ref("Job", owner.name, pod.namespace),
            f"Job {owner.name} is done, and container {names} keeps its Pod running",
            cause=f"a Pod is over when all its containers are: make {names} a sidecar (an init container with "
            "restartPolicy Always), which ends with the others",
            next=f"kubectl describe pod {pod.name} -n {pod.namespace}",
            evidence=(
                Evidence("status.containerStatuses", f"{pod.name}: the others ended with exit code 0", max(ends)),
            ),
            since=max(ends),
            affected=(pod.name,),
            reason="container-runs-on",
        )


def _is_past(job: Job, around: Surroundings) -> bool:
    """A later Job of the same CronJob has succeeded."""
    owner = job.metadata.controller
    if owner is None:
        return False
    began = job.status.start_time
    return any(
        other.metadata.controller == owner
        and other.status.succeeded
        and began is not None
        and other.status.start_time is not None
        and other.status.start_time > began
        for other in around.snapshot.jobs.values()
    )
