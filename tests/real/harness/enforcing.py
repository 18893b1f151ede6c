"""NetworkPolicies enforced for real, for as long as a test wants: the cluster's network plugin knows none.

The enforcer is kube-network-policies (`go/netpol`). It judges the connections of the Pods it is told of, by the
policies that are labelled; every other Pod and policy of the cluster is left alone.
"""

import fcntl
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from . import build, network
from .build import Say
from .errors import HarnessError, tail
from .layout import NODE, Layout
from .waiting import until

LABEL = "goweb.test/enforced"
"""A policy labelled so, with the value `true`, is enforced."""
QUEUE = 100
_CHAIN = "GOWEB-POLICIES"
_NEW = ("-m", "conntrack", "!", "--ctstate", "ESTABLISHED,RELATED")
# What a program of the node itself sends is always let in, as the kubelet's probes are; it runs as root.
_FROM_NODE = ("-m", "owner", "--uid-owner", "0")


class Enforcer:
    """A running enforcer."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def cover(self, addresses: Iterable[str]) -> None:
        """Have it judge the connections from and to these Pods from now on."""
        for address in addresses:
            for end in ("-s", "-d"):
                _rule(self._layout, "-A", _CHAIN, end, address, "-j", "NFQUEUE", "--queue-num", str(QUEUE),
                      "--queue-bypass")  # fmt: skip

    def wall(self, address: str) -> None:
        """Drop whatever goes to this address, as a firewall would of which the cluster knows nothing."""
        _rule(self._layout, "-A", _CHAIN, "-d", address, "-j", "DROP")


@contextmanager
def enforcing(layout: Layout, say: Say) -> Iterator[Enforcer]:
    """One at a time in a cluster: the next one waits. When it has ended, every packet passes again."""
    program = build.tool(build.NETPOL, say)
    with (layout.root / "netpol.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        log = layout.logs / "netpol.log"
        with _running(layout, program, log), _rules(layout):
            yield Enforcer(layout)


@contextmanager
def _running(layout: Layout, program: Path, log: Path) -> Iterator[None]:
    # It goes with the test, however that ends.
    command: list[str | Path] = ["setpriv", "--pdeathsig", "KILL", "nsenter", f"--net={layout.namespace}", "--"]
    command += [program, "-kubeconfig", layout.kubeconfig, "-node", NODE, "-policies", f"{LABEL}=true"]
    with log.open("wb") as output, subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=output
    ) as process:  # fmt: skip
        try:

            def listens() -> bool:
                if process.poll() is not None:
                    raise HarnessError(f"netpol ended; the end of {log}:\n{tail(log)}")
                queues = Path(f"/proc/{process.pid}/net/netfilter/nfnetlink_queue").read_text().splitlines()
                return any(line.split()[0] == str(QUEUE) for line in queues)

            until(listens, what="a listener on the queue", timeout=60)
            yield
        finally:
            process.terminate()


@contextmanager
def _rules(layout: Layout) -> Iterator[None]:
    """A chain for what leaves the node or goes to a Pod of it, before its source is rewritten."""
    _remove(layout)
    try:
        # Pods of one node talk over a bridge, which asks iptables only if told to.
        network.inside(layout, "sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=1")
        _rule(layout, "-N", _CHAIN)
        _rule(layout, "-A", _CHAIN, *_FROM_NODE, "-j", "RETURN")
        _rule(layout, "-A", "POSTROUTING", *_NEW, "-j", _CHAIN)
        yield
    finally:
        _remove(layout)


def _remove(layout: Layout) -> None:
    """Also what a killed run has left; what is not there is fine."""
    jump = ("POSTROUTING", *_NEW, "-j", _CHAIN)
    if _is_there(layout, "-C", *jump):
        _rule(layout, "-D", *jump)
    if _is_there(layout, "-S", _CHAIN):
        _rule(layout, "-F", _CHAIN)
        _rule(layout, "-X", _CHAIN)


def _rule(layout: Layout, *arguments: str) -> None:
    network.inside(layout, "iptables", "-w", "-t", "mangle", *arguments)


def _is_there(layout: Layout, *arguments: str) -> bool:
    try:
        _rule(layout, *arguments)
    except HarnessError:
        return False
    return True
