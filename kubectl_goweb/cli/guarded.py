"""A rollout under guard from the command line: the flags, the guard, how it is told, the exit code.

For the verb `guard`, and for every verb that starts a rollout and has `--guard`.
"""

from __future__ import annotations

import re
from pathlib import Path

from kubectl_goweb.actions.guard.guarding import Guard, Orders
from kubectl_goweb.actions.guard.symptoms import Terms
from kubectl_goweb.actions.guard.telling import OnFailure
from kubectl_goweb.actions.requests import WorkloadRequest
from kubectl_goweb.cli.acting import journal_of
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.guard_telling import teller
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.errors import Exit, UsageError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.timeouts import parse_timeout
from kubectl_goweb.settings import Settings, state_folder
from kubectl_goweb.status.verdicts import Ref


def declare_guard(parser: Parser) -> None:
    """The guard's flags, without `--guard` itself."""
    group = parser.add_argument_group("the guard")
    group.add_argument(
        "--timeout", metavar="TIME", help="longest time until it is done, such as 5m; then it has failed"
    )
    group.add_argument(
        "--on-failure",
        choices=tuple(OnFailure),
        default=str(OnFailure.ROLLBACK),
        help="what to do when it has failed (rollback: to the revision that was fully available)",
    )
    group.add_argument("--evidence", metavar="DIR", help="folder for logs, objects, events and timeline of a failure")
    group.add_argument(
        "--soak", metavar="TIME", default="10s", help="how long it must stay fully available to be done (10s)"
    )
    group.add_argument(
        "--restarts", metavar="N", type=int, default=1, help="restarts of a new container that are no failure (1)"
    )
    group.add_argument(
        "--ready-within",
        metavar="TIME",
        help="how long a new Pod may run without ever having been ready (what its probes allow, and 60s)",
    )


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
    orders = Orders(
        evidence=_evidence(args, connection.access.context, ref, environment),
        on_failure=OnFailure(args.on_failure),
        timeout=_seconds(args.timeout),
        terms=Terms(
            restarts=args.restarts,
            soak=_seconds(args.soak) or 0.0,
            ready_within=_seconds(args.ready_within),
        ),
        way_back=way_back,
    )
    if args.restarts < 0:
        raise UsageError("--restarts cannot be negative")
    is_json = getattr(args, "output", None) == "json"
    journal = journal_of(connection.access, environment)
    with teller(connection.access.context, settings, environment, is_json=is_json) as told:
        report = Guard(connection, ref, orders, told, now=environment.now, journal=journal).run()
        told.ended(report)
    return report.exit_code


def _seconds(given: str | None) -> float | None:
    return parse_timeout(given) if given is not None else None


def _evidence(args: Arguments, context: str, ref: Ref, environment: Environment) -> Path:
    if args.evidence:
        return Path(args.evidence)
    at = environment.now().strftime("%Y%m%dT%H%M%SZ")
    name = "-".join(re.sub(r"[^\w.]+", "-", part) for part in (context, ref.namespace, ref.name, at) if part)
    return state_folder(environment.environ, environment.home) / "evidence" / name
