"""`kubectl goweb guard`: follow a rollout, say when it has certainly failed, and take it back."""

from __future__ import annotations

from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.guard_flags import check_policy, declare_guard
from kubectl_goweb.cli.guarded import guard
from kubectl_goweb.cli.options import Arguments, Parser, overrides
from kubectl_goweb.cli.targets import named, one_target
from kubectl_goweb.errors import Exit, UsageError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import resolve
from kubectl_goweb.settings import Settings

_KINDS = ("Deployment", "StatefulSet", "DaemonSet")


def declare(parser: Parser) -> None:
    parser.add_argument("names", nargs="+", metavar="NAME", help="the workload: deploy/web, sts/db, ds/agent, or web")
    parser.add_argument("-o", "--output", choices=("json",), help="a goweb/v1 document a line, the last one the report")
    declare_guard(parser)


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    """The exit code of the verdict."""
    given, rest = named(args.names)
    if rest:
        raise UsageError(f"one rollout at a time, and there are {', '.join([given, *rest])}")
    access = resolve(overrides(args), environment.environ, environment.home)
    with Connection(access, read_only=settings.context(access.context).read_only) as connection:
        target = one_target(args, given, _KINDS, connection)
        check_policy(args, target.kind)
        return guard(args, connection, target, settings, environment)
