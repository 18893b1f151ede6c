"""HTTP/1.1 on one open socket, one exchange at a time: just what an API server speaks. Opening the socket lives in
dial, what an answer means in answers.

The standard http.client would do, but importing it (with the email package) costs 13 ms of the 150 that `status` may
take, it cannot tell "closed before the answer" from "half an answer", and its reader cannot be closed from another
thread.
"""

from __future__ import annotations

import select
import socket
import zlib
from collections.abc import Iterator
from time import monotonic
from typing import Protocol

import msgspec

_LONGEST_HEAD = 256 * 1024
_READ = 256 * 1024


class ClosedError(Exception):
    """The peer closed before the first byte of an answer: an idle connection it had given up, or a request it did not
    like.
    """


class BrokenError(Exception):
    """The answer stopped in the middle or is not HTTP; the text says which."""


class NotHttpError(BrokenError):
    """Something else than HTTP came; `began` is how it began."""

    def __init__(self, began: bytes) -> None:
        super().__init__("its answer is not HTTP")
        self.began = began


class Head(msgspec.Struct, frozen=True):
    """The status line and the headers (lower case, repeated ones joined by a comma)."""

    status: int
    reason: str
    headers: dict[str, str]
    version: str = "1.1"


class Waiting(Protocol):
    """Who is asked, every so many seconds of silence, whether to wait on."""

    every: float

    def is_over(self, silent: float) -> bool: ...


