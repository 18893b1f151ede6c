"""`kubectl goweb canary`: release an image step by step; new Pods are compared with old ones, and go on or back.

Nothing is installed in the cluster: the Deployment's own rollout is paused after each step.
"""

from __future__ import annotations

from kubectl_goweb.actions.apply import DryRun
from kubectl_goweb.actions.canary.canarying import Canary
from kubectl_goweb.actions.canary.planning import plan_canary, settle_time, stable_revision
from kubectl_goweb.actions.canary.stepping import Pace
from kubectl_goweb.actions.canary.steps import Step, parse_steps
from kubectl_goweb.actions.facts import Facts
from kubectl_goweb.actions.plan import Plan, Refusal
from kubectl_goweb.actions.prepare import facts
from kubectl_goweb.actions.requests import SetImage
from kubectl_goweb.actions.verbs import images
from kubectl_goweb.cli.acting import act, add_flags, journal_of
from kubectl_goweb.cli.canary_measuring import Measuring
from kubectl_goweb.cli.canary_telling import Ended
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.guard_flags import declare_guard, seconds
from kubectl_goweb.cli.guard_telling import teller
from kubectl_goweb.cli.guarded import ordered
from kubectl_goweb.cli.options import Arguments, Parser, overrides
from kubectl_goweb.cli.probing import metrics
from kubectl_goweb.cli.targets import named, one_target
from kubectl_goweb.errors import Exit, UsageError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import resolve
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.verdicts import Ref

_KINDS = ("Deployment",)


def declare(parser: Parser) -> None:
    parser.add_argument(
        "names", nargs="+", metavar="NAME CONTAINER=IMAGE", help="the Deployment: deploy/web or web; container=image"
    )
    group = parser.add_argument_group("the canary")
    group.add_argument("--steps", default="1,50%", metavar="STEPS", help="new Pods at each stop, or a share (1,50%%)")
    group.add_argument("--bake", default="60s", metavar="TIME", help="how long they are compared at each stop (60s)")
    group.add_argument("--probe-path", metavar="PATH", help="HTTP path to ask; default: the declared probes")
    group.add_argument("--probe-port", metavar="PORT", help="its port, by number or name; default: as declared")
    group.add_argument(
        "--promote-unknown", action="store_true", help="go on where nothing can be compared; else it stays paused"
    )
    group.add_argument("--cause", default="", metavar="TEXT", help="why, for the rollout history")
    add_flags(parser)
    declare_guard(parser)
    metrics.declare(parser, "what Prometheus knows of new and old Pods")


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    """Plan, show, confirm, apply, and follow it to its end; the exit code of that."""
    steps, bake = parse_steps(args.steps), seconds(args.bake)
    if not bake:
        raise UsageError("--bake must be more than 0", hint="as in: --bake=60s")
    is_dry = args.dry_run != DryRun.NONE
    if args.output in ("yaml", "name") and not is_dry:
        raise UsageError(f"a canary does not tell as {args.output}", hint="use -o json, or leave it out")
    access = resolve(overrides(args), environment.environ, environment.home)
    with Connection(access, read_only=settings.context(access.context).read_only) as connection:
        given, rest = named(args.names)
        target = one_target(args, given, _KINDS, connection)
        wanted = SetImage(target, images(rest), args.cause)
        looked = _Looked(connection, wanted, steps, bake, environment)
        if is_dry:
            return act(looked, args, access, connection, settings, environment).code
        return _released(args, connection, target, looked, settings, environment)


class _Looked:
    """Plans, and remembers from what."""

    def __init__(
        self, connection: Connection, wanted: SetImage, steps: tuple[Step, ...], bake: float, environment: Environment
    ) -> None:
        self.steps = steps
        self.bake = bake
        self.known: Facts | None = None
        self._connection = connection
        self._wanted = wanted
        self._environment = environment

    def __call__(self) -> Plan | Refusal:
        self.known = facts(self._connection, self._wanted, self._environment.now)
        return plan_canary(self._wanted, self.known, self.steps, self.bake)

    def pace(self, args: Arguments) -> Pace:
        """Of what was planned last, which is what was confirmed."""
        if self.known is None:
            raise UsageError("nothing was planned")
        return Pace(
            steps=self.steps,
            bake=self.bake,
            stable=stable_revision(self.known),
            promotes_unknown=args.promote_unknown,
            settle=settle_time(self.known),
        )


def _released(
    args: Arguments,
    connection: Connection,
    target: Ref,
    looked: _Looked,
    settings: Settings,
    environment: Environment,
) -> Exit:
    """The watch begins before the first write: the controller is quick."""
    context = connection.access.context
    told = teller(context, settings, environment, is_json=args.output == "json")
    canary = Canary(
        connection,
        target,
        ordered(args, context, target, environment),
        told,
        Measuring(args, settings.metrics, connection, target, looked.bake, environment),
        now=environment.now,
        journal=journal_of(connection.access, environment),
    )
    with canary:
        acted = act(looked, args, connection.access, connection, settings, environment)
        if acted.applied is None or not acted.applied.is_done:
            return acted.code
        with told:
            report = canary.run(acted.applied, looked.pace(args))
            told.ended(Ended(report))
    return report.exit_code
