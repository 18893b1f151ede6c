"""The verdict on a workload: its rollout, and whether what should serve does."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import assert_never

from kubectl_goweb.status.pods import PodHealth
from kubectl_goweb.status.verdicts import Phase, Verdict
from kubectl_goweb.status.workloads import Counts, Rollout


def verdict(
    counts: Counts,
    rollout: Rollout,
    pods: Iterable[PodHealth],
    now: datetime,
    *,
    patience: float,
    is_refused: bool = False,
) -> tuple[Verdict, str]:
    """The verdict, and the reason in one line (empty when healthy).

    `patience` is how many seconds a Pod that was never ready may take before it counts as failing: the progress
    deadline. `is_refused` says that the API server will not have the Pods that lack.
    """
    is_lacking = is_refused and counts.existing < counts.desired
    match rollout.phase:
        case Phase.FAILED | Phase.STUCK | Phase.SUPERSEDED:
            return Verdict.FAILING, rollout.message
        case Phase.UPDATING:
            return Verdict.PROGRESSING, rollout.message
        case Phase.PAUSED:
            serving, why = _serving(counts, rollout, pods, now, patience, is_lacking)
            return (serving, why) if serving.rank > Verdict.PAUSED.rank else (Verdict.PAUSED, rollout.message)
        case Phase.UNKNOWN:
            return Verdict.UNKNOWN, rollout.message
        case Phase.SUCCEEDED:
            return _serving(counts, rollout, pods, now, patience, is_lacking)
        case _:
            assert_never(rollout.phase)


def _serving(
    counts: Counts, rollout: Rollout, pods: Iterable[PodHealth], now: datetime, patience: float, is_lacking: bool
) -> tuple[Verdict, str]:
    if counts.desired == 0:
        if counts.existing:
            return Verdict.PROGRESSING, f"scaling to 0, {counts.existing} left"
        return Verdict.IDLE, "scaled to 0"
    if counts.existing > counts.desired:
        return Verdict.PROGRESSING, f"scaling down from {counts.existing} to {counts.desired}"
    if counts.available >= counts.desired:
        return Verdict.HEALTHY, ""
    short = f"{counts.available} of {counts.desired} available"
    alive = [pod for pod in pods if not pod.terminating]
    unready = [pod for pod in alive if not pod.is_ready]
    if not is_lacking and len(alive) >= counts.existing and all(pod.is_starting(now, patience) for pod in unready):
        return Verdict.PROGRESSING, f"{short}, {len(unready) or counts.desired - counts.available} starting"
    minimum = rollout.limits.at_least(counts.desired) if rollout.limits else counts.desired
    if counts.available == 0 or (counts.available < minimum and counts.desired > 1):
        return Verdict.FAILING, short
    return Verdict.DEGRADED, short
