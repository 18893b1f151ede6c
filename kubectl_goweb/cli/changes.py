"""`kubectl goweb changes`: what changed before it broke, the likeliest culprit first; the newest where all is well."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from kubectl_goweb.cli.acting import journal_of
from kubectl_goweb.cli.changing import Gathered, gather
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.looking import Look, missing, parse_name
from kubectl_goweb.cli.options import Arguments, Parser, overrides
from kubectl_goweb.cli.printing import Paper, paper, waiting, write
from kubectl_goweb.cli.targets import named
from kubectl_goweb.errors import Exit, UsageError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import resolve
from kubectl_goweb.kube.timeouts import parse_timeout
from kubectl_goweb.objects.text import fit, plain
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.ages import age
from kubectl_goweb.status.changes.model import PastChange, WorkloadChanges
from kubectl_goweb.status.verdicts import API_VERSION
from kubectl_goweb.tables import Tone
from kubectl_goweb.tables.changes import when
from kubectl_goweb.tables.tones import verdict_tone

_SHOWN = 5
"""Changes of each workload where several are told."""


def declare(parser: Parser) -> None:
    parser.add_argument("names", nargs="*", metavar="WORKLOAD", help="deploy/web, sts/db, web; all when not given")
    parser.add_argument(
        "--since", default="2h", metavar="TIME", help="how far back before the onset, or before now where all is well"
    )
    parser.add_argument("-o", "--output", choices=("json", "yaml"), help="output format")


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    """Tell, and give the verdict's exit code, as status does."""
    first, rest = named(args.names) if args.names else ("", [])
    given = [first, *rest] if first else []
    everywhere = getattr(args, "all_namespaces", False)
    if given and everywhere:
        raise UsageError("a workload cannot be named across all namespaces", hint="use -n NAMESPACE instead of -A")
    seconds = parse_timeout(args.since)
    if seconds is None:
        raise UsageError("--since is how far back to look", hint="write it as 30m or 2h")
    access = resolve(overrides(args), environment.environ, environment.home)
    want = Look(
        "" if everywhere else access.namespace,
        tuple(parse_name(one) for one in given),
        getattr(args, "selector", ""),
        detail=True,
    )
    gc.disable()  # one answer, then the end
    with Connection(access, read_only=True, tell=waiting(environment.stderr)) as connection:
        found = gather(connection, want, environment.now, timedelta(seconds=seconds), journal_of(access, environment))
    absent = missing(found.snapshot, want.names)
    code = found.overview.exit_code
    if absent and code in (Exit.OK, Exit.PROGRESSING):
        code = Exit.FAILING
    write(environment.stdout, _rendered(args, found, access.context, code, environment, settings))
    for one in absent:
        write(environment.stderr, f"goweb: no workload {one.given!r} in namespace {want.namespace}\n")
    hidden = [unseen for each in found.changes for unseen in each.unseen] if not args.names else []
    if hidden:
        write(environment.stderr, f"goweb: {len(hidden)} things could not be read, such as {hidden[0]}\n")
    for gap in found.overview.gaps if not args.output else ():
        write(environment.stderr, f"goweb: not seen: {gap.part}: {gap.state}: {gap.why}\n")
    if found.passed_over:
        write(environment.stderr, f"goweb: {found.passed_over} more workloads were not looked into: name them\n")
    return code


def _rendered(
    args: Arguments, found: Gathered, context: str, code: Exit, environment: Environment, settings: Settings
) -> str:
    if args.output:
        from kubectl_goweb.cli import documents  # only for machines
        from kubectl_goweb.cli.why_documents import ChangesDocument

        told = found.overview
        document = ChangesDocument(
            API_VERSION, "Changes", context, told.namespace, told.at, code, found.changes, told.gaps
        )
        return documents.as_json(document) if args.output == "json" else documents.as_yaml(document)
    on = paper(environment.stdout, environment.environ, settings)
    lines = list(_lines(found, on, in_full=bool(args.names)))
    return "".join(line + "\n" for line in lines)


def _lines(found: Gathered, on: Paper, *, in_full: bool) -> Iterator[str]:
    now = found.overview.at
    shown = [one for one in found.changes if in_full or one.changes or one.onset]
    for number, one in enumerate(shown):
        if number:
            yield ""
        yield from _head(one, now, on)
        changes = one.changes if in_full else one.changes[:_SHOWN]
        yield from change_lines(changes, now, on, in_full=in_full)
        if len(changes) < len(one.changes):
            more = len(one.changes) - len(changes)
            command = f"kubectl goweb changes {plain(one.object.short)} -n {plain(one.object.namespace)}"
            yield on.tinted(f"  and {more} more: {command}", Tone.FAINT)
        if not one.changes:
            yield f"  nothing is known to have changed since {one.since:%Y-%m-%d %H:%M:%S} UTC"
        for unseen in one.unseen if in_full else ():
            yield f"  not seen   {unseen}"
    if not shown and not in_full:
        where = f"in namespace {found.overview.namespace}" if found.overview.namespace else "in any namespace"
        yield f"nothing is known to have changed {where}"


def _head(one: WorkloadChanges, now: datetime, on: Paper) -> Iterator[str]:
    name = f"{plain(one.object.short)} in {plain(one.object.namespace)}: "
    why = f": {one.why}" if one.why else ""
    # The verdict is never cut: it comes before what may be long.
    told = on.tinted(one.verdict, verdict_tone(one.verdict))
    yield name + told + (why if on.width is None else fit(why, max(1, on.width - len(name) - len(one.verdict))))
    if one.onset is not None:
        at = one.onset.at
        yield _cut(f"  began {age(at, now)} ago, {at:%H:%M:%S} UTC ({plain(one.onset.how)})", on)


def change_lines(changes: Iterable[PastChange], now: datetime, on: Paper, *, in_full: bool) -> Iterator[str]:
    """When, what, who; with what is known of it below."""
    told = [(when(one, now), one) for one in changes]
    width = max((len(at) for at, _ in told), default=0)
    for at, one in told:
        who = f"  ({one.who})" if one.who else ""
        is_suspect = one.before_onset is not None and one is told[0][1]
        line = _cut(f"  {at:>{width}}  {plain(one.text)}{who}", on)
        yield on.tinted(line, Tone.WARN) if is_suspect else line
        for detail in one.details if in_full else ():
            yield on.tinted(_cut(f"  {'':{width}}    {plain(detail)}", on), Tone.FAINT)


def _cut(text: str, on: Paper) -> str:
    return text if on.width is None else fit(text, on.width)
