"""An answer that goes on and on, a line at a time: watches and logs. What the lines mean is nobody's business here."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import TracebackType

from kubectl_goweb.errors import ServerError, SilenceError, UnreachableError
from kubectl_goweb.kube import dial
from kubectl_goweb.kube.access import Access
from kubectl_goweb.kube.call import Answer


class LineStream(Iterator[bytes]):
    """Iterate in one thread, close() from any. Ends when the server ends it or it is closed; UnreachableError or
    ServerError when it is cut or silent.
    """

    def __init__(self, answer: Answer, access: Access, idle_timeout: float, *, longest: int | None = None) -> None:
        """`longest` is how many bytes of a line are given; None for all, which is for trusted lines."""
        self._answer = answer
        self._access = access
        self._idle_timeout = idle_timeout
        self._longest = longest
        self._pieces = answer.pieces()
        self._buffer = bytearray()
        self._is_skipping = False
        self._closed = False
        self._reading = threading.Lock()

    @property
    def rest(self) -> bytes:
        """What came after the last line break, once the stream has ended."""
        return bytes(self._buffer)

    def __next__(self) -> bytes:
        with self._reading:
            self._skip()
            start = 0
            while (end := self._buffer.find(b"\n", start)) < 0:
                start = len(self._buffer)
                if self._longest is not None and start >= self._longest:
                    self._is_skipping = True
                    return self._taken(self._longest)
                if not self._grow():
                    raise StopIteration
            line = self._taken(end)
            del self._buffer[:1]
            return line if self._longest is None else line[: self._longest]

    def _taken(self, end: int) -> bytes:
        line = bytes(memoryview(self._buffer)[:end])
        del self._buffer[:end]
        return line

    def _skip(self) -> None:
        """Throw away what is left of a line that was too long."""
        while self._is_skipping:
            end = self._buffer.find(b"\n")
            if end >= 0:
                del self._buffer[: end + 1]
                self._is_skipping = False
            else:
                self._buffer.clear()
                if not self._grow():
                    raise StopIteration

    def close(self) -> None:
        """End it: whoever iterates sees StopIteration at once."""
        self._closed = True
        self._answer.abort()
        if self._reading.acquire(blocking=False):
            try:
                self._pieces.close()
                self._answer.close()
            finally:
                self._reading.release()

    def __enter__(self) -> LineStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _grow(self) -> bool:
        if self._closed:
            self._pieces.close()
            return False
        try:
            piece = next(self._pieces, None)
        except (UnreachableError, ServerError) as error:
            if self._closed:
                return False
            if isinstance(error.__cause__, TimeoutError):
                said = dial.silent(self._access, f"for {self._idle_timeout:g} s on a stream")
                raise SilenceError(said.sentence, hint=said.hint) from error
            raise
        if piece is None:
            return False
        self._buffer += piece
        return True
