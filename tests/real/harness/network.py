"""The cluster's network namespace and the cable to the host.

    on the host: link NAME, 10.89.N.1 ──── in the namespace: eth0, 10.89.N.2

The host has routes through it to the Pods (10.90.N.0/24) and the Services (10.91.N.0/24).
"""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .errors import HarnessError
from .layout import Layout, first_network


def free_network(root: Path) -> int:
    """A network number whose addresses no link of this machine has."""
    taken = {
        int(address["local"].split(".")[2])
        for link in json.loads(_ip("-j", "-4", "address", "show"))
        for address in link["addr_info"]
        if address.get("local", "").startswith("10.89.")
    }
    numbers = (number % 256 for number in range(first_network(root), first_network(root) + 256))
    for number in numbers:
        if number not in taken:
            return number
    raise HarnessError("every network 10.89.0.0/24 to 10.89.255.0/24 is taken on this machine; take some clusters down")


def create(layout: Layout) -> None:
    """Make the namespace, the cable and the host's routes."""
    _ip("netns", "add", layout.name)
    _ip("link", "add", layout.name, "type", "veth", "peer", "name", "eth0", "netns", layout.name)
    _ip("address", "add", f"{layout.host_ip}/24", "dev", layout.name)
    _ip("link", "set", layout.name, "up")
    within = ("-n", layout.name)
    _ip(*within, "link", "set", "lo", "up")
    _ip(*within, "address", "add", f"{layout.node_ip}/24", "dev", "eth0")
    _ip(*within, "link", "set", "eth0", "up")
    _ip(*within, "route", "add", "default", "via", layout.host_ip)
    _ip("route", "add", layout.pod_range, "via", layout.node_ip)
    _ip("route", "add", layout.service_range, "via", layout.node_ip)
    # The host reaches Services through the node, which the kernel takes for a detour: its redirects would use up the
    # rate of the errors that say a Service has no endpoints, and a refused connection would become one that hangs.
    detour = ["net.ipv4.conf.all.send_redirects=0", "net.ipv4.conf.eth0.send_redirects=0", "net.ipv4.icmp_ratelimit=0"]
    inside(layout, "sysctl", "-qw", "net.ipv4.ip_forward=1", *detour)


def delete(layout: Layout) -> None:
    """Remove the namespace with all that is in it; the cable and the routes go with it. What is not there is fine."""
    if layout.namespace.exists():
        _ip("netns", "delete", layout.name)
    # A process that still dies may hold the namespace for a moment; the cable must not stay for as long.
    if (Path("/sys/class/net") / layout.name).exists():
        subprocess.run(["ip", "link", "delete", layout.name], capture_output=True)


def inside(layout: Layout, *command: str) -> str:
    """What a command says that runs in the cluster's namespace. HarnessError when it fails."""
    return _run("nsenter", f"--net={layout.namespace}", "--", *command)


@contextmanager
def outside(layout: Layout, addresses: Sequence[str]) -> Iterator[Path]:
    """A host that is no part of the cluster, in a namespace of its own, with these addresses; Pods reach it through
    their node. `addresses` are of one /24, whose first address is the node's.
    """
    name = f"{layout.name}-far"
    far, near = Path("/run/netns") / name, ("-n", layout.name)
    gateway = f"{addresses[0].rpartition('.')[0]}.1"
    if far.exists():  # left by a run that was killed
        _ip("netns", "delete", name)
    _ip("netns", "add", name)
    try:
        _ip(*near, "link", "add", "far0", "type", "veth", "peer", "name", "eth0", "netns", name)
        _ip(*near, "address", "add", f"{gateway}/24", "dev", "far0")
        _ip(*near, "link", "set", "far0", "up")
        for address in addresses:
            _ip("-n", name, "address", "add", f"{address}/24", "dev", "eth0")
        _ip("-n", name, "link", "set", "eth0", "up")
        _ip("-n", name, "route", "add", "default", "via", gateway)
        yield far
    finally:
        _ip("netns", "delete", name)


def _ip(*arguments: str) -> str:
    return _run("ip", *arguments)


def _run(*command: str) -> str:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise HarnessError(f"{' '.join(command)} failed: {done.stderr.strip()}")
    return done.stdout
