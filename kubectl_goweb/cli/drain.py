"""`kubectl goweb drain`: move every Pod off a node, simulated first, through the eviction API, held up by name."""

from __future__ import annotations

from kubectl_goweb.actions import requests
from kubectl_goweb.actions.apply import DryRun
from kubectl_goweb.actions.nodes.drained import Drained, Ending, Orders, Step
from kubectl_goweb.actions.nodes.evicting import Evicting
from kubectl_goweb.actions.nodes.reading import simulated
from kubectl_goweb.actions.plan import Plan
from kubectl_goweb.actions.prepare import prepare
from kubectl_goweb.cli.acting import Acted, act, add_flags
from kubectl_goweb.cli.drain_showing import teller
from kubectl_goweb.cli.drain_telling import drained_lines, simulation_text
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.nodes import node_named
from kubectl_goweb.cli.options import Arguments, Parser, overrides
from kubectl_goweb.cli.printing import paper, write
from kubectl_goweb.errors import Exit, GowebError, UsageError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import resolve
from kubectl_goweb.kube.timeouts import parse_timeout
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.evacuation.flags import Flags

_OUTPUTS_NOTHING_ELSE = ("json", "yaml", "name")


def declare(parser: Parser) -> None:
    """kubectl's flags, and what kubectl has not."""
    parser.add_argument("node", metavar="NODE", help="the node: node-1, or node/node-1")
    parser.add_argument(
        "--simulate", action="store_true", help="only tell what would become of every Pod; writes nothing"
    )
    parser.add_argument("--ignore-daemonsets", action="store_true", help="leave Pods of DaemonSets where they are")
    parser.add_argument("--delete-emptydir-data", action="store_true", help="even Pods whose local data will be lost")
    parser.add_argument("--force", action="store_true", help="even Pods that nothing brings back")
    parser.add_argument("--pod-selector", default="", metavar="LABELS", help="only Pods with these labels")
    parser.add_argument(
        "--grace-period", type=int, default=-1, metavar="SECONDS", help="for Pods to end; -1: as each of them says"
    )
    parser.add_argument(
        "--timeout", default="0", metavar="TIME", help="longest time for all of it, such as 5m; 0: none"
    )
    parser.add_argument(
        "--skip-wait-for-delete-timeout",
        type=int,
        default=0,
        metavar="SECONDS",
        help="leave Pods alone that are being deleted for longer; 0: none",
    )
    parser.add_argument(
        "--uncordon-on-failure", action="store_true", help="take the node back when it cannot be drained (rejoin)"
    )
    parser.add_argument("--reason", default="", metavar="TEXT", help="why; it stands on the node for everybody to see")
    add_flags(parser)


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    """Simulate, show, confirm, cordon, evict, wait."""
    timeout = parse_timeout(args.timeout)
    if args.skip_wait_for_delete_timeout < 0:
        raise UsageError("--skip-wait-for-delete-timeout cannot be negative")
    access = resolve(overrides(args), environment.environ, environment.home)
    with Connection(access, read_only=settings.context(access.context).read_only) as connection:
        wanted = request(args)
        if args.simulate:
            return _simulate(args, wanted, connection, settings, environment)
        acted = act(
            lambda: prepare(connection, wanted, environment.now), args, access, connection, settings, environment
        )
        if acted.applied is None or acted.applied.dry_run is DryRun.CLIENT or acted.applied.plan.is_nothing:
            return acted.code
        return _Draining(args, wanted, connection, settings, environment).run(acted, timeout)


def request(args: Arguments) -> requests.Drain:
    """What the command line asks for."""
    flags = Flags(args.ignore_daemonsets, args.delete_emptydir_data, args.force, args.skip_wait_for_delete_timeout)
    return requests.Drain(node_named(args.node), flags, args.pod_selector, args.grace_period, args.reason)


