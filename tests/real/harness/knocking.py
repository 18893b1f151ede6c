"""Connections tried from inside the network namespaces of Pods, hundreds at once, and doors that answer them there.

A socket belongs for ever to the network namespace in which it was made, so one process can stand in many Pods.
"""

import ctypes
import os
import selectors
import socket
import struct
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import cycle, groupby
from pathlib import Path
from typing import NamedTuple

from . import remains
from .errors import HarnessError
from .layout import Layout

_NEW_NETWORK = 0x40000000
"""CLONE_NEWNET; `os.setns` comes with Python 3.12 only."""
_AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER: a connection ends with a reset and leaves no address in use."""
_AGAIN = 0.5
"""Seconds after which a datagram that was not answered is sent once more, as a resolver does; TCP does so itself."""
_libc = ctypes.CDLL(None, use_errno=True)


class Knock(NamedTuple):
    """One connection to be tried."""

    place: Path
    """The network namespace of who asks."""
    source: str
    """Its address."""
    target: str
    port: int
    protocol: str
    """`TCP` or `UDP`."""


def place_of(layout: Layout, uid: str) -> Path:
    """The network namespace of a running Pod, by the processes of its cgroup."""
    for folder in remains.cgroups(layout.name):
        for pod in folder.rglob(f"pod{uid}"):
            for file in pod.glob("*/cgroup.procs"):
                for pid in file.read_text().split():
                    return Path(f"/proc/{pid}/ns/net")
    raise HarnessError(f"no process of Pod {uid} runs")


@contextmanager
def _standing_in(place: Path) -> Iterator[None]:
    """Sockets made meanwhile, by this thread, belong to that network namespace."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(place, os.O_RDONLY)
    try:
        _enter(there)
        try:
            yield
        finally:
            _enter(home)
    finally:
        os.close(there)
        os.close(home)


def _enter(handle: int) -> None:
    if _libc.setns(handle, _NEW_NETWORK) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Doors:
    """Listeners: TCP takes connections, UDP says back what it hears."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._listeners: list[socket.socket] = []
        self._ports = cycle(range(20000, 60000))
        """None is used twice in a while: the kernel would take what follows for a part of what was let in before."""

    def open(self, place: Path, address: str, ports: Iterable[tuple[int, str]]) -> None:
        """Open these doors at an address of a network namespace."""
        with _standing_in(place):
            for port, protocol in ports:
                kind = socket.SOCK_STREAM if protocol == "TCP" else socket.SOCK_DGRAM
                one = socket.socket(socket.AF_INET, kind | socket.SOCK_NONBLOCK)
                self._listeners.append(one)
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                one.bind((address, port))
                if protocol == "TCP":
                    one.listen(4096)
                self._selector.register(one, selectors.EVENT_READ)

    def close(self) -> None:
        self._selector.close()
        for one in self._listeners:
            one.close()

    def knock(
        self, knocks: Sequence[Knock], awaited: Collection[Knock], *, patience: float = 20, silence: float = 0.3
    ) -> set[Knock]:
        """Those that were let in. All are tried at once, and it ends when those that are awaited have been let in, or
        after `patience`, and after `silence` in which more might have been; both in seconds. Who is refused by the
        target itself found no door: HarnessError.
        """
        waiting: dict[socket.socket, Knock] = {}
        opened: set[Knock] = set()
        missing = set(awaited)
        try:
            for place, ones in groupby(knocks, lambda one: one.place):
                with _standing_in(place):
                    made = {_sent(one, next(self._ports)): one for one in ones}
                waiting |= made
                for one, knock in made.items():
                    is_stream = knock.protocol == "TCP"
                    self._selector.register(one, selectors.EVENT_WRITE if is_stream else selectors.EVENT_READ)
                opened |= self._heard(waiting, 0)  # who judges them has room for some hundred at a time
            deadline, quiet, again = (time.monotonic() + after for after in (patience, silence, _AGAIN))
            while time.monotonic() < (deadline if missing - opened else quiet):
                heard = self._heard(waiting, 0.05)
                opened |= heard
                if heard:
                    quiet = time.monotonic() + silence
                if time.monotonic() > again:
                    again = time.monotonic() + _AGAIN
                    for one, knock in waiting.items():
                        if knock.protocol == "UDP" and knock not in opened:
                            one.send(b"?")
        finally:
            for one, knock in waiting.items():
                if knock not in opened:
                    self._selector.unregister(one)
                one.close()
        return opened

    def _heard(self, waiting: Mapping[socket.socket, Knock], timeout: float) -> set[Knock]:
        """Who is let in now; meanwhile the doors are answered."""
        opened = set()
        for key, _ in self._selector.select(timeout):
            one = key.fileobj
            assert isinstance(one, socket.socket)
            if one not in waiting:
                _answer(one)
                continue
            if problem := one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise HarnessError(f"{waiting[one]}: {os.strerror(problem)}")
            self._selector.unregister(one)
            opened.add(waiting[one])
        return opened


def _sent(knock: Knock, port: int) -> socket.socket:
    kind = socket.SOCK_STREAM if knock.protocol == "TCP" else socket.SOCK_DGRAM
    one = socket.socket(socket.AF_INET, kind | socket.SOCK_NONBLOCK)
    one.bind((knock.source, port))
    if knock.protocol == "TCP":
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        one.connect_ex((knock.target, knock.port))
    else:
        one.connect((knock.target, knock.port))
        one.send(b"?")
    return one


def _answer(listener: socket.socket) -> None:
    try:
        if listener.type == socket.SOCK_STREAM:
            while True:
                listener.accept()[0].close()
        while True:
            said, who = listener.recvfrom(64)
            listener.sendto(said, who)
    except (BlockingIOError, ConnectionError):
        return
