"""What this machine must have before a cluster can run on it, and getting what Debian packages can give."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .build import Say
from .errors import HarnessError, MachineError

PACKAGES = {
    "containerd": "docker.io",
    "runc": "docker.io",
    "dockerd": "docker.io",
    "docker": "docker.io",
    "docker-registry": "docker-registry",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "ip": "iproute2",
    "iptables": "iptables",
    "nsenter": "util-linux",
    "openssl": "openssl",
    "pgrep": "procps",
    "tmux": "tmux",
}
"""The Debian package that brings each program (a bare name is looked for on PATH)."""

POLICY = Path("/usr/sbin/policy-rc.d")
POLICY_TEXT = """\
#!/bin/sh
# The packages are wanted for their programs: their own daemons would take the ports and sockets of this machine.
exit 101
"""


MONITORING = {
    "prometheus": "prometheus",
    "prometheus-blackbox-exporter": "prometheus-blackbox-exporter",
    "prometheus-node-exporter": "prometheus-node-exporter",
    "prometheus-alertmanager": "prometheus-alertmanager",
}
"""What only the tests of probes and metrics need."""


def require(say: Say) -> None:
    """Make sure that a cluster can run here, installing missing packages as root. Raises MachineError when it never
    can.
    """
    reason = unfit()
    if reason:
        raise MachineError(reason)
    install(PACKAGES, say)


def install(wanted: Mapping[str, str], say: Say) -> None:
    """Install the packages of those programs that are missing."""
    missing = _missing(wanted)
    if not missing:
        return
    packages = sorted(set(missing.values()))
    if shutil.which("apt-get") is None:
        raise MachineError(
            f"missing {', '.join(missing)}, and there is no apt-get to install {' '.join(packages)} with"
        )
    say(f"installing {' '.join(packages)} (for {', '.join(missing)})")
    with _no_daemons():
        _apt("update", "-q")
        _apt("install", "--no-install-recommends", "-y", "-q", *packages)
    if still := _missing(wanted):
        raise HarnessError(f"apt-get installed {' '.join(packages)}, but these are still missing: {', '.join(still)}")


def unfit() -> str | None:
    """Why no cluster can ever run here, in a sentence; None when nothing stands against it."""
    if sys.platform != "linux":
        return f"a real cluster needs Linux, this is {sys.platform}"
    if os.geteuid() != 0:
        return "a real cluster needs root, for network namespaces and containers"
    if shutil.which("go") is None:
        return "a real cluster is built from Go modules, and there is no `go` on PATH"
    return None


def _missing(wanted: Mapping[str, str]) -> dict[str, str]:
    return {program: package for program, package in wanted.items() if shutil.which(program) is None}


def _apt(*arguments: str) -> None:
    done = subprocess.run(
        ["apt-get", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        last = "\n".join(f"  {line}" for line in done.stdout.splitlines()[-15:])
        raise HarnessError(f"apt-get {' '.join(arguments)} failed:\n{last}")


@contextmanager
def _no_daemons() -> Iterator[None]:
    """Keep freshly installed packages from starting their daemons, unless the machine has a policy of its own."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text(POLICY_TEXT)
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()
