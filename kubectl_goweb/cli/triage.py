"""`kubectl goweb triage`: everything that is wrong, ranked by users hurt, on one screen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kubectl_goweb.cli.answering import how_deep
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.cli.printing import Paper, paper, write
from kubectl_goweb.cli.surveying import survey
from kubectl_goweb.errors import Exit
from kubectl_goweb.objects.text import fit, plain
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.ages import age
from kubectl_goweb.status.diagnosis.triage import Impact, Problem, problems
from kubectl_goweb.status.overview import Overview
from kubectl_goweb.status.verdicts import Verdict
from kubectl_goweb.tables import Tone

_SHOWN = 12
"""Problems on one screen; the formats for machines have them all."""
_TONES = {Impact.UNAVAILABLE: Tone.BAD, Impact.DEGRADING: Tone.WARN, Impact.RISK: Tone.HELD}


def declare(parser: Parser) -> None:
    parser.add_argument("-o", "--output", choices=("json", "yaml", "markdown", "name"), help="output format")
    parser.add_argument("--all", action="store_true", help=f"all problems, not the worst {_SHOWN} alone")
    how_deep(parser)


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    """Tell, and give the exit code: 1 when users are hurt, 3 when that cannot be told."""
    told, _, context = survey(args, settings, environment)
    found = problems(told)
    code = exit_code(told, found)
    on = paper(environment.stdout, environment.environ, settings)
    write(environment.stdout, _rendered(args, told, found, on, code, context))
    if args.output not in ("json", "yaml"):
        for gap in told.gaps:
            write(environment.stderr, f"goweb: not seen: {gap.part}: {gap.state}: {gap.why}\n")
    return code


def exit_code(told: Overview, found: Iterable[Problem]) -> Exit:
    if any(one.impact is not Impact.RISK for one in found):
        return Exit.FAILING
    return Exit.UNKNOWN if told.verdict is Verdict.UNKNOWN else Exit.OK


def _rendered(args: Arguments, told: Overview, found: tuple[Problem, ...], on: Paper, code: Exit, context: str) -> str:
    match args.output:
        case "json" | "yaml":
            from kubectl_goweb.cli import documents, why_documents  # only for machines

            document = why_documents.triage_document(told, found, context, code)
            return documents.as_json(document) if args.output == "json" else documents.as_yaml(document)
        case "markdown":
            from kubectl_goweb.cli.markdown import markdown

            return markdown(told, found, context)
        case "name":
            return "".join(f"{one.finding.object.kind.lower()}/{one.finding.object.name}\n" for one in found)
        case _:
            shown = found if args.all else found[:_SHOWN]
            return "".join(line + "\n" for line in _screen(shown, len(found) - len(shown), told, on))


def _screen(found: tuple[Problem, ...], more: int, told: Overview, on: Paper) -> Iterable[str]:
    if not found:
        where = f"in namespace {told.namespace}" if told.namespace else "in any namespace"
        blind = told.verdict is Verdict.UNKNOWN
        yield f"nothing wrong is seen {where}" + (", but not everything could be seen" if blind else "")
        return
    for impact in Impact:
        group = [one for one in found if one.impact is impact]
        if group:
            yield on.tinted(f"{impact.upper()} {len(group)}", _TONES[impact])
            for one in group:
                yield from _lines(one, told.at, on, with_namespace=not told.namespace)
    if more:
        yield on.tinted(f"and {more} more: --all", Tone.FAINT)


def _lines(one: Problem, now: datetime, on: Paper, *, with_namespace: bool) -> Iterable[str]:
    found = one.finding
    name = found.object.short
    if with_namespace and found.object.namespace:
        name = f"{found.object.namespace}/{name}"
    facts = [part for part in (one.serving, f"since {age(found.since, now)}" if found.since else "") if part]
    head = f"  {plain(name)}  {plain(found.title)}"
    tail = f"    {found.code}" + (f" ({found.reason})" if found.reason else "")
    tail += "".join(f", {fact}" for fact in facts)
    if one.below:
        tail += f", {len(one.below)} follow{'s' if len(one.below) == 1 else ''} from it"
    yield _cut(head, on)
    yield on.tinted(_cut(tail, on), Tone.FAINT)
    if found.back:
        yield _cut(f"    way back: {plain(found.back)}", on)
    yield _cut(f"    next: {plain(found.next)}", on)


def _cut(text: str, on: Paper) -> str:
    return text if on.width is None else fit(text, on.width)
