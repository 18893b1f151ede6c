"""The stages of a run, what becomes of them, and what earlier runs say about the next."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from kubectl_goweb.delivery.pipeline.go_tests import CaseResult, GoTestReader
from kubectl_goweb.delivery.pipeline.history import History
from kubectl_goweb.delivery.pipeline.prediction import kind_of, predict, quantile, wilson
from kubectl_goweb.delivery.pipeline.reports import json_report, junit
from kubectl_goweb.delivery.pipeline.results import Outcome, RunResult, StageResult
from kubectl_goweb.delivery.pipeline.running import Stage
from kubectl_goweb.delivery.pipeline.stages import IMAGE, Command, Job, Output, Setup, between, jobs
from kubectl_goweb.delivery.service import read
from kubectl_goweb.errors import UsageError

HEAD = "name: shop\nimage: registry.example.com/shop\n"
ENVIRONMENTS = "environments: {staging: {namespace: try}, production: {replicas: 5}}\n"
AT = datetime(2026, 11, 25, 12, tzinfo=UTC)


def setup(more: str = ENVIRONMENTS, *, production: str = "shop", **given: object) -> Setup:
    reading = read(HEAD + more)
    places = {"": "shop", "staging": "try", "production": production}
    values = {
        "file": reading.file, "environments": reading.environments, "source": "/x/goweb.yaml", "program": ("goweb",),
        "cluster": ("--context", "c"), "namespaces": places, "tag": "v1", "cause": "v1: Serve", **given,
    }  # fmt: skip
    return msgspec.convert(values, Setup)


def test_the_usual_stages_go_from_the_source_to_production_and_only_that_is_asked_for() -> None:
    made = jobs(setup(linters=frozenset({"staticcheck"})))
    assert [job.name for job in made] == ["vet", "test", "build", "scan", "staging", "acceptance", "production"]
    assert [command.words[0] for command in made[0].commands] == ["go", "staticcheck"]
    assert [job.name for job in made if job.confirms] == ["production"]
    staging, acceptance, production = made[4:]
    assert staging.commands[0].words[:6] == ("goweb", "deploy", "-f", "/x/goweb.yaml", "-e", "staging")
    assert staging.commands[0].words[-4:] == ("-n", "try", "--context", "c")
    assert acceptance.commands[0].words == ("goweb", "probe", "deploy/shop", "-n", "try", "--context", "c")
    assert production.commands[0].words[-4:] == ("-n", "shop", "--context", "c")


def test_on_a_protected_context_every_stage_that_deploys_wants_the_name_typed() -> None:
    made = {job.name: job for job in jobs(setup(protected="prod-eu"))}
    asked = {name: (job.confirms, job.protected) for name, job in made.items() if job.confirms}
    on = "of context prod-eu, which is protected"
    assert asked == {
        "staging": (f"deploy shop to staging, namespace try {on}", "shop"),
        "production": (f"deploy shop to production, namespace shop {on}", "shop"),
    }
    assert not {job.protected for job in jobs(setup())} - {""}


def test_without_an_environment_to_try_in_staging_is_skipped_and_said_so() -> None:
    made = {job.name: job for job in jobs(setup(""))}
    assert made["staging"].skipped == "goweb.yaml has no environment for it: staging, test, testing"
    assert made["acceptance"].skipped
    assert not made["production"].skipped


def test_what_is_tried_must_not_be_production() -> None:
    with pytest.raises(UsageError, match="staging and production are both namespace try"):
        jobs(setup(production="try"))


def test_the_file_may_give_a_stage_a_command_of_its_own() -> None:
    own = (
        ENVIRONMENTS
        + "pipeline: {stages: [{name: test, command: [make, test]}, {name: acceptance, command: [./try]}]}\n"
    )
    test, acceptance = jobs(setup(own))
    assert [command.words for command in test.commands] == [("make", "test")]
    assert [command.words[0] for command in acceptance.commands] == ["goweb", "./try"], "after the probes"


def test_a_run_may_begin_and_end_anywhere_in_the_order() -> None:
    all_jobs = jobs(setup())
    assert [job.name for job in between(all_jobs, "build", "scan")] == ["build", "scan"]
    assert between(all_jobs, "", "") == all_jobs
    with pytest.raises(UsageError, match="scan comes after build"):
        between(all_jobs, "scan", "build")
    with pytest.raises(UsageError, match="there is no stage 'lint'"):
        between(all_jobs, "lint", "")


def go_test(*events: dict[str, object]) -> GoTestReader:
    reader = GoTestReader()
    for one in events:
        reader.feed(json.dumps(one))
    return reader


def test_go_tests_are_counted_and_the_first_failure_is_named() -> None:
    reader = go_test(
        {"Action": "output", "Package": "p", "Test": "TestA", "Output": "a_test.go:3: 1 != 2\n"},
        {"Action": "fail", "Package": "p", "Test": "TestA", "Elapsed": 0.5},
        {"Action": "pass", "Package": "p", "Test": "TestB"},
        {"Action": "skip", "Package": "p", "Test": "TestC"},
        {"Action": "fail", "Package": "p"},
        {"Action": "build-output", "ImportPath": "q", "Output": "q.go:1:1: wrong\n"},
        {"Action": "fail", "Package": "q"},
    )
    assert reader.summary == "1 passed, 1 skipped, 1 failed: TestA (p), q does not build or panics"
    assert reader.cases[0] == CaseResult("p", "TestA", "fail", 0.5, ("a_test.go:3: 1 != 2",))


def stage(tmp_path: Path, *commands: Command, timeout: float = 20, known: dict[str, str] | None = None) -> Stage:
    return Stage(Job("x", commands, timeout), tmp_path, os.environ, tmp_path / "log", known or {}, lambda line: None)


def python(code: str, *arguments: str, output: Output = Output.TEXT) -> Command:
    return Command((sys.executable, "-c", code, *arguments), output)


def test_a_stage_stops_at_its_first_failing_command_and_says_why(tmp_path: Path) -> None:
    one = stage(tmp_path, python("print('fine')"), python("exit('goweb: no such thing')"), python("print('never')"))
    result = one.run()
    assert (result.outcome, result.note) == (Outcome.FAILED, "no such thing")
    assert "fine" in (tmp_path / "log").read_text()
    assert "never" not in (tmp_path / "log").read_text()


def test_the_image_of_one_stage_is_used_by_the_next_and_what_is_not_known_is_left_out(tmp_path: Path) -> None:
    first = stage(tmp_path, python("print('noise'); print('r/shop@sha256:ab')", output=Output.IMAGE))
    assert first.run().note == "shop@ab"
    show = python("import sys; print(sys.argv[1:])", "--image", IMAGE, "--annotate=scan={verdict}")
    stage(tmp_path, show, known=first.known).run()
    assert "['--image', 'r/shop@sha256:ab']" in (tmp_path / "log").read_text()


def test_a_gate_that_could_not_tell_is_not_shown_as_passed(tmp_path: Path) -> None:
    result = stage(tmp_path, python("print('unknown: no scanner is installed')", output=Output.VERDICT)).run()
    assert (result.outcome, result.note) == (Outcome.UNKNOWN, "no scanner is installed")
    assert stage(tmp_path, python("print('passed: fine')", output=Output.VERDICT)).run().outcome is Outcome.PASSED


def test_a_stage_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
    result = stage(tmp_path, python(child), timeout=0.5).run()
    assert (result.outcome, result.note) == (Outcome.TIMED_OUT, "not done after 0 s")
    assert result.seconds < 20


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert stage(tmp_path, Command(("no-such-program",))).run().note == "no-such-program: No such file or directory"


def run(change: str = "code", **stages: tuple[Outcome, float]) -> RunResult:
    results = tuple(StageResult(name, outcome, seconds) for name, (outcome, seconds) in stages.items())
    return RunResult(id="1", at=AT, service="shop", change=change, stages=results)


def test_a_prediction_is_made_from_alike_changes_and_says_how_sure_it_is() -> None:
    history = [run(build=(Outcome.PASSED, float(seconds))) for seconds in (10, 20, 30, 40)]
    history += [run("image", build=(Outcome.PASSED, 500.0))] * 5
    history.append(run(build=(Outcome.FAILED, 1.0)))
    told = predict("build", "code", history)
    assert (told.runs, told.passes, told.median) == (5, 4, 25.0)
    assert str(told) == "25 s (13-37), 1 of 5 failed: 6%-49%"
    assert predict("build", "dependencies", history).runs == 10, "too few alike: all are looked at"
    assert str(predict("scan", "code", history)) == "no earlier run"


@pytest.mark.parametrize(("failed", "tried"), [(0, 1), (0, 10), (1, 2), (10, 10)])
def test_few_runs_give_a_wide_range_and_never_certainty(failed: int, tried: int) -> None:
    low, high = wilson(failed, tried)
    assert low <= failed / tried <= high
    assert high - low > 0.1


def test_a_quantile_lies_between_its_neighbours() -> None:
    assert [quantile([1.0, 2.0, 4.0], share) for share in (0.0, 0.25, 0.5, 1.0)] == [1.0, 1.5, 2.0, 4.0]


@pytest.mark.parametrize(
    ("paths", "kind"),
    [
        (["a.go", "go.sum"], "dependencies"),
        (["Dockerfile", "a.go"], "image"),
        (["cmd/a.go", "README.md"], "code"),
        (["goweb.yaml"], "configuration"),
        ([], "nothing"),
    ],
)
def test_a_change_is_of_the_kind_that_takes_longest(paths: list[str], kind: str) -> None:
    assert kind_of(paths) == kind


def test_reports_tell_of_stages_and_tests() -> None:
    failing = StageResult(
        "test", Outcome.FAILED, 2.0, "1 failed", "log", (CaseResult("p", "TestA", "fail", 0.5, ("why",)),)
    )
    done = msgspec.structs.replace(
        run(vet=(Outcome.PASSED, 1.0)), stages=(failing, StageResult("build", Outcome.NOT_RUN))
    )
    document = json.loads(json_report(done))
    assert (document["kind"], document["outcome"], document["stages"][0]["note"]) == (
        "PipelineRun",
        "failed",
        "1 failed",
    )
    pipeline, tests = ET.fromstring(junit(done)).findall("testsuite")
    assert (pipeline.get("tests"), pipeline.get("failures"), pipeline.get("skipped")) == ("2", "1", "1")
    assert tests.findtext("testcase/failure") == "why"


def test_history_keeps_every_run_and_survives_a_line_of_another_version(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.folder("1")
    history.add(run(vet=(Outcome.PASSED, 1.0)))
    with (tmp_path / ".goweb" / "history.jsonl").open("a") as file:
        file.write("not of this world\n")
    history.add(run(vet=(Outcome.FAILED, 2.0)))
    assert [one.outcome for one in history.runs()] == [Outcome.PASSED, Outcome.FAILED]
    assert (tmp_path / ".goweb" / ".gitignore").read_text() == "*\n"
