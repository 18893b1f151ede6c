"""How long a stage will take and how likely it fails, from earlier runs, with how sure that is. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from msgspec import Struct

from kubectl_goweb.delivery.pipeline.results import Outcome, RunResult

_ENOUGH = 3
"""Runs of the same kind of change from which only those are looked at."""
_RECENT = 30
_Z = 1.2816
"""Of the normal distribution, for an interval that holds the truth 8 times in 10."""


class Prediction(Struct, frozen=True, rename="camel"):
    """For one stage."""

    runs: int
    """Earlier runs it is made from."""
    passes: int
    median: float | None = None
    """Seconds of those that passed; None when none did."""
    low: float | None = None
    high: float | None = None
    """Eight of ten took between `low` and `high` seconds."""
    risk: float | None = None
    """The share that failed; None without any run."""
    risk_low: float | None = None
    risk_high: float | None = None

    def __str__(self) -> str:
        if not self.runs:
            return "no earlier run"
        parts = []
        if self.median is not None and self.low is not None and self.high is not None:
            parts.append(f"{self.median:.0f} s ({self.low:.0f}-{self.high:.0f})")
        if self.risk_low is not None and self.risk_high is not None:
            failed = self.runs - self.passes
            parts.append(f"{failed} of {self.runs} failed: {self.risk_low:.0%}-{self.risk_high:.0%}")
        return ", ".join(parts)


def kind_of(paths: Iterable[str]) -> str:
    """What kind of change it is, by what makes builds slow and tests fail."""
    kinds = {_kind(path) for path in paths}
    return next((kind for kind in ("dependencies", "image", "code", "configuration") if kind in kinds), "nothing")


def _kind(path: str) -> str:
    name = path.rpartition("/")[2]
    if name in ("go.mod", "go.sum") or path.startswith("vendor/"):
        return "dependencies"
    if name.startswith("Dockerfile") or name == ".dockerignore":
        return "image"
    return "code" if name.endswith(".go") else "configuration"


def predict(stage: str, change: str, history: Sequence[RunResult]) -> Prediction:
    """From the runs of the same kind of change when there are enough, else from all."""
    alike = [run for run in history if run.change == change]
    for runs in (alike, history):
        told = _from(stage, runs[-_RECENT:])
        if told.runs >= _ENOUGH or runs is history:
            return told
    return _from(stage, history)


def _from(stage: str, runs: Sequence[RunResult]) -> Prediction:
    tried = [
        one
        for run in runs
        for one in run.stages
        if one.name == stage and one.outcome in (Outcome.PASSED, Outcome.FAILED, Outcome.TIMED_OUT)
    ]
    if not tried:
        return Prediction(0, 0)
    times = sorted(one.seconds for one in tried if one.outcome is Outcome.PASSED)
    low, high = wilson(len(tried) - len(times), len(tried))
    risk = (len(tried) - len(times)) / len(tried)
    if not times:
        return Prediction(len(tried), 0, risk=risk, risk_low=low, risk_high=high)
    middle, early, late = (quantile(times, share) for share in (0.5, 0.1, 0.9))
    return Prediction(len(tried), len(times), middle, early, late, risk, low, high)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Between the two nearest values, as most libraries do by default."""
    position = share * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def wilson(failed: int, tried: int) -> tuple[float, float]:
    """Between which shares the true one lies 8 times in 10; with few runs that is a wide range
    (https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval).
    """
    share, spread = failed / tried, _Z**2 / tried
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(share * (1 - share) / tried + spread / (4 * tried)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)