class Wire:
    """One connection. Not thread-safe, but for abort()."""

    def __init__(self, sock: socket.socket, *, silence: float) -> None:
        """`silence` is how many seconds the peer may say nothing; TimeoutError after that."""
        self._socket = sock
        self._buffer = bytearray()
        self._silence = silence
        self._deadline: float | None = None
        self._waiting: Waiting | None = None
        self._step = silence
        self.reusable = True
        """Whether another exchange may follow: False while one is under way and after a peer that said close."""
        self.idle_since = 0.0
        sock.settimeout(silence)

    def patience(self, silence: float, deadline: float | None, waiting: Waiting | None = None) -> None:
        """From now on: so many seconds of silence, neither beyond `deadline` (monotonic) nor when `waiting` is over."""
        self._silence, self._deadline, self._waiting = silence, deadline, waiting
        self._step = silence if waiting is None else min(silence, waiting.every)
        self._socket.settimeout(self._step)

    def send(self, data: bytes) -> None:
        """OSError when the peer is gone."""
        self.reusable = False
        self._limit(self._silence)
        self._socket.sendall(data)
        self._socket.settimeout(self._step)

    def head(self) -> Head:
        """The answer's head; interim 1xx ones are skipped. ClosedError, BrokenError, TimeoutError or OSError."""
        while True:
            end = self._buffer.find(b"\r\n\r\n")
            while end < 0:
                started = bool(self._buffer)
                if len(self._buffer) > _LONGEST_HEAD:
                    raise BrokenError("its answer is not HTTP")
                if not self._fill():
                    raise BrokenError("half an answer") if started else ClosedError()
                if not b"HTTP/1.".startswith(self._buffer[:7]):
                    raise NotHttpError(bytes(self._buffer[:64]))
                end = self._buffer.find(b"\r\n\r\n")
            lines = self._take(end + 4).decode("latin-1").split("\r\n")
            head = _parsed(lines)
            if head.status >= 200 or head.status == 101:
                return head

    def body(self, head: Head, *, expected: bool = True) -> Iterator[bytes]:
        """The body in pieces as they come, unpacked; `expected` is False after a HEAD. ClosedError is never raised
        here: a body cut short is BrokenError.
        """
        keep = head.headers.get("connection", "").lower() != "close"
        length = head.headers.get("content-length", "")
        if not expected or head.status in (204, 304):
            pieces: Iterator[bytes] = iter(())
        elif "chunked" in head.headers.get("transfer-encoding", "").lower():
            pieces = self._chunks()
        elif length:
            if not length.isdigit():
                raise BrokenError("its answer is not HTTP")
            pieces = self._exactly(int(length))
        else:
            pieces, keep = self._until_close(), False
        if head.headers.get("content-encoding", "").lower() == "gzip":
            pieces = _gunzip(pieces)
        yield from pieces
        self.reusable = keep

    def is_stale(self) -> bool:
        """Whether the peer has closed it, or said something unasked, while it lay idle."""
        if self._buffer:
            return True
        poll = select.poll()
        poll.register(self._socket, select.POLLIN | select.POLLHUP | select.POLLERR)
        return bool(poll.poll(0))

    def abort(self) -> None:
        """From any thread: wake whoever reads, who then sees the end of the stream."""
        try:
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
        except OSError:
            return  # it is closed already, which is what was asked for

    def close(self) -> None:
        """Let go of the socket; by the thread that reads, or when nobody does."""
        self.reusable = False
        self._socket.close()

    def _limit(self, seconds: float) -> None:
        if self._deadline is not None:
            seconds = min(seconds, self._deadline - monotonic())
            if seconds <= 0:
                raise TimeoutError
        self._socket.settimeout(seconds)

    def _fill(self) -> bool:
        if self._deadline is not None:
            self._limit(self._step)
        try:
            data = self._socket.recv(_READ)
        except TimeoutError:
            if self._waiting is None:
                raise
            data = self._waited(self._waiting)
        self._buffer += data
        return bool(data)

    def _waited(self, waiting: Waiting) -> bytes:
        """What comes after all, when a first step of silence is over."""
        begun = monotonic() - self._step
        try:
            while (silent := monotonic() - begun) < self._silence:
                if waiting.is_over(silent):
                    break
                self._limit(min(self._step, self._silence - silent))
                try:
                    return self._socket.recv(_READ)
                except TimeoutError:
                    continue
            raise TimeoutError
        finally:
            self._socket.settimeout(self._step)

    def _take(self, count: int) -> bytes:
        taken = bytes(memoryview(self._buffer)[:count])
        del self._buffer[:count]
        return taken

    def _exactly(self, count: int) -> Iterator[bytes]:
        while count:
            if not self._buffer and not self._fill():
                raise BrokenError("half an answer")
            piece = self._take(min(count, len(self._buffer)))
            count -= len(piece)
            yield piece

    def _until_close(self) -> Iterator[bytes]:
        while self._buffer or self._fill():
            yield self._take(len(self._buffer))

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > _LONGEST_HEAD:
                raise BrokenError("its answer is not HTTP")
            if not self._fill():
                raise BrokenError("half an answer")
        return self._take(end + 2)[:-2]

    def _chunks(self) -> Iterator[bytes]:
        while True:
            try:
                size = int(self._line().partition(b";")[0], 16)
            except ValueError as error:
                raise BrokenError("its answer is not HTTP") from error
            if size < 0:
                raise BrokenError("its answer is not HTTP")
            if size == 0:
                while self._line():
                    pass  # trailers: the API sends none that matter
                return
            yield from self._exactly(size)
            if self._line():
                raise BrokenError("its answer is not HTTP")


def request_head(method: str, target: str, headers: list[tuple[str, str]]) -> bytes:
    """The request's first lines. ValueError when a header would break out of its line."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    if any(not line.isprintable() for line in lines):
        raise ValueError("a header has characters that cannot be sent")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _parsed(lines: list[str]) -> Head:
    parts = lines[0].split(" ", 2)
    if len(parts) < 2 or not parts[0].startswith("HTTP/1.") or not (parts[1].isdigit() and len(parts[1]) == 3):
        raise BrokenError("its answer is not HTTP")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        if line:
            name, _, value = line.partition(":")
            name, value = name.strip().lower(), value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Head(int(parts[1]), parts[2] if len(parts) > 2 else "", headers, parts[0].removeprefix("HTTP/"))


def _gunzip(pieces: Iterator[bytes]) -> Iterator[bytes]:
    unpack = zlib.decompressobj(wbits=31)
    try:
        for piece in pieces:
            yield unpack.decompress(piece)
        yield unpack.flush()
    except zlib.error as error:
        raise BrokenError("its answer is not what gzip makes") from error
    if not unpack.eof:
        raise BrokenError("half an answer")
