"""probe: ask workloads, Pods, Services, Ingresses and URLs as their kubelet would, beside what the kubelet says."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_goweb.cli.documents import as_json
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser, overrides
from kubectl_goweb.cli.printing import lines, paper, waiting, write
from kubectl_goweb.cli.probing import metrics, naming
from kubectl_goweb.cli.probing.answering import counted, look_once, looked, reported
from kubectl_goweb.cli.probing.documents import ProbeDocument
from kubectl_goweb.cli.probing.metrics import Measured
from kubectl_goweb.cli.probing.wishing import declare_wish, way
from kubectl_goweb.errors import Exit, ForbiddenError, UsageError
from kubectl_goweb.hands import Hands
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import resolve
from kubectl_goweb.objects import FeedState, Kind, Snapshot
from kubectl_goweb.probing.sending import Sender
from kubectl_goweb.probing.sockets import Trust
from kubectl_goweb.probing.ways import ways
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.probes.report import exit_code
from kubectl_goweb.status.verdicts import API_VERSION
from kubectl_goweb.tables.probes import probes
from kubectl_goweb.tables.service_metrics import service_metrics


def declare(parser: Parser) -> None:
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="web, deploy/web, pod/web-1, svc/web, ing/web or a URL; default: all"
    )
    parser.add_argument("--interval", metavar="TIME", default="5s", help="between two probes with -w or --listen (5s)")
    parser.add_argument("--timeout", metavar="TIME", help="for one probe; default: the declared one, else 2s")
    parser.add_argument("--retries", type=int, metavar="N", default=3, help="failures in a row until it counts (3)")
    parser.add_argument("-w", "--watch", action="store_true", help="go on probing, and show the history")
    parser.add_argument("-o", "--output", choices=("wide", "json", "prometheus"), help="output format")
    parser.add_argument("--no-headers", action="store_true", help="leave the column titles out")
    parser.add_argument("--listen", metavar="HOST:PORT", help="be a Prometheus exporter, such as 127.0.0.1:9115")
    declare_wish(parser)
    metrics.declare(parser, "what Prometheus knows of the services")


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    """Probe; the exit code is 1 when one failed, 3 when one cannot be told."""
    if args.retries < 1:
        raise UsageError("--retries is at least 1")
    names = [naming.parse(name) for name in args.names]
    trust = Trust(args.ca or "")
    if not naming.needs_cluster(names):
        return _probe(args, settings, environment, names, Sender(environment.now, trust=trust), None)
    access = resolve(overrides(args), environment.environ, environment.home)
    tell = None if args.watch or args.listen else waiting(environment.stderr)  # these tell by themselves
    with Connection(access, read_only=True, tell=tell) as connection:
        sender = Sender(environment.now, connection, trust)
        return _probe(args, settings, environment, names, sender, connection)


def _probe(
    args: Arguments,
    settings: Settings,
    environment: Environment,
    names: Sequence[naming.Named],
    sender: Sender,
    connection: Connection | None,
) -> Exit:
    seen, found = looked(args, environment, names, connection)
    if connection is not None and seen.feeds[Kind.POD].state is FeedState.DENIED and not found.targets:
        raise ForbiddenError(seen.feeds[Kind.POD].why, hint="name a URL, or ask for the permission to list Pods")
    for given in found.missing:
        write(environment.stderr, f"goweb: there is no {given!r} in namespace {seen.namespace}\n")
    for gap in naming.unseen(seen):
        write(environment.stderr, f"goweb: not seen: {gap}\n")
    if not found.targets and not args.listen:
        if not found.missing:
            write(environment.stderr, f"goweb: nothing to probe in namespace {seen.namespace}\n")
        return Exit.FAILING if names else Exit.OK
    if args.listen:
        from kubectl_goweb.cli.probing import exporting

        return exporting.serve(args, environment, names, sender, connection)
    if args.watch:
        from kubectl_goweb.cli.probing import watching

        return watching.watch(args, settings, environment, names, sender, connection)
    took = ways(found.targets, way(args), sender)
    with Hands(1, "metrics") as hand:
        measuring = hand.submit(_measured, args, settings, environment, names, seen, connection)
        results = look_once(sender, found.targets, took, args.retries)
        counts = None
        if connection is not None and args.output in ("wide", "json"):
            counts, gaps = counted(connection, seen, found.targets)
            for gap in gaps:
                write(environment.stderr, f"goweb: not seen: {gap}\n")
        known = measuring.result()
    for one in known.gaps if known.is_expected else ():
        write(environment.stderr, f"goweb: not seen: {one.part}: {one.why}\n")
    reports = reported(seen, found.targets, results, environment.now(), counts)
    code = exit_code(results.values())
    if found.missing and code is Exit.OK:
        code = Exit.FAILING
    context = connection.access.context if connection is not None else ""
    document = ProbeDocument(
        API_VERSION, "Probes", context, seen.namespace, environment.now(), code, reports, known.services, known.gaps
    )
    write(environment.stdout, rendered(args, settings, environment, document))
    return code


def _measured(
    args: Arguments,
    settings: Settings,
    environment: Environment,
    names: Sequence[naming.Named],
    seen: Snapshot,
    connection: Connection | None,
) -> Measured:
    """Nothing is asked when nobody would see it."""
    if connection is None or args.no_metrics or args.output == "prometheus" or not names:
        return Measured()
    from kubectl_goweb.cli.probing.measuring import measure  # loads the Prometheus client

    return measure(args, settings.metrics, environment, names, seen, connection)


def rendered(args: Arguments, settings: Settings, environment: Environment, document: ProbeDocument) -> str:
    """The answer in the format asked for."""
    match args.output:
        case "json":
            return as_json(document)
        case "prometheus":
            from kubectl_goweb.probing.exposition import exposition  # loads prometheus_client

            return exposition(document.probes)
        case _:
            on = paper(environment.stdout, environment.environ, settings)
            wide, headers = args.output == "wide", not args.no_headers
            told = [*lines(probes(document.probes, document.at), on, wide=wide, headers=headers)]
            if document.metrics:
                table = service_metrics(document.metrics)
                told += ["", *lines(table, on, wide=wide, headers=headers)]
            return "".join(f"{line}\n" for line in told)
