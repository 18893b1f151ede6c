"""`kubectl goweb history`: the recorded Pod templates of a workload, and what going back to one would change."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_goweb import tables
from kubectl_goweb.actions.facts import Facts
from kubectl_goweb.actions.prepare import history
from kubectl_goweb.actions.recorded import CAUSE, Recorded, by_number
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.looking import WORKLOADS, Look, look, parse_name
from kubectl_goweb.cli.options import Arguments, Parser, overrides
from kubectl_goweb.cli.plan_text import change_lines
from kubectl_goweb.cli.printing import Paper, lines, paper, write
from kubectl_goweb.cli.targets import named, one_target
from kubectl_goweb.errors import Exit, GowebError, UsageError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import resolve
from kubectl_goweb.objects.text import plain
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.overview import overview
from kubectl_goweb.status.template_changes import Change, changes
from kubectl_goweb.status.verdicts import API_VERSION, Answer, Ref


class RevisionDocument(Answer, frozen=True, gc=False):
    """One recorded template for programs."""

    api_version: str
    kind: str
    target: Ref
    revision: int
    name: str
    is_current: bool
    change_cause: str
    created: str
    images: tuple[str, ...]
    changes: tuple[Change, ...]
    """What going back to it would change."""


class HistoryDocument(Answer, frozen=True, gc=False):
    api_version: str
    kind: str
    target: Ref
    revisions: tuple[RevisionDocument, ...]
    """Newest first."""


def declare(parser: Parser) -> None:
    parser.add_argument("names", nargs="+", metavar="NAME", help="the workload: deploy/web, sts/db, ds/agent, or web")
    parser.add_argument("--revision", type=int, metavar="N", help="what going back to this one would change")
    parser.add_argument("-o", "--output", choices=("json", "yaml"), help="goweb/v1")


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    given, rest = named(args.names)
    if rest:
        raise UsageError(f"one workload at a time, and there are {', '.join([given, *rest])}")
    access = resolve(overrides(args), environment.environ, environment.home)
    on = paper(environment.stdout, environment.environ, settings)
    with Connection(access, read_only=True) as connection:
        target = one_target(args, given, [str(kind) for kind in WORKLOADS], connection)
        found = history(connection, target)
        one = None if args.revision is None else by_number(found.recorded or (), args.revision)
        if args.revision is not None and one is None:
            numbers = ", ".join(str(each.number) for each in reversed(found.recorded or ()))
            raise GowebError(
                f"unable to find the specified revision {args.revision} of {target.short}", hint=f"there are: {numbers}"
            )
        if args.output:
            _print_document(args, found, one, environment)
            return Exit.OK
        if one is not None:
            told = list(_revision(found, one, on))
        else:
            want = Look(target.namespace, (parse_name(target.short),))
            workloads = overview(look(connection, want, environment.now), environment.now()).workloads
            revisions = [each for workload in workloads for each in workload.revisions]
            told = [f"{target.short} in {target.namespace} (* newest)"]
            told += lines(tables.revisions(revisions, environment.now()), on)
    write(environment.stdout, "".join(f"{line}\n" for line in told))
    return Exit.OK


def _revision(found: Facts, one: Recorded, on: Paper) -> Iterator[str]:
    is_present = found.current is not None and found.current.name == one.name
    yield f"{found.target.short} in {found.target.namespace}, revision {one.number} ({one.name})"
    yield f"  created    {one.created or '?'}"
    yield f"  cause      {plain(one.annotations.get(CAUSE, '<none>'))}"
    for container in one.template["spec"]["containers"]:
        yield f"  image      {plain(container['name'])}={plain(container.get('image', ''))}"
    if is_present:
        yield "  it is the present one"
        return
    yield "  going back to it changes"
    for change in changes(found.template, one.template):
        yield from change_lines(change, on, indent=4)


def _print_document(args: Arguments, found: Facts, one: Recorded | None, environment: Environment) -> None:
    from kubectl_goweb.cli import documents  # only these formats need it

    told: Answer
    if one is not None:
        told = _document(found, one)
    else:
        revisions = tuple(_document(found, each) for each in found.recorded or ())
        told = HistoryDocument(API_VERSION, "History", found.target, revisions)
    write(environment.stdout, documents.as_json(told) if args.output == "json" else documents.as_yaml(told))


def _document(found: Facts, one: Recorded) -> RevisionDocument:
    return RevisionDocument(
        API_VERSION,
        "Revision",
        found.target,
        one.number,
        one.name,
        found.current is not None and found.current.name == one.name,
        one.annotations.get(CAUSE, ""),
        one.created,
        tuple(dict.fromkeys(each["image"] for each in one.template["spec"]["containers"] if "image" in each)),
        changes(found.template, one.template),
    )
