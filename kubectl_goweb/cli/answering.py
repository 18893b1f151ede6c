"""What `status` answers: how deep it looks, what is printed, and the exit code."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from kubectl_goweb import tables
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.looking import Look, missing
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.cli.printing import Paper, lines, paper, write
from kubectl_goweb.errors import Exit
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.objects import FeedState, Kind, Snapshot
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.overview import Overview, overview

_BUDGET, _DEEP = 2.0, 15.0
"""Seconds in which suspects are looked into."""


def how_deep(parser: Parser) -> None:
    """How much may be asked about what is wrong."""
    depth = parser.add_mutually_exclusive_group()
    depth.add_argument("--quick", action="store_true", help="ask for nothing but the lists: no logs, no templates")
    depth.add_argument("--deep", action="store_true", help="take 15 s instead of 2 s to look into what is wrong")


def answer(
    args: Arguments,
    want: Look,
    found: Snapshot,
    told: Overview,
    context: str,
    settings: Settings,
    environment: Environment,
) -> Exit:
    """Print the answer; the exit code."""
    code = exit_code(told, has_missing=bool(missing(found, want.names)))
    on = paper(environment.stdout, environment.environ, settings)
    write(environment.stdout, render(args, told, found, on, code, context))
    for sentence in _narration(args, told, found, want):
        write(environment.stderr, sentence + "\n")
    return code


def exit_code(told: Overview, *, has_missing: bool) -> Exit:
    """The verdict's code; a workload that is not there counts as failing."""
    if has_missing and told.exit_code in (Exit.OK, Exit.PROGRESSING):
        return Exit.FAILING
    return told.exit_code


_FRONTS = {
    **dict.fromkeys(("ing", "ingress", "ingresses"), Kind.INGRESS),
    **dict.fromkeys(("svc", "service", "services"), Kind.SERVICE),
}
"""Of which more is asked when they are named: what it costs is then meant."""


def closer(
    connection: Connection, found: Snapshot, told: Overview, args: Arguments, now: Callable[[], datetime]
) -> tuple[Snapshot, Overview]:
    """The same with what could be learnt about suspects: logs, templates, what they name."""
    budget = 0.0 if args.quick else _DEEP if args.deep else _BUDGET
    is_ill = told.findings or found.ingresses or told.exit_code is not Exit.OK
    # Policies may cut off what is well, and a namespace without workloads may be one that should be gone.
    is_open = Kind.NETWORK_POLICY in found.feeds and not found.network_policies and told.workloads
    given = [name.rpartition("/") for name in getattr(args, "names", ())] if Kind.INGRESS in found.feeds else []
    names = {name for _, _, name in given}
    fronts = {(front, name) for kind, _, name in given if (front := _FRONTS.get(kind.lower().partition(".")[0]))}
    if not budget or (is_open and not is_ill and not names):
        return found, told
    from kubectl_goweb.kube.investigating import investigate  # only where something is wrong
    from kubectl_goweb.objects.wants import Want
    from kubectl_goweb.status.diagnosis.wants import SUSPECTS, configured, wants

    asked = getattr(args, "revision", None)
    suspects, most = (10 * SUSPECTS, 1000) if args.deep else (SUSPECTS, 60)

    def wanted(known: Snapshot) -> tuple[Want, ...]:
        return wants(known, overview(known, now(), asked=asked), suspects=suspects, deep=args.deep, fronts=fronts)

    named = [one for one in told.workloads if one.ref.name in names]
    if named:  # what is asked about comes before what is only suspected
        found = investigate(connection, found, lambda seen: configured(seen, named), now, budget=budget, most=most)
    known = investigate(connection, found, wanted, now, budget=budget, most=most)
    return known, overview(known, now(), asked=asked)


def render(args: Arguments, told: Overview, found: Snapshot, on: Paper, code: Exit, context: str) -> str:
    """The answer in the format asked for."""
    match args.output:
        case "json" | "yaml":
            from kubectl_goweb.cli import documents  # not needed for the one-liner, which must be quick

            document = documents.status_document(told, context, code)
            return documents.as_json(document) if args.output == "json" else documents.as_yaml(document)
        case "name":
            return "".join(f"{one.ref.kind.lower()}.apps/{one.ref.name}\n" for one in told.workloads)
        case _:
            return "".join(line + "\n" for line in _text(args, told, found, on))


def _text(args: Arguments, told: Overview, found: Snapshot, on: Paper) -> Iterable[str]:
    if args.names and args.output is None:
        from kubectl_goweb.cli.detail import detail  # not needed for the one-liner

        feeds = (found.feeds.get(kind) for kind in (Kind.SERVICE, Kind.ENDPOINT_SLICE))
        sees_services = all(feed is not None and feed.state.is_current for feed in feeds)
        for number, one in enumerate(told.workloads):
            if number:
                yield ""
            walls = [f for f in told.findings if f.object.kind == Kind.NETWORK_POLICY and one.ref in f.related]
            yield from detail(one, told.nodes, told.at, on, walls, sees_services=sees_services)
    elif told.workloads:
        table = tables.workloads(told.workloads, told.at, signs=on.signs)
        yield from lines(table, on, wide=args.output == "wide", headers=not args.no_headers)


def _narration(args: Arguments, told: Overview, found: Snapshot, want: Look) -> Iterable[str]:
    """What standard error is told: what is not there, and what could not be seen."""
    where = f"in namespace {want.namespace}" if want.namespace else "in any namespace"
    for name in missing(found, want.names):
        yield f"goweb: no workload {name.given!r} {where}"
    if not told.workloads and not want.names and not told.gaps:
        yield f"goweb: no workloads found {where}"
    if args.output not in ("json", "yaml"):
        for gap in told.gaps:
            what = "not watched" if gap.state == FeedState.POLLED else "not seen"
            yield f"goweb: {what}: {gap.part}: {gap.state}: {gap.why}"
