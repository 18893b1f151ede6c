"""One change to several workloads: every plan shown in one list, one confirmation, one exit code.

As kubectl does it: what can be done is done, what cannot is told, and the exit code is then not 0. Other than with
kubectl, that is seen before anything is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from kubectl_goweb.actions.apply import Applied, ConflictError, Door, DryRun, apply
from kubectl_goweb.actions.plan import Plan, Refusal
from kubectl_goweb.cli.acting import check_read_only, journal_of, refusal_error
from kubectl_goweb.cli.desk import Desk
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments
from kubectl_goweb.errors import ApiError, Exit, GowebError, UnauthorizedError, UnreachableError
from kubectl_goweb.kube.access import Access
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.verdicts import Ref

_WORST_FIRST = (Exit.UNKNOWN, Exit.REFUSED, Exit.USAGE, Exit.FAILING)
_HOPELESS = (UnreachableError, UnauthorizedError)
"""What the next workload would meet too."""


def act_on_all(
    targets: Sequence[Ref],
    problems: Iterable[GowebError],
    look: Callable[[Ref], Plan | Refusal],
    args: Arguments,
    access: Access,
    connection: Door,
    settings: Settings,
    environment: Environment,
) -> Exit:
    """Plan all, ask once, do them in order; the worst exit code. `problems` are names that stand for nothing."""
    check_read_only(args, settings, access.context)
    return _All(look, args, access, connection, settings, environment).run(targets, problems)


class _All:
    def __init__(
        self,
        look: Callable[[Ref], Plan | Refusal],
        args: Arguments,
        access: Access,
        connection: Door,
        settings: Settings,
        environment: Environment,
    ) -> None:
        self._look = look
        self._dry_run = DryRun(args.dry_run)
        self._is_protected = settings.context(access.context).protected
        self._connection = connection
        self._environment = environment
        self._journal = journal_of(access, environment)
        self._desk = Desk(args, settings, environment, is_one_of_many=True)
        self._codes: set[Exit] = set()
        self._has_done = False

    def run(self, targets: Sequence[Ref], problems: Iterable[GowebError]) -> Exit:
        for problem in problems:
            self._failed(problem)
        while targets:
            with self._desk.patience("looking at what stands in the way"):
                plans = self._planned(targets)
            todo = [one for one in plans if not one.is_nothing]
            for plan in plans:
                if plan.is_nothing or self._dry_run is DryRun.CLIENT:
                    self._desk.tell(Applied(plan, self._dry_run))
            if not todo or self._dry_run is DryRun.CLIENT:
                break
            if self._dry_run is DryRun.NONE and not self._desk.confirms(todo, is_protected=self._is_protected):
                self._desk.say("nothing more was done" if self._has_done else "nothing was done")
                self._codes.add(Exit.FAILING)
                break
            targets = self._done(todo)
        return next((code for code in _WORST_FIRST if code in self._codes), Exit.OK)

    def _planned(self, targets: Iterable[Ref]) -> list[Plan]:
        found = []
        for target in targets:
            try:
                planned = self._look(target)
            except _HOPELESS:
                raise
            except ApiError as error:
                self._failed(error)
                continue
            if isinstance(planned, Plan):
                found.append(planned)
            else:
                self._failed(refusal_error(planned))
        return found

    def _done(self, plans: Sequence[Plan]) -> list[Ref]:
        """Those that somebody else has changed meanwhile, and that can be asked about again."""
        again = []
        for number, plan in enumerate(plans, 1):
            try:
                with self._desk.patience("waiting for the server's answer"):
                    applied = apply(
                        plan,
                        self._connection,
                        journal=self._journal,
                        now=self._environment.now,
                        dry_run=self._dry_run,
                    )
            except ConflictError as error:
                if self._desk.can_ask:
                    self._desk.say(f"{plan.target.short}: {error.sentence}; it is planned anew")
                    again.append(plan.target)
                else:
                    self._failed(error, plan.target)
            except ApiError as error:
                self._failed(error, plan.target)
                if isinstance(error, _HOPELESS) and number < len(plans):
                    self._desk.say(f"not tried: {', '.join(one.target.short for one in plans[number:])}")
                    break
            else:
                self._has_done = True
                self._desk.tell(applied)
                self._desk.record(applied)
        return again

    def _failed(self, error: GowebError, about: Ref | None = None) -> None:
        self._codes.add(error.exit_code)
        head = f"{about.short}: " if about is not None else ""
        self._desk.say(f"{head}{error.sentence}" + (f"\n  {error.hint}" if error.hint else ""))
