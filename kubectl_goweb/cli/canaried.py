"""A change under canary from the command line: planned, confirmed, applied, and followed to its end."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import structs

from kubectl_goweb.actions.canary.canarying import Canary
from kubectl_goweb.actions.canary.planning import settle_time, stable_revision, stepwise
from kubectl_goweb.actions.canary.stepping import Pace
from kubectl_goweb.actions.canary.wording import headline
from kubectl_goweb.actions.facts import Facts
from kubectl_goweb.actions.plan import Plan, Refusal
from kubectl_goweb.cli.acting import Acted, act, journal_of
from kubectl_goweb.cli.canary_flags import pace_of
from kubectl_goweb.cli.canary_measuring import Measuring
from kubectl_goweb.cli.canary_telling import Ended
from kubectl_goweb.cli.driven import Driven
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.guarded import followed, ordered
from kubectl_goweb.cli.options import Arguments
from kubectl_goweb.errors import Exit
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.verdicts import Ref

Look = Callable[[], tuple[Facts, Plan | Refusal]]
"""Looks at the Deployment as it is, and plans its change; called again when somebody else was faster."""


def canaried(
    args: Arguments, look: Look, connection: Connection, target: Ref, settings: Settings, environment: Environment
) -> tuple[Acted, Exit | None]:
    """What was done, and the exit code of its canary; None when there was none, because no Pod is replaced, nothing was
    done, or it was a dry run. KeyboardInterrupt when it is left. NotFoundError when there is no such Deployment.
    """
    steps, bake = pace_of(args)
    paces: list[Pace] = []

    def looked() -> Plan | Refusal:
        known, planned = look()
        paces.clear()
        if isinstance(planned, Refusal):
            return planned
        if planned.replaces_pods:
            paces.append(Pace(steps, bake, stable_revision(known), args.promote_unknown, settle_time(known)))
        return stepwise(planned, known, steps, bake)

    context = connection.access.context
    told = followed(args, context, settings, environment)
    canary = Canary(
        connection,
        target,
        ordered(args, context, target, environment),
        told,
        Measuring(args, settings.metrics, connection, target, bake, environment),
        now=environment.now,
        journal=journal_of(connection.access, environment),
    )
    with canary:  # its watch begins before the first write: the controller is quick
        acted = act(looked, args, connection.access, connection, settings, environment)
        if acted.applied is None or not acted.applied.is_done or not paces:
            return acted, None
        driven = Driven(environment) if args.events else None
        if driven is not None:
            driven.stage("canary")
        with told:
            report = canary.run(acted.applied, paces[-1])
            told.ended(Ended(report))
        if driven is not None:
            outcome = "passed" if report.exit_code is Exit.OK else str(report.end)
            driven.judged(outcome, f"{headline(report)}: {report.sentence}")
    return structs.replace(acted, code=report.exit_code), report.exit_code
