"""A run for other programs: JUnit XML and JSON. Pure."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import msgspec

from kubectl_goweb.delivery.pipeline.results import Outcome, RunResult, StageResult
from kubectl_goweb.status.verdicts import API_VERSION


def json_report(run: RunResult) -> str:
    """The `goweb/v1` document of a run."""
    document = {
        "apiVersion": API_VERSION,
        "kind": "PipelineRun",
        "outcome": run.outcome,
        "seconds": round(run.seconds, 2),
        **msgspec.to_builtins(run),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def junit(run: RunResult) -> str:
    """A suite of the stages, and one of the Go tests when they ran
    (https://github.com/testmoapp/junitxml).
    """
    root = ET.Element("testsuites", name=run.service, time=f"{run.seconds:.3f}")
    suite = ET.SubElement(root, "testsuite", name="pipeline", timestamp=run.at.isoformat())
    for stage in run.stages:
        _stage(suite, stage)
    _count(suite)
    for stage in run.stages:
        if stage.tests:
            tests = ET.SubElement(root, "testsuite", name=f"go {stage.name}", time=f"{stage.seconds:.3f}")
            for case in stage.tests:
                element = ET.SubElement(
                    tests, "testcase", classname=case.package, name=case.name or "(package)", time=f"{case.seconds:.3f}"
                )
                if case.outcome == "fail":
                    ET.SubElement(element, "failure", message="failed").text = "\n".join(case.output)
                elif case.outcome == "skip":
                    ET.SubElement(element, "skipped")
            _count(tests)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _stage(suite: ET.Element, stage: StageResult) -> None:
    element = ET.SubElement(suite, "testcase", classname="pipeline", name=stage.name, time=f"{stage.seconds:.3f}")
    if stage.outcome in (Outcome.FAILED, Outcome.TIMED_OUT, Outcome.CANCELLED, Outcome.REFUSED):
        ET.SubElement(element, "failure", message=f"{stage.outcome}: {stage.note}".rstrip(": "))
    elif stage.outcome is not Outcome.PASSED:
        ET.SubElement(element, "skipped", message=stage.note or str(stage.outcome))


def _count(suite: ET.Element) -> None:
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    suite.set("skipped", str(sum(case.find("skipped") is not None for case in cases)))
