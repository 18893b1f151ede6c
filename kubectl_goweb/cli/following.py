"""`status --watch` and `status --wait`: the same answer, again and again, from watches instead of lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from msgspec import structs

from kubectl_goweb import tables
from kubectl_goweb.cli import documents
from kubectl_goweb.cli.answering import answer, closer, exit_code, render
from kubectl_goweb.cli.environment import Environment, columns, rows
from kubectl_goweb.cli.looking import WORKLOADS, Look, asks, missing, only
from kubectl_goweb.cli.options import Arguments
from kubectl_goweb.cli.printing import Paper, cut, lines, paper, write
from kubectl_goweb.errors import Exit, WaitTimeoutError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.store import Store
from kubectl_goweb.kube.timeouts import parse_timeout
from kubectl_goweb.kube.watching import Watching
from kubectl_goweb.objects import Feed, FeedState, Kind, Snapshot
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.overview import Overview, overview
from kubectl_goweb.status.verdicts import Verdict
from kubectl_goweb.status.workloads import Workload

_TICK = 1.0
"""Seconds after which ages are shown anew although nothing has changed."""
_CLEAR = "\x1b[H\x1b[J"


def follow(args: Arguments, want: Look, connection: Connection, settings: Settings, environment: Environment) -> Exit:
    """Tell until interrupted; with --wait until every workload is done or has failed, or the time is up."""
    limit = parse_timeout(args.timeout) if args.timeout is not None else None
    deadline = environment.now() + timedelta(seconds=limit) if limit is not None else None
    store = Store(want.namespace)
    watching = Watching(connection, asks(connection, want, environment.now), store)
    watching.start()
    teller = _teller(args, want, connection.access.context, settings, environment)
    try:
        changes = store.changes()
        while True:
            found = changes.next(_patience(deadline, environment.now)) or store.snapshot()
            found = only(found, want.names)
            told = overview(found, environment.now(), asked=args.revision)
            if _is_here(found):
                teller(told, found)
                if args.wait and _is_settled(told, found, want):
                    if want.names:
                        found, told = closer(connection, found, told, args, environment.now)
                    return _conclude(args, want, found, told, connection, settings, environment)
            if deadline is not None and environment.now() >= deadline:
                _conclude(args, want, found, told, connection, settings, environment)
                raise WaitTimeoutError(
                    f"not done after {args.timeout}: {_unfinished(told)}", hint="look again, or wait longer: --timeout"
                )
    finally:
        watching.close()
        store.close()


def _patience(deadline: datetime | None, now: Callable[[], datetime]) -> float:
    return _TICK if deadline is None else max(0.0, min(_TICK, (deadline - now()).total_seconds()))


def _is_here(found: Snapshot) -> bool:
    """Every list was answered, one way or the other."""
    return all(feed.state is not FeedState.LISTING for feed in found.feeds.values())


def _is_settled(told: Overview, found: Snapshot, want: Look) -> bool:
    """Waiting longer would change nothing: done, failed, held back, not there, or not to be seen."""
    if missing(found, want.names):
        return True
    if any(feed.state is FeedState.DENIED for kind, feed in found.feeds.items() if kind in WORKLOADS):
        return True
    moving = (Verdict.PROGRESSING, Verdict.UNKNOWN)
    return told.verdict is not Verdict.UNKNOWN and all(one.verdict not in moving for one in told.workloads)


def _unfinished(told: Overview) -> str:
    names = [one.ref.short for one in told.workloads if one.verdict in (Verdict.PROGRESSING, Verdict.UNKNOWN)]
    return ", ".join(names) or str(told.verdict)


def _conclude(
    args: Arguments,
    want: Look,
    found: Snapshot,
    told: Overview,
    connection: Connection,
    settings: Settings,
    environment: Environment,
) -> Exit:
    if args.watch:  # it was told already
        return exit_code(told, has_missing=bool(missing(found, want.names)))
    return answer(args, want, found, told, connection.access.context, settings, environment)


Teller = Callable[[Overview, Snapshot], None]


def _teller(args: Arguments, want: Look, context: str, settings: Settings, environment: Environment) -> Teller:
    """How each state is told: repainted in a terminal, else a line a change; while only waiting, on standard error."""
    stream = environment.stdout if args.watch else environment.stderr
    on = paper(stream, environment.environ, settings)
    if args.output in ("json", "yaml", "name") and not args.watch:
        return lambda told, found: None
    if args.output == "json":
        return _documents(environment, want, context)
    if args.watch and stream.isatty():
        return _repainting(args, environment, settings, context)
    return _line_by_line(args, environment, on, to_stderr=not args.watch)


def _documents(environment: Environment, want: Look, context: str) -> Teller:
    """A JSON document a line, whenever something but the time has changed."""
    last: Overview | None = None

    def tell(told: Overview, found: Snapshot) -> None:
        nonlocal last
        if last is None or structs.replace(last, at=told.at) != told:
            code = exit_code(told, has_missing=bool(missing(found, want.names)))
            document = documents.status_document(told, context, code)
            write(environment.stdout, documents.as_json(document, indent=False))
        last = told

    return tell


def _repainting(args: Arguments, environment: Environment, settings: Settings, context: str) -> Teller:
    """As much of the answer as the terminal has room for at this moment: what scrolls away cannot be cleared."""

    def tell(told: Overview, found: Snapshot) -> None:
        on = paper(environment.stdout, environment.environ, settings)
        at = told.at.astimezone().strftime("%H:%M:%S")
        text = f"{at}  {_feed_line(found)}\n{render(args, told, found, on, Exit.OK, context)}"
        width = columns(environment.stdout, environment.environ)
        room = rows(environment.stdout, environment.environ) - 1  # the cursor's own row
        write(environment.stdout, _CLEAR + cut(text, room, width))

    return tell


def _feed_line(found: Snapshot) -> str:
    return (
        "; ".join(_said(kind, feed) for kind, feed in found.feeds.items() if feed.state is not FeedState.LIVE) or "live"
    )


def _said(kind: Kind, feed: Feed) -> str:
    plural = kind.resource.plural
    if feed.state is FeedState.POLLED:
        return f"{plural} listed every half minute: {feed.why}"
    return f"{plural} {feed.state} since {feed.since.astimezone():%H:%M:%S}: {feed.why}"


def _line_by_line(args: Arguments, environment: Environment, on: Paper, *, to_stderr: bool) -> Teller:
    """The rows that have changed, apart from their ages; the titles once."""
    stream = environment.stderr if to_stderr else environment.stdout
    known: dict[str, tuple[object, ...]] = {}
    state = "live"
    titles = not args.no_headers and not to_stderr

    def tell(told: Overview, found: Snapshot) -> None:
        nonlocal titles, state
        changed = []
        for one in told.workloads:
            key, gist = one.ref.key, _gist(one)
            if known.get(key) != gist:
                changed.append(one)
            known[key] = gist
        if changed:
            table = tables.workloads(changed, told.at, signs=on.signs)
            write(stream, _joined(lines(table, on, wide=args.output == "wide", headers=titles)))
            titles = False
        if _feed_line(found) != state:
            state = _feed_line(found)
            write(environment.stderr, f"goweb: {state}\n")

    return tell


def _joined(printed: Iterable[str]) -> str:
    return "".join(line + "\n" for line in printed)


def _gist(one: Workload) -> tuple[object, ...]:
    """What makes a row another one: everything but how long ago things were."""
    return (one.verdict, one.why, one.counts, one.rollout.phase, one.rollout.revision, one.images, one.restarts)
