"""What the cluster warns of, newest first. Normal events are not read in bulk: there are far too many of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from textual.widget import Widget

from kubectl_goweb.objects import Event, Kind
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import age
from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.tables import Cell, Column, Row, Table, Tone
from kubectl_goweb.tui.feeds import notice
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.view import View
from kubectl_goweb.tui.viewing import ViewScreen

COLUMNS = (
    Column("namespace", "NAMESPACE", spare=2),
    Column("age", "LAST", right=True),
    Column("times", "TIMES", right=True, spare=1),
    Column("reason", "REASON"),
    Column("object", "OBJECT"),
    Column("message", "MESSAGE", elastic=True),
)


class EventsScreen(ViewScreen):
    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._panel = stage.panel("Warnings", "events")

    def body(self) -> Iterable[Widget]:
        return (self._panel,)

    def prepare(self, view: View) -> Callable[[], None]:
        rows = events((one for one in view.snapshot.events.values() if one.type != "Normal"), view.now)
        feeds, namespace = view.snapshot.feeds, view.snapshot.namespace
        missing = notice(
            feeds, (Kind.EVENT,), count=len(rows.rows), none="no warnings in the time that events are kept"
        )
        without = ("namespace",) if namespace else ()
        return lambda: self._panel.show(rows, notice=missing, without=without, is_stale=view.is_stale(Kind.EVENT))


def events(found: Iterable[Event], now: datetime) -> Table:
    """One row an event; its key is that of the object it is about, so that Enter goes there."""
    ordered = sorted(found, key=lambda one: one.last_seen.timestamp() if one.last_seen else 0.0, reverse=True)
    return Table(COLUMNS, tuple(_row(one, now) for one in ordered))


def _row(one: Event, now: datetime) -> Row:
    about = one.involved_object
    tone = Tone.PLAIN if one.type == "Normal" else Tone.WARN
    return Row(
        f"{about.kind}/{about.namespace}/{about.name}#{one.key}",
        (
            Cell(plain(one.namespace)),
            Cell(age(one.last_seen, now) if one.last_seen else "?"),
            Cell(str(one.times)),
            Cell(plain(one.reason), tone),
            Cell(plain(Ref(about.kind, about.name).short)),
            Cell(plain(one.message)),
        ),
    )
