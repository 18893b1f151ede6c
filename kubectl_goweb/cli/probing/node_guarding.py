"""`nodes --guard`: nodes that are not well are taken out of service, and back when they are, within limits; only told,
unless --yes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from threading import Event

from kubectl_goweb.actions.apply import apply
from kubectl_goweb.actions.nodes.reading import simulated
from kubectl_goweb.actions.plan import Plan
from kubectl_goweb.actions.prepare import prepare
from kubectl_goweb.actions.requests import Isolate, NodeRequest, Rejoin
from kubectl_goweb.cli.acting import journal_of
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments
from kubectl_goweb.cli.printing import write
from kubectl_goweb.errors import ApiError, Exit, UsageError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.timeouts import parse_timeout
from kubectl_goweb.objects import Node
from kubectl_goweb.objects.text import plain
from kubectl_goweb.probing.node_guard import MARK, Back, GuardRules, GuardState, Held, Out, SeenNode, step
from kubectl_goweb.status.evacuation.flags import Flags
from kubectl_goweb.status.isolation import isolation
from kubectl_goweb.status.node_report import NodeReport
from kubectl_goweb.status.verdicts import Ref, Verdict

_EVERYTHING = Flags(ignore_daemonsets=True, delete_emptydir_data=True, force=True)
_SHOWN = 8
"""Pods of a node that are told of."""
Looks = Callable[[], tuple[dict[str, Node], Iterable[NodeReport]]]
"""One look: every node, and the reports about them. ApiError when the cluster cannot be seen."""


def rules(args: Arguments) -> GuardRules:
    """UsageError for what cannot be meant."""
    if not 0 < args.most <= 100:
        raise UsageError("--most is a percentage of all nodes", hint="write it as 25")
    return GuardRules(_seconds(args.patience, "--patience"), _seconds(args.quiet, "--quiet"), args.most / 100)


def guard(args: Arguments, environment: Environment, connection: Connection, look: Looks) -> Exit:
    """Until interrupted."""
    limits, interval = rules(args), _seconds(args.interval, "--interval")
    dry = "" if args.yes else " (dry run: --yes to do it)"
    write(environment.stderr, f"goweb: guarding nodes every {interval:g} s{dry}\n")
    state, blind, pause = GuardState(), "", Event()
    told: set[str] = set()
    foreseen: set[str] = set()
    while True:
        try:
            nodes, reports = look()
            blind = ""
        except ApiError as error:
            if error.sentence != blind:
                blind = error.sentence
                write(environment.stderr, f"goweb: blind, doing nothing: {error.sentence}\n")
            pause.wait(interval)
            continue
        seen = {one.node.name: _seen(nodes[one.node.name], one) for one in reports}
        state, orders = step(state, seen, environment.now(), limits, args.names)
        for order in orders:
            if isinstance(order, Out) and order.node not in foreseen:
                foreseen.add(order.node)
                for line in _foreseen(order.node, args, environment, connection):
                    write(environment.stdout, f"{'':22}{line}\n")
            line = _done(order, args, environment, connection)
            if line not in told:
                write(environment.stdout, f"{environment.now().astimezone():%H:%M:%S} {line}\n")
            told = {*told, line} if "could not" in line or "would" in line else told
        pause.wait(interval)


def _seen(node: Node, report: NodeReport) -> SeenNode:
    """A node that does not report is not well: nothing should be sent there."""
    mark = isolation(node.metadata.annotations.isolated)
    is_well = report.verdict in (Verdict.HEALTHY, Verdict.PAUSED)
    is_ours = mark is not None and mark.reason.startswith(MARK)
    return SeenNode(is_well, "; ".join(report.reasons), node.spec.unschedulable, is_ours)


def _done(order: Out | Back | Held, args: Arguments, environment: Environment, connection: Connection) -> str:
    """Plan and apply; what was done, in a line that stays the same while nothing changes."""
    ref = Ref("Node", order.node)
    request: NodeRequest
    match order:
        case Held():
            return f"held         {order.node}: {plain(order.why)}"
        case Out():
            request = Isolate(ref, f"{MARK}{plain(order.why, 150)}", args.taint or "")
        case Back():
            request = Rejoin(ref)
    try:
        planned = prepare(connection, request, environment.now)
        if not isinstance(planned, Plan):
            return f"could not    {planned.verb} {order.node}: {plain(planned.why)}"
        if not args.yes:
            return f"would        {planned.sentence}: {planned.kubectl}"
        done = apply(planned, connection, journal=journal_of(connection.access, environment), now=environment.now)
    except ApiError as error:
        return f"could not    change {order.node}: {plain(error.sentence)}"
    entry = f", journal entry {done.entry.id}" if done.entry else ""
    return f"{planned.done:12} {order.node}: {plain(order.why)}{entry}"


def _foreseen(node: str, args: Arguments, environment: Environment, connection: Connection) -> Iterator[str]:
    """What would move where, told before a node is taken out: at once with NoExecute, else if somebody drains it."""
    try:
        told = simulated(connection, node, _EVERYTHING, environment.now)
    except ApiError as error:
        yield f"what would become of its Pods could not be played through: {plain(error.sentence)}"
        return
    when = "its Pods end at once" if args.taint == "NoExecute" else "its Pods stay; were it drained"
    yield f"{when}: {told.sentence}"
    for move in told.moves[:_SHOWN]:
        yield f"  {plain(move.pod)} {plain(f'to {move.to}' if move.to else f'{move.outcome}: {move.why}')}"
    if len(told.moves) > _SHOWN:
        yield f"  and {len(told.moves) - _SHOWN} more: kubectl goweb drain {node} --simulate"


def _seconds(text: str, flag: str) -> float:
    seconds = parse_timeout(text)
    if seconds is None:
        raise UsageError(f"{flag} cannot be 0", hint="write it as 60s")
    return seconds
