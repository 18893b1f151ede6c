"""How every verb that changes something runs: look and plan, show, ask, apply, tell. The verbs give only the plan.

    add_flags(parser)                                    -y, --dry-run, -o
    acted = act(lambda: prepare(...), args, connection, settings, environment)
    acted.code, acted.applied                            for `--guard`: what to follow, and from which generation on

In a terminal the Plan is shown and confirmed; elsewhere only `--yes` confirms. On a protected context the object's name
is typed instead of `y`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from msgspec import Struct

from kubectl_goweb.actions.apply import Applied, ConflictError, Door, DryRun, apply
from kubectl_goweb.actions.journal import Journal, Who, journal_path, login
from kubectl_goweb.actions.plan import Plan, Refusal
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.cli.plan_text import caution_lines, plan_lines
from kubectl_goweb.cli.printing import paper, write
from kubectl_goweb.errors import Exit, GowebError, RefusedError, UsageError
from kubectl_goweb.kube.access import Access
from kubectl_goweb.objects.text import plain
from kubectl_goweb.settings import Settings

if TYPE_CHECKING:
    from kubectl_goweb.cli.driven import Driven

_PATIENCE = 1.0
"""Seconds."""

Planner = Callable[[], Plan | Refusal]
"""Looks at the cluster and plans; called again when somebody else was faster."""


class Acted(Struct, frozen=True):
    code: Exit
    applied: Applied | None = None
    """None when it was not confirmed."""


def add_flags(parser: Parser) -> None:
    """The flags of every verb that changes something."""
    parser.add_argument("-y", "--yes", action="store_true", help="do it without asking")
    parser.add_argument(
        "--dry-run",
        choices=tuple(DryRun),
        default=DryRun.NONE.value,
        help="client: only plan and show; server: let the server do everything but keep it",
    )
    parser.add_argument("-o", "--output", choices=("json", "yaml", "name"), help="the plan, as goweb/v1, or the name")


def journal_of(access: Access, environment: Environment) -> Journal:
    """This user's journal."""
    user = access.impersonation.user or access.user
    who = Who(user, login(environment.environ), access.server)
    return Journal(journal_path(environment.environ, Path(environment.home)), who)


def why_read_only(args: Arguments, settings: Settings, context: str) -> str:
    """What forbids every write; empty when nothing does."""
    if getattr(args, "read_only", False):
        return "--read-only is given"
    if settings.read_only:
        return "the settings say read_only"
    if settings.context(context).read_only:
        return f"the settings make context {context} read-only"
    return ""


def act(
    look: Planner,
    args: Arguments,
    access: Access,
    connection: Door,
    settings: Settings,
    environment: Environment,
) -> Acted:
    """Do what is planned, if it is confirmed. RefusedError for what may not be done, UsageError when nobody can be
    asked, and what `apply` raises.
    """
    dry_run = DryRun(args.dry_run)
    why = why_read_only(args, settings, access.context)
    if why and dry_run is not DryRun.CLIENT:
        raise RefusedError(f"read-only: {why}", hint="see what would be done: --dry-run=client")
    desk = _Desk(args, settings, environment)
    while True:
        with desk.patience("looking at what stands in the way"):
            plan = _planned(look)
        if plan.is_nothing or dry_run is DryRun.CLIENT:
            desk.tell(done := Applied(plan, dry_run))
            return Acted(Exit.OK, done)
        if dry_run is DryRun.NONE and not desk.confirms(plan, is_protected=settings.context(access.context).protected):
            desk.say("nothing was done")
            return Acted(Exit.FAILING)
        try:
            with desk.patience("waiting for the server's answer"):
                applied = apply(
                    plan, connection, journal=journal_of(access, environment), now=environment.now, dry_run=dry_run
                )
        except ConflictError as error:
            if not desk.can_ask:
                raise
            desk.say(f"{error.sentence}; this is how it is now:")
            continue
        desk.tell(applied)
        if applied.unrecorded:
            desk.say(f"done, but not written down: {applied.unrecorded}")
        elif applied.entry is not None and args.output is None:
            back = f"; back: kubectl goweb revert {applied.entry.id}" if plan.inverse is not None else ""
            desk.say(f"journal entry {applied.entry.id}{back}")
        return Acted(Exit.OK, applied)


