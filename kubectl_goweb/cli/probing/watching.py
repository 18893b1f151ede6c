"""`probe -w`: every target again and again, with its history; new Pods join, old ones leave."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from msgspec import structs

from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments
from kubectl_goweb.cli.printing import Paper, lines, paper, write
from kubectl_goweb.cli.probing import naming
from kubectl_goweb.cli.probing.answering import looked, reported
from kubectl_goweb.cli.probing.metrics import Measured, queries
from kubectl_goweb.cli.probing.wishing import way
from kubectl_goweb.errors import ApiError, Exit, UsageError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.timeouts import parse_timeout
from kubectl_goweb.objects import Snapshot
from kubectl_goweb.probing.prober import Assignment, Prober, ProberSnapshot
from kubectl_goweb.probing.sending import Sender
from kubectl_goweb.probing.service_queries import SERVICE_QUERIES
from kubectl_goweb.probing.ways import ways
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.probes.report import ProbeReport, history_facts
from kubectl_goweb.status.probes.results import Way
from kubectl_goweb.tables.probes import milliseconds, watched_probes
from kubectl_goweb.tables.service_metrics import service_metrics

_LOOK_AGAIN = 5.0
"""Seconds after which the cluster is asked for new Pods and the kubelets' words."""
_ASK_AGAIN = 15.0
"""Seconds after which Prometheus is asked again: it scrapes no more often, as a rule."""
_REPAINT = 1.0
_CLEAR = "\x1b[H\x1b[J"


class Watched:
    """The targets as the cluster changes, probed all the time."""

    def __init__(
        self,
        args: Arguments,
        environment: Environment,
        names: Sequence[naming.Named],
        sender: Sender,
        connection: Connection | None,
    ) -> None:
        self._args = args
        self.environment = environment
        self._names = names
        self._connection = connection
        self._ways: dict[str, Way] = {}
        self.seen = Snapshot()
        self.stale = ""
        """Why the cluster could not be looked at again; empty when it could."""
        self._looked_at = environment.now()
        self._sender = sender
        self.prober = Prober(sender, interval=interval(args))

    def look(self) -> None:
        """See what is there, and probe that; what was seen before stays when the cluster cannot be asked."""
        self._looked_at = self.environment.now()
        try:
            self.seen, found = looked(self._args, self.environment, self._names, self._connection)
        except ApiError as error:
            self.stale = error.sentence
            return
        self.stale = ""
        fresh = [target for target in found.targets if target.key not in self._ways]
        self._ways.update(ways(fresh, way(self._args), self._sender))
        self.prober.probe({target.key: Assignment(target, self._ways[target.key]) for target in found.targets})

    def look_again(self) -> None:
        """When it is time to."""
        if (self.environment.now() - self._looked_at).total_seconds() >= _LOOK_AGAIN:
            self.look()

    def reports(self, known: ProberSnapshot) -> tuple[ProbeReport, ...]:
        """What is known of every target, in the order in which they were found."""
        targets = [one.target for one in known.assignments.values()]
        results = {key: history.last for key, history in known.histories.items() if history.last is not None}
        told = reported(self.seen, targets, results, self.environment.now())
        return tuple(structs.replace(one, history=history_facts(known.histories[one.target])) for one in told)


class Meter:
    """What Prometheus knows of the services, asked anew now and then by a thread of its own."""

    def __init__(self, ask: Callable[[], Measured], pause: float = _ASK_AGAIN) -> None:
        """`ask` raises nothing; `pause` is in seconds."""
        self.known = Measured()
        """As of the last answer."""
        self._ask = ask
        self._pause = pause
        self._over = threading.Event()
        threading.Thread(target=self._run, name="metrics", daemon=True).start()

    def close(self) -> None:
        self._over.set()

    def _run(self) -> None:
        while not self._over.is_set():
            self.known = self._ask()
            self._over.wait(self._pause)


def interval(args: Arguments) -> float:
    seconds = parse_timeout(args.interval)
    if seconds is None:
        raise UsageError("--interval cannot be 0", hint="write it as 5s")
    return seconds


def watch(
    args: Arguments,
    settings: Settings,
    environment: Environment,
    names: Sequence[naming.Named],
    sender: Sender,
    connection: Connection | None,
) -> Exit:
    """Until interrupted: repainted in a terminal; a JSON result a line, or a line a result, for other readers."""
    watched = Watched(args, environment, names, sender, connection)
    on = paper(environment.stdout, environment.environ, settings)
    told: dict[str, datetime] = {}
    version = -1
    is_painted = environment.stdout.isatty() and args.output is None
    meter: Meter | None = None
    try:
        watched.look()
        if is_painted and connection is not None and names and not args.no_metrics:
            meter = _meter(args, settings, environment, names, watched, connection)
        while True:
            watched.prober.wait(version, _REPAINT)
            watched.look_again()
            known = watched.prober.snapshot()
            if is_painted:
                write(environment.stdout, _painted(watched, known, on, args, meter.known if meter else Measured()))
            elif known.version != version:
                _tell_new(args, environment, watched, known, told)
            version = known.version
    finally:
        watched.prober.close()
        if meter is not None:
            meter.close()


def _meter(
    args: Arguments,
    settings: Settings,
    environment: Environment,
    names: Sequence[naming.Named],
    watched: Watched,
    connection: Connection,
) -> Meter:
    """SettingsError for a query that nobody asks for."""
    from kubectl_goweb.cli.probing.measuring import measure  # loads the Prometheus client

    queries(SERVICE_QUERIES, settings.metrics)  # told now, and not in the thread
    return Meter(lambda: measure(args, settings.metrics, environment, names, watched.seen, connection))


def _painted(watched: Watched, known: ProberSnapshot, on: Paper, args: Arguments, measured: Measured) -> str:
    reports = watched.reports(known)
    now = watched.environment.now()
    failing = sum(1 for one in reports if one.result is not None and one.result.success is False)
    state = f"not seen anew: {watched.stale}" if watched.stale else f"{len(reports)} targets, {failing} failing"
    late = f", {known.missed} turns missed" if known.missed else ""
    table = watched_probes(reports, known.histories, now, signs=on.signs, bars=30)
    told = [*lines(table, on, headers=not args.no_headers)]
    if measured.services:
        told += ["", *lines(service_metrics(measured.services), on, headers=not args.no_headers)]
    elif measured.is_expected:
        told += ["", *(f"not seen: {gap.part}: {gap.why}" for gap in measured.gaps)]
    body = "".join(f"{line}\n" for line in told)
    return f"{_CLEAR}{now.astimezone():%H:%M:%S}  every {args.interval}: {state}{late}\n{body}"


def _tell_new(
    args: Arguments, environment: Environment, watched: Watched, known: ProberSnapshot, told: dict[str, datetime]
) -> None:
    """Results that were not told yet."""
    for one in watched.reports(known):
        if one.result is None or told.get(one.target) == one.result.at:
            continue
        told[one.target] = one.result.at
        if args.output == "json":
            write(environment.stdout, msgspec.json.encode(one).decode() + "\n")
        else:
            result = one.result
            said = f"{result.at:%H:%M:%S} {one.target} {result.reason} {milliseconds(result.durations.total)}"
            write(environment.stdout, f"{said} {result.way} {result.detail}".rstrip() + "\n")
