"""nodes: tell how nodes and the control plane are, by conditions, leases, versions, load and health checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import structs

from kubectl_goweb.cli.documents import as_json
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser, overrides
from kubectl_goweb.cli.printing import lines, paper, waiting, write
from kubectl_goweb.cli.probing import metrics as choosing
from kubectl_goweb.cli.probing.documents import NodesDocument
from kubectl_goweb.errors import ApiError, Exit, ForbiddenError, ThrottledError, UnreachableError
from kubectl_goweb.hands import Hands
from kubectl_goweb.kube.access import Access
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.health_endpoints import checks, component_health, measured, server_facts
from kubectl_goweb.kube.kubeconfig import resolve
from kubectl_goweb.kube.reading import Ask, read
from kubectl_goweb.objects import Feed, FeedState, Kind, Node, Snapshot
from kubectl_goweb.objects.facts import ServerFacts
from kubectl_goweb.probing import kubelets
from kubectl_goweb.probing.etcd_facts import with_etcd
from kubectl_goweb.probing.kubelet_health import kubelet_faults
from kubectl_goweb.probing.node_usage import Used, first_told, from_kubelets, from_metrics_api, from_prometheus
from kubectl_goweb.probing.prometheus import Prometheus
from kubectl_goweb.probing.promql import ETCD_QUERIES, NODE_QUERIES, PromError
from kubectl_goweb.settings import Metrics, Settings
from kubectl_goweb.status.controlplane import PARTS, Part, control_plane
from kubectl_goweb.status.node_report import NodeReport, node_report
from kubectl_goweb.status.nodes import node_health, pods_by_node
from kubectl_goweb.status.usage import NodeUsage, thresholds
from kubectl_goweb.status.verdicts import API_VERSION, Gap, Verdict
from kubectl_goweb.tables import health


def declare(parser: Parser) -> None:
    parser.add_argument("names", nargs="*", metavar="NODE", help="nodes; default: all, and the control plane")
    parser.add_argument("-o", "--output", choices=("wide", "json"), help="output format")
    parser.add_argument("--no-headers", action="store_true", help="leave the column titles out")
    choosing.declare(parser, "how busy they are")
    guard = parser.add_argument_group("take nodes that are not well out of service, until interrupted")
    guard.add_argument("--guard", action="store_true", help="isolate, rejoin when well again; dry run without --yes")
    guard.add_argument("-y", "--yes", action="store_true", help="really do it")
    guard.add_argument("--interval", metavar="TIME", default="10s", help="between two looks (10s)")
    guard.add_argument("--patience", metavar="TIME", default="60s", help="not well for so long: out (60s)")
    guard.add_argument("--quiet", metavar="TIME", default="5m", help="well for so long: back (5m)")
    guard.add_argument(
        "--taint", choices=("NoSchedule", "NoExecute"), help="taint it too; with NoExecute its Pods end at once"
    )
    guard.add_argument("--most", metavar="PERCENT", type=float, default=25.0, help="of all nodes out at once (25)")


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    """Tell; 1 when something is degraded or failing, 3 when a node cannot be told."""
    access = resolve(overrides(args), environment.environ, environment.home)
    if args.guard:
        return _guarded(args, settings, environment, access)
    with Connection(access, read_only=True, tell=waiting(environment.stderr)) as connection:
        parts, seen, used, reports = _look(args, settings, environment, connection)
    missing = [name for name in args.names if name not in seen.nodes]
    for name in missing:
        write(environment.stderr, f"goweb: there is no node {name!r}\n")
    gaps = _gaps(seen, used)
    code = _exit_code(() if args.names else parts, reports, has_missing=bool(missing))
    if args.output == "json":
        at = environment.now()
        document = NodesDocument(API_VERSION, "Nodes", access.context, at, code, parts, reports, gaps)
        write(environment.stdout, as_json(document))
        return code
    for why in dict.fromkeys(gap.why for gap in gaps):
        of = ", ".join(gap.part for gap in gaps if gap.why == why)
        write(environment.stderr, f"goweb: not seen: {of}: {why}\n")
    write(environment.stdout, _text(args, settings, environment, () if args.names else parts, reports))
    return code


def _look(
    args: Arguments, settings: Settings, environment: Environment, connection: Connection
) -> tuple[tuple[Part, ...], Snapshot, Used, tuple[NodeReport, ...]]:
    """ForbiddenError when nodes are named and may not be listed."""
    with checks(connection) as told:
        asks = [*(Ask(kind) for kind in PARTS), Ask(Kind.NODE), Ask(Kind.SERVICE)]
        try:
            seen = read(connection, asks, environment.now)
        except (UnreachableError, ThrottledError) as error:
            livez, readyz = told()
            if readyz.status == 0 or args.guard:
                raise
            # The API server answers for itself, but not about objects: etcd is gone, or it puts us off.
            feed = Feed(FeedState.FAILED, environment.now(), error.sentence)
            seen = Snapshot(feeds={ask.kind: feed for ask in asks})
            parts = control_plane(livez, readyz, seen, environment.now(), server_facts(connection))
            return parts, seen, Used({}, ()), ()
        livez, readyz = told()
    if seen.feeds[Kind.NODE].state is FeedState.DENIED and (args.names or args.guard):
        raise ForbiddenError(seen.feeds[Kind.NODE].why, hint="ask for the permission to list nodes")
    found, why = _prometheus(args, settings.metrics, connection, seen)
    server = _server(args, settings.metrics, connection, seen, found)
    parts = control_plane(livez, readyz, seen, environment.now(), server)
    # A guard counts every node, whichever it may move.
    chosen = [node for name, node in seen.nodes.items() if not args.names or name in args.names or args.guard]
    with Hands(1, "kubelets") as hand:
        asked = () if args.no_metrics else chosen[: kubelets.MOST]
        unwell = hand.submit(kubelet_faults, connection, asked)
        used = Used({}, ()) if args.no_metrics else _used(settings.metrics, connection, found, why, chosen)
        faults = unwell.result()
    now = readyz.at or environment.now()  # heartbeats are written by clocks that agree with the API server's
    reports = _reports(chosen, seen, used.nodes, faults, settings.metrics, _version(connection), now)
    return parts, seen, used, reports


def _server(
    args: Arguments, metrics: Metrics, connection: Connection, seen: Snapshot, prometheus: Prometheus | None
) -> ServerFacts:
    """What is known of the API server and the parts beside it, as far as it is going to be told."""
    known = server_facts(connection)
    if args.names or args.guard:
        return known
    known = structs.replace(known, healths=component_health(connection, seen.pods.values()))
    if args.no_metrics:
        return known
    known = measured(connection, known)
    return known if prometheus is None else with_etcd(known, prometheus, choosing.queries(ETCD_QUERIES, metrics))


def _guarded(args: Arguments, settings: Settings, environment: Environment, access: Access) -> Exit:
    from kubectl_goweb.cli.probing.node_guarding import guard  # loads what changes need

    read_only = settings.context(access.context).read_only or not args.yes
    with Connection(access, read_only=read_only) as connection:

        def look() -> tuple[dict[str, Node], tuple[NodeReport, ...]]:
            _, seen, _, reports = _look(args, settings, environment, connection)
            return dict(seen.nodes), reports

        return guard(args, environment, connection, look)


def _reports(
    nodes: Sequence[Node],
    seen: Snapshot,
    usage: Mapping[str, NodeUsage],
    faults: Mapping[str, str],
    metrics: Metrics,
    version: str,
    now: datetime,
) -> tuple[NodeReport, ...]:
    limits = thresholds(metrics)
    pods = pods_by_node(seen.pods.values()) if seen.feeds[Kind.POD].state is FeedState.LIVE else None
    return tuple(
        node_report(
            node,
            node_health(node, None if pods is None else pods[node.name]),
            seen.leases,
            usage.get(node.name),
            limits,
            now,
            server_version=version,
            kubelet_fault=faults.get(node.name, ""),
        )
        for node in nodes
    )


def _prometheus(
    args: Arguments, metrics: Metrics, connection: Connection, seen: Snapshot
) -> tuple[Prometheus | None, str]:
    """The one to ask; why there is none although there should be."""
    if args.no_metrics:
        return None, ""
    try:
        return choosing.prometheus(args, metrics, connection, seen.services.values()), ""
    except PromError as error:
        return None, f"Prometheus: {error}"


def _used(
    metrics: Metrics, connection: Connection, prometheus: Prometheus | None, why_not: str, nodes: Sequence[Node]
) -> Used:
    """From Prometheus, where there is one, else metrics.k8s.io, else the kubelets."""
    attempts: list[Callable[[], Used]] = []
    if prometheus is not None:
        asked = prometheus
        attempts.append(lambda: from_prometheus(asked, choosing.queries(NODE_QUERIES, metrics), nodes))
    attempts.append(lambda: from_metrics_api(connection, nodes))
    attempts.append(lambda: from_kubelets(connection, nodes))
    return first_told(attempts, *([why_not] if why_not else []))


class _Version(msgspec.Struct, frozen=True, rename="camel"):
    git_version: str = ""


def _version(connection: Connection) -> str:
    """The API server's; empty when it does not tell."""
    try:
        return msgspec.json.decode(connection.get("/version"), type=_Version).git_version
    except (ApiError, msgspec.DecodeError):
        return ""


