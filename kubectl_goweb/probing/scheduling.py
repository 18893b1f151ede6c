"""When each target is probed. Pure: starts are spread over the interval by the target's name, so that a thousand
targets make a steady stream and not a wave, and the same target keeps its place after a restart.
"""

from __future__ import annotations

from hashlib import blake2b


def offset(key: str, interval: float) -> float:
    """Seconds after the beginning of an interval at which this target's turn is."""
    return int.from_bytes(blake2b(key.encode(), digest_size=4).digest(), "big") / 2**32 * interval


def first_due(key: str, now: float, interval: float) -> float:
    """A new target's first turn: within one interval from now."""
    return now + offset(key, interval)


def next_due(due: float, now: float, interval: float) -> tuple[float, int]:
    """The turn after one that was due, and how many were missed meanwhile: missed turns are not made up for."""
    missed = max(0, int((now - due) // interval))
    return due + interval * (missed + 1), missed
