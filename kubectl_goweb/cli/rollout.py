"""`kubectl goweb scale`, `pause`, `resume`, `restart`, `undo`, `abort`, `set-image`: change a workload, or several.

It is planned, shown and confirmed, as every change is.
"""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_goweb.actions import requests
from kubectl_goweb.actions.prepare import prepare
from kubectl_goweb.actions.requests import Request
from kubectl_goweb.actions.typed import images
from kubectl_goweb.actions.verbs import verb
from kubectl_goweb.cli.acting import act, add_flags
from kubectl_goweb.cli.acting_on_many import act_on_all
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.guard_flags import check_guard, check_policy, declare_guard
from kubectl_goweb.cli.options import Arguments, Parser, overrides
from kubectl_goweb.cli.targets import named, one_target, several_targets
from kubectl_goweb.errors import Exit, UsageError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import resolve
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.verdicts import Ref

_OF_ONE = ("set-image",)
"""Verbs whose further words are no workloads."""


def declare(parser: Parser) -> None:
    """kubectl's flags where kubectl has the verb."""
    name = parser.get_default("verb")
    parser.description = f"{verb(name).says}.".capitalize()
    takes = " CONTAINER=IMAGE" if name in _OF_ONE else ""
    more = takes.lower() if name in _OF_ONE else "; several of them, or -l LABELS"
    parser.add_argument(
        "names",
        nargs="+" if name in _OF_ONE else "*",
        metavar=f"NAME{takes}",
        help=f"the workload: deploy/web, sts/db, ds/agent, or web{more}",
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
    if args.verb == "scale" and args.replicas < 0:
        raise UsageError("--replicas must be 0 or more", hint="as in: --replicas=3")
    if args.verb == "undo" and args.to_revision < 0:
        raise UsageError("--to-revision must be 0 or more", hint="see: kubectl goweb history NAME")
    is_guarded = verb(args.verb).starts_rollout and args.guard
    if verb(args.verb).starts_rollout:
        check_guard(args)
    access = resolve(overrides(args), environment.environ, environment.home)
    with Connection(access, read_only=settings.context(access.context).read_only) as connection:
        if args.verb in _OF_ONE or not _are_several(args):
            return _one(args, is_guarded, connection, settings, environment)
        if is_guarded:
            raise UsageError("one rollout at a time is guarded", hint="name one workload, or leave out --guard")
        targets, problems = several_targets(args, args.names, verb(args.verb).kinds, connection)
        return act_on_all(
            targets,
            problems,
            lambda target: prepare(connection, request(args, target, ()), environment.now),
            args,
            access,
            connection,
            settings,
            environment,
        )


def _are_several(args: Arguments) -> bool:
    """By what is written, not by what it turns out to mean."""
    return bool(getattr(args, "selector", "")) or not args.names or bool(named(args.names)[1])


def _one(
    args: Arguments, is_guarded: bool, connection: Connection, settings: Settings, environment: Environment
) -> Exit:
    given, rest = named(args.names)
    target = one_target(args, given, verb(args.verb).kinds, connection)
    if is_guarded:
        check_policy(args, target.kind)
    wanted = request(args, target, rest)
    acted = act(
        lambda: prepare(connection, wanted, environment.now), args, connection.access, connection, settings, environment
    )
    if is_guarded and acted.applied is not None and acted.applied.is_done:
        from kubectl_goweb.actions.guard.orders import way_back  # watches and threads are for guards only
        from kubectl_goweb.cli.guarded import guard

        return guard(args, connection, target, settings, environment, way_back=way_back(acted.applied.plan))
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
