"""A job as it is told so far: its stages, the steps of a build, what it printed, what it asks. No process, no clock."""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from typing import assert_never

from msgspec import Struct, structs

from kubectl_goweb.delivery.image.events import Output, Step, StepState, Transfer
from kubectl_goweb.delivery.jobs.telling import Asked, Began, Ended, JobEvent, Said, Stages, decoded
from kubectl_goweb.objects.text import plain

_MOST_LINES = 5000
_PROGRAM = "goweb: "


class Mark(StrEnum):
    """What a line is."""

    SAID = "said"
    STEP = "step"
    OUTPUT = "output"
    PROBLEM = "problem"


class Line(Struct, frozen=True):
    mark: Mark
    text: str


class Stage(Struct, frozen=True):
    name: str
    outcome: str = "waiting"
    """`waiting`, `running`, `passed`, `failed`, `cancelled`, `not run`, or the pipeline's word for it."""
    began: float = 0.0
    seconds: float = 0.0
    """How long it took; 0 until it is over."""
    note: str = ""
    expected: str = ""


class Story:
    """Feed it line by line. Times are seconds on whatever clock the caller has."""

    def __init__(self) -> None:
        self.stages: list[Stage] = []
        self.lines: deque[Line] = deque(maxlen=_MOST_LINES)
        self.told = 0
        """Lines ever told, also those that had to make room."""
        self.steps: dict[int, tuple[Step, float]] = {}
        """Steps under way, and since when."""
        self.transfers: dict[str, Transfer] = {}
        self.question: Asked | None = None
        self.problem = ""
        """The last sentence that this program failed with, or why a stage did not pass."""
        self.last = ""
        """The last line of text: what the verb prints as its result."""

    def feed(self, line: str, at: float) -> None:
        event = decoded(line)
        if event is not None:
            self._happened(event, at)
            return
        text = plain(line.rstrip())
        if not text:
            return
        is_problem = text.startswith(_PROGRAM)
        if is_problem:
            self.problem = text.removeprefix(_PROGRAM)
        self.last = text
        self._write(Mark.PROBLEM if is_problem else Mark.SAID, text)

    def _happened(self, event: JobEvent, at: float) -> None:
        match event:
            case Said():
                self._write(Mark.SAID, plain(event.text))
            case Stages():
                self.stages = [Stage(plain(name), expected=event.expected.get(name, "")) for name in event.names]
            case Began():
                self._pass(at)
                self._put(Stage(plain(event.stage), "running", at, expected=self._expected(event.stage)))
            case Ended():
                self.steps, self.transfers = {}, {}
                took, note = event.seconds, plain(event.note)
                self._put(Stage(event.stage, event.outcome, at - took, took, note, self._expected(event.stage)))
                if event.outcome != "passed" and note:
                    self.problem = note
                self._write(Mark.SAID, f"{event.stage}: {event.outcome}{': ' + note if note else ''}")
            case Step(state=StepState.RUNNING):
                self.steps[event.number] = (event, at)
                self.transfers = {}
            case Step():
                self.steps.pop(event.number, None)
                length = "cached" if event.state is StepState.CACHED else f"{event.seconds:.1f} s"
                failed = "failed: " if event.state is StepState.FAILED else ""
                self._write(Mark.PROBLEM if failed else Mark.STEP, f"{failed}{plain(event.name)}  {length}")
            case Output():
                self._write(Mark.OUTPUT, f"    {plain(event.text)}")
            case Transfer():
                self.transfers[event.what] = event
            case Asked():
                self.question = event
            case _:
                assert_never(event)

    def end(self, outcome: str, at: float) -> None:
        """The process is gone."""
        self.question = None
        self.steps, self.transfers = {}, {}
        for place, one in enumerate(self.stages):
            if one.outcome == "running":
                self.stages[place] = structs.replace(one, outcome=outcome, seconds=at - one.began)
            elif one.outcome == "waiting":
                self.stages[place] = structs.replace(one, outcome="not run")

    def _pass(self, at: float) -> None:
        self.steps, self.transfers = {}, {}
        for place, one in enumerate(self.stages):
            if one.outcome == "running":
                self.stages[place] = structs.replace(one, outcome="passed", seconds=at - one.began)

    def _expected(self, name: str) -> str:
        return next((one.expected for one in self.stages if one.name == name), "")

    def _put(self, stage: Stage) -> None:
        names = [one.name for one in self.stages]
        if stage.name in names:
            self.stages[names.index(stage.name)] = stage
        else:
            self.stages.append(stage)

    def _write(self, mark: Mark, text: str) -> None:
        self.told += 1
        self.lines.append(Line(mark, text))