def _simulate(
    args: Arguments, wanted: requests.Drain, connection: Connection, settings: Settings, environment: Environment
) -> Exit:
    """Tell what would happen: 0 when every Pod comes back elsewhere, 4 when a flag is missing, else 1."""
    name = wanted.target.name
    connection.get(f"/api/v1/nodes/{name}")  # a node that is not there has no Pods either, and must not look drained
    told = simulated(connection, name, wanted.flags, environment.now, wanted.pod_selector)
    on = paper(environment.stdout, environment.environ, settings)
    write(environment.stdout, simulation_text(told, connection.access.context, args.output, on))
    if told.refused:
        return Exit.REFUSED
    return Exit.OK if told.is_clean else Exit.FAILING


class _Draining:
    """The evictions after the cordon."""

    def __init__(
        self,
        args: Arguments,
        wanted: requests.Drain,
        connection: Connection,
        settings: Settings,
        environment: Environment,
    ) -> None:
        self._args = args
        self._wanted = wanted
        self._connection = connection
        self._settings = settings
        self._environment = environment
        self._name = wanted.target.name

    def run(self, acted: Acted, timeout: float | None) -> Exit:
        """The exit code: 0 drained, 6 when the time was over, 4 when an eviction was refused; KeyboardInterrupt."""
        applied = acted.applied
        if applied is None:
            return acted.code
        plan, is_dry = applied.plan, applied.dry_run is DryRun.SERVER
        told = teller(self._args.output, self._settings, self._environment, len(plan.evictions), is_dry=is_dry)
        orders = Orders(timeout, self._wanted.grace_period, dry_run=is_dry)
        evicting = Evicting(self._connection, self._wanted, orders, told.happened, self._environment.now)
        try:
            with told:
                drained = evicting.run()
        except KeyboardInterrupt:
            count = len(evicting.gone()) + len(evicting.left())
            self._say(f"left as it is: {len(evicting.gone())} of {count} Pods are gone")
            self._say(self._way_back(plan))
            raise
        except GowebError:
            self._after_failure(plan, is_dry=is_dry)
            raise
        write(self._environment.stdout, "".join(drained_lines(drained, self._name, self._args.output, is_dry=is_dry)))
        if drained.ending is Ending.DONE:
            return Exit.OK
        self._tell_failure(drained, plan, is_dry=is_dry)
        if any(one.step is Step.FAILED for one in drained.left):
            return Exit.REFUSED
        return Exit.TIMEOUT if drained.ending is Ending.TIMEOUT else Exit.FAILING

    def _tell_failure(self, drained: Drained, plan: Plan, *, is_dry: bool) -> None:
        count = len(drained.left)
        what = f"{count} Pod is" if count == 1 else f"{count} Pods are"
        why = f"after {drained.seconds:.0f} s" if drained.ending is Ending.TIMEOUT else "because it was refused"
        self._say(f"node {self._name} is not drained: {what} left {why}:")
        for one in drained.left:
            self._say(f"  {one.pod}: {one.step}{': ' + one.why if one.why else ''}")
        self._after_failure(plan, is_dry=is_dry)

    def _after_failure(self, plan: Plan, *, is_dry: bool) -> None:
        """Take the node back when that was asked for, else say how."""
        if is_dry:
            return
        if self._args.uncordon_on_failure and plan.writes:
            self._rejoin()
        else:
            self._say(self._way_back(plan))

    def _way_back(self, plan: Plan) -> str:
        if not plan.writes:
            return f"node {self._name} stays cordoned, as it was before"
        return f"node {self._name} stays out of service; to take it back: kubectl goweb rejoin {self._name}"

    def _rejoin(self) -> None:
        """Take back the cordon of this drain; what was evicted stays evicted."""
        from kubectl_goweb.actions.apply import apply
        from kubectl_goweb.cli.acting import journal_of

        planned = prepare(self._connection, requests.Rejoin(self._wanted.target), self._environment.now)
        if not isinstance(planned, Plan):
            self._say(f"not taken back: {planned.why}")
            return
        journal = journal_of(self._connection.access, self._environment)
        apply(planned, self._connection, journal=journal, now=self._environment.now)
        self._say(f"node {self._name} is back in service (--uncordon-on-failure)")

    def _say(self, sentence: str) -> None:
        write(self._environment.stderr, f"goweb: {sentence}\n")
