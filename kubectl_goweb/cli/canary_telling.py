"""How a canary's end is shown: lines for people, a `goweb/v1` document for programs. Until then it tells as a guard."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, structs

from kubectl_goweb.actions.canary import wording
from kubectl_goweb.actions.canary.telling import End, Report
from kubectl_goweb.cli.guard_telling import said_lines
from kubectl_goweb.cli.printing import Paper
from kubectl_goweb.status.verdicts import API_VERSION, Answer
from kubectl_goweb.tables import Tone

_ENDS = {
    End.PROMOTED: ("✔", Tone.GOOD),
    End.FAILED: ("✖", Tone.BAD),
    End.TIMED_OUT: ("✖", Tone.BAD),
    End.HELD: ("?", Tone.HELD),
    End.HIDDEN: ("?", Tone.WARN),
    End.SUPERSEDED: ("!", Tone.WARN),
    End.PAUSED: ("!", Tone.HELD),
    End.REFUSED: ("✖", Tone.BAD),
}


class CanaryReport(Report, frozen=True, kw_only=True):
    """How a canary ended: the last line of `canary -o json`, after GuardProgress and GuardEvent documents."""

    api_version: str
    kind: str
    context: str


class Ended(Struct, frozen=True):
    """How it ended."""

    report: Report

    def lines(self, on: Paper) -> Iterable[str]:
        sign, tone = _ENDS[self.report.end]
        yield on.tinted(f"{sign if on.signs else '*'} {wording.headline(self.report)}", tone)
        yield from said_lines(wording.report_lines(self.report), on)

    def document(self, context: str) -> Answer:
        fields = structs.asdict(self.report)
        return CanaryReport(**fields, api_version=API_VERSION, kind="CanaryReport", context=context)
