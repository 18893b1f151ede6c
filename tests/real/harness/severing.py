"""A way to the API server that loses what a test wants lost: a TCP relay that cuts every connection in that moment."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto


class Loss(Enum):
    REQUEST = auto()
    """The next thing that a client says: the server never hears it."""
    ANSWER = auto()
    """What the server says next to who has asked from now on: it has done by then what it was asked for."""


class _Pair:
    """A client's connection and its other half."""

    def __init__(self, near: socket.socket, far: socket.socket) -> None:
        self.near = near
        self.far = far
        self.has_asked = False


class Severing:
    """Whoever connects to `port` on the loopback talks to the server at `end`."""

    def __init__(self, end: tuple[str, int]) -> None:
        self._end = end
        self._lock = threading.Lock()
        self._next: Loss | None = None
        self._pairs: list[_Pair] = []
        self.lost = threading.Event()
        """Something was lost since the last call of `lose`."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def lose(self, what: Loss) -> None:
        """Once; afterwards the way is as good as before."""
        with self._lock:
            self.lost.clear()
            for pair in self._pairs:
                pair.has_asked = False
            self._next = what

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            self._cut()

    def _accept(self) -> None:
        with suppress(OSError):  # close() ends it
            while True:
                near, _ = self._listener.accept()
                pair = _Pair(near, socket.create_connection(self._end))
                with self._lock:
                    self._pairs.append(pair)
                threading.Thread(target=self._relay, args=(pair, pair.near, pair.far), daemon=True).start()
                threading.Thread(target=self._relay, args=(pair, pair.far, pair.near), daemon=True).start()

    def _relay(self, pair: _Pair, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while piece := one.recv(65536):
                with self._lock:
                    if self._is_lost(pair, is_asking=one is pair.near):
                        self._next = None
                        self._cut()
                        self.lost.set()
                        return
                other.sendall(piece)
            other.shutdown(socket.SHUT_WR)

    def _is_lost(self, pair: _Pair, *, is_asking: bool) -> bool:
        pair.has_asked = pair.has_asked or is_asking
        return self._next is (Loss.REQUEST if is_asking else Loss.ANSWER) and pair.has_asked

    def _cut(self) -> None:
        for pair in self._pairs:
            for one in (pair.near, pair.far):
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
        self._pairs.clear()


@contextmanager
def severing(end: tuple[str, int]) -> Iterator[Severing]:
    """See `Severing`."""
    made = Severing(end)
    try:
        yield made
    finally:
        made.close()
