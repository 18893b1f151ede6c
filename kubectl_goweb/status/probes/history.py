"""The last results of one target: success ratio, percentiles, a line of bars. Bounded, and never changed in place."""

from __future__ import annotations

from msgspec import Struct

from kubectl_goweb.status.probes.results import ProbeResult

KEPT = 60
"""Results kept for a target."""

_BARS = "▁▂▃▄▅▆▇█"
_ASCII_BARS = "_.-=+*#@"
_FAILED, _UNKNOWN = "╳", "?"
_ASCII_FAILED = "x"


class History(Struct, frozen=True, gc=False):
    """Results oldest first, at most KEPT."""

    results: tuple[ProbeResult, ...] = ()

    def with_result(self, result: ProbeResult) -> History:
        return History((*self.results[-(KEPT - 1) :], result))

    @property
    def last(self) -> ProbeResult | None:
        return self.results[-1] if self.results else None

    @property
    def success_ratio(self) -> float | None:
        """Of the results that can tell; None when there are none."""
        told = [result.success for result in self.results if result.success is not None]
        return sum(told) / len(told) if told else None

    @property
    def failures_in_a_row(self) -> int:
        """Newest results that failed. One that cannot tell neither counts nor ends the row."""
        count = 0
        for result in reversed(self.results):
            if result.success:
                break
            count += result.success is False
        return count

    def percentile(self, share: float) -> float | None:
        """Seconds that this share (0 to 1) of the successful probes did not exceed: the nearest rank, so always a
        duration that was measured. None when none succeeded.
        """
        durations = sorted(result.durations.total for result in self.results if result.success)
        if not durations:
            return None
        return durations[max(0, -(-int(share * 1000) * len(durations) // 1000) - 1)]

    def sparkline(self, width: int = KEPT, *, signs: bool = True) -> str:
        """The newest `width` results: a bar's height is its duration, between 0 and the longest one shown; a failure
        is a cross, "cannot tell" a question mark.
        """
        shown = self.results[-width:] if width > 0 else ()
        longest = max((result.durations.total for result in shown if result.success), default=0.0)
        bars = _BARS if signs else _ASCII_BARS
        return "".join(
            _UNKNOWN
            if result.success is None
            else (_FAILED if signs else _ASCII_FAILED)
            if not result.success
            else bars[min(len(bars) - 1, int(result.durations.total / longest * len(bars)) if longest else 0)]
            for result in shown
        )
