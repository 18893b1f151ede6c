"""Canaries against the demo's API server, whose time the test lets pass. It passes too fast for probes to tell much:
what new Pods are compared by is tried on the real cluster.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jsonschema
import pytest

from kubectl_goweb.demo.server import ApiServer
from tests.cli.conftest import Goweb
from tests.cli.test_guard import BROKEN, GOOD, SCHEMAS, image_of, while_time_passes
from tests.probing.test_prometheus import Recorder
from tests.probing.test_promql import vector

CANARY = ("canary", "api", "-n", "shop", "--no-metrics")


@pytest.fixture
def passing(goweb: Goweb, server: ApiServer) -> Goweb:
    """The command, while time passes."""
    return lambda *argv: while_time_passes(server, lambda: goweb(*argv))


def is_paused(server: ApiServer) -> bool:
    with server.edit("deployments", "shop", "api") as body:
        return bool(body["spec"].get("paused"))


def test_the_plan_is_shown_and_nothing_written(goweb: Goweb, server: ApiServer) -> None:
    before = image_of(server, "api")
    ran = goweb(*CANARY, f"*={GOOD}", "--dry-run=client", "--bake=30s")
    assert ran.code == 0, ran
    assert "step by step: one stop, compared for 30 s" in ran.out
    assert "stop 1 (step 1, 50%): 4 new and 6 old Pods, 40 % new" in ran.out
    assert "maxSurge 2 and maxUnavailable 2 let the controller replace that many at once" in ran.out
    assert goweb(*CANARY, f"*={GOOD}", "--dry-run=server").code == 0
    assert image_of(server, "api") == before


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (("--steps=2,1",), 2, "do not grow"),
        (("--bake=0",), 2, "--bake must be more than 0"),
        (("--read-only",), 4, "read-only: --read-only is given"),
        (("-o", "name"), 2, "a canary does not tell as name"),
        ((), 2, "there is no terminal to ask in"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    goweb: Goweb, server: ApiServer, flags: tuple[str, ...], code: int, words: str
) -> None:
    before = image_of(server, "api")
    ran = goweb(*CANARY, f"*={GOOD}", *flags)
    assert (ran.code, words in ran.err) == (code, True), ran
    assert image_of(server, "api") == before


def test_flags_of_a_canary_mean_nothing_without_it(goweb: Goweb) -> None:
    ran = goweb("deploy", "--image=web:1", "--steps=1")
    assert (ran.code, "--steps is for a canary" in ran.err) == (2, True), ran
    ran = goweb("deploy", "--image=web:1", "--canary", "--no-guard")
    assert (ran.code, "a canary has to be followed" in ran.err) == (2, True), ran


def test_what_is_paused_or_no_deployment_is_refused(goweb: Goweb) -> None:
    held = goweb("canary", "mail", f"*={GOOD}", "-n", "shop", "--yes")
    assert (held.code, "cannot canary deploy/mail: it is paused" in held.err) == (4, True), held
    assert goweb("canary", "sts/postgres", f"*={GOOD}", "-n", "shop", "--yes").code == 2


def test_what_cannot_be_compared_stays_paused_and_the_lines_that_decide_are_told(
    passing: Goweb, server: ApiServer
) -> None:
    ran = passing(*CANARY, f"*={GOOD}", "--yes", "--bake=5s", "--probe-port=nowhere")
    assert ran.code == 3, ran
    assert "held after 1 step" in ran.out
    assert "cannot tell whether it is good, so it is not promoted: nothing is probed" in ran.out
    assert "  on:   kubectl goweb resume deploy/api -n shop --guard\n" in ran.out
    assert "  back: kubectl goweb abort deploy/api -n shop --guard\n" in ran.out
    assert (is_paused(server), image_of(server, "api")) == (True, GOOD)


def test_it_goes_on_unmeasured_only_when_told_and_tells_programs(passing: Goweb, server: ApiServer) -> None:
    flags = ("--yes", "--bake=5s", "--probe-port=nowhere", "--promote-unknown", "-o", "json")
    ran = passing(*CANARY, f"*={GOOD}", *flags)
    assert ran.code == 0, ran
    report = json.loads(ran.out.splitlines()[-1])
    jsonschema.validate(report, json.loads((SCHEMAS / "goweb-v1-canary-report.json").read_text()))
    assert (report["kind"], report["end"], report["isPaused"]) == ("CanaryReport", "promoted", False)
    (step,) = report["steps"]
    assert (step["comparison"]["standing"], step["weight"]) == ("unknown", {"new": 4, "total": 10})
    assert (is_paused(server), image_of(server, "api")) == (False, GOOD)


@pytest.mark.parametrize(
    ("errors", "code", "words"),
    [
        ("0.2", 1, "20.0% errors on new Pods, 1.0% on old ones (Prometheus http://127.0.0.1:"),
        ("0.01", 0, "as good, compared for"),
        ("", 3, "metrics tell nothing of new Pods"),
    ],
)
def test_a_prometheus_that_is_named_decides_too(
    passing: Goweb, server: ApiServer, errors: str, code: int, words: str
) -> None:
    """The queries name Pods by their ReplicaSets."""
    (old,) = (
        one["metadata"]["name"]
        for one in server.world.sim.find("replicasets", "shop")
        if one["metadata"]["name"].startswith("api-") and one["spec"]["replicas"]
    )

    def answer(query: str) -> tuple[int, bytes]:
        value = "9" if " / " not in query else "0.01" if old in query else errors
        return 200, vector(*([({}, value)] if value and "histogram" not in query else []))

    prometheus = Recorder(answer)
    try:
        flags = ("--yes", "--bake=5s", "--probe-port=nowhere", f"--prometheus={prometheus.url}")
        ran = passing("canary", "api", f"*={GOOD}", "-n", "shop", *flags)
    finally:
        prometheus.close()
    assert (ran.code, words in ran.out) == (code, True), ran


@pytest.mark.parametrize(
    ("policy", "action", "paused"),
    [("rollback", "rolled-back", False), ("pause", "paused", True), ("none", "none", True)],
)
def test_what_crashes_is_dealt_with_by_the_policy(
    passing: Goweb, server: ApiServer, policy: str, action: str, paused: bool
) -> None:
    before = image_of(server, "api")
    ran = passing(*CANARY, f"*={BROKEN}", "--yes", f"--on-failure={policy}", "-o", "json")
    report = json.loads(ran.out.splitlines()[-1])
    assert (ran.code, report["end"], report["code"], report["action"]) == (1, "failed", "GW-POD-CRASHLOOP", action), ran
    assert (report["isPaused"], is_paused(server)) == (paused, paused)
    assert len(report["commands"]) == 2 * paused
    assert image_of(server, "api") == (BROKEN if paused else before)


def test_time_that_runs_out_is_exit_6_and_taken_back(passing: Goweb, server: ApiServer) -> None:
    before = image_of(server, "api")
    ran = passing(*CANARY, f"*={GOOD}", "--yes", "--bake=60s", "--timeout=20s")
    assert ran.code == 6, ran
    assert "timed-out" in ran.out
    assert (is_paused(server), image_of(server, "api")) == (False, before)


def test_a_pause_that_is_forbidden_is_told_with_exit_4(goweb: Goweb, server: ApiServer) -> None:
    """The permission goes right after the first write, before time passes in which Pods are made."""
    with ThreadPoolExecutor(1) as hands:
        running = hands.submit(goweb, *CANARY, f"*={GOOD}", "--yes")
        while image_of(server, "api") != GOOD:
            assert not running.done(), running.result()
        server.faults.forbid("deployments", "patch")
        ran = while_time_passes(server, running.result)
    assert ran.code == 4, ran
    assert "refused" in ran.out
    assert "not paused, so the rollout goes on by itself: " in ran.out
    assert not is_paused(server)


def test_a_reader_that_goes_leaves_nothing_that_rolls_on(
    environ: dict[str, str], server: ApiServer, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "kubectl_goweb", *CANARY, f"*={GOOD}", "--yes"]
    with subprocess.Popen(
        command, env={**environ, "HOME": str(tmp_path)}, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE
    ) as canary:
        assert canary.stdout is not None
        next(line for line in canary.stdout if b"began" in line)
        canary.stdout.close()
        while_time_passes(server, lambda: canary.wait(60))
    assert (is_paused(server), image_of(server, "api")) == (True, GOOD)


def test_ended_on_its_way_to_a_step_it_is_held_first(
    environ: dict[str, str], server: ApiServer, tmp_path: Path
) -> None:
    """Time stands still, so that its Pods are never made."""
    command = [sys.executable, "-m", "kubectl_goweb", *CANARY, f"*={GOOD}", "--yes"]
    with subprocess.Popen(
        command,
        env={**environ, "HOME": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    ) as canary:
        assert canary.stdout is not None
        next(line for line in canary.stdout if "began" in line)
        canary.send_signal(signal.SIGTERM)
        assert "interrupted: it stays paused; on: kubectl goweb resume deploy/api" in canary.stdout.read()
        assert canary.wait(30) == 143
    assert (is_paused(server), image_of(server, "api")) == (True, GOOD)
