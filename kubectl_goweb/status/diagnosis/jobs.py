"""Jobs that have failed for good, and Pods that nobody owns."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_goweb.objects import Kind, condition
from kubectl_goweb.objects.batch import Job
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.case import from_condition
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.crashes import Crash, read_crash
from kubectl_goweb.status.diagnosis.reasons import reason_of
from kubectl_goweb.status.diagnosis.surroundings import Surroundings
from kubectl_goweb.status.verdicts import Evidence, Finding, Ref, Severity

_OPEN_FOR = 300.0
"""Seconds that a container may go on after the others of a Job's Pod, to send what it has."""
_GONE = (
    "; its Pods are gone, and their logs with them: with restartPolicy OnFailure, or at a deadline, they are deleted "
    "when the Job fails; with restartPolicy Never those that failed by themselves stay"
)
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
        read = _last_words(job, around)
        told = reason_of(read.error) if read else None
        tries = f"{job.status.failed} tries" if job.status.failed != 1 else "1 try"
        has_pod = bool(around.index.pods.get(job.metadata.uid))
        gone = "" if has_pod or not around.sees(Kind.POD) else _GONE
        yield finding(
            Code.JOB_FAILED,
            Severity.WARNING,
            Ref("Job", job.name, job.namespace),
            plain(f"Job {job.name} failed after {tries}: {read.message if read else _limit(job, failed.reason)}"),
            cause=plain(failed.message + (f"; {told.sentence}" if told else "") + gone),
            next=f"kubectl {'describe' if gone else 'logs'} job/{job.name} -n {job.namespace}",
            evidence=(from_condition(failed), *((Evidence("log", plain(read.message)),) if read else ())),
            since=at,
            reason={"BackoffLimitExceeded": "backoff-limit", "DeadlineExceeded": "deadline"}.get(failed.reason, ""),
        )


def _limit(job: Job, reason: str) -> str:
    """The limit that a Job has come to, in words."""
    if reason == "BackoffLimitExceeded":
        return f"its backoffLimit of {job.spec.backoff_limit} is reached"
    if reason == "DeadlineExceeded" and job.spec.active_deadline_seconds is not None:
        return f"it was still running after its activeDeadlineSeconds of {job.spec.active_deadline_seconds}"
    return reason


def _last_words(job: Job, around: Surroundings) -> Crash | None:
    """What its last Pod wrote before it ended; None where that was not asked for, or it wrote nothing."""
    keys = {pod.key for pod in around.index.pods.get(job.metadata.uid, ())}
    tail = next((one for one in around.snapshot.logs if one.pod in keys), None)
    return read_crash(tail.lines) if tail is not None else None


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
