"""`kubectl goweb path`: follow a request from Ingress or Service to its Pods; the first broken hop is the answer."""

from __future__ import annotations

from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser, overrides
from kubectl_goweb.cli.printing import paper, write
from kubectl_goweb.errors import Exit, UsageError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.investigating import investigate
from kubectl_goweb.kube.kubeconfig import resolve
from kubectl_goweb.kube.reading import Ask, read
from kubectl_goweb.objects import Kind, Pod, Snapshot
from kubectl_goweb.objects.rare import decode_one
from kubectl_goweb.objects.text import plain
from kubectl_goweb.objects.wants import Ask as Question
from kubectl_goweb.objects.wants import Want
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.paths import Hop, HopState, Route, answer, end_of, hops
from kubectl_goweb.status.policies import End
from kubectl_goweb.tables import Tone

_KINDS = (Kind.SERVICE, Kind.ENDPOINT_SLICE, Kind.POD, Kind.INGRESS, Kind.NETWORK_POLICY)
_SIGNS = {HopState.OK: "\u2714", HopState.BROKEN: "\u2716", HopState.UNKNOWN: "?"}
_ASCII = {HopState.OK: "+", HopState.BROKEN: "x", HopState.UNKNOWN: "?"}
_TONES = {HopState.OK: Tone.GOOD, HopState.BROKEN: Tone.BAD, HopState.UNKNOWN: Tone.WARN}
_CODES = {HopState.OK: Exit.OK, HopState.BROKEN: Exit.FAILING, HopState.UNKNOWN: Exit.UNKNOWN}
_BUDGET = 2.0
"""Seconds for what is not in the lists."""


def declare(parser: Parser) -> None:
    parser.add_argument("to", metavar="TO", help="SERVICE[:PORT], svc/NAME[:PORT], ing/NAME, or HOST/PATH")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--from", dest="source", metavar="POD", help="who asks: POD or NAMESPACE/POD, for NetworkPolicies")
    who.add_argument("--from-namespace", metavar="NAME", help="who asks: some Pod of that namespace, without labels")
    parser.add_argument("-o", "--output", choices=("json", "yaml"), help="output format")


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    """Tell every hop as far as the first broken one: 0 when all are right, 1 when one is broken, 3 when unknown."""
    access = resolve(overrides(args), environment.environ, environment.home)
    route = _route(args.to, access.namespace)
    with Connection(access, read_only=settings.context(access.context).read_only) as connection:
        asks = [*(Ask(kind, route.namespace) for kind in _KINDS), Ask(Kind.INGRESS_CLASS), Ask(Kind.NAMESPACE)]
        found = read(connection, asks, environment.now, namespace=route.namespace)
        found = investigate(connection, found, _certificates, environment.now, budget=_BUDGET)
        source = _source(args, connection, found, route.namespace)
        policies = _policies_of(source, route, connection, found, environment)
    told = hops(route, policies, source)
    code = _CODES[answer(told).state]
    if args.output:
        from kubectl_goweb.cli import documents  # only for machines
        from kubectl_goweb.cli.why_documents import path_document

        document = path_document(access.context, route, told, environment.now(), code)
        text = documents.as_json(document) if args.output == "json" else documents.as_yaml(document)
    else:
        text = "".join(line + "\n" for line in _lines(told, environment, settings))
    write(environment.stdout, text)
    return code


def _lines(told: tuple[Hop, ...], environment: Environment, settings: Settings) -> list[str]:
    on = paper(environment.stdout, environment.environ, settings)
    signs = _SIGNS if on.signs else _ASCII
    width = max(len(hop.what) for hop in told)
    return [f"{on.tinted(signs[hop.state], _TONES[hop.state])} {hop.what:{width}}  {plain(hop.text)}" for hop in told]


def _route(to: str, namespace: str) -> Route:
    kind, slash, name = to.partition("/")
    if kind in ("ing", "ingress", "ingresses") and name:
        return Route(namespace, ingress=name)
    if kind in ("svc", "service", "services") and name:
        to, slash, kind = name, "", name
    service, _, port = to.partition(":")
    if not slash and "." not in service:
        if not service:
            raise UsageError("nothing to follow", hint="name a Service, an Ingress (ing/NAME) or HOST/PATH")
        return Route(namespace, service, port)
    host, _, path = to.removeprefix("https://").removeprefix("http://").partition("/")
    return Route(namespace, host=host.partition(":")[0], path=f"/{path}")


def _certificates(snapshot: Snapshot) -> list[Want]:
    names = {(one.namespace, tls.secret_name) for one in snapshot.ingresses.values() for tls in one.spec.tls}
    return [Want(Question.THERE, Kind.SECRET, f"{where}/{name}") for where, name in sorted(names) if name]


def _source(args: Arguments, connection: Connection, found: Snapshot, namespace: str) -> End | None:
    if args.from_namespace:
        one = found.namespaces.get(args.from_namespace)
        labels = one.metadata.labels if one else {"kubernetes.io/metadata.name": args.from_namespace}
        return End(namespace=args.from_namespace, namespace_labels=labels)
    if not args.source:
        return None
    where, slash, name = args.source.removeprefix("pod/").rpartition("/")
    pod = decode_one(Kind.POD, connection.get(Kind.POD.resource.path(where if slash else namespace, name)))
    return end_of(pod, found) if isinstance(pod, Pod) else None


def _policies_of(
    source: End | None, route: Route, connection: Connection, found: Snapshot, environment: Environment
) -> Snapshot:
    """With the policies of the namespace that the request comes from."""
    if source is None or source.namespace == route.namespace:
        return found
    from msgspec import structs  # only where two namespaces are at stake

    other = read(connection, [Ask(Kind.NETWORK_POLICY, source.namespace)], environment.now)
    feeds = {**found.feeds, **{kind: feed for kind, feed in other.feeds.items() if feed.state != "live"}}
    return structs.replace(found, network_policies={**found.network_policies, **other.network_policies}, feeds=feeds)
