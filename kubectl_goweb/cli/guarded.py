"""A rollout under guard from the command line: what the flags ask for, how it is told, the exit code.

For the verb `guard`, and for every verb that starts a rollout and has `--guard`.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import structs

from kubectl_goweb.actions.guard.guarding import Guard
from kubectl_goweb.actions.guard.orders import Orders, evidence_folder
from kubectl_goweb.actions.guard.terms import OnFailure
from kubectl_goweb.actions.requests import WorkloadRequest
from kubectl_goweb.cli.acting import journal_of
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.guard_flags import seconds, terms
from kubectl_goweb.cli.guard_showing import Guarded, teller
from kubectl_goweb.cli.guard_telling import GuardTeller
from kubectl_goweb.cli.options import Arguments
from kubectl_goweb.errors import Exit
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.settings import Settings, state_folder
from kubectl_goweb.status.verdicts import Ref


def guard(
    args: Arguments,
    connection: Connection,
    ref: Ref,
    settings: Settings,
    environment: Environment,
    *,
    way_back: WorkloadRequest | None = None,
) -> Exit:
    """Guard the rollout that is under way; the exit code of the verdict. KeyboardInterrupt when it is left."""
    context = connection.access.context
    orders = structs.replace(ordered(args, context, ref, environment), way_back=way_back)
    journal = journal_of(connection.access, environment)
    with followed(args, context, settings, environment) as told:
        report = Guard(connection, ref, orders, told, now=environment.now, journal=journal).run()
        told.ended(Guarded(report))
    return report.exit_code


def followed(args: Arguments, context: str, settings: Settings, environment: Environment) -> GuardTeller:
    """Who tells it, by the flags and what is written to."""
    if getattr(args, "events", False):
        from kubectl_goweb.cli.driven import Driven, Sayings  # few verbs can be run so

        environment = structs.replace(environment, stdout=Sayings(Driven(environment)))
    return teller(context, settings, environment, is_json=getattr(args, "output", None) == "json")


def ordered(args: Arguments, context: str, ref: Ref, environment: Environment) -> Orders:
    """What the flags order. UsageError for what cannot be meant."""
    state = state_folder(environment.environ, environment.home)
    return Orders(
        evidence=Path(args.evidence) if args.evidence else evidence_folder(state, context, ref, environment.now()),
        on_failure=OnFailure(args.on_failure or OnFailure.ROLLBACK),
        timeout=seconds(args.timeout),
        terms=terms(args),
    )
