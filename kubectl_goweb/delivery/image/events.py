"""What happens during a build, a push or a load, whichever tool tells it."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class StepState(StrEnum):
    RUNNING = "running"
    CACHED = "cached"
    DONE = "done"
    FAILED = "failed"


class Step(Struct, frozen=True, tag="step"):
    """An instruction of the Dockerfile, or what the builder does around them. Told again when its state changes."""

    number: int
    """From 1, in the order in which they began."""
    name: str
    state: StepState
    seconds: float = 0.0
    """How long it took; 0 until it is over."""


class Output(Struct, frozen=True, tag="output"):
    """A line that a step printed; text of a tool, never markup."""

    text: str


class Transfer(Struct, frozen=True, tag="transfer"):
    """Bytes on their way: a layer that is pulled or pushed, the context that is sent."""

    what: str
    state: str
    """The tool's word: `Pushing`, `Pushed`, `Layer already exists`."""
    current: int = 0
    total: int = 0
    """0: not known."""


BuildEvent = Step | Output | Transfer


class CompileError(Struct, frozen=True):
    """A place in the code where the Go compiler gave up."""

    file: str
    line: int
    column: int
    says: str

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line}:{self.column}: {self.says}"
            if self.column
            else f"{self.file}:{self.line}: {self.says}"
        )
