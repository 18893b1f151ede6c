"""How every verb that changes something runs: look and plan, show, ask, apply, tell. The verbs give only the plan.

    add_flags(parser)                                    -y, --dry-run, -o
    acted = act(lambda: prepare(...), args, connection, settings, environment)
    acted.code, acted.applied                            for `--guard`: what to follow, and from which generation on

In a terminal the Plan is shown and confirmed; elsewhere only `--yes` confirms. On a protected context the object's name
is typed instead of `y`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from kubectl_goweb.actions.apply import Applied, ConflictError, Door, DryRun, apply
from kubectl_goweb.actions.journal import Journal, Who, journal_path, login
from kubectl_goweb.actions.plan import Plan, Refusal
from kubectl_goweb.cli.desk import Desk
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.errors import Exit, GowebError, RefusedError
from kubectl_goweb.kube.access import Access
from kubectl_goweb.objects.text import plain
from kubectl_goweb.settings import Settings

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


def check_read_only(args: Arguments, settings: Settings, context: str) -> None:
    """RefusedError when nothing may be written and something would be."""
    why = why_read_only(args, settings, context)
    if why and args.dry_run != DryRun.CLIENT:
        raise RefusedError(f"read-only: {why}", hint="see what would be done: --dry-run=client")


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
    check_read_only(args, settings, access.context)
    desk = Desk(args, settings, environment)
    while True:
        with desk.patience("looking at what stands in the way"):
            plan = _planned(look)
        if plan.is_nothing or dry_run is DryRun.CLIENT:
            desk.tell(done := Applied(plan, dry_run))
            return Acted(Exit.OK, done)
        if dry_run is DryRun.NONE and not desk.confirms(
            [plan], is_protected=settings.context(access.context).protected
        ):
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
        desk.record(applied)
        return Acted(Exit.OK, applied)


def _planned(look: Planner) -> Plan:
    planned = look()
    if isinstance(planned, Plan):
        return planned
    raise refusal_error(planned)


def refusal_error(planned: Refusal) -> GowebError:
    """The same for who looks at errors."""
    error: GowebError = RefusedError(
        f"cannot {planned.verb} {planned.target.short}: {plain(planned.why)}", hint=planned.hint
    )
    if planned.exit_code is not Exit.REFUSED:
        error = GowebError(error.sentence, hint=error.hint)
        error.exit_code = planned.exit_code
    return error
