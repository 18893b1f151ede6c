"""`kubectl goweb why`: why one object is not well, the cause first, wherever it lies."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from kubectl_goweb.cli.answering import how_deep
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.finding_text import finding_lines
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.cli.printing import paper, write
from kubectl_goweb.cli.surveying import survey
from kubectl_goweb.errors import Exit, UsageError
from kubectl_goweb.objects import Kind, Snapshot
from kubectl_goweb.objects.facts import named
from kubectl_goweb.objects.text import plain
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.diagnosis.relevance import relevant
from kubectl_goweb.status.endpoints import service_endpoints
from kubectl_goweb.status.index import Index
from kubectl_goweb.status.overview import Overview
from kubectl_goweb.status.verdicts import Ref, Severity, Verdict

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
        Kind.NETWORK_POLICY: ("netpol", "networkpolicy", "networkpolicies"),
    }.items()
    for alias in aliases
}
"""In the order in which a name without a kind is looked for."""
_KINDS = "deploy, sts, ds, pod, svc, ing, node, pvc, hpa, pdb, job or netpol, as in svc/NAME"


def declare(parser: Parser) -> None:
    parser.add_argument("names", nargs="+", metavar="OBJECT", help="web, deploy/web, pod/NAME, svc/NAME, node/NAME ...")
    parser.add_argument("-o", "--output", choices=("json", "yaml"), help="output format")
    how_deep(parser)


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    """Tell, and give 1 when something is wrong with one of them or one is not there."""
    if getattr(args, "all_namespaces", False):
        raise UsageError("an object cannot be named across all namespaces", hint="use -n NAMESPACE instead of -A")
    args.names = _spelled(args.names)
    wanted = [_parsed(name) for name in args.names]
    told, found, context = survey(args, settings, environment)
    on = paper(environment.stdout, environment.environ, settings)
    code = Exit.OK
    for number, (kind, name) in enumerate(wanted):
        ref = _found(kind, name, found)
        if ref is None:
            write(environment.stderr, f"goweb: {_missing(kind, name, found)}\n")
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
            lines = (
                [*finding_lines(findings, told.at, on), *_more(ref, told)]
                if findings
                else ["", *_calm(ref, told, found)]
            )
            text = "\n".join(lines[1:] if not number else lines) + "\n"
        write(environment.stdout, text)
    for gap in told.gaps if not args.output else ():
        write(environment.stderr, f"goweb: not seen: {gap.part}: {gap.state}: {gap.why}\n")
    return code


def _spelled(words: Sequence[str]) -> list[str]:
    """kubectl's `service web api` is `service/web service/api`."""
    kind, *names = words
    is_kind = kind.lower().partition(".")[0] in _ALIASES and names and not any("/" in name for name in names)
    return [f"{kind}/{name}" for name in names] if is_kind else list(words)


def _more(ref: Ref, told: Overview) -> Iterable[str]:
    """Where else to look when a workload is not well."""
    if any(one.ref == ref for one in told.workloads):
        yield ""
        yield f"what changed before: kubectl goweb changes {ref.short} -n {ref.namespace}"


def _calm(ref: Ref, told: Overview, found: Snapshot) -> Iterable[str]:
    """That nothing is wrong, and what there is to know of it all the same."""
    state = ""
    known = {one.ref: (one.verdict, one.why) for one in told.workloads}
    known |= {Ref(Kind.NODE, one.name): (one.verdict, one.why) for one in told.nodes}
    verdict, why = known.get(ref, (Verdict.HEALTHY, ""))
    if verdict is not Verdict.HEALTHY:
        state = f"; it is {verdict}" + (f": {plain(why)}" if why else "")
    if ref.kind == Kind.SERVICE and (service := found.services.get(f"{ref.namespace}/{ref.name}")) is not None:
        index = Index(found)
        state = "".join(
            f"; {one.ready} of {one.total} endpoints are ready"
            for one in service_endpoints([service], service.spec.selector, index.slices)
            if index.sees(Kind.ENDPOINT_SLICE)
        )
    yield f"nothing wrong is seen with {ref.short}{state}"
    route = found.ingresses.get(f"{ref.namespace}/{ref.name}") if ref.kind == Kind.INGRESS else None
    for secret in sorted({part.secret_name for part in route.spec.tls}) if route else ():
        if (unseen := found.facts.unseen.get(named(Kind.SECRET, f"{ref.namespace}/{secret}"))) is not None:
            yield f"  not seen   the certificate in Secret {secret}: {plain(unseen)}"
    if ref.kind in (Kind.SERVICE, Kind.INGRESS):
        yield f"  next       kubectl goweb path {ref.short} -n {ref.namespace} --live"


def _missing(kind: Kind | None, name: str, found: Snapshot) -> str:
    """That there is no such object, and how it may have been meant."""
    kinds = [kind] if kind else list(dict.fromkeys(_ALIASES.values()))
    known = {
        one.name: Ref(each, one.name).short
        for each in reversed(kinds)
        for one in getattr(found, each.resource.field).values()
    }
    near = difflib.get_close_matches(name, known, 1)
    hint = f"; did you mean {known[near[0]]}?" if near else ""
    where = f" in namespace {found.namespace}" if kind is None or kind.resource.namespaced else ""
    return f"there is no {kind or 'object'} {name!r}{where}{hint}"


def _parsed(given: str) -> tuple[Kind | None, str]:
    kind, slash, name = given.rpartition("/")
    if not slash:
        return None, given
    known = _ALIASES.get(kind.lower().partition(".")[0])
    if known is None or not name:
        raise UsageError(f"{given!r} names nothing that can be looked into", hint=f"use {_KINDS}")
    return known, name


def _found(kind: Kind | None, name: str, found: Snapshot) -> Ref | None:
    for one in [kind] if kind else list(dict.fromkeys(_ALIASES.values())):
        objects = getattr(found, one.resource.field)
        key = f"{found.namespace}/{name}" if one.resource.namespaced else name
        if key in objects:
            return Ref(one, name, found.namespace if one.resource.namespaced else "")
    return None
