"""What the containers of a workload or of a Pod write, followed while Pods come and go."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from kubectl_goweb.kube.log_tail import LogAsk, LogState, Stream, Target
from kubectl_goweb.kube.logs import LogBatch
from kubectl_goweb.objects.text import plain
from kubectl_goweb.tui import keys
from kubectl_goweb.tui.log_buffer import LogLine, read_lines
from kubectl_goweb.tui.log_targets import wanted
from kubectl_goweb.tui.log_text import state_line
from kubectl_goweb.tui.screens.save import SaveDialog
from kubectl_goweb.tui.searching import SearchScreen
from kubectl_goweb.tui.source import LogReader
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.view import View

_SINCE = (
    ("the newest 1,000 lines each", LogAsk(tail=1000)),
    ("5 minutes", LogAsk(since=300.0)),
    ("1 hour", LogAsk(since=3600.0)),
    ("the beginning", LogAsk()),
)
_WAIT = 1.0
"""Seconds between two looks whether anybody still reads."""


class LogScreen(SearchScreen):
    BINDINGS = keys.bindings(keys.LOGS)

    def __init__(self, stage: Stage, key: str) -> None:
        super().__init__(stage)
        self.about = key
        self._state = Static(id="log-state", markup=False)
        self._reader: LogReader | None = None
        self._since = 0
        self._is_previous = False
        self._runs: Mapping[Target, str] = {}
        self._streams: Mapping[Target, Stream] = {}
        self._left_out = 0
        self._told = Content("")

    def body(self) -> Iterable[Widget]:
        return (self._state, self.lines)

    def on_mount(self) -> None:
        self._begin()

    def on_unmount(self) -> None:
        if self._reader is not None:
            self._reader.close()

    def prepare(self, view: View) -> Callable[[], None]:
        found = wanted(view, self.about, self.lines.look.names or self._runs)

        def paint() -> None:
            self._left_out = found.left_out
            self._runs = {**found.runs}
            if self.lines.look.names != found.names:
                self.lines.name_targets(found.names)
            if self._reader is not None:
                self._reader.follow(found.runs)
            self._tell()

        return paint

    def _begin(self) -> None:
        """Read from where the settings of the moment say."""
        if self._reader is not None:
            self._reader.close()
        label, ask = _SINCE[self._since]
        ask = LogAsk(previous=self._is_previous, tail=ask.tail, since=ask.since)
        reader = self._reader = self.stage.source.logs(ask)
        self._streams = {}
        self.lines.clear()
        reader.follow(self._runs)
        self.run_worker(self._follow(reader), name=f"logs: {label}", group="logs", exclusive=True)

    async def _follow(self, reader: LogReader) -> None:
        def take() -> tuple[LogBatch, list[LogLine]] | None:
            batch = reader.next(_WAIT)
            return None if batch is None else (batch, read_lines(batch.lines))

        while reader is self._reader and self.is_attached:
            found = await asyncio.to_thread(take)
            if found is not None and reader is self._reader:
                batch, lines = found
                self._streams = batch.streams
                if lines:
                    self.lines.add(lines)
                self._tell()

    def on_log_view_changed(self) -> None:
        self._tell()

    def _tell(self) -> None:
        states = Counter(stream.state for target, stream in self._streams.items() if target in self._runs)
        troubles = [
            (target, stream)
            for target, stream in self._streams.items()
            if stream.why and target in self._runs and self._is_trouble(stream)
        ]
        width = self._state.content_size.width
        if width:
            told = state_line(
                self.lines,
                title=_title(self.about),
                part="the run before" if self._is_previous else f"from {_SINCE[self._since][0]}",
                states=states,
                trouble=troubles[0] if troubles else None,
                left_out=self._left_out,
                width=width,
                ascii_only=self.stage.ascii_only,
            )
            if not told.is_same(self._told):
                is_taller = told.plain.count("\n") != self._told.plain.count("\n")
                self._told = told
                self._state.update(told, layout=is_taller)

    def _is_trouble(self, stream: Stream) -> bool:
        """A container that waits for its start is worth a line only while there is nothing else to read."""
        return stream.state in (LogState.LOST, LogState.DENIED) or (
            stream.state is LogState.WAITING and not self.lines.buffer.lines
        )

    # --- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "look" if parameters == ("logs",):
                return False
            case "all":
                return True if self.lines.filter.is_active else None
            case _:
                return super().check_action(action, parameters)

    def action_previous(self) -> None:
        self._is_previous = not self._is_previous
        self._begin()

    def action_since(self) -> None:
        self._since = (self._since + 1) % len(_SINCE)
        self._begin()

    def action_all(self) -> None:
        self.lines.show_all(shows_all=not self.lines.shows_all)

    def action_save(self) -> None:
        view = self.lines
        name = _title(self.about).replace("/", "-")
        self.app.push_screen(SaveDialog(name, tuple(view.lines), view.look.names, ascii_only=self.stage.ascii_only))


def _title(key: str) -> str:
    kind, _, name = key.split("/", 2)
    short = {"Deployment": "deploy", "StatefulSet": "sts", "DaemonSet": "ds", "Container": "pod"}
    return plain(f"{short.get(kind, kind.lower())}/{name}")
