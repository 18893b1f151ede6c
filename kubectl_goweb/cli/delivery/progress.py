"""What happens, on standard error: a live picture in a terminal, a line for each step elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from kubectl_goweb.cli.driven import Driven
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments
from kubectl_goweb.cli.printing import paper, write
from kubectl_goweb.delivery.image.context import megabytes
from kubectl_goweb.delivery.image.events import BuildEvent, Output, Step, StepState, Transfer
from kubectl_goweb.objects.text import fit, plain
from kubectl_goweb.settings import Settings

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

_SIGNS = {StepState.RUNNING: "•", StepState.CACHED: "=", StepState.DONE: "✔", StepState.FAILED: "✘"}
_ASCII = {StepState.RUNNING: "*", StepState.CACHED: "=", StepState.DONE: "+", StepState.FAILED: "x"}
_TAIL = 4
_PER_SECOND = 8


class Teller(Protocol):
    """Tells of events as they come."""

    def told(self, event: BuildEvent) -> None: ...

    def say(self, sentence: str) -> None: ...

    def stage(self, name: str) -> None:
        """One of the things that the verb does begins."""
        ...

    def judged(self, outcome: str, sentence: str) -> None:
        """The stage under way ended so, which need not mean that it passed."""
        ...


class _Lines:
    """A line a step that is over, for pipes and logs."""

    def __init__(self, environment: Environment, *, signs: bool, verbose: bool) -> None:
        self._stream = environment.stderr
        self._signs = _SIGNS if signs else _ASCII
        self._verbose = verbose

    def told(self, event: BuildEvent) -> None:
        if isinstance(event, Step) and event.state is not StepState.RUNNING:
            write(self._stream, step_line(event, self._signs) + "\n")
        elif isinstance(event, Output) and self._verbose:
            write(self._stream, f"    {plain(event.text)}\n")

    def say(self, sentence: str) -> None:
        write(self._stream, sentence + "\n")

    def stage(self, name: str) -> None:
        pass

    def judged(self, outcome: str, sentence: str) -> None:
        pass


class _Picture:
    """Steps with what the running one prints, and transfers as bars, redrawn in place by Rich."""

    def __init__(self, live: Live, width: int, *, signs: bool) -> None:
        self._live = live
        self._width = width
        self._signs = _SIGNS if signs else _ASCII
        self._running: dict[int, tuple[Step, float]] = {}
        self._tail: list[str] = []
        self._transfers: dict[str, Transfer] = {}

    def told(self, event: BuildEvent) -> None:
        match event:
            case Step(state=StepState.RUNNING):
                self._running[event.number] = (event, time.monotonic())
                self._tail, self._transfers = [], {}
            case Step():
                self._running.pop(event.number, None)
                self.say(step_line(event, self._signs))
            case Output():
                self._tail = [*self._tail[-_TAIL + 1 :], plain(event.text)]
            case Transfer():
                self._transfers[event.what] = event
        self._live.update(self)

    def say(self, sentence: str) -> None:
        from rich.text import Text

        self._live.console.print(Text(fit(sentence, self._width - 1)))

    def stage(self, name: str) -> None:
        pass

    def judged(self, outcome: str, sentence: str) -> None:
        pass

    def __rich__(self) -> Text:
        from rich.text import Text

        now = time.monotonic()
        lines = [
            f"{self._signs[StepState.RUNNING]} {plain(step.name)}  {now - since:.0f} s"
            for step, since in self._running.values()
        ]
        lines += [f"    {line}" for line in self._tail]
        lines += [bar for bar in [transfer_line(self._transfers.values())] if bar]
        return Text("\n".join(fit(line, self._width - 1) for line in lines), style="dim")


@contextmanager
def progress(environment: Environment, settings: Settings, args: Arguments) -> Iterator[Teller]:
    """Tells what happens while it happens; to a program with `--events`, all of it with `--verbose`."""
    if args.events:
        yield Driven(environment)
        return
    on = paper(environment.stderr, environment.environ, settings)
    verbose = getattr(args, "verbose", False)
    if on.width is None or verbose:
        yield _Lines(environment, signs=on.signs, verbose=verbose)
        return
    from rich.console import Console
    from rich.live import Live

    console = Console(
        file=environment.stderr, width=on.width, no_color=not on.color, highlight=False, emoji=False, markup=False
    )
    with Live(console=console, refresh_per_second=_PER_SECOND, transient=True) as live:
        yield _Picture(live, on.width, signs=on.signs)


def step_line(step: Step, signs: dict[StepState, str]) -> str:
    """`✔ RUN go build ...  3.2 s`."""
    tail = "cached" if step.state is StepState.CACHED else f"{step.seconds:.1f} s"
    return f"{signs[step.state]} {plain(step.name)}  {tail}"


def transfer_line(transfers: Iterable[Transfer]) -> str:
    """All transfers as one: how many bytes of how many."""
    known = [one for one in transfers if one.total]
    if not known:
        return ""
    done, total = sum(min(one.current, one.total) for one in known), sum(one.total for one in known)
    return f"    {known[-1].state} {megabytes(done)} of {megabytes(total)} ({done * 100 // max(1, total)} %)"
