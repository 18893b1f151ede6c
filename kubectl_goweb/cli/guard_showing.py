"""Shows a guard in the manner that fits what is written to: lines, JSON documents, or a live state in a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from kubectl_goweb.actions.guard.telling import Report
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.guard_telling import GuardTeller, LineTeller, report_lines
from kubectl_goweb.cli.printing import Paper, paper
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.verdicts import Answer


def teller(context: str, settings: Settings, environment: Environment, *, is_json: bool) -> GuardTeller:
    """The one that fits what is written to."""
    if is_json:
        from kubectl_goweb.cli.guard_documents import JsonTeller  # only this format needs it

        return JsonTeller(context, environment)
    on = paper(environment.stdout, environment.environ, settings)
    if on.width is not None and on.signs:
        from kubectl_goweb.cli.guard_screen import ScreenTeller  # loads rich

        return ScreenTeller(environment, on)
    return LineTeller(environment, on)


class Guarded(Struct, frozen=True):
    """How a guard ended."""

    report: Report

    def lines(self, on: Paper) -> Iterable[str]:
        return report_lines(self.report, on)

    def document(self, context: str) -> Answer:
        from kubectl_goweb.cli.guard_documents import report_document  # only this format needs it

        return report_document(self.report, context)
