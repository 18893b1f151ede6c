"""How a drain is shown: kubectl's lines into a pipe, and in a terminal the same with what is left below them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Protocol, Self, TextIO

from kubectl_goweb.actions.nodes.drained import Drained, Ending, News, Step
from kubectl_goweb.cli.printing import Paper, lines, write
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.evacuation.simulation import Simulation
from kubectl_goweb.status.verdicts import API_VERSION, Answer
from kubectl_goweb.tables import Tone
from kubectl_goweb.tables.evacuation import evacuation, evacuation_lines


class SimulationDocument(Answer, frozen=True, gc=False):
    """`drain --simulate -o json`."""

    api_version: str
    kind: str
    context: str
    sentence: str
    clean: bool
    """Every Pod that has to go comes back on another node, and nothing holds it up."""
    simulation: Simulation


class DrainDocument(Answer, frozen=True, gc=False):
    """`drain -o json`, after the Plan's document."""

    api_version: str
    kind: str
    node: str
    result: Drained


def simulation_text(told: Simulation, context: str, output: str | None, on: Paper) -> str:
    """The simulation in the format asked for."""
    if output in ("json", "yaml"):
        from kubectl_goweb.cli import documents  # only these formats need it

        document = SimulationDocument(API_VERSION, "DrainSimulation", context, told.sentence, told.is_clean, told)
        return documents.as_json(document) if output == "json" else documents.as_yaml(document)
    if output == "name":
        return "".join(f"pod/{move.pod.partition('/')[2]}\n" for move in told.moves)
    tone = Tone.GOOD if told.is_clean else Tone.BAD
    head = f"drain {told.node}: {on.tinted(told.sentence, tone)}"
    return "".join(f"{line}\n" for line in (head, *simulation_lines(told, on)))


def simulation_lines(told: Simulation, on: Paper, *, indent: int = 2) -> Iterator[str]:
    """Row by row, and what else is to be known."""
    if told.moves:
        yield from lines(evacuation(told), on, indent=indent)
    for line in evacuation_lines(told):
        yield f"{' ' * indent}{line.label:<10} {on.tinted(line.text, line.tone)}"


def drained_lines(drained: Drained, node: str, output: str | None, *, is_dry: bool) -> Iterable[str]:
    """What standard output is told at the end."""
    if output in ("json", "yaml"):
        from kubectl_goweb.cli import documents  # only these formats need it

        document = DrainDocument(API_VERSION, "Drain", node, drained)
        yield documents.as_json(document) if output == "json" else f"---\n{documents.as_yaml(document)}"
    elif output is None and drained.ending is Ending.DONE:
        yield f"node/{node} drained{' (server dry run)' if is_dry else ''}\n"


class DrainTeller(Protocol):
    """A teller for as long as a `with` block lasts."""

    def happened(self, news: News) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def news_line(news: News, on: Paper, *, is_dry: bool = False) -> str:
    """kubectl's words where kubectl has some; empty for what need not be told."""
    pod, name = plain(news.pod), plain(news.pod.partition("/")[2])
    match news.step:
        case Step.EVICTING:
            return f"evicting pod {pod}{' (server dry run)' if is_dry else ''}"
        case Step.EVICTED:
            return ""
        case Step.GONE:
            return "" if is_dry else on.tinted(f"pod/{name} evicted", Tone.GOOD)
        case Step.BLOCKED:
            return on.tinted(f"pod {pod} waits: {plain(news.text)}", Tone.WARN)
        case Step.FAILED:
            return on.tinted(f"pod {pod} cannot be evicted: {plain(news.text)}", Tone.BAD)


class LineTeller:
    """A line a change."""

    def __init__(self, stream: TextIO, on: Paper, *, is_dry: bool) -> None:
        self._stream = stream
        self._on = on
        self._is_dry = is_dry

    def happened(self, news: News) -> None:
        line = news_line(news, self._on, is_dry=self._is_dry)
        if line:
            write(self._stream, line + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left to be done."""
