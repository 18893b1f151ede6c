"""`kubectl goweb scale`, `pause`, `resume`, `restart`, `undo`, `abort`, `set-image`: change one workload.

It is planned, shown and confirmed, as every change is.
"""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_goweb.actions import requests
from kubectl_goweb.actions.prepare import prepare
from kubectl_goweb.actions.requests import Request
from kubectl_goweb.actions.verbs import images, verb
from kubectl_goweb.cli.acting import act, add_flags
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.guard_flags import check_guard, check_policy, declare_guard
from kubectl_goweb.cli.options import Arguments, Parser, overrides
from kubectl_goweb.cli.targets import named, one_target
from kubectl_goweb.errors import Exit, UsageError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import resolve
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.verdicts import Ref


def declare(parser: Parser) -> None:
    """kubectl's flags where kubectl has the verb."""
    name = parser.get_default("verb")
    parser.description = f"{verb(name).says}.".capitalize()
    takes = " CONTAINER=IMAGE" if name == "set-image" else ""
    parser.add_argument(
        "names",
        nargs="+",
        metavar=f"NAME{takes}",
        help=f"the workload: deploy/web, sts/db, ds/agent, or web{takes.lower()}",
    )
    if name == "scale":
        parser.add_argument("--replicas", type=int, required=True, metavar="N", help="how many Pods to have")
        parser.add_argument("--current-replicas", type=int, metavar="N", help="only when it has so many now")
    if name == "undo":
        parser.add_argument(
            "--to-revision", type=int, default=0, metavar="N", help="its number; 0: the last that was fully available"
        )
    if name == "set-image":
        parser.add_argument("--cause", default="", metavar="TEXT", help="why, for the rollout history")
    add_flags(parser)
    if verb(name).starts_rollout:
        declare_guard(parser, is_optional=True)


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    """Plan, show, confirm, apply."""
    given, rest = named(args.names)
    if rest and args.verb != "set-image":
        raise UsageError(f"one workload at a time, and there are {', '.join([given, *rest])}")
    if args.verb == "scale" and args.replicas < 0:
        raise UsageError("--replicas must be 0 or more", hint="as in: --replicas=3")
    if args.verb == "undo" and args.to_revision < 0:
        raise UsageError("--to-revision must be 0 or more", hint="see: kubectl goweb history NAME")
    is_guarded = verb(args.verb).starts_rollout and args.guard
    if verb(args.verb).starts_rollout:
        check_guard(args)
    access = resolve(overrides(args), environment.environ, environment.home)
    with Connection(access, read_only=settings.context(access.context).read_only) as connection:
        target = one_target(args, given, verb(args.verb).kinds, connection)
        if is_guarded:
            check_policy(args, target.kind)
        wanted = request(args, target, rest)
        acted = act(
            lambda: prepare(connection, wanted, environment.now), args, access, connection, settings, environment
        )
        if is_guarded and acted.applied is not None and acted.applied.is_done:
            from kubectl_goweb.actions.guard.orders import way_back  # watches and threads are for guards only
            from kubectl_goweb.cli.guarded import guard

            back = way_back(acted.applied.plan)
            return guard(args, connection, target, settings, environment, way_back=back)
    return acted.code


def request(args: Arguments, target: Ref, rest: Sequence[str]) -> Request:
    """What the command line asks for."""
    match args.verb:
        case "scale":
            return requests.Scale(target, args.replicas, args.current_replicas)
        case "pause":
            return requests.Pause(target)
        case "resume":
            return requests.Resume(target)
        case "undo":
            return requests.Undo(target, args.to_revision)
        case "abort":
            return requests.Abort(target)
        case "set-image":
            return requests.SetImage(target, images(rest), args.cause)
        case _:
            return requests.Restart(target)
