"""Guards against the demo's API server, whose time the test lets pass while they run."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, TimeoutError
from pathlib import Path
from typing import TypeVar

import jsonschema
import pytest

from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.main import main
from kubectl_goweb.demo.apps import REGISTRY
from kubectl_goweb.demo.server import ApiServer
from tests.cli.conftest import Goweb, Terminal

Answer = TypeVar("Answer")

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schema"
BROKEN = f"{REGISTRY}/web:2.4.1"
"""Panics at every start."""
GOOD = f"{REGISTRY}/api:1.9.1"
LONGEST = 900
"""Simulated seconds after which a guard that still runs is lost."""


def while_time_passes(server: ApiServer, run: Callable[[], Answer]) -> Answer:
    """What `run` answers, while half a second after the other passes."""
    with ThreadPoolExecutor(1) as hands:
        running = hands.submit(run)
        for _ in range(LONGEST * 2):
            try:
                return running.result(timeout=0.02)
            except TimeoutError:
                server.pass_time(0.5)
        pytest.fail(f"still running after {LONGEST} s")


@pytest.fixture
def passing(goweb: Goweb, server: ApiServer) -> Goweb:
    """The command, while time passes."""
    return lambda *argv: while_time_passes(server, lambda: goweb(*argv))


def image_of(server: ApiServer, name: str) -> str:
    with server.edit("deployments", "shop", name) as body:
        image: str = body["spec"]["template"]["spec"]["containers"][0]["image"]
        return image


def set_image(server: ApiServer, image: str) -> None:
    """As somebody else would."""
    with server.edit("deployments", "shop", "api") as body:
        body["spec"]["template"]["spec"]["containers"][0]["image"] = image


def test_a_release_that_crashes_is_taken_back_and_its_evidence_kept(
    passing: Goweb, server: ApiServer, tmp_path: Path
) -> None:
    before = image_of(server, "api")
    ran = passing("set-image", "api", f"*={BROKEN}", "-n", "shop", "--yes", "--guard")
    assert ran.code == 1, ran
    assert "deploy/api revision 13: failed GW-POD-CRASHLOOP" in ran.out
    assert "available Pods: never below 6, the strategy promises 6" in ran.out
    assert image_of(server, "api") == before
    (folder,) = (tmp_path / ".local/state/kubectl-goweb/evidence").iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    logs = [path.read_text() for path in (folder / "logs").iterdir()]
    assert logs
    assert all("panic: assignment to entry in nil map" in log for log in logs)
    assert "recovered: `revision 14 is fully available again" in (folder / "timeline.md").read_text()


def test_a_good_release_is_done_after_its_soak(passing: Goweb, server: ApiServer) -> None:
    ran = passing("set-image", "api", f"*={GOOD}", "-n", "shop", "--yes", "--guard")
    assert ran.code == 0, ran
    assert "deploy/api revision 13: done" in ran.out
    assert "has to stay fully available for 10 s" in ran.out
    assert image_of(server, "api") == GOOD


def test_a_guard_that_is_told_to_leave_it_leaves_it_and_tells_as_json(passing: Goweb, server: ApiServer) -> None:
    set_image(server, BROKEN)
    ran = passing("guard", "api", "-n", "shop", "--on-failure=none", "-o", "json")
    *events, report = [json.loads(line) for line in ran.out.splitlines()]
    assert {one["apiVersion"] for one in (*events, report)} == {"goweb/v1"}
    assert {one["kind"] for one in events} == {"GuardProgress", "GuardEvent"}
    for one in (*events, report):
        name = one["kind"].removeprefix("Guard").lower()
        jsonschema.validate(one, json.loads((SCHEMAS / f"goweb-v1-guard-{name}.json").read_text()))
    assert (report["kind"], report["outcome"], report["action"], ran.code) == ("GuardReport", "failed", "none", 1)
    assert image_of(server, "api") == BROKEN


def test_paused_by_policy_the_old_pods_stay(passing: Goweb, server: ApiServer) -> None:
    set_image(server, BROKEN)
    ran = passing("guard", "api", "-n", "shop", "--on-failure=pause")
    assert ran.code == 1
    with server.edit("deployments", "shop", "api") as body:
        assert body["spec"]["paused"] is True


def test_a_rollback_that_is_forbidden_is_told_and_exit_4(passing: Goweb, server: ApiServer) -> None:
    set_image(server, BROKEN)
    server.faults.forbid("deployments", "patch")
    ran = passing("guard", "api", "-n", "shop")
    assert ran.code == 4, ran
    assert "  not rolled back: goweb-demo may not patch deployments.apps api in namespace shop\n" in ran.out
    assert image_of(server, "api") == BROKEN


def test_time_that_runs_out_is_exit_6_and_taken_back(passing: Goweb, server: ApiServer) -> None:
    before = image_of(server, "api")
    set_image(server, GOOD)
    ran = passing("guard", "api", "-n", "shop", "--timeout=10s", "--soak=60s")
    assert ran.code == 6, ran
    assert "not done in the time given" in ran.out
    assert image_of(server, "api") == before


class Screen(Terminal):
    """A terminal that can show every sign."""

    encoding = "utf-8"


def test_a_screen_shows_the_state_below_what_happened(
    environ: dict[str, str], server: ApiServer, tmp_path: Path
) -> None:
    set_image(server, GOOD)
    screen = Screen()
    environment = Environment(environ, tmp_path, screen, io.StringIO(), io.StringIO(), server.now)
    assert while_time_passes(server, lambda: main(["guard", "api", "-n", "shop"], environment)) == 0
    shown = screen.getvalue()
    for words in ("new, ready", "at least 6 promised", "waits for:", "ETA about", "✔ deploy/api revision 13: done"):
        assert words in shown


def test_flags_of_a_guard_mean_nothing_without_it(goweb: Goweb) -> None:
    ran = goweb("restart", "api", "-n", "shop", "--yes", "--soak=5s")
    assert (ran.code, "--soak is for a guard" in ran.err) == (2, True)
    assert goweb("guard", "api", "-n", "shop", "--restarts=-1").code == 2
    assert goweb("guard", "nobody", "-n", "shop").code == 1
    assert goweb("guard", "sts/postgres", "-n", "shop", "--on-failure=pause").code == 2


def test_ended_from_outside_it_leaves_the_rollout_and_says_so(
    environ: dict[str, str], server: ApiServer, tmp_path: Path
) -> None:
    set_image(server, BROKEN)
    command = [sys.executable, "-m", "kubectl_goweb", "guard", "api", "-n", "shop"]
    for deadly, code in ((signal.SIGTERM, 143), (signal.SIGHUP, 129)):
        with subprocess.Popen(
            command,
            env={**environ, "HOME": str(tmp_path)},
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            text=True,
        ) as guard:
            assert guard.stdout is not None
            next(line for line in guard.stdout if "updated" in line)
            guard.send_signal(deadly)
            assert "interrupted: the rollout goes on as it is" in guard.stdout.read()
            assert guard.wait(30) == code
    assert image_of(server, "api") == BROKEN
