"""What a job tells, read line by line; and a verb that is run by a program asks through its events."""

from __future__ import annotations

import io
from pathlib import Path

import msgspec
import pytest

from kubectl_goweb.actions.requests import Scale
from kubectl_goweb.cli.driven import Driven, Sayings
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.delivery.image.events import Output, Step, StepState
from kubectl_goweb.delivery.jobs.story import Mark, Story
from kubectl_goweb.delivery.jobs.telling import Asked, Began, Ended, JobEvent, Stages, encoded
from kubectl_goweb.status.verdicts import Ref
from tests.tui.sources import some_plan


def story(*told: JobEvent | str) -> Story:
    """Each a second after the one before."""
    found = Story()
    for at, one in enumerate(told):
        found.feed(one if isinstance(one, str) else encoded(one), float(at))
    return found


def test_a_stage_has_passed_when_the_next_one_begins_and_the_end_decides_about_the_last() -> None:
    found = story(Stages(("build", "push", "guard")), Began("build"), Began("push"))
    assert [(one.name, one.outcome, one.seconds) for one in found.stages] == [
        ("build", "passed", 1.0),
        ("push", "running", 0.0),
        ("guard", "waiting", 0.0),
    ]
    found.end("failed", 5.0)
    assert [one.outcome for one in found.stages] == ["passed", "failed", "not run"]
    assert found.stages[1].seconds == 3.0


def test_a_stage_that_says_how_it_ended_is_believed() -> None:
    told = (Stages(("scan",), {"scan": "about 3 s"}), Began("scan"), Ended("scan", "unknown", 0.5, "no scanner"))
    (stage,) = story(*told, Began("build")).stages[:1]
    assert (stage.outcome, stage.seconds, stage.note, stage.expected) == ("unknown", 0.5, "no scanner", "about 3 s")


def test_steps_under_way_are_told_apart_from_those_that_are_over() -> None:
    running = Step(1, "RUN go build", StepState.RUNNING)
    found = story(running, Output("\x1b[31mok [/]"), Step(2, "COPY", StepState.CACHED))
    assert [step.name for step, _ in found.steps.values()] == ["RUN go build"]
    assert [(one.mark, one.text) for one in found.lines] == [(Mark.OUTPUT, "    ok [/]"), (Mark.STEP, "COPY  cached")]
    found.feed(encoded(Step(1, "RUN go build", StepState.DONE, 3.21)), 9.0)
    assert not found.steps
    assert found.lines[-1].text == "RUN go build  3.2 s"


@pytest.mark.parametrize("text", ['{"type": "no such event"}', "{broken", '{"type": "said"}'])
def test_what_is_no_event_is_text(text: str) -> None:
    assert [one.text for one in story(text).lines] == [text]


def test_what_the_program_complains_of_is_its_problem_and_old_lines_make_room() -> None:
    found = story("goweb: there is no engine", "  start it", *(f"line {number}" for number in range(6000)))
    assert found.problem == "there is no engine"
    assert found.last == "line 5999"
    assert (len(found.lines), found.told) == (5000, 6002)


@pytest.mark.parametrize(("answer", "typed", "yes"), [("y", "y\n", True), ("web", "y\n", False), ("y", "", False)])
def test_a_driven_verb_shows_its_plan_and_takes_only_the_answer_it_asked_for(
    answer: str, typed: str, yes: bool, tmp_path: Path
) -> None:
    told = io.StringIO()
    driven = Driven(Environment({}, tmp_path, io.StringIO(), told, io.StringIO(typed)))
    plan = some_plan(Scale(Ref("Deployment", "web", "shop"), 7))

    assert driven.asks("do it?", answer, plan) is yes

    found = story(told.getvalue())
    assert found.question is not None
    assert found.question.answer == answer
    assert msgspec.json.decode(found.question.plan)["sentence"] == "change deploy/web"
    Sayings(driven).write("12:00:01  verdict\nand more\n")
    assert [one.text for one in story(*told.getvalue().splitlines()).lines] == ["12:00:01  verdict", "and more"]
    assert Asked("").plan == msgspec.Raw(b"null")
