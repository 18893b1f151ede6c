"""What changed around a workload, the likeliest culprit first, and what is known of the one that is selected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from textual.containers import Container
from textual.content import Content
from textual.widget import Widget

from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import age
from kubectl_goweb.status.changes.model import PastChange, WorkloadChanges
from kubectl_goweb.tables import Table, Tone
from kubectl_goweb.tables.changes import COLUMNS, past_changes
from kubectl_goweb.tables.tones import verdict_tone
from kubectl_goweb.tui.asking_again import AskingAgainScreen
from kubectl_goweb.tui.details import Details
from kubectl_goweb.tui.feeds import clock
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.summary import Summary
from kubectl_goweb.tui.words import hanging, line


class ChangesScreen(AskingAgainScreen):
    def __init__(self, stage: Stage, key: str) -> None:
        super().__init__(stage, key)
        self._summary = Summary()
        self._panel = stage.panel("What changed", "all-problems")
        self._details = Details("Change", id="details")
        self._found: WorkloadChanges | None = None

    def body(self) -> Iterable[Widget]:
        return (self._summary, Container(self._panel, self._details, id="halves"))

    def ask(self) -> Callable[[], None]:
        found = self.stage.source.changes(self.ref)
        now = self.stage.now()
        if found is None:
            return lambda: self.failed(f"{self.ref.short} is not there")
        rows = past_changes(found, now)
        none = "" if rows.rows else f"nothing is known to have changed since {clock(found.since, self.stage.zone)}"

        def paint() -> None:
            self._found = found
            self._summary.show(lambda width: self._summarized(found, width))
            self._panel.show(rows, notice=none)
            self._tell()

        return paint

    def failed(self, sentence: str) -> None:
        self._panel.show(Table(COLUMNS, ()), notice=plain(sentence))

    def on_live_table_selected(self) -> None:
        self.refresh_bindings()
        self._tell()

    def _summarized(self, found: WorkloadChanges, width: int) -> Iterator[Content]:
        head = line((plain(found.object.short), "bold"), ("  in ", Tone.FAINT), plain(found.object.namespace), "  ")
        why = f": {plain(found.why)}" if found.why else ""
        yield head + line((found.verdict, verdict_tone(found.verdict)), why)
        if found.onset is not None:
            at = clock(found.onset.at, self.stage.zone)
            ago = age(found.onset.at, self.stage.now())
            yield line(("began ", Tone.FAINT), f"{ago} ago, {at}", (f"  {plain(found.onset.how)}", Tone.FAINT))

    def _tell(self) -> None:
        found, place = self._found, self._panel.table.selected.partition("#")[2]
        if found is not None:
            one = found.changes[int(place)] if place.isdecimal() and int(place) < len(found.changes) else None
            self._details.show(lambda width: self._written(found, one, width))

    def _written(self, found: WorkloadChanges, one: PastChange | None, width: int) -> Iterator[Content]:
        if one is not None:
            yield hanging(line(""), line((plain(one.text), "bold")), width)
            yield line(("  at       ", Tone.FAINT), f"{one.at:%Y-%m-%d} {clock(one.at, self.stage.zone)}")
            yield line(("  by       ", Tone.FAINT), plain(one.who) or "nobody that is known")
            yield line(("  known by ", Tone.FAINT), plain(one.source))
            for detail in one.details:
                yield hanging(line("  "), line(plain(detail)), width)
            yield Content("")
        for unseen in found.unseen:
            yield hanging(line(("not seen: ", Tone.FAINT)), line((plain(unseen), Tone.WARN)), width)
