"""The flags of a canary, for `canary` itself and for `deploy --canary`. What they do lives in `canaried`."""

from __future__ import annotations

from kubectl_goweb.actions.canary.steps import Step, parse_steps
from kubectl_goweb.cli.guard_flags import seconds
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.cli.probing import metrics
from kubectl_goweb.errors import UsageError

_STEPS, _BAKE = "1,50%", "60s"
_FLAGS = ("steps", "bake", "probe_path", "probe_port", "promote_unknown")


def declare_canary(parser: Parser, *, is_optional: bool = False) -> None:
    """Add them; with `is_optional` also `--canary`, without which they mean nothing."""
    group = parser.add_argument_group("the canary")
    if is_optional:
        group.add_argument("--canary", action="store_true", help="step by step: new Pods are compared with old ones")
    group.add_argument("--steps", metavar="STEPS", help="new Pods at each stop, or their share of all (1,50%%)")
    group.add_argument("--bake", metavar="TIME", help="how long they are compared at each stop (60s)")
    group.add_argument("--probe-path", metavar="PATH", help="HTTP path to ask; default: the declared probes")
    group.add_argument("--probe-port", metavar="PORT", help="its port, by number or name; default: as declared")
    group.add_argument(
        "--promote-unknown", action="store_true", help="go on where nothing can be compared; else it stays paused"
    )
    metrics.declare(parser, "what Prometheus knows of new and old Pods")


def check_canary(args: Arguments) -> None:
    """UsageError for flags that mean nothing without `--canary`, and for a canary that nobody would follow."""
    given = [f"--{name.replace('_', '-')}" for name in _FLAGS if getattr(args, name)]
    if given and not args.canary:
        raise UsageError(f"{given[0]} is for a canary", hint="add --canary")
    if args.canary and args.no_guard:
        raise UsageError("a canary has to be followed", hint="leave out --canary or --no-guard")


def pace_of(args: Arguments) -> tuple[tuple[Step, ...], float]:
    """The steps, and for how many seconds Pods are compared at each. UsageError for what cannot be meant."""
    bake = seconds(args.bake or _BAKE)
    if not bake:
        raise UsageError("--bake must be more than 0", hint="as in: --bake=60s")
    return parse_steps(_STEPS if args.steps is None else args.steps), bake
