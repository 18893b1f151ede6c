"""A guarded rollout in a terminal: what happened as lines, and the state of things below them, repainted in place."""

from __future__ import annotations

from datetime import datetime
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from kubectl_goweb.actions.guard.judging import Outcome
from kubectl_goweb.actions.guard.telling import Happening, Progress
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.guard_telling import Ending, clock, happening_line
from kubectl_goweb.cli.printing import Paper
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import age
from kubectl_goweb.status.eta import about, eta

_BAR = 24
"""Cells."""
_WORDS = 16


class ScreenTeller:
    """Lines that stay, and a state that is repainted."""

    def __init__(self, environment: Environment, on: Paper) -> None:
        self._on = on
        self._console = Console(
            file=environment.stdout,
            width=on.width,
            color_system="standard" if on.color else None,
            force_terminal=True,
            highlight=False,
            markup=False,
            emoji=False,
        )
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._latest: Progress | None = None

    def progress(self, now: Progress) -> None:
        self._latest = now
        self._live.update(_state(now), refresh=True)

    def happened(self, what: Happening) -> None:
        self._console.print(Text.from_ansi(happening_line(what, self._on)))

    def ended(self, how: Ending) -> None:
        self._live.stop()
        for line in how.lines(self._on):
            self._console.print(Text.from_ansi(line))

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()


def _state(now: Progress) -> RenderableType:
    workload = now.sight.workload
    if workload is None:
        return Text(plain(now.judged.sentence), style="yellow")
    counts = workload.counts
    ready = sum(pod.health.is_ready for pod in now.sight.pods)
    old = len(now.sight.old_pods)
    promised = now.available.promised
    grid = Table.grid(padding=(0, 2))
    grid.add_column(width=_WORDS, no_wrap=True)
    grid.add_column(width=_BAR)
    grid.add_column()
    style = "yellow" if now.going_back else "cyan"
    grid.add_row(
        "new, ready", _bar(ready, counts.desired, style), f"{ready} of {counts.desired}, {counts.updated} made"
    )
    grid.add_row("old", _bar(old, counts.desired, "blue"), f"{old} left")
    is_short = promised is not None and counts.available < promised
    least = f", at least {promised} promised" if promised is not None else ""
    lowest = f", lowest seen {now.available.lowest}" if now.available.lowest is not None else ""
    grid.add_row(
        "available",
        _bar(counts.available, counts.desired, "red" if is_short else "green"),
        Text(f"{counts.available} of {counts.desired}{least}{lowest}", style="red" if is_short else ""),
    )
    word = "going back" if now.going_back else str(workload.rollout.phase)
    head = Text(f"{workload.ref.short}  revision {workload.rollout.revision}  {word}", style="bold")
    return Group(head, grid, *_footers(now))


def _bar(value: int, total: int, style: str) -> ProgressBar:
    return ProgressBar(
        total=max(total, value, 1), completed=value, width=_BAR, complete_style=style, finished_style=style
    )


def _footers(now: Progress) -> list[Text]:
    lines = []
    left = _countdowns(now)
    if left:
        lines.append(Text(left, style="dim"))
    is_dark = now.judged.outcome is Outcome.BLIND
    lines.append(Text(f"waits for: {plain(now.judged.sentence)}", style="yellow" if is_dark else ""))
    lines += [Text(f"  watched: {sign}", style="yellow") for sign in now.judged.watched]
    lines += [Text(f"  {plain(note)}", style="dim") for note in now.notes]
    return lines


def _countdowns(now: Progress) -> str:
    workload = now.sight.workload
    at = now.sight.at
    parts = []
    when = eta(workload, at) if workload is not None else None
    if when is not None and when.at is not None:
        parts.append(f"ETA {about((when.at - at).total_seconds())} ({when.why})")
    if workload is not None and workload.rollout.deadline is not None:
        parts.append(f"controller's deadline in {_left(workload.rollout.deadline, at)}")
    if now.ends_at is not None:
        parts.append(f"time given ends in {_left(now.ends_at, at)} ({clock(now.ends_at)})")
    return ", ".join(parts)


def _left(end: datetime, at: datetime) -> str:
    return age(at, end) if end > at else "0s"
