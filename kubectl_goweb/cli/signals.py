"""Being ended from outside, by a supervisor or a terminal that is closed, is answered as ctrl+c is: whatever is under
way is left as it is, that is said, and what has to be cleaned up is.
"""

from __future__ import annotations

import os
import signal
import stat
from types import FrameType
from typing import NoReturn

_SHELLS = 128
"""What a shell adds to a signal's number to make an exit code of it."""


class EndedError(KeyboardInterrupt):
    """What ctrl+c raises, by another signal. It is no Exception, so nothing but the outermost boundary stops it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit_code = _SHELLS + number


def heed() -> None:
    """Have SIGTERM and SIGHUP raise EndedError in the main thread; one that is ignored (nohup) stays so."""
    for deadly in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(deadly) is not signal.SIG_IGN:
            signal.signal(deadly, _end)


def _end(number: int, _: FrameType | None) -> NoReturn:
    for descriptor in (1, 2):
        if _was_a_terminal(descriptor):
            os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
    raise EndedError(number)


def _was_a_terminal(descriptor: int) -> bool:
    """One that has hung up refuses every write, and what is said last must not be what fails."""
    try:
        return stat.S_ISCHR(os.fstat(descriptor).st_mode) and not os.isatty(descriptor)
    except OSError:  # closed
        return False
