"""What the C library keeps of the memory that a program has let go of."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc")

_HOLES = """
from pathlib import Path
from kubectl_goweb import memory

def megabytes():
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024

blocks = [bytes(5000) for _ in range(20_000)]
last = bytes(5000)
del blocks
before = megabytes()
memory.give_back()
print(before - megabytes())
"""
_THREADS = """
import ctypes, sys, threading
from kubectl_goweb import memory

memory.share()
together = threading.Barrier(8)

def work():
    together.wait()
    blocks = [bytes(5000) for _ in range(1000)]
    together.wait()

threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc = ctypes.CDLL(None)
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
libc.fflush(None)
"""


def _told(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_holes_in_what_is_used_are_given_back() -> None:
    assert float(_told(_HOLES)) > 50


def test_threads_take_their_memory_from_one_place() -> None:
    assert _told(_THREADS).count("<heap nr=") == 1
