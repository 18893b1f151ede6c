"""`kubectl goweb status`: the verdict in one line a workload, or one workload in full."""

from __future__ import annotations

import gc

from kubectl_goweb.cli.answering import answer, closer, how_deep
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.looking import Look, look, parse_name, with_warnings
from kubectl_goweb.cli.options import Arguments, Parser, overrides
from kubectl_goweb.cli.printing import waiting
from kubectl_goweb.errors import Exit, UsageError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import resolve
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.overview import overview


def declare(parser: Parser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="workloads to tell in full: web, deploy/web, sts/db")
    parser.add_argument(
        "-o", "--output", choices=("wide", "json", "yaml", "name"), help="output format; json and yaml are goweb/v1"
    )
    parser.add_argument("--no-headers", action="store_true", help="leave the column titles out")
    parser.add_argument("-w", "--watch", action="store_true", help="go on telling as it changes")
    parser.add_argument("--wait", action="store_true", help="wait until it is done or has failed")
    parser.add_argument("--timeout", metavar="TIME", help="longest time to --wait, such as 60s; 0: none")
    how_deep(parser)
    parser.add_argument("--revision", type=int, metavar="N", help="the revision to follow; another one supersedes it")


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    """Answer, and give the verdict's exit code."""
    _check(args)
    access = resolve(overrides(args), environment.environ, environment.home)
    want = Look(
        namespace="" if getattr(args, "all_namespaces", False) else access.namespace,
        names=tuple(parse_name(name) for name in args.names),
        labels=getattr(args, "selector", ""),
        detail=bool(args.names) or args.output in ("wide", "json", "yaml"),
    )
    # One answer, then the end: nothing that is read becomes garbage before.
    gc.disable()
    tell = None if args.watch or args.wait else waiting(environment.stderr)  # these tell by themselves
    with Connection(access, read_only=settings.context(access.context).read_only, tell=tell) as connection:
        if args.watch or args.wait:
            from kubectl_goweb.cli import following  # threads and store are not needed for one look

            return following.follow(args, want, connection, settings, environment)
        found = look(connection, want, environment.now)
        told = overview(found, environment.now(), asked=args.revision)
        ailing = {one.ref.namespace for one in told.workloads if one.findings}
        if ailing and not want.detail:
            found = with_warnings(connection, found, ailing, environment.now)
            told = overview(found, environment.now(), asked=args.revision)
        if want.names:
            found, told = closer(connection, found, told, args, environment.now)
    return answer(args, want, found, told, access.context, settings, environment)


def _check(args: Arguments) -> None:
    if args.timeout is not None and not args.wait:
        raise UsageError("--timeout is how long to --wait", hint="add --wait")
    if args.revision is not None and len(args.names) != 1:
        raise UsageError("--revision follows one workload", hint="name it: kubectl goweb status NAME --revision=N")
    if args.names and getattr(args, "all_namespaces", False):
        raise UsageError("a workload cannot be named across all namespaces", hint="use -n NAMESPACE instead of -A")
