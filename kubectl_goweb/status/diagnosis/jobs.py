"""Jobs that have failed for good, and Pods that nobody owns."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_goweb.objects import Pod, condition
from kubectl_goweb.objects.batch import Job
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.case import Case, from_condition
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.pods import pod_findings
from kubectl_goweb.status.diagnosis.surroundings import Surroundings
from kubectl_goweb.status.index import Index, newest_first
from kubectl_goweb.status.pod_trouble import Trouble
from kubectl_goweb.status.pods import pod_health
from kubectl_goweb.status.verdicts import Evidence, Finding, Phase, Ref, Severity
from kubectl_goweb.status.workloads import Counts, Rollout

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


def bare_findings(around: Surroundings, index: Index) -> Iterator[Finding]:
    """Pods that no workload tells of: without any owner, or of a Job that cannot begin."""
    for pod in around.snapshot.pods.values():
        if not pod.metadata.owner_references and not pod.metadata.annotations.mirror:
            yield from _bare(pod, Ref("Pod", pod.name, pod.namespace), around, index)
        elif (owner := pod.metadata.controller) is not None and owner.kind == "Job" and pod.status.phase == "Pending":
            yield from _bare(pod, Ref("Job", owner.name, pod.namespace), around, index)


def _bare(pod: Pod, ref: Ref, around: Surroundings, index: Index) -> Iterator[Finding]:
    told = pod_health(pod, around.now)
    # One that has ended was probably meant to: it is started by hand, as `kubectl run` does.
    has_ended = told.trouble is Trouble.ENDED or pod.status.phase == "Succeeded"
    if told.is_ready or (has_ended and told.trouble is not Trouble.STUCK_TERMINATING):
        return
    tails = [tail for tail in around.snapshot.logs if tail.pod == pod.key]
    yield from pod_findings(
        Case(
            ref=ref,
            workload=pod,
            counts=Counts(1, 1, 1, 0, 0),
            rollout=Rollout(Phase.UNKNOWN, "", 0, None, None, None),
            pods=(told,),
            raw={pod.name: pod},
            revisions=(),
            conditions=(),
            endpoints=(),
            events={pod.name: newest_first(index.events.get(pod.metadata.uid, ()))},
            own_events=(),
            logs={pod.name: tails[-1]} if tails else {},
            snapshot=around.snapshot,
            index=index,
            now=around.now,
        )
    )
