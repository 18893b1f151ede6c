"""What the C library keeps of the memory that a program has let go of. It is about glibc's; of one that has no such
calls nothing is asked.
"""

from __future__ import annotations

_ARENA_MAX = -8
"""M_ARENA_MAX of glibc's malloc.h, see mallopt(3)."""


def share() -> None:
    """Have all threads take their memory from one place. glibc gives each its own, and what one lets go of is no use to
    the others: a dozen watches of a busy cluster keep tens of megabytes so. The interpreter runs one of them at a time.
    """
    _call("mallopt", _ARENA_MAX, 1)


def give_back() -> None:
    """Let the system have what lies unused between that which is used, see malloc_trim(3). By itself glibc gives back
    only what lies behind all of it. Takes a millisecond.
    """
    _call("malloc_trim", 0)


def _call(name: str, *arguments: int) -> None:
    import ctypes  # only needed by programs that run for long

    if (call := getattr(ctypes.CDLL(None), name, None)) is not None:
        call(*arguments)
