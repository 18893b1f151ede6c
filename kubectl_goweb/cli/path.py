"""`kubectl goweb path`: follow a request to the Pods that answer it; the first broken hop is the answer."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser, overrides
from kubectl_goweb.cli.printing import Paper, paper, waiting, write
from kubectl_goweb.cli.tracing import Who, trace
from kubectl_goweb.errors import Exit, UsageError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import resolve
from kubectl_goweb.objects.text import plain
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.live_paths import Checked, Traced, disagreements, live_answer, verdict
from kubectl_goweb.status.paths import Hop, HopState, answer
from kubectl_goweb.status.routes import Route
from kubectl_goweb.tables import Tone
from kubectl_goweb.tables.paths import hop_sign, hop_tone, in_order

_CODES = {HopState.OK: Exit.OK, HopState.BROKEN: Exit.FAILING, HopState.UNKNOWN: Exit.UNKNOWN}


def declare(parser: Parser) -> None:
    parser.add_argument("to", metavar="TO", help="SERVICE[:PORT], svc/NAME[:PORT], ing/NAME, or HOST/PATH")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--from", dest="source", metavar="POD", help="who asks: POD or NAMESPACE/POD, for NetworkPolicies")
    who.add_argument("--from-namespace", metavar="NAME", help="who asks: some Pod of that namespace, without labels")
    parser.add_argument("--live", action="store_true", help="ask every hop for real, too: host, DNS, Service, Pods")
    parser.add_argument("-o", "--output", choices=("json", "yaml"), help="output format")


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    """Tell every hop as far as the first broken one: 0 when all are right, 1 when one is broken, 3 when unknown."""
    access = resolve(overrides(args), environment.environ, environment.home)
    route = parse_route(args.to, access.namespace)
    who = Who(args.source or "", args.from_namespace or "")
    with Connection(access, read_only=True, tell=waiting(environment.stderr)) as connection:
        told = trace(connection, route, who, environment.now, live=args.live)
    code = _CODES[verdict(told.hops, told.live)]
    if args.output:
        from kubectl_goweb.cli import documents  # only for machines
        from kubectl_goweb.cli.why_documents import path_document

        document = path_document(access.context, told, environment.now(), code)
        text = documents.as_json(document) if args.output == "json" else documents.as_yaml(document)
    else:
        on = paper(environment.stdout, environment.environ, settings)
        text = "".join(line + "\n" for line in _lines(told, on))
    write(environment.stdout, text)
    return code


def _lines(told: Traced, on: Paper) -> Iterator[str]:
    """The objects' word, and below each hop what it answered."""
    order = list(in_order(told))
    names = [one.what if isinstance(one, Hop) else f"  live {one.what}" for one in order]
    width = max(len(name) for name in names)
    for name, one in zip(names, order, strict=True):
        way = on.tinted(f" ({plain(one.way)})", Tone.FAINT) if isinstance(one, Checked) and one.way else ""
        sign = on.tinted(hop_sign(one.state, signs=on.signs), hop_tone(one.state))
        yield f"{sign} {name:{width}}  {plain(one.text)}{way}"
    if told.live:
        yield from _verdicts(told, on)


def _verdicts(told: Traced, on: Paper) -> Iterator[str]:
    static, decides = answer(told.hops), live_answer(told.live)
    yield ""
    yield f"by the objects  {_word(static.state, static.what, 'every hop is right', on)}"
    asked = ", ".join(one.what for one in told.live if one.state is HopState.OK)
    live = HopState.UNKNOWN if decides is None else decides.state
    what = decides.what if decides else "nothing could be asked"
    yield f"live            {_word(live, what, f'right where it was asked: {asked}', on)}"
    if told.is_for_one:
        yield "policies        told by the objects alone: live it is not the Pod itself that asks"
    for one in disagreements(told):
        yield on.tinted(f"they disagree: {plain(one)}", Tone.WARN)


def _word(state: HopState, what: str, right: str, on: Paper) -> str:
    words = {HopState.OK: right, HopState.BROKEN: f"broken: {what}", HopState.UNKNOWN: f"not known: {what}"}
    return on.tinted(words[state], hop_tone(state))


def parse_route(to: str, namespace: str) -> Route:
    """What is to be followed. UsageError when it names nothing."""
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
