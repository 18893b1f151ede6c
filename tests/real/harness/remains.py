"""What containers leave on a machine, and its thorough removal: processes, mounts, cgroups, links, files."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from .errors import HarnessError
from .layout import Layout
from .processes import end, start_time

CGROUPS = Path("/sys/fs/cgroup")
CONTAINER_LOG_LINKS = Path("/var/log/containers")


def require_ours(layout: Layout) -> None:
    """Refuse a folder that holds files and was never a cluster's: taking a cluster down empties its folder."""
    if layout.root.is_dir() and any(layout.root.iterdir()) and not layout.marker.exists():
        raise HarnessError(
            f"{layout.root} is not a test cluster's folder and not empty; name another by REAL_CLUSTER_STATE"
        )


def remove_containers(layout: Layout) -> None:
    """End every container of the cluster and remove its mounts, cgroups and log links. Works on the remains of a dead
    runtime too.

    A container belongs to a shim, and a shim names the socket of its containerd on its command line; that is how this
    cluster's are told from others.
    """
    shims = list(_shims(layout.containerd_socket))
    family = [(pid, ticks) for shim, _ in shims for pid, ticks in _descendants(shim)]
    for pid, ticks in [*shims, *family]:
        end(pid, ticks)
    _unmount_below(layout.root)
    for folder in cgroups(layout.name):
        _remove_cgroup(folder)
    if CONTAINER_LOG_LINKS.is_dir():
        for link in CONTAINER_LOG_LINKS.iterdir():
            if link.is_symlink() and link.readlink().is_relative_to(layout.root):
                link.unlink()


def remove_data(layout: Layout, *, keep_logs: bool) -> None:
    """Delete the cluster's folder. Nothing may be mounted below it, or files of others would go too."""
    _unmount_below(layout.root)
    for entry in layout.root.iterdir() if layout.root.is_dir() else []:
        if keep_logs and entry in {layout.logs, layout.marker}:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def cgroups(name: str) -> list[Path]:
    """A cgroup of the top level, in every hierarchy of this machine: one with cgroup v2, one a controller with v1."""
    if (CGROUPS / "cgroup.controllers").exists():
        return [CGROUPS / name]
    return [folder / name for folder in sorted(CGROUPS.iterdir()) if (folder / "cgroup.procs").exists()]


def _shims(socket: Path) -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"containerd-shim" in words[0] and str(socket).encode() in words:
            pid = int(folder.name)
            ticks = start_time(pid)
            if ticks is not None:
                yield pid, ticks


def _descendants(pid: int) -> Iterator[tuple[int, int]]:
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = tasks.read_text().split()
        except OSError:
            continue
        for child in map(int, children):
            ticks = start_time(child)
            if ticks is not None:
                yield child, ticks
                yield from _descendants(child)


def _unmount_below(root: Path) -> None:
    """Unmount everything mounted below a folder, the innermost first."""
    mounts = [_unescape(line.split()[4]) for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for mount in reversed([mount for mount in mounts if mount.startswith(f"{root}/")]):
        subprocess.run(["umount", "--lazy", mount], capture_output=True)


def _unescape(field: str) -> str:
    """A path of mountinfo, in which blanks and backslashes are octal numbers."""
    return field.encode().decode("unicode_escape")


def _remove_cgroup(folder: Path) -> None:
    """Remove a cgroup and those below it; the kernel needs a moment after the last process has ended."""
    if not folder.is_dir():
        return
    for child in folder.iterdir():
        if child.is_dir():
            _remove_cgroup(child)
    deadline = time.monotonic() + 2
    while True:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
