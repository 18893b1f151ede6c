"""`kubectl goweb why`: why one object is not well, the cause first, wherever it lies."""

from __future__ import annotations

from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.finding_text import finding_lines
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.cli.printing import paper, write
from kubectl_goweb.cli.status import how_deep
from kubectl_goweb.cli.surveying import survey
from kubectl_goweb.errors import Exit, UsageError
from kubectl_goweb.objects import Kind, Snapshot
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.diagnosis.relevance import relevant
from kubectl_goweb.status.verdicts import Ref, Severity

_ALIASES = {
    alias: kind
    for kind, aliases in {
        Kind.DEPLOYMENT: ("deploy", "deployment", "deployments"),
        Kind.STATEFUL_SET: ("sts", "statefulset", "statefulsets"),
        Kind.DAEMON_SET: ("ds", "daemonset", "daemonsets"),
        Kind.POD: ("po", "pod", "pods"),
        Kind.SERVICE: ("svc", "service", "services"),
        Kind.INGRESS: ("ing", "ingress", "ingresses"),
        Kind.NODE: ("no", "node", "nodes"),
        Kind.PERSISTENT_VOLUME_CLAIM: ("pvc", "persistentvolumeclaim", "persistentvolumeclaims"),
        Kind.HORIZONTAL_POD_AUTOSCALER: ("hpa", "horizontalpodautoscaler", "horizontalpodautoscalers"),
        Kind.POD_DISRUPTION_BUDGET: ("pdb", "poddisruptionbudget", "poddisruptionbudgets"),
        Kind.JOB: ("job", "jobs"),
    }.items()
    for alias in aliases
}
"""In the order in which a name without a kind is looked for."""


def declare(parser: Parser) -> None:
    parser.add_argument("names", nargs="+", metavar="OBJECT", help="web, deploy/web, pod/NAME, svc/NAME, node/NAME")
    parser.add_argument("-o", "--output", choices=("json", "yaml"), help="output format")
    how_deep(parser)


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    """Tell, and give 1 when something is wrong with one of them or one is not there."""
    wanted = [_parsed(name) for name in args.names]
    told, found, context = survey(args, settings, environment)
    on = paper(environment.stdout, environment.environ, settings)
    code = Exit.OK
    for number, (kind, name) in enumerate(wanted):
        ref = _found(kind, name, found)
        if ref is None:
            write(environment.stderr, f"goweb: there is no {kind or 'object'} {name!r} in namespace {told.namespace}\n")
            code = Exit.FAILING
            continue
        findings = relevant(ref, told, found)
        if any(one.severity is not Severity.INFO for one in findings):
            code = Exit.FAILING
        if args.output:
            from kubectl_goweb.cli import documents, why_documents  # only for machines

            document = why_documents.why_document(told, ref, findings, context, code)
            text = documents.as_json(document) if args.output == "json" else documents.as_yaml(document)
        else:
            lines = [*finding_lines(findings, told.at, on)] or ["", f"nothing wrong is seen with {ref.short}"]
            text = "\n".join(lines[1:] if not number else lines) + "\n"
        write(environment.stdout, text)
    for gap in told.gaps if not args.output else ():
        write(environment.stderr, f"goweb: not seen: {gap.part}: {gap.state}: {gap.why}\n")
    return code


def _parsed(given: str) -> tuple[Kind | None, str]:
    kind, slash, name = given.rpartition("/")
    if not slash:
        return None, given
    known = _ALIASES.get(kind.lower().partition(".")[0])
    if known is None or not name:
        raise UsageError(f"{given!r} names nothing that can be looked into", hint="use deploy/NAME, pod/NAME, svc/NAME")
    return known, name


def _found(kind: Kind | None, name: str, found: Snapshot) -> Ref | None:
    for one in [kind] if kind else list(dict.fromkeys(_ALIASES.values())):
        objects = getattr(found, one.resource.field)
        key = f"{found.namespace}/{name}" if one.resource.namespaced else name
        if key in objects:
            return Ref(one, name, found.namespace if one.resource.namespaced else "")
    return None
