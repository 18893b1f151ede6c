"""heal: watch a health endpoint, and act on a Pod that is sick for good, within limits; only told, unless --yes.

A look asks every Pod, a Pod that fails `--retries` looks in a row is abnormal, then the action is taken, and recovery
awaited: as many Pods as desired ready, answering, and registered behind their Service. Actions are in the journal.
"""

from __future__ import annotations

from datetime import datetime
from threading import Event as Pause

import msgspec
from msgspec import Struct

from kubectl_goweb.actions.apply import apply
from kubectl_goweb.actions.plan import Plan, Refusal
from kubectl_goweb.actions.pods import plan_replacement, plan_set_aside
from kubectl_goweb.actions.prepare import prepare
from kubectl_goweb.actions.requests import Undo
from kubectl_goweb.cli.acting import journal_of
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser, overrides
from kubectl_goweb.cli.printing import write
from kubectl_goweb.cli.probing.answering import look_once
from kubectl_goweb.cli.probing.patients import Patients, look
from kubectl_goweb.cli.probing.wishing import WAYS
from kubectl_goweb.cli.targets import one_target
from kubectl_goweb.errors import ApiError, Exit, NotFoundError, UsageError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import resolve
from kubectl_goweb.kube.timeouts import parse_timeout
from kubectl_goweb.objects.text import plain
from kubectl_goweb.probing.healing import Act, Action, HealRules, HealState, Tell, acted, step
from kubectl_goweb.probing.notifying import Channels, Notice, notify
from kubectl_goweb.probing.selecting import Wish
from kubectl_goweb.probing.sending import Sender
from kubectl_goweb.probing.ways import reaches_pods, way_to
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.probes.results import Way
from kubectl_goweb.status.verdicts import Ref

_KINDS = ("Deployment", "StatefulSet", "DaemonSet")
_QUIET = ("failing",)
"""What is printed, but told to nobody else."""


def declare(parser: Parser) -> None:
    parser.add_argument("name", metavar="NAME", help="the workload: deploy/web, sts/db, or web")
    parser.add_argument("--endpoint", metavar="PATH", help="such as /api/health; default: the Pods' readiness probe")
    parser.add_argument("--port", metavar="PORT", help="number or name; default: the readiness probe's")
    parser.add_argument("--interval", metavar="TIME", default="5s", help="between two looks (5s)")
    parser.add_argument("--timeout", metavar="TIME", default="2s", help="for one probe (2s)")
    parser.add_argument("--retries", metavar="N", type=int, default=3, help="failures in a row until abnormal (3)")
    parser.add_argument("--via", choices=tuple(WAYS), help="the way to the Pods")
    act = parser.add_argument_group("what to do about it")
    act.add_argument("--action", choices=tuple(Action), default=Action.NOTIFY.value, help="default: notify")
    act.add_argument("-y", "--yes", action="store_true", help="really do it; without, it is only told")
    act.add_argument("--min-available", metavar="N", type=int, help="ready Pods that must remain")
    act.add_argument("--max-actions", metavar="N", type=int, default=3, help="most actions within --within (3)")
    act.add_argument("--within", metavar="TIME", default="10m", help="see --max-actions (10m)")
    act.add_argument("--back-off", metavar="TIME", default="30s", help="pause after an action, doubling (30s)")
    act.add_argument("--grace", metavar="TIME", default="60s", help="time a new Pod may take to answer (60s)")
    act.add_argument("--recent", metavar="TIME", default="30m", help="an older rollout is not undone (30m)")
    tell = parser.add_argument_group("whom to tell")
    tell.add_argument("--notify-command", metavar="COMMAND", default="", help="run with the JSON on standard input")
    tell.add_argument("--notify-webhook", metavar="URL", default="", help="gets the JSON by POST")
    tell.add_argument("--alertmanager", metavar="URL", default="", help="Alertmanager, by its v2 API")
    parser.add_argument("-o", "--output", choices=("json",), help="a JSON document a line")


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    """Until interrupted."""
    if args.retries < 1 or args.max_actions < 1:
        raise UsageError("--retries and --max-actions are at least 1")
    access = resolve(overrides(args), environment.environ, environment.home)
    read_only = settings.context(access.context).read_only or not args.yes
    with Connection(access, read_only=read_only) as connection:
        target = one_target(args, args.name, _KINDS, connection)
        _Watchdog(args, environment, connection, target).run()
    return Exit.OK


class _Event(Struct, frozen=True):
    event: str
    pod: str
    text: str


