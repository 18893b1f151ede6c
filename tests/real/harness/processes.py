"""Daemons: started with a log and a record, found again by another run, and ended exactly.

A process is known by its pid, its start time and the boot it belongs to, so that a record left by an earlier run never
ends a stranger's process. Daemons are spawned without a Python object that owns them: they outlive the command that
started them.
"""

import json
import os
import select
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .errors import HarnessError, tail
from .layout import Layout

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LISTENING = "0A"


@dataclass(frozen=True)
class Process:
    """A process that was started here."""

    name: str
    pid: int
    started: int
    """Clock ticks since boot, field 22 of /proc/PID/stat."""
    boot: str

    def is_running(self) -> bool:
        """Whether this very process still runs; a zombie does not."""
        return self.boot == _boot_id() and start_time(self.pid) == self.started


def start(layout: Layout, name: str, argv: Sequence[str | Path], environment: dict[str, str] | None = None) -> Process:
    """Start a daemon inside the cluster's network namespace, its output appended to its log. Proxy settings of the
    caller are not handed on.
    """
    layout.logs.mkdir(parents=True, exist_ok=True)
    layout.processes.mkdir(parents=True, exist_ok=True)
    home = layout.root / "home"
    home.mkdir(exist_ok=True)
    command = ["nsenter", f"--net={layout.namespace}", "--", *map(str, argv)]
    log = os.open(layout.logs / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        pid = os.posix_spawnp(
            "nsenter",
            command,
            {"PATH": SYSTEM_PATH, "HOME": str(home), **(environment or {})},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, log, 1),
                (os.POSIX_SPAWN_DUP2, log, 2),
            ],
            setsid=True,
            # Python ignores SIGPIPE, and what a process ignores its children ignore too.
            setsigdef=[signal.SIGPIPE],
        )
    finally:
        os.close(log)
    started = start_time(pid)
    if started is None:
        raise HarnessError(f"{name} ended at once:\n{tail(layout.logs / f'{name}.log')}")
    process = Process(name, pid, started, _boot_id())
    record = layout.processes / f"{name}.json"
    record.with_suffix(".new").write_text(json.dumps(asdict(process)))
    record.with_suffix(".new").replace(record)
    return process


def recorded(layout: Layout) -> dict[str, Process]:
    """Every process the cluster's records tell of, running or not."""
    found: dict[str, Process] = {}
    for record in sorted(layout.processes.glob("*.json")):
        process = Process(**json.loads(record.read_text()))
        found[process.name] = process
    return found


def running(layout: Layout) -> dict[str, Process]:
    """The recorded processes that run now."""
    return {name: process for name, process in recorded(layout).items() if process.is_running()}


def stop(layout: Layout, name: str, *, grace: float = 0.0) -> None:
    """End a recorded process: by SIGTERM when it gets a `grace` in seconds, then by SIGKILL. Forgets its record. A
    process that is gone is fine.
    """
    process = recorded(layout).get(name)
    if process is not None and process.is_running():
        end(process.pid, process.started, grace=grace)
    (layout.processes / f"{name}.json").unlink(missing_ok=True)


def end(pid: int, started: int, *, grace: float = 0.0) -> None:
    """End one process known by pid and start time, and wait until it is gone."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        # The handle is held before the start time is compared, so the pid cannot come to mean another process in
        # between.
        if start_time(pid) != started:
            return
        if grace > 0:
            signal.pidfd_send_signal(handle, signal.SIGTERM)
            if _gone(handle, grace):
                return
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        if not _gone(handle, 10):
            raise HarnessError(f"process {pid} does not end, ten seconds after SIGKILL")
    except ProcessLookupError:
        return
    finally:
        os.close(handle)
        _reap(pid)


def send(process: Process, number: signal.Signals) -> None:
    """Send a signal to a process that was started here (SIGSTOP makes a server that hangs)."""
    handle = os.pidfd_open(process.pid)
    try:
        if not process.is_running():
            raise HarnessError(f"{process.name} does not run")
        signal.pidfd_send_signal(handle, number)
    finally:
        os.close(handle)


def wait_until(layout: Layout, process: Process, ready: Callable[[], bool], *, what: str, timeout: float = 60) -> None:
    """Wait until `ready()`; raises with the end of the log when the process ends before, or when `timeout` seconds
    have gone.
    """
    log = layout.logs / f"{process.name}.log"
    deadline = time.monotonic() + timeout
    while not ready():
        if not process.is_running():
            raise HarnessError(f"{process.name} ended before {what}; the end of {log}:\n{tail(log)}")
        if time.monotonic() > deadline:
            raise HarnessError(f"{process.name}: not {what} within {timeout:.0f} s; the end of {log}:\n{tail(log)}")
        time.sleep(0.1)


def is_listening(process: Process, port: int) -> bool:
    """Whether someone in the process's network namespace listens on a TCP port."""
    for table in ("tcp", "tcp6"):
        try:
            lines = Path(f"/proc/{process.pid}/net/{table}").read_text().splitlines()[1:]
        except OSError:
            continue
        if any(
            fields[3] == LISTENING and int(fields[1].rsplit(":", 1)[1], 16) == port for fields in map(str.split, lines)
        ):
            return True
    return False


def start_time(pid: int) -> int | None:
    """When a process was started, in clock ticks since boot; None when it is gone or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command name may hold spaces and parentheses; the fields after it are counted from its last parenthesis.
    fields = stat[stat.rindex(")") + 2 :].split()
    return None if fields[0] in {"Z", "X"} else int(fields[19])


def _gone(handle: int, timeout: float) -> bool:
    """A pidfd becomes readable when its process ends."""
    return bool(select.select([handle], [], [], timeout)[0])


def _reap(pid: int) -> None:
    """Take the exit status if the process was a child of ours, so that no zombie stays."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
