"""Memory that is gone, for one Pod alone: what a node does that has none left, and that no object tells of."""

from pathlib import Path

from . import remains
from .errors import HarnessError

_LIMITS = ("memory.max", "memory.limit_in_bytes")
"""As cgroup v2 and v1 call it."""


def limit_memory(name: str, uid: str, amount: int) -> None:
    """Let a Pod of the cluster of this name have no more than so many bytes; Kubernetes knows nothing of it."""
    found = [limit for limit in _limits(name, uid) if limit.exists()]
    if not found:
        raise HarnessError(f"Pod {uid} has no cgroup with a memory limit")
    for limit in found:
        limit.write_text(str(amount))


def _limits(name: str, uid: str) -> list[Path]:
    above = [top / "kubepods" / level for top in remains.cgroups(name) for level in ("", "burstable", "besteffort")]
    return [folder / f"pod{uid}" / file for folder in above for file in _LIMITS]
