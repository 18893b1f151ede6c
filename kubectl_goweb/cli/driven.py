"""A verb that is run by a program (`--events`): what happens as a JSON document a line on standard error, questions
answered on standard input. See `delivery.jobs.telling`.
"""

from __future__ import annotations

import io
import time

import msgspec

from kubectl_goweb.actions.plan import Plan
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Parser
from kubectl_goweb.cli.printing import write
from kubectl_goweb.delivery.image.events import BuildEvent, Output
from kubectl_goweb.delivery.jobs.telling import Asked, Began, Ended, JobEvent, Said, Stages, encoded
from kubectl_goweb.delivery.pipeline.results import StageResult


def declare_events(parser: Parser) -> None:
    parser.add_argument(
        "--events", action="store_true", help="for programs: events as JSON lines on standard error, answers from input"
    )


class Driven:
    """Tells a program; asks it."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._stage = ("", 0.0)

    def told(self, event: BuildEvent) -> None:
        self._put(event)

    def say(self, sentence: str) -> None:
        self._put(Said(sentence))

    def stages(self, *names: str, expected: dict[str, str] | None = None) -> None:
        self._put(Stages(names, expected or {}))

    def stage(self, name: str) -> None:
        self._stage = (name, time.monotonic())
        self._put(Began(name))

    def judged(self, outcome: str, sentence: str) -> None:
        name, began = self._stage
        self._put(Ended(name, outcome, time.monotonic() - began, sentence))

    def asks(self, question: str, answer: str = "y", plan: Plan | None = None) -> bool:
        """Whether the answer means yes."""
        told = msgspec.Raw(b"null")
        if plan is not None:
            from kubectl_goweb.actions.plan_document import document  # only needed when there is one

            told = msgspec.Raw(msgspec.json.encode(document(plan, "planned")))
        self._put(Asked(question, answer, told))
        return self._environment.stdin.readline().strip() == answer

    # --- as a pipeline tells it

    def begins(self, name: str) -> None:
        self._put(Began(name))

    def heard(self, line: str) -> None:
        self._put(Output(line))

    def ended(self, result: StageResult) -> None:
        self._put(Ended(result.name, str(result.outcome), result.seconds, result.note))

    def paused(self) -> None:
        pass

    def _put(self, event: JobEvent) -> None:
        write(self._environment.stderr, encoded(event) + "\n")


class Sayings(io.StringIO):
    """A stream for what writes whole lines: each is said."""

    def __init__(self, driven: Driven) -> None:
        super().__init__()
        self._driven = driven

    def write(self, text: str) -> int:
        for line in text.splitlines():
            self._driven.say(line)
        return len(text)
