"""Waiting for what cannot be awaited: asked again and again until a deadline. Where something can be awaited (a pidfd,
`kubectl wait`), await that.
"""

import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


def until(ask: Callable[[], Answer | None], *, what: str, timeout: float = 30, every: float = 0.1) -> Answer:
    """The first true answer of `ask`. Raises TimeoutError with `what` and the last answer after `timeout` seconds;
    `every` is in seconds too.
    """
    deadline = time.monotonic() + timeout
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"not {what} within {timeout:.0f} s; the last answer was {answer!r}")
        time.sleep(every)