def _gaps(seen: Snapshot, used: Used) -> tuple[Gap, ...]:
    told = [
        Gap(kind.resource.group_plural, feed.state, feed.why, feed.since)
        for kind, feed in seen.feeds.items()
        if feed.state is not FeedState.LIVE
    ]
    return (*told, *(Gap("metrics", "absent", why) for why in used.gaps))


def _exit_code(parts: Sequence[Part], reports: Sequence[NodeReport], *, has_missing: bool) -> Exit:
    """A part that is not visible is no reason to worry; a node that does not report is."""
    bad = (Verdict.FAILING, Verdict.DEGRADED)
    verdicts = [*(part.verdict for part in parts), *(one.verdict for one in reports)]
    if has_missing or any(verdict in bad for verdict in verdicts):
        return Exit.FAILING
    return Exit.UNKNOWN if any(one.verdict is Verdict.UNKNOWN for one in reports) or not reports else Exit.OK


def _text(
    args: Arguments,
    settings: Settings,
    environment: Environment,
    parts: Sequence[Part],
    reports: Sequence[NodeReport],
) -> str:
    on = paper(environment.stdout, environment.environ, settings)
    wide, headers = args.output == "wide", not args.no_headers
    told = list(lines(health.parts(parts, signs=on.signs), on, wide=wide, headers=headers)) if parts else []
    if reports:
        table = health.node_reports(reports, environment.now(), signs=on.signs)
        told += [*([""] if told else []), *lines(table, on, wide=wide, headers=headers)]
    return "".join(f"{line}\n" for line in told)
