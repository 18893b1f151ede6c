"""A drain in a terminal: what happened as lines, and below them how many Pods are gone and what holds up the rest."""

from __future__ import annotations

from time import monotonic
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from kubectl_goweb.actions.nodes.drained import News, Step
from kubectl_goweb.cli.drain_telling import news_line
from kubectl_goweb.cli.printing import Paper
from kubectl_goweb.objects.text import plain

_BAR = 24
"""Cells."""
_SHOWN = 8
"""Pods that are named below the bar."""


class ScreenTeller:
    """Lines that stay, and a state that is repainted four times a second."""

    def __init__(self, stream: TextIO, on: Paper, count: int) -> None:
        self._on = on
        self._count = count
        self._latest: dict[str, News] = {}
        self._started = monotonic()
        self._spinner = Spinner("dots")
        console = Console(
            file=stream,
            width=on.width,
            color_system="standard" if on.color else None,
            force_terminal=True,
            highlight=False,
            markup=False,
            emoji=False,
        )
        self._live = Live(console=console, refresh_per_second=4, transient=True, get_renderable=self._state)

    def happened(self, news: News) -> None:
        before = self._latest.get(news.pod)
        self._latest[news.pod] = news
        line = news_line(news, self._on)
        if line and (before is None or before.step is not news.step):
            self._live.console.print(Text.from_ansi(line))

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def _state(self) -> RenderableType:
        news = list(self._latest.values())
        gone = sum(one.step is Step.GONE for one in news)
        left = [one for one in news if one.step not in (Step.GONE, Step.FAILED)]
        count = max(self._count, len(news))
        head = Table.grid(padding=(0, 1))
        head.add_row(
            self._spinner,
            ProgressBar(total=count, completed=gone, width=_BAR, complete_style="green", finished_style="green"),
            Text(f"{gone} of {count} Pods gone, {monotonic() - self._started:.0f} s"),
        )
        rows = Table.grid(padding=(0, 2))
        for one in left[:_SHOWN]:
            style = "yellow" if one.step is Step.BLOCKED else ""
            word = "ending" if one.step is Step.EVICTED else str(one.step)
            rows.add_row(Text(f"  {plain(one.pod)}"), Text(word, style=style), Text(plain(one.text), style=style))
        more = [Text(f"  and {len(left) - _SHOWN} more")] if len(left) > _SHOWN else []
        return Group(head, rows, *more)
