"""The time of one probe: seconds by phase, and how many are left. One a probe, for one thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from kubectl_goweb.status.probes.results import Durations, Phase


class Stopwatch:
    """Runs from its making."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self.phase = Phase.RESOLVE
        """The phase that runs, or ran last: where a probe that failed ended."""
        self._begun = monotonic()
        self._seconds: dict[Phase, float] = {}

    @property
    def deadline(self) -> float:
        """When the time is over (monotonic)."""
        return self._begun + self.timeout

    def left(self) -> float:
        """Seconds left; TimeoutError when there are none."""
        left = self.deadline - monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    @contextmanager
    def measure(self, phase: Phase) -> Iterator[None]:
        """Count the time inside to a phase; phases that come again (redirects) are summed."""
        self.phase = phase
        begun = monotonic()
        try:
            yield
        finally:
            self._seconds[phase] = self._seconds.get(phase, 0.0) + monotonic() - begun

    @contextmanager
    def pause(self) -> Iterator[None]:
        """The time inside is none of the target's: it does not count."""
        begun = monotonic()
        try:
            yield
        finally:
            self._begun += monotonic() - begun

    def durations(self) -> Durations:
        """What was measured until now; phases that did not happen are 0 once any did."""
        return Durations(
            total=monotonic() - self._begun, **{phase.value: self._seconds.get(phase, 0.0) for phase in Phase}
        )
