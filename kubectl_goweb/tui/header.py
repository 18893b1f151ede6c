"""The line that is always there: which cluster, as whom, where, and how far what is shown can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from textual.content import Content
from textual.widgets import Static

from kubectl_goweb.objects import Snapshot
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import age
from kubectl_goweb.tables import Tone
from kubectl_goweb.tui.feeds import clock, notes
from kubectl_goweb.tui.jobbing import job_words
from kubectl_goweb.tui.offers import forbidden
from kubectl_goweb.tui.source import Session
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.words import line


def header(
    session: Session,
    snapshot: Snapshot,
    now: datetime,
    width: int,
    zone: tzinfo | None,
    *,
    may_not: Sequence[str] = (),
    guarding: Sequence[str] = (),
    newest: datetime | None = None,
    job: tuple[str, Tone] | None = None,
    ascii_only: bool,
) -> Content:
    """One line where it fits into `width` cells, else two: who and where, then the state of the feeds."""
    gap = " | " if ascii_only else " · "
    where = f"ns {snapshot.namespace}" if snapshot.namespace else "all namespaces"
    left = line((plain(session.context), "bold"))
    for text in (session.version, where, session.user):
        if text:
            left = left + line((gap, Tone.FAINT), plain(text))
    if session.is_protected:
        left = left + line((gap, Tone.FAINT), ("protected", Tone.BAD))
    if session.read_only:
        left = left + line((gap, Tone.FAINT), ("read-only", Tone.HELD))
    elif may_not:
        left = left + line((gap, Tone.FAINT), (f"may not {', '.join(may_not)}", Tone.WARN))
    if guarding:
        left = left + line((gap, Tone.FAINT), (f"guards {plain(', '.join(guarding))}", Tone.BUSY))
    if job is not None:
        left = left + line((gap, Tone.FAINT), job)
    right = Content("")
    for number, note in enumerate(notes(snapshot.followed, now, zone, ascii_only=ascii_only)):
        right = right + line((gap if number else "", Tone.FAINT), (f"{note.sign} {note.text}", note.tone))
        if note.is_live and newest is not None and (now - newest).total_seconds() >= _QUIET:
            right = right + line((f", newest {age(newest, now)} old", Tone.FAINT))
    time = line((clock(now, zone), Tone.FAINT))
    ellipsis = not ascii_only
    room = width - left.cell_length
    if room >= right.cell_length + time.cell_length + 5:
        padding = room - right.cell_length - time.cell_length - 2
        return left + " " * padding + right + "  " + time
    if room >= right.cell_length + 3:
        return left + " " * (room - right.cell_length) + right
    return left.truncate(width, ellipsis=ellipsis) + "\n" + right.truncate(width, ellipsis=ellipsis)


_QUIET = 10.0
"""Seconds without news from which on the header says so."""


class HeaderLine(Static):
    """Shows `header`. Grows to a second line only while there is that much to say."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(markup=False)
        self._stage = stage
        self._last: tuple[Snapshot, datetime] | None = None
        self._told = Content("")

    def show(self, snapshot: Snapshot, now: datetime) -> None:
        self._last = (snapshot, now)
        width = self.content_size.width
        if not width:
            return
        stage = self._stage
        told = header(
            stage.session,
            snapshot,
            now,
            width,
            stage.zone,
            may_not=forbidden(stage.denied),
            guarding=[one.ref.short for one in stage.guards.going],
            newest=stage.newest,
            job=job_words(stage),
            ascii_only=stage.ascii_only,
        )
        self.set_class(stage.session.is_protected, "-protected")
        if told.is_same(self._told):
            return
        is_taller = told.plain.count("\n") != self._told.plain.count("\n")
        self._told = told
        self.update(told, layout=is_taller)

    def on_resize(self) -> None:
        if self._last is not None:
            self.show(*self._last)
