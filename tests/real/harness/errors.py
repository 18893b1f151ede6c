"""What went wrong with the test cluster, as a sentence that names the log to read."""

from pathlib import Path


class HarnessError(Exception):
    """The cluster cannot do what was asked; the message is all a reader needs to go on."""


class MachineError(HarnessError):
    """This machine can never carry the cluster (not Linux, not root, no Go): tests skip instead of failing."""


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, or why there are none."""
    try:
        text = log.read_text(errors="replace")
    except FileNotFoundError:
        return f"  (no log at {log})"
    return "\n".join(f"  {line}" for line in text.splitlines()[-lines:]) or f"  ({log} is empty)"
