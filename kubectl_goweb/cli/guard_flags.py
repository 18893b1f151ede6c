"""The flags of a guard, for `guard` itself and for every verb that has `--guard`. What they do lives in `guarded`."""

from __future__ import annotations

from kubectl_goweb.actions.guard.terms import OnFailure, Terms, policies
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.errors import UsageError
from kubectl_goweb.kube.timeouts import parse_timeout

_FLAGS = ("timeout", "on_failure", "evidence", "soak", "restarts", "ready_within")


def declare_guard(parser: Parser, *, is_optional: bool = False) -> None:
    """Add them; with `is_optional` also `--guard`, without which they mean nothing."""
    group = parser.add_argument_group("the guard")
    if is_optional:
        group.add_argument(
            "--guard", action="store_true", help="follow it until it is done, and take it back when it fails"
        )
    group.add_argument("--timeout", metavar="TIME", help="longest time until it is done, such as 5m; then it failed")
    group.add_argument(
        "--on-failure", choices=tuple(OnFailure), help="rollback: to the revision that was fully available (default)"
    )
    group.add_argument("--evidence", metavar="DIR", help="folder for logs, objects, events and timeline of a failure")
    group.add_argument("--soak", metavar="TIME", help="how long it must stay fully available to be done (10s)")
    group.add_argument("--restarts", metavar="N", type=int, help="restarts of a new container that are no failure (1)")
    group.add_argument(
        "--ready-within",
        metavar="TIME",
        help="how long a new Pod may run without ever having been ready (what its probes allow, and 60s)",
    )


def check_guard(args: Arguments) -> None:
    """UsageError for flags that mean nothing without `--guard`, and for output that a guard does not have."""
    given = [f"--{name.replace('_', '-')}" for name in _FLAGS if getattr(args, name) is not None]
    if given and not args.guard:
        raise UsageError(f"{given[0]} is for a guard", hint="add --guard")
    if args.guard and args.output in ("yaml", "name"):
        raise UsageError(f"a guard does not tell as {args.output}", hint="use -o json, or leave it out")


def check_policy(args: Arguments, kind: str) -> None:
    """UsageError for what cannot be done about a failed rollout of such a workload: better now than when it fails."""
    if args.on_failure is not None and args.on_failure not in policies(kind):
        raise UsageError(f"a {kind} cannot be paused", hint=f"--on-failure can be: {', '.join(policies(kind))}")


def terms(args: Arguments) -> Terms:
    """How patient the guard shall be."""
    default = Terms()
    if args.restarts is not None and args.restarts < 0:
        raise UsageError("--restarts cannot be negative")
    soak = seconds(args.soak)
    return Terms(
        restarts=default.restarts if args.restarts is None else args.restarts,
        soak=default.soak if args.soak is None else soak or 0.0,
        ready_within=seconds(args.ready_within),
    )


def seconds(given: str | None) -> float | None:
    """None when it is not given, or 0, which stands for no limit."""
    return parse_timeout(given) if given is not None else None