def _planned(look: Planner) -> Plan:
    planned = look()
    if isinstance(planned, Plan):
        return planned
    error: GowebError = RefusedError(
        f"cannot {planned.verb} {planned.target.short}: {plain(planned.why)}", hint=planned.hint
    )
    if planned.exit_code is not Exit.REFUSED:
        error = GowebError(error.sentence, hint=error.hint)
        error.exit_code = planned.exit_code
    raise error


def forget_typed_ahead(stdin: TextIO) -> None:
    """A key pressed during a long build must not answer a question that came after it."""
    import termios

    with suppress(OSError, ValueError, termios.error):  # no terminal after all, as in a test
        termios.tcflush(stdin.fileno(), termios.TCIFLUSH)


def _driver(args: Arguments, environment: Environment) -> Driven | None:
    """The program that runs this verb, if one does."""
    if not getattr(args, "events", False):
        return None
    from kubectl_goweb.cli.driven import Driven  # few verbs can be run so

    return Driven(environment)


class _Desk:
    """Where plans are shown and questions asked."""

    def __init__(self, args: Arguments, settings: Settings, environment: Environment) -> None:
        self._args = args
        self._environment = environment
        self._out = paper(environment.stdout, environment.environ, settings)
        self._err = paper(environment.stderr, environment.environ, settings)
        self._driver = _driver(args, environment)
        is_terminal = environment.stdin.isatty() and environment.stderr.isatty()
        self.can_ask = (is_terminal or self._driver is not None) and not args.yes

    @contextmanager
    def patience(self, what: str) -> Iterator[None]:
        """Say in a terminal what is being waited for, when it takes more than a second."""
        if not self._environment.stderr.isatty():
            yield
            return
        timer = threading.Timer(_PATIENCE, self.say, (f"{what}...",))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def say(self, sentence: str) -> None:
        if self._driver is not None:
            self._driver.say(sentence)
            return
        write(self._environment.stderr, f"goweb: {sentence}\n")

    def confirms(self, plan: Plan, *, is_protected: bool) -> bool:
        """Whether the user wants it. UsageError when nobody can be asked and --yes is not given."""
        if self._args.yes:
            for line in caution_lines(plan, self._err):
                self.say(line)
            return True
        if self._driver is not None:
            return self._driver.asks(f"{plan.sentence}?", plan.target.name if is_protected else "y", plan)
        self._show(plan)
        if not self.can_ask:
            raise UsageError("it has to be confirmed, and there is no terminal to ask in", hint="add --yes to do it")
        name = plan.target.name
        question = f"context {plan.context} is protected: type {name} to do it: " if is_protected else "do it? [y/N] "
        write(self._environment.stderr, question)
        forget_typed_ahead(self._environment.stdin)
        given = self._environment.stdin.readline().strip()
        return given == name if is_protected else given.lower() in ("y", "yes")

    def tell(self, done: Applied) -> None:
        """What became of it, on standard output."""
        out, plan, dry_run = self._environment.stdout, done.plan, done.dry_run
        group = ".apps" if plan.target.kind in ("Deployment", "StatefulSet", "DaemonSet") else ""
        name = f"{plan.target.kind.lower()}{group}/{plan.target.name}"
        match self._args.output:
            case "json" | "yaml":
                from kubectl_goweb.actions.plan_document import document
                from kubectl_goweb.cli import documents  # only these formats need them

                outcome = "nothing" if plan.is_nothing else "applied" if dry_run is DryRun.NONE else "dry-run"
                told = document(plan, outcome, done.generation, done.entry.id if done.entry else None)
                write(out, documents.as_json(told) if self._args.output == "json" else documents.as_yaml(told))
            case "name":
                write(out, f"{name}\n")
            case _ if plan.is_nothing:
                write(out, f"{name} {plan.done} ({plain(plan.nothing)})\n")
            case _ if dry_run is DryRun.CLIENT:
                write(out, "".join(f"{line}\n" for line in plan_lines(plan, self._out)))
            case _:
                write(out, f"{name} {plan.done}{' (server dry run)' if dry_run is DryRun.SERVER else ''}\n")

    def _show(self, plan: Plan) -> None:
        write(self._environment.stderr, "".join(f"{line}\n" for line in plan_lines(plan, self._err)))
