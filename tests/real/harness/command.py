"""The command line of the test cluster."""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from . import build, machine, processes
from .cluster import FAKE_NODES, Cluster, down, find, started_by, up, why_not
from .errors import HarnessError


def main(arguments: Sequence[str]) -> int:
    """Run one command; 0 is done, 1 is not done, with the reason on stderr, 130 was interrupted."""
    parser = argparse.ArgumentParser(
        prog="cluster",
        description="A real Kubernetes on this machine, for tests. Linux, root and Go are all it needs.",
        epilog="REAL_CLUSTER_STATE names another folder, and with it another cluster.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build", help="build every program into the cache (six to ten minutes, once)")
    starting = commands.add_parser("up", help="start the cluster, or find it running")
    starting.add_argument(
        "--kwok", type=int, default=FAKE_NODES, metavar="N", help="at least so many fake nodes (default %(default)s)"
    )
    starting.add_argument("--owner", default="", help=argparse.SUPPRESS)
    ending = commands.add_parser("down", help="end the cluster and remove what it left")
    ending.add_argument("--owner", help=argparse.SUPPRESS)
    commands.add_parser("env", help="print the shell lines that point kubectl, docker and this suite at the cluster")
    commands.add_parser("status", help="tell what runs")
    chosen = parser.parse_args(arguments)
    try:
        return _run(chosen)
    except HarnessError as error:
        print(f"cluster {chosen.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(chosen: argparse.Namespace) -> int:
    match chosen.command:
        case "build":
            machine.require(_say)
            print(build.binaries(_say).kubernetes)
        case "up":
            up(_say, fake_nodes=chosen.kwok, owner=chosen.owner)
        case "down" if chosen.owner is None or chosen.owner == started_by():
            down(_say)
        case "env" | "status":
            cluster = find()
            if cluster is None:
                raise HarnessError(f"{why_not()}; start it with: tests/real/cluster up")
            if chosen.command == "status":
                print("\n".join(_describe(cluster)))
                return 0
            for name, value in cluster.environment().items():
                print(f"export {name}={shlex.quote(value)}")
            # In front of the shell's own, whatever that is by then.
            print(f'export PATH={shlex.quote(str(cluster.binaries.kubernetes))}:"$PATH"')
    return 0


def _describe(cluster: Cluster) -> list[str]:
    """One line a process, with its memory, and where things are."""
    lines = [f"{cluster.layout.server}, folder {cluster.layout.root}, network namespace {cluster.layout.name}"]
    for name, process in processes.recorded(cluster.layout).items():
        lines.append(f"  {name:24} pid {process.pid:<8} {_resident_megabytes(process.pid):4.0f} MB")
    return lines


def _resident_megabytes(pid: int) -> float:
    """Memory of a process that is in RAM now."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError as error:
        raise HarnessError(f"process {pid} ended meanwhile") from error
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
