"""The threads of the cockpit take their memory from one place."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

FOUR_THREADS = """
import ctypes
import threading

from kubectl_goweb.cli.cockpit import _share_memory

{first}
both = threading.Barrier(5)


def take() -> None:
    kept = [bytes(100_000) for _ in range(10)]
    both.wait()  # all have taken
    both.wait()  # and none has let go before they were counted
    del kept


threads = [threading.Thread(target=take) for _ in range(4)]
for one in threads:
    one.start()
both.wait()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
told = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, told)
libc.fflush(told)
both.wait()
"""


def arenas(first: str) -> int:
    """How many places glibc has given four threads that take memory, once `first` was called."""
    program = [sys.executable, "-c", FOUR_THREADS.format(first=first)]
    return subprocess.run(program, capture_output=True, text=True, check=True).stdout.count("<heap nr=")


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="this C library has no malloc_info")
def test_threads_share_one_place_where_each_would_have_its_own() -> None:
    assert arenas("") > 1
    assert arenas("_share_memory()") == 1
