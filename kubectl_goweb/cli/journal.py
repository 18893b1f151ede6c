"""`kubectl goweb journal`: what was done with this program; `kubectl goweb revert`: take an entry of it back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from kubectl_goweb.actions.entries import Entry
from kubectl_goweb.actions.plan import Plan, Refusal
from kubectl_goweb.actions.prepare import prepare
from kubectl_goweb.actions.reverting import revert, why_not
from kubectl_goweb.cli.acting import act, add_flags, journal_of
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser, overrides
from kubectl_goweb.cli.plan_text import change_lines
from kubectl_goweb.cli.printing import Paper, lines, paper, write
from kubectl_goweb.errors import Exit, GowebError, RefusedError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import resolve
from kubectl_goweb.objects.text import plain
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.ages import age
from kubectl_goweb.tables import Cell, Column, Row, Table, Tone

_COLUMNS = (
    Column("id", "ID", right=True),
    Column("age", "AGE", right=True),
    Column("user", "USER", wide=True),
    Column("context", "CONTEXT"),
    Column("namespace", "NAMESPACE"),
    Column("object", "OBJECT"),
    Column("what", "WHAT", elastic=True),
    Column("outcome", "OUTCOME"),
)


def declare(parser: Parser) -> None:
    name = parser.get_default("verb")
    if name == "journal":
        parser.description = "What was done with this program, on this machine, oldest first."
        parser.add_argument("id", nargs="?", type=int, metavar="ID", help="one entry in full")
        parser.add_argument("--limit", type=int, default=50, metavar="N", help="so many of the newest; 0: all")
        parser.add_argument("-o", "--output", choices=("wide", "json"), help="json: one entry a line")
        return
    parser.description = "Take an entry of the journal back, while what it changed is as it left it."
    parser.add_argument(
        "id", nargs="?", type=int, metavar="ID", help="the entry; the last one of this cluster if left out"
    )
    add_flags(parser)


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    access = resolve(overrides(args), environment.environ, environment.home)
    journal = journal_of(access, environment)
    entries, unread = journal.entries()
    if unread:
        write(environment.stderr, f"goweb: {unread} lines of {journal.path} cannot be read\n")
    if args.verb == "journal":
        return _list(args, entries, settings, environment)
    entry = _chosen(args.id, [one for one in entries if args.id or one.server == access.server])
    why = why_not(entry, access.server)
    if why or entry.inverse is None:
        raise RefusedError(f"cannot take back entry {entry.id} ({plain(entry.sentence)}): {plain(why)}")
    inverse = entry.inverse
    with Connection(access, read_only=settings.context(access.context).read_only) as connection:

        def look() -> Plan | Refusal:
            return revert(entry, prepare(connection, inverse, environment.now))

        return act(look, args, access, connection, settings, environment).code


def _chosen(id: int | None, entries: list[Entry]) -> Entry:
    found = [one for one in entries if id is None or one.id == id]
    if found:
        return found[-1]
    what = f"no entry {id}" if id else "nothing done on this cluster"
    raise GowebError(f"the journal has {what}", hint="see: kubectl goweb journal")


def _list(args: Arguments, entries: Iterable[Entry], settings: Settings, environment: Environment) -> Exit:
    wanted = [one for one in entries if args.id in (None, one.id)]
    if args.id is not None and not wanted:
        raise GowebError(f"the journal has no entry {args.id}", hint="see: kubectl goweb journal")
    wanted = wanted[-args.limit :] if args.limit > 0 else wanted
    on = paper(environment.stdout, environment.environ, settings)
    if args.output == "json":
        told = [msgspec.json.encode(one).decode() for one in wanted]
    elif args.id is not None:
        told = list(_in_full(wanted[0], on))
    elif wanted:
        told = list(lines(_table(wanted, environment.now()), on, wide=args.output == "wide"))
    else:
        write(environment.stderr, "goweb: nothing was done with this program yet\n")
        told = []
    write(environment.stdout, "".join(f"{line}\n" for line in told))
    return Exit.OK


def _table(entries: Iterable[Entry], now: datetime) -> Table:
    return Table(_COLUMNS, tuple(_row(one, now) for one in entries))


def _row(one: Entry, now: datetime) -> Row:
    tone = Tone.PLAIN if one.outcome == "done" else Tone.WARN
    texts = (
        str(one.id),
        age(one.at, now),
        one.user,
        one.context,
        one.target.namespace,
        one.target.short,
        one.sentence,
        one.outcome,
    )
    return Row(f"Entry//{one.id}", tuple(Cell(plain(text), tone) for text in texts))


def _in_full(one: Entry, on: Paper) -> Iterator[str]:
    where = f" in {one.target.namespace}" if one.target.namespace else ""
    yield f"{one.id}: {plain(one.sentence)}{plain(where)}"
    yield f"  outcome    {one.outcome}, {one.at.isoformat(timespec='seconds')}"
    yield f"  by         {plain(one.user)} ({plain(one.login)}), context {plain(one.context)}, {plain(one.server)}"
    for change in one.changes:
        yield from change_lines(change, on, indent=2)
    yield f"  kubectl    {plain(one.kubectl)}"
    yield f"  way back   {f'kubectl goweb revert {one.id}' if one.inverse else f'none: {plain(one.one_way)}'}"
    if one.stays:
        yield f"             not taken back by it: {plain(one.stays)}"
