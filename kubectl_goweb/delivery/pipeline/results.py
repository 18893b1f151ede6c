"""What became of a run and its stages, as it is shown, kept and reported. Pure."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from kubectl_goweb.delivery.pipeline.go_tests import CaseResult


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    """There was nothing to do."""
    UNKNOWN = "unknown"
    """It could not tell, and goweb.yaml lets that pass."""
    REFUSED = "refused"
    """It was not confirmed."""
    TIMED_OUT = "timed out"
    CANCELLED = "cancelled"
    NOT_RUN = "not run"
    """An earlier stage did not pass."""

    @property
    def goes_on(self) -> bool:
        return self in (Outcome.PASSED, Outcome.SKIPPED, Outcome.UNKNOWN)


class StageResult(Struct, frozen=True, rename="camel"):
    name: str
    outcome: Outcome
    seconds: float = 0.0
    note: str = ""
    """In a few words: counts of tests, the image, why it failed."""
    log: str = ""
    """The file with its output, from the repository's folder."""
    tests: tuple[CaseResult, ...] = ()


class RunResult(Struct, frozen=True, rename="camel", kw_only=True):
    """A whole run; also a line of the history."""

    id: str
    at: datetime
    service: str
    revision: str = ""
    subject: str = ""
    change: str = ""
    """What kind of change it was, for predictions: see `prediction.kind_of`."""
    image: str = ""
    stages: tuple[StageResult, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The first that is not good, else passed."""
        return next((one.outcome for one in self.stages if not one.outcome.goes_on), Outcome.PASSED)

    @property
    def seconds(self) -> float:
        return sum(one.seconds for one in self.stages)
