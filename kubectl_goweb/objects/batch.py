"""Jobs, as far as they run beside a service."""

from datetime import datetime

from kubectl_goweb.objects.meta import Condition, Fact, Object


class JobSpec(Fact, frozen=True, gc=False):
    parallelism: int = 1
    completions: int | None = None
    backoff_limit: int = 6
    active_deadline_seconds: int | None = None
    suspend: bool = False


class JobStatus(Fact, frozen=True, gc=False):
    active: int = 0
    ready: int = 0
    succeeded: int = 0
    failed: int = 0
    start_time: datetime | None = None
    completion_time: datetime | None = None
    conditions: tuple[Condition, ...] | None = ()


class Job(Object, frozen=True, gc=False):
    spec: JobSpec = JobSpec()
    status: JobStatus = JobStatus()
