"""`kubectl goweb canary`: release an image step by step; it goes on or back as new Pods compare with old ones."""

from __future__ import annotations

from kubectl_goweb.actions.apply import DryRun
from kubectl_goweb.actions.facts import Facts
from kubectl_goweb.actions.plan import Plan, Refusal
from kubectl_goweb.actions.planning import plan
from kubectl_goweb.actions.prepare import facts
from kubectl_goweb.actions.requests import SetImage
from kubectl_goweb.actions.typed import images
from kubectl_goweb.cli.acting import add_flags
from kubectl_goweb.cli.canaried import canaried
from kubectl_goweb.cli.canary_flags import declare_canary
from kubectl_goweb.cli.driven import Driven, declare_events
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.guard_flags import declare_guard
from kubectl_goweb.cli.options import Arguments, Parser, overrides
from kubectl_goweb.cli.targets import named, one_target
from kubectl_goweb.errors import Exit, UsageError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import resolve
from kubectl_goweb.settings import Settings

_KINDS = ("Deployment",)


def declare(parser: Parser) -> None:
    parser.add_argument(
        "names", nargs="+", metavar="NAME CONTAINER=IMAGE", help="the Deployment: deploy/web or web; container=image"
    )
    parser.add_argument("--cause", default="", metavar="TEXT", help="why, for the rollout history")
    declare_canary(parser)
    add_flags(parser)
    declare_guard(parser)
    declare_events(parser)


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    """Plan, show, confirm, apply, and follow it to its end; the exit code of that."""
    if args.output in ("yaml", "name") and args.dry_run == DryRun.NONE:
        raise UsageError(f"a canary does not tell as {args.output}", hint="use -o json, or leave it out")
    access = resolve(overrides(args), environment.environ, environment.home)
    if args.events:
        driven = Driven(environment)
        driven.stages("apply", "canary")
        driven.stage("apply")
    with Connection(access, read_only=settings.context(access.context).read_only) as connection:
        given, rest = named(args.names)
        target = one_target(args, given, _KINDS, connection)
        wanted = SetImage(target, images(rest), args.cause)

        def look() -> tuple[Facts, Plan | Refusal]:
            known = facts(connection, wanted, environment.now)
            return known, plan(wanted, known, environment.now())

        acted, code = canaried(args, look, connection, target, settings, environment)
    return acted.code if code is None else code
