"""A drain under way: which Pods are gone, which are ending, what holds up the others."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from time import monotonic

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from kubectl_goweb.actions.nodes.drained import Drained, Ending, News, Step
from kubectl_goweb.actions.plan import Plan
from kubectl_goweb.actions.requests import Drain
from kubectl_goweb.errors import GowebError
from kubectl_goweb.objects.text import plain
from kubectl_goweb.tables import Tone
from kubectl_goweb.tui import keys
from kubectl_goweb.tui.dialog import Dialog
from kubectl_goweb.tui.source import Source
from kubectl_goweb.tui.words import hanging, line, lines

_REFRESH = 0.25
"""Seconds between two looks at what happened."""
_TONES = {
    Step.EVICTING: Tone.PLAIN,
    Step.EVICTED: Tone.BUSY,
    Step.GONE: Tone.GOOD,
    Step.BLOCKED: Tone.WARN,
    Step.FAILED: Tone.BAD,
}
_WORDS = {Step.EVICTED: "ending"}
_ORDER = (Step.FAILED, Step.BLOCKED, Step.EVICTING, Step.EVICTED, Step.GONE)


class DrainDialog(Dialog[None]):
    """Leaving it stops the evictions; what was evicted ends all the same, and the node stays out of service."""

    BINDINGS = keys.bindings(keys.DRAIN)

    def __init__(self, plan: Plan, request: Drain, source: Source) -> None:
        super().__init__()
        self._plan = plan
        self._latest: dict[str, News] = {}
        """By Pod; written by the threads that evict, read here."""
        self._draining = source.draining(request, self._happened)
        self._drained: Drained | None = None
        self._failure = ""
        self._started = monotonic()
        self._told = Static(markup=False)

    def compose(self) -> ComposeResult:
        box = VerticalScroll(self._told, can_focus=False, classes="dialog")
        box.border_title = Content(f" Drain node/{plain(self._plan.target.name)} @ {plain(self._plan.context)} ")
        yield box

    def on_mount(self) -> None:
        self.set_interval(_REFRESH, self._show)
        self.run_worker(self._run(), group="drain")
        self._show()

    def on_unmount(self) -> None:
        self._draining.stop()

    def action_leave(self) -> None:
        """The first time it stops, the second time it closes."""
        if self._is_over:
            self.dismiss(None)
        else:
            self._draining.stop()

    @property
    def _is_over(self) -> bool:
        return self._drained is not None or bool(self._failure)

    def _happened(self, news: News) -> None:
        self._latest[news.pod] = news

    async def _run(self) -> None:
        try:
            self._drained = await asyncio.to_thread(self._draining.run)
        except GowebError as error:
            self._failure = error.sentence
        self._show()

    def _show(self) -> None:
        width = max(self._told.content_size.width or self.app.size.width - 8, 30)
        self._told.update(lines(self._lines(width)))

    def _lines(self, width: int) -> Iterator[Content]:
        news = [*self._latest.values()]
        news.sort(key=lambda one: (_ORDER.index(one.step), one.pod))
        gone = sum(one.step is Step.GONE for one in news)
        seconds = self._drained.seconds if self._drained is not None else monotonic() - self._started
        count = max(len(news), len(self._plan.evictions))
        yield line((f"{gone} of {count} Pods gone, {seconds:.0f} s", "bold"))
        for one in news:
            head = line((f"{_WORDS.get(one.step, one.step):<9} ", _TONES[one.step]))
            more = f": {plain(one.text)}" if one.text and one.step in (Step.BLOCKED, Step.FAILED) else ""
            yield hanging(head, line(plain(one.pod), more), width)
        yield Content("")
        yield from self._ending(width)

    def _ending(self, width: int) -> Iterator[Content]:
        name = plain(self._plan.target.name)
        back = f"it stays out of service; i takes node {name} back" if self._plan.writes else "it stays cordoned"
        if self._failure:
            yield hanging(line(("failed: ", Tone.BAD)), line(plain(self._failure), "; ", back), width)
        elif self._drained is None:
            yield hanging(line(("Esc ", Tone.FAINT)), line("evicts no more, and leaves the rest as it is"), width)
        elif self._drained.ending is Ending.DONE:
            yield hanging(line(("drained: ", Tone.GOOD)), line(back), width)
        else:
            word = "stopped" if self._drained.ending is Ending.STOPPED else "not drained"
            count = len(self._drained.left)
            left = f"{count} Pod is left as it is; " if count == 1 else f"{count} Pods are left as they are; "
            yield hanging(line((f"{word}: ", Tone.WARN)), line(left, back), width)
