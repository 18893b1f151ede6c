"""Where the command line shows plans, asks about them, and tells what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING, TextIO

from kubectl_goweb.actions.apply import Applied, DryRun
from kubectl_goweb.actions.plan import Plan
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments
from kubectl_goweb.cli.plan_text import caution_lines, plan_lines
from kubectl_goweb.cli.printing import paper, write
from kubectl_goweb.errors import UsageError
from kubectl_goweb.kube.patience import told_when_late
from kubectl_goweb.objects.text import plain
from kubectl_goweb.settings import Settings

if TYPE_CHECKING:
    from kubectl_goweb.cli.driven import Driven


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


class Desk:
    """Where plans are shown and questions asked."""

    def __init__(
        self, args: Arguments, settings: Settings, environment: Environment, *, is_one_of_many: bool = False
    ) -> None:
        """`is_one_of_many` when several plans are told: then a JSON document is a line."""
        self._args = args
        self._is_one_of_many = is_one_of_many
        self._environment = environment
        self._out = paper(environment.stdout, environment.environ, settings)
        self._err = paper(environment.stderr, environment.environ, settings)
        self._driver = _driver(args, environment)
        is_terminal = environment.stdin.isatty() and environment.stderr.isatty()
        self.can_ask = (is_terminal or self._driver is not None) and not args.yes

    def patience(self, what: str) -> AbstractContextManager[None]:
        """Say in a terminal what is being waited for, when it takes more than a second."""
        return told_when_late(self.say if self._environment.stderr.isatty() else None, f"{what}...")

    def say(self, sentence: str) -> None:
        if self._driver is not None:
            self._driver.say(sentence)
            return
        write(self._environment.stderr, f"goweb: {sentence}\n")

    def confirms(self, plans: Sequence[Plan], *, is_protected: bool) -> bool:
        """Whether the user wants them. UsageError when nobody can be asked and --yes is not given."""
        if self._args.yes:
            for plan in plans:
                for line in caution_lines(plan, self._err):
                    self.say(line if len(plans) == 1 else f"{plain(plan.target.short)}: {line}")
            return True
        if self._driver is not None:
            return all(
                self._driver.asks(f"{one.sentence}?", one.target.name if is_protected else "y", one) for one in plans
            )
        for plan in plans:
            self._show(plan)
        if not self.can_ask:
            raise UsageError("it has to be confirmed, and there is no terminal to ask in", hint="add --yes to do it")
        name = " ".join(plan.target.name for plan in plans)
        it = "it" if len(plans) == 1 else f"all {len(plans)}"
        question = (
            f"context {plans[0].context} is protected: type {name} to do it: " if is_protected else f"do {it}? [y/N] "
        )
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
                if self._args.output == "json":
                    write(out, documents.as_json(told, indent=not self._is_one_of_many))
                else:
                    write(out, ("---\n" if self._is_one_of_many else "") + documents.as_yaml(told))
            case "name":
                write(out, f"{name}\n")
            case _ if plan.is_nothing:
                write(out, f"{name} {plan.done} ({plain(plan.nothing)})\n")
            case _ if dry_run is DryRun.CLIENT:
                write(out, "".join(f"{line}\n" for line in plan_lines(plan, self._out)))
            case _:
                write(out, f"{name} {plan.done}{' (server dry run)' if dry_run is DryRun.SERVER else ''}\n")

    def record(self, applied: Applied) -> None:
        """How its answer got lost, if it did, and what the journal has of it, for people."""
        if applied.lost:
            self.say(applied.lost)
        if applied.unrecorded:
            self.say(f"done, but not written down: {applied.unrecorded}")
        elif applied.entry is not None and self._args.output is None:
            back = f"; back: kubectl goweb revert {applied.entry.id}" if applied.plan.inverse is not None else ""
            self.say(f"journal entry {applied.entry.id}{back}")

    def _show(self, plan: Plan) -> None:
        write(self._environment.stderr, "".join(f"{line}\n" for line in plan_lines(plan, self._err)))
