"""Going on with a log where it was left: which lines are new when some come again. Pure.

The API server cuts `sinceTime` to whole seconds and gives every line from there on, so lines come twice. They are told
by their times, counted: several lines may bear the same one.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

_STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)(?: |$)")
_SLACK = timedelta(seconds=1)
"""A container's two outputs are written side by side: a line may be stamped a little before the one ahead of it."""


def stamped(line: str) -> tuple[str, str]:
    """A line's time in UTC, as the kubelet writes it before the text, and the text; no time when there is none."""
    found = _STAMP.match(line)
    if found is None:
        return "", line
    second, fraction, zone = found.groups("")
    if zone != "Z":  # the node's own zone
        second = datetime.fromisoformat(second + zone).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{second}{fraction}Z", line[found.end() :]


class Seen:
    """Remembers the times of the last lines, and how often each came."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._first = ""
        self._second = ""
        self._repeated: Counter[str] = Counter()

    @property
    def is_any(self) -> bool:
        """Whether there was a line yet."""
        return bool(self._second)

    def resume(self) -> str:
        """The stream begins again. From which time lines must be asked for; empty when none was seen yet."""
        self._repeated = self._counts.copy()
        return f"{self._from()}Z" if self._second else ""

    def is_new(self, at: str) -> bool:
        """Whether the line that comes with this time was not here before."""
        if self._repeated[at] > 0:
            self._repeated[at] -= 1
            return False
        if self._repeated and at < self._first:
            return False  # from before the part that was asked for at first
        self._first = self._first or at
        self._counts[at] += 1
        if at[:19] > self._second:
            self._second = at[:19]
            first = self._from()
            for old in [one for one in self._counts if one < first]:
                del self._counts[old]
        return True

    def _from(self) -> str:
        second = datetime.fromisoformat(self._second).replace(tzinfo=UTC)
        return (second - _SLACK).strftime("%Y-%m-%dT%H:%M:%S")
