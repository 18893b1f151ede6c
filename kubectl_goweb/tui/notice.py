"""A notice in the corner of the screen."""

from __future__ import annotations

from time import time

from textual.notifications import Notification

_LEAST = 0.05
"""Seconds that a notice is shown at least."""


class Notice(Notification):
    """Is shown for a moment even if its time is over by then.

    A toast sets a timer to the time that is left, and Textual's (8.2.8) goes round for ever, and the program with it,
    when that is nothing or some microseconds: on a busy machine the time passes between the look at it and the timer.
    """

    @property
    def time_left(self) -> float:
        return max(self.raised_at + self.timeout - time(), _LEAST)

    @property
    def has_expired(self) -> bool:
        return time() >= self.raised_at + self.timeout
