"""What a guard says to programs: `goweb/v1` documents, one a line. `kind` tells which one it is."""

from __future__ import annotations

from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar

from msgspec import structs

from kubectl_goweb.actions.guard.judging import Outcome
from kubectl_goweb.actions.guard.telling import Happening, Progress, Report
from kubectl_goweb.cli.documents import as_json
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.guard_telling import Ending
from kubectl_goweb.cli.printing import write
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.eta import eta
from kubectl_goweb.status.verdicts import API_VERSION, Answer, Phase, Ref
from kubectl_goweb.status.workloads import Counts


class GuardProgress(Answer, frozen=True):
    """A change while a rollout is guarded, `kind: GuardProgress`."""

    api_version: str
    kind: str
    context: str
    target: Ref
    at: datetime
    outcome: Outcome
    sentence: str
    watched: tuple[str, ...]
    phase: Phase
    revision: int
    counts: Counts | None
    new_ready: int
    old: int
    lowest_available: int | None
    promised_available: int | None
    deadline: datetime | None
    """When the controller will give up."""
    done_at: datetime | None
    """When it will be done, from how long its Pods took so far; None when that cannot be told."""
    going_back: bool


class GuardEvent(Happening, frozen=True, kw_only=True):
    """Something happened."""

    api_version: str
    kind: str
    context: str


class GuardReport(Report, frozen=True, kw_only=True):
    """How it ended: the last line."""

    api_version: str
    kind: str
    context: str


Headed = TypeVar("Headed", GuardEvent, GuardReport)


def _headed(struct: type[Headed], answer: Happening | Report, context: str) -> Headed:
    """The same with what every document begins with."""
    return struct(**structs.asdict(answer), api_version=API_VERSION, kind=struct.__name__, context=context)


def report_document(report: Report, context: str) -> GuardReport:
    """The last line."""
    return _headed(GuardReport, report, context)


class JsonTeller:
    """A `goweb/v1` document a line: GuardProgress, GuardEvent, and GuardReport at the end."""

    def __init__(self, context: str, environment: Environment) -> None:
        self._stream = environment.stdout
        self._context = context
        self._last: GuardProgress | None = None

    def progress(self, now: Progress) -> None:
        workload = now.sight.workload
        if workload is None:
            return
        when = eta(workload, now.sight.at)
        document = GuardProgress(
            API_VERSION,
            "GuardProgress",
            self._context,
            now.sight.ref,
            now.sight.at,
            now.judged.outcome,
            plain(now.judged.sentence),
            now.judged.watched,
            workload.rollout.phase,
            workload.rollout.revision,
            workload.counts,
            sum(pod.health.is_ready for pod in now.sight.pods),
            len(now.sight.old_pods),
            now.available.lowest,
            now.available.promised,
            workload.rollout.deadline,
            None if when is None else when.at,
            now.going_back,
        )
        if self._last is None or structs.replace(self._last, at=document.at, done_at=document.done_at) != document:
            self._put(document)
        self._last = document

    def happened(self, what: Happening) -> None:
        self._put(_headed(GuardEvent, what, self._context))

    def ended(self, how: Ending) -> None:
        self._put(how.document(self._context))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def _put(self, document: Answer) -> None:
        write(self._stream, as_json(document, indent=False))
