"""`kubectl goweb isolate` and `rejoin`: take a node out of service with a reason, and back by what that changed."""

from __future__ import annotations

from kubectl_goweb.actions import requests
from kubectl_goweb.actions.prepare import prepare
from kubectl_goweb.actions.requests import NodeRequest
from kubectl_goweb.actions.verbs import verb
from kubectl_goweb.cli.acting import act, add_flags
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser, overrides
from kubectl_goweb.errors import Exit
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import resolve
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.verdicts import Ref


def declare(parser: Parser) -> None:
    name = parser.get_default("verb")
    parser.description = f"{verb(name).says}.".capitalize()
    parser.add_argument("node", metavar="NODE", help="the node: node-1, or node/node-1")
    if name == "isolate":
        parser.add_argument(
            "--reason", default="", metavar="TEXT", help="why; it stands on the node for everybody to see"
        )
        parser.add_argument(
            "--taint",
            choices=("none", "NoSchedule", "NoExecute"),
            default="none",
            help="a taint besides the cordon: NoSchedule keeps DaemonSets away too, NoExecute ends its Pods at once",
        )
        parser.add_argument("--force", action="store_true", help="even the last node of its role that takes Pods")
    add_flags(parser)


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    """Plan, show, confirm, apply."""
    access = resolve(overrides(args), environment.environ, environment.home)
    wanted = request(args)
    with Connection(access, read_only=settings.context(access.context).read_only) as connection:
        return act(
            lambda: prepare(connection, wanted, environment.now), args, access, connection, settings, environment
        ).code


def request(args: Arguments) -> NodeRequest:
    """What the command line asks for."""
    target = node_named(args.node)
    if args.verb == "rejoin":
        return requests.Rejoin(target)
    return requests.Isolate(target, args.reason, "" if args.taint == "none" else args.taint, args.force)


def node_named(given: str) -> Ref:
    """`node-1`, or as kubectl prints it: `node/node-1`."""
    return Ref("Node", given.removeprefix("nodes/").removeprefix("node/").removeprefix("no/"))
