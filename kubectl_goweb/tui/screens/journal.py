"""What was done with this program, newest first, and the way back from what is selected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from textual.containers import Container
from textual.content import Content
from textual.widget import Widget

from kubectl_goweb.actions.entries import Entry
from kubectl_goweb.actions.verbs import VERBS, Rights
from kubectl_goweb.errors import GowebError
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import age
from kubectl_goweb.tables import Cell, Column, Row, Table, Tone
from kubectl_goweb.tui.details import Details
from kubectl_goweb.tui.feeds import clock
from kubectl_goweb.tui.live_table import LiveTable
from kubectl_goweb.tui.offers import Offer
from kubectl_goweb.tui.plan_text import change_lines
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.view import View
from kubectl_goweb.tui.viewing import ViewScreen
from kubectl_goweb.tui.words import hanging, line

_NEWEST = 500
COLUMNS = (
    Column("id", "ID", right=True),
    Column("age", "AGE", right=True),
    Column("context", "CONTEXT", spare=2),
    Column("namespace", "NAMESPACE", spare=1),
    Column("object", "OBJECT"),
    Column("what", "WHAT", elastic=True),
    Column("outcome", "OUTCOME"),
)
_REVERT = next(one for one in VERBS if one.id == "revert")


class JournalScreen(ViewScreen):
    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._panel = stage.panel("Journal", "all-problems")
        self._details = Details("Entry", id="details")
        self._entries: dict[str, Entry] = {}
        self._notice = ""
        self._is_read = False

    def body(self) -> Iterable[Widget]:
        return (Container(self._panel, self._details, id="halves"),)

    def on_screen_resume(self) -> None:
        self._is_read = False  # something may have been taken back meanwhile

    def prepare(self, view: View) -> Callable[[], None]:
        if not self._is_read:
            self._is_read = True
            self._read()
        rows = journal(self._entries.values(), view.now)

        def paint() -> None:
            self._panel.show(rows, notice=self._notice)
            self._tell()

        return paint

    def _read(self) -> None:
        try:
            found, unread = self.stage.source.journal()
        except GowebError as error:
            found, unread, self._notice = (), 0, error.sentence
        else:
            self._notice = "" if found else "nothing was done with this program yet"
        if unread:
            self._notice = f"{unread} lines of the journal cannot be read"
        self._entries = {_key(one): one for one in reversed(found[-_NEWEST:])}

    def offer(self, key: str) -> Offer | None:
        """Here the rows are entries, and what can be done to them is to take them back."""
        entry = self._entries.get(self.subject)
        if entry is None or key != _REVERT.key:
            return None
        session = self.stage.session
        why_not = _REVERT.allowed(entry, Rights(f"read-only: {session.read_only}" if session.read_only else ""))
        return Offer(entry, None if why_not else _REVERT, why_not, _REVERT.title)

    def on_live_table_opened(self, message: LiveTable.Opened) -> None:
        message.prevent_default()  # an entry has no screen of its own
        self.action_verb(_REVERT.key)

    def on_live_table_selected(self) -> None:
        self._tell()

    def _tell(self) -> None:
        entry = self._entries.get(self._panel.table.selected)
        self._details.show(lambda width: self._written(entry, width) if entry is not None else ())

    def _written(self, entry: Entry, width: int) -> Iterator[Content]:
        where = f" in {entry.target.namespace}" if entry.target.namespace else ""
        yield hanging(line(""), line((plain(entry.sentence), "bold"), plain(where)), width)
        for name, text in (
            ("outcome", f"{entry.outcome}, {entry.at:%Y-%m-%d} {clock(entry.at, self.stage.zone)}"),
            ("by", f"{entry.user} ({entry.login}), context {entry.context}, {entry.server}"),
        ):
            yield hanging(line((f"{name:<10} ", Tone.FAINT)), line(plain(text)), width)
        for change in entry.changes:
            yield from change_lines(change, width)
        yield hanging(line((f"{'kubectl':<10} ", Tone.FAINT)), line(plain(entry.kubectl)), width)
        back = "u takes it back, while what it changed is as it left it"
        told = line(back) if entry.inverse is not None else line(("none: ", Tone.BAD), plain(entry.one_way))
        yield hanging(line((f"{'way back':<10} ", Tone.FAINT)), told, width)
        if entry.stays:
            kept = line(("not taken back by it: ", Tone.WARN), plain(entry.stays))
            yield hanging(line(" " * 11), kept, width)


def journal(entries: Iterable[Entry], now: datetime) -> Table:
    """One row an entry."""
    return Table(COLUMNS, tuple(_row(one, now) for one in entries))


def _row(one: Entry, now: datetime) -> Row:
    tone = Tone.PLAIN if one.outcome == "done" else Tone.WARN
    texts = (
        str(one.id),
        age(one.at, now),
        one.context,
        one.target.namespace,
        one.target.short,
        one.sentence,
        one.outcome,
    )
    return Row(_key(one), tuple(Cell(plain(text), tone) for text in texts))


def _key(one: Entry) -> str:
    return f"Entry//{one.id}"
