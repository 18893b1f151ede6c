"""probe and nodes on the demo's cluster: what is told, and in which format."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kubectl_goweb.cli.probing.metrics import Measured
from kubectl_goweb.cli.probing.watching import Meter
from kubectl_goweb.status.verdicts import Gap
from tests.cli.conftest import Goweb
from tests.probing.test_prometheus import Recorder
from tests.probing.test_promql import vector

SCHEMAS = Path(__file__).parents[2] / "docs" / "schema"


def document(goweb: Goweb, *argv: str) -> Any:
    ran = goweb(*argv, "-o", "json")
    told = json.loads(ran.out)
    jsonschema.validate(told, json.loads((SCHEMAS / f"goweb-v1-{argv[0]}.json").read_text()))
    assert told["exitCode"] == ran.code
    return told


def test_old_and_new_pods_are_probed_side_by_side(goweb: Goweb) -> None:
    told = document(goweb, "probe", "web", "--via=api-proxy", "--retries=1")

    seen = {(one["revision"], one["result"]["reason"], one["kubelet"][0]["passing"]) for one in told["probes"]}
    assert seen == {("7", "ok", True), ("8", "refused", False)}
    assert told["exitCode"] == 1
    assert told["gaps"][0]["why"].startswith("no Prometheus was found")


def test_what_prometheus_knows_stands_below_and_who_is_not_found_is_said(goweb: Goweb) -> None:
    prometheus = Recorder(lambda query: (200, vector(({}, "0.25")) if "requests_total" in query else vector()))
    try:
        asked = ("probe", "svc/web", "--via=api-proxy", "--retries=1", "--prometheus", prometheus.url)
        below = goweb(*asked).out.split("\n\n")[1].splitlines()
        unasked = goweb(*asked, "--no-metrics")
    finally:
        prometheus.close()
    assert below[1].split()[:6] == ["svc/web", "0.25/s", "25.0", "%", "-", "-"]
    assert below[1].endswith("no series: latency, probe_success")
    assert "\n\n" not in unasked.out

    gone = goweb(*asked)
    assert "\n\n" not in gone.out
    assert f"not seen: metrics: Prometheus: {prometheus.url} cannot be asked" in gone.err


@pytest.mark.parametrize("argv", [("nodes",), ("nodes", "worker-1", "--no-metrics")])
def test_nodes_as_json_follow_the_published_schema(goweb: Goweb, argv: tuple[str, ...]) -> None:
    told = document(goweb, *argv)

    assert "worker-1" in [one["node"]["name"] for one in told["nodes"]]


def test_flags_that_cannot_be_meant_are_refused_before_anything_is_asked(goweb: Goweb) -> None:
    for argv, said in (
        (("http://127.0.0.1:1/", "--port=80"), "says itself how it is asked"),
        (("http://127.0.0.1:1/", "--fail-if-ssl", "--fail-if-not-ssl"), "leave nothing that could succeed"),
    ):
        ran = goweb("probe", *argv)
        assert ran.code == 2
        assert said in ran.err


def test_metrics_are_asked_again_while_others_paint() -> None:
    asked = threading.Semaphore(0)
    answers = iter(range(1000))

    def ask() -> Measured:
        asked.release()
        return Measured(gaps=(Gap("metrics", "absent", str(next(answers))),))

    meter = Meter(ask, pause=0.001)
    try:
        assert all(asked.acquire(timeout=5) for _ in range(3))
    finally:
        meter.close()
    assert int(meter.known.gaps[0].why) >= 1