class _Watchdog:
    def __init__(self, args: Arguments, environment: Environment, connection: Connection, target: Ref) -> None:
        self._args = args
        self._environment = environment
        self._connection = connection
        self._target = target
        self._action = Action(args.action)
        self._rules = HealRules(
            action=self._action,
            retries=args.retries,
            grace=_seconds(args.grace, "--grace"),
            most_actions=args.max_actions,
            within=_seconds(args.within, "--within"),
            back_off=_seconds(args.back_off, "--back-off"),
            young=_seconds(args.recent, "--recent"),
        )
        self._channels = Channels(args.notify_command, args.notify_webhook, args.alertmanager)
        self._wish = Wish(path=args.endpoint or "", port=args.port or "", timeout=_seconds(args.timeout, "--timeout"))
        self._interval = _seconds(args.interval, "--interval")
        self._sender = Sender(environment.now, connection)
        self._is_direct: bool | None = None
        """Whether Pods are reached by their addresses; None as long as no Pod has told."""
        self._state = HealState()
        self._proposed: set[str] = set()
        self._blind = ""
        self._has_looked = False

    def run(self) -> None:
        dry = "" if self._args.yes or self._action is Action.NOTIFY else " (dry run: --yes to do it)"
        self._say(f"watching {self._target.short} every {self._interval:g} s, action {self._action}{dry}")
        pause = Pause()
        while True:
            try:
                self._look()
                self._sees()
            except NotFoundError:
                raise
            except ApiError as error:
                self._is_blind(error)
            pause.wait(self._interval)

    def _look(self) -> None:
        patients = look(self._connection, self._target, self._wish, self._args.min_available, self._environment.now)
        if self._is_direct is None and not self._args.via:
            self._is_direct = reaches_pods(patients.targets.values(), self._sender)
        asked = WAYS[self._args.via] if self._args.via else None
        by_pod = patients.targets
        took = {one.key: way_to(one, asked=asked, is_direct=self._is_direct is True) for one in by_pod.values()}
        results = look_once(self._sender, tuple(by_pod.values()), took, 1) if by_pod else {}
        observed = patients.observed({name: results[one.key] for name, one in by_pod.items()}, self._environment.now())
        if not self._has_looked:
            self._has_looked = True
            well = sum(one.success is True for one in results.values())
            by = sorted("directly" if way is Way.DIRECT else f"by {way}" for way in set(took.values()))
            self._say(f"{well} of {len(by_pod)} Pods answer" + (f", asked {' and '.join(by)}" if by else ""))
        self._state, orders = step(self._state, observed, self._rules)
        for order in orders:
            if isinstance(order, Tell):
                self._tell(_Event(order.event, order.pod, order.text))
            else:
                self._act(order, patients)

    def _act(self, order: Act, patients: Patients) -> None:
        """Plan and apply; what stands in the way is told, and tried again at a later look."""
        planned = self._plan(order, patients)
        now = self._environment.now()
        if isinstance(planned, Refusal):
            self._hold(order, f"{plain(planned.why)}", now)
        elif not self._args.yes:
            self._state = acted(self._state, order.pod, now, "dry run")
            if order.pod not in self._proposed:
                self._proposed.add(order.pod)
                self._tell(_Event("would-act", order.pod, f"would {planned.sentence}: {planned.kubectl}"))
        else:
            try:
                done = apply(
                    planned,
                    self._connection,
                    journal=journal_of(self._connection.access, self._environment),
                    now=self._environment.now,
                )
            except ApiError as error:
                self._hold(order, error.sentence, now)
                return
            self._state = acted(self._state, order.pod, self._environment.now())
            entry = f", journal entry {done.entry.id}" if done.entry else f", not written down: {done.unrecorded}"
            self._tell(_Event("acted", order.pod, f"{planned.sentence}: {planned.done}{entry}"))

    def _plan(self, order: Act, patients: Patients) -> Plan | Refusal:
        context = self._connection.access.context
        pod = patients.pods[order.pod]
        match order.action:
            case Action.SHIFT:
                return plan_set_aside(pod, patients.services, context, order.why)
            case Action.UNDO:
                return prepare(self._connection, Undo(self._target), self._environment.now)
            case _:
                return plan_replacement(pod, context)

    def _hold(self, order: Act, why: str, now: datetime) -> None:
        known = self._state.incidents[order.pod].held
        self._state = acted(self._state, order.pod, now, why)
        if why != known:
            self._tell(_Event("held", order.pod, f"{order.action} could not be done: {why}"))

    def _tell(self, event: _Event) -> None:
        now = self._environment.now()
        notice = Notice(
            event.event,
            self._connection.access.context,
            self._target.namespace,
            self._target.short,
            event.pod,
            self._action,
            event.text,
            now,
            dry_run=not self._args.yes,
        )
        if self._args.output == "json":
            write(self._environment.stdout, msgspec.json.encode(notice).decode() + "\n")
        else:
            line = f"{now.astimezone():%H:%M:%S} {event.event:13} pod/{event.pod}: {plain(event.text)}\n"
            write(self._environment.stdout, line)
        if event.event not in _QUIET:
            for trouble in notify(notice, self._channels):
                self._say(f"not notified: {trouble}")

    def _is_blind(self, error: ApiError) -> None:
        """The cluster cannot be seen: nothing is concluded and nothing done; told once."""
        if error.sentence != self._blind:
            self._blind = error.sentence
            self._say(f"blind, doing nothing: {error.sentence}")

    def _sees(self) -> None:
        if self._blind:
            self._blind = ""
            self._say("seeing again")

    def _say(self, sentence: str) -> None:
        write(self._environment.stderr, f"goweb: {sentence}\n")


def _seconds(text: str, flag: str) -> float:
    seconds = parse_timeout(text)
    if seconds is None:
        raise UsageError(f"{flag} cannot be 0", hint="write it as 5s")
    return seconds
