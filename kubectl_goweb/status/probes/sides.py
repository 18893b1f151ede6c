"""What probes tell of several Pods of one revision together. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kubectl_goweb.status.probes.history import History
from kubectl_goweb.status.probes.results import ProbeResult
from kubectl_goweb.status.verdicts import Answer


class Side(Answer, frozen=True, gc=False):
    """One revision."""

    names: tuple[str, ...]
    """The Pods that were asked."""
    requests: tuple[str, ...] = ()
    way: str = ""
    """How they were reached; durations of different ways cannot be compared."""
    well: int = 0
    failed: int = 0
    unknown: int = 0
    """Probes that say nothing about the Pod."""
    durations: tuple[float, ...] = ()
    """Seconds, of the probes that went well, the shortest first."""
    p95: float | None = None
    """Seconds, of the same."""
    why: str = ""
    """Of the newest one that failed, or else could not tell."""
    failing: tuple[str, ...] = ()
    """Names of Pods of which a probe failed."""

    @property
    def told(self) -> int:
        return self.well + self.failed

    @property
    def share(self) -> float | None:
        """Of those that can tell, the share that went well; None when none can."""
        return self.well / self.told if self.told else None


def side(asked: Mapping[str, Sequence[ProbeResult]], requests: Sequence[str] = ()) -> Side:
    """The results by name of the Pod, taken together."""
    results = sorted((one for found in asked.values() for one in found), key=lambda one: one.at)
    together = History(tuple(results))
    failed = [one for one in results if one.success is False]
    unknown = [one for one in results if one.success is None]
    worst = failed or unknown
    return Side(
        names=tuple(asked),
        requests=tuple(dict.fromkeys(requests)),
        way=", ".join(sorted({str(one.way) for one in results})),
        well=len(results) - len(failed) - len(unknown),
        failed=len(failed),
        unknown=len(unknown),
        durations=tuple(sorted(one.durations.total for one in results if one.success)),
        p95=together.percentile(0.95),
        why=worst[-1].detail or str(worst[-1].reason) if worst else "",
        failing=tuple(name for name, found in asked.items() if any(one.success is False for one in found)),
    )
