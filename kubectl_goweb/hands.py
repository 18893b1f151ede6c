"""Threads that do work side by side, and that the end of the program does not wait for.

Those of the standard ThreadPoolExecutor are waited for when the program ends, whatever they do. Closing a connection
ends the requests on it, but neither the opening of another one nor a probe, and whoever leaves wants to wait for none.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from time import monotonic
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

_SPARE = 4
"""Threads that wait for work; one more ends when it has done its own."""
_P = ParamSpec("_P")
_T = TypeVar("_T")


class Hands(ThreadPoolExecutor):
    """An executor whose threads are daemons; all but a few end as soon as there is nothing to do. A `with` block waits
    for what it has submitted, unless an error ends it: then what has not begun is not done, and what is under way not
    waited for.

    A ThreadPoolExecutor because asyncio takes nothing else in place of its own.
    """

    def __init__(self, most: int, name: str, *, patience: float | None = None) -> None:
        """`most` threads at once, begun when they are needed. `patience` is how many seconds shutdown() waits for them,
        None for as long as they take.
        """
        super().__init__(most, name)
        self._most = most
        self._name = name
        self._patience = patience
        self._changed = threading.Condition()
        self._waiting: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._hands: set[threading.Thread] = set()
        self._idle = 0
        self._is_shut = False

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Have it done by the next thread that is free. RuntimeError once it is shut down."""
        future: Future[_T] = Future()
        with self._changed:
            if self._is_shut:
                raise RuntimeError(f"{self._name}: shut down")
            self._waiting.append((future, partial(fn, *args, **kwargs)))
            if len(self._waiting) > self._idle and len(self._hands) < self._most:
                hand = threading.Thread(target=self._work, name=f"{self._name}-{len(self._hands)}", daemon=True)
                self._hands.add(hand)
                hand.start()
            self._changed.notify()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work. What waits is still done, unless it is cancelled."""
        with self._changed:
            self._is_shut = True
            while cancel_futures and self._waiting:
                self._waiting.popleft()[0].cancel()
            self._changed.notify_all()
            hands = tuple(self._hands)
        if wait:
            until = None if self._patience is None else monotonic() + self._patience
            for hand in hands:
                hand.join(None if until is None else max(0.0, until - monotonic()))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown(wait=kind is None, cancel_futures=kind is not None)

    def _work(self) -> None:
        while True:
            with self._changed:
                if self._idle < _SPARE:
                    self._idle += 1
                    self._changed.wait_for(lambda: self._waiting or self._is_shut)
                    self._idle -= 1
                if not self._waiting:
                    self._hands.discard(threading.current_thread())
                    return
                future, call = self._waiting.popleft()
            _do(future, call)
            del future, call  # what was done is not kept while nothing is to do


def _do(future: Future[Any], call: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        done = call()
    except BaseException as error:  # noqa: BLE001  # it is raised again where the result is asked for
        future.set_exception(error)
        del future  # the error knows this frame, and would know itself by it
    else:
        future.set_result(done)
