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
from kubectl_goweb.status.verdicts import Finding, Phase, Ref, Severity
from kubectl_goweb.status.workloads import Counts, Rollout

_FRESH = 86_400.0
"""Seconds after which a Job's failure is history."""


def job_findings(around: Surroundings) -> Iterator[Finding]:
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
