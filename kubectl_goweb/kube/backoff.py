"""How long to wait before asking again. Pure: the jitter, from 0 to 1, is handed in.

Give or take a quarter by jitter, so that many clients do not come back in the same moment.
"""

from __future__ import annotations

_FIRST, _LONGEST, _SLOW, _POLL = 0.5, 10.0, 60.0, 30.0


def pause(failures: int, jitter: float) -> float:
    """Seconds before the next try after so many failures in a row: doubling from half a second to ten."""
    return min(_FIRST * 2.0 ** min(failures - 1, 10), _LONGEST) * _spread(jitter)


def slow_pause(jitter: float) -> float:
    """Seconds before asking again for what the server refuses or does not have: only an administrator changes that."""
    return _SLOW * _spread(jitter)


def poll_pause(jitter: float) -> float:
    """Seconds between two lists of what may be listed but not watched."""
    return _POLL * _spread(jitter)


def _spread(jitter: float) -> float:
    return 0.75 + 0.5 * jitter
