"""Jobs in the cockpit: begun by a key, left and come back to, asked and answered, ended. A script plays the verb."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs
from textual.widgets._toast import Toast

from kubectl_goweb.actions.plan_document import document
from kubectl_goweb.actions.requests import Scale
from kubectl_goweb.delivery.jobs.desk import Desk
from kubectl_goweb.delivery.jobs.job import Picture, Stand
from kubectl_goweb.delivery.jobs.story import Stage
from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.tables import Tone
from kubectl_goweb.tui.app import GowebApp
from kubectl_goweb.tui.job_text import job_tone
from kubectl_goweb.tui.screens.answering import AnswerDialog
from kubectl_goweb.tui.screens.job import JobScreen
from kubectl_goweb.tui.screens.plan import PlanDialog
from tests.tui.shop import snapshot
from tests.tui.sources import SESSION, Given, program, screen_text, shown, some_plan, until

WIDE = (120, 40)
FILE = "name: web\nimage: registry.shop/web\n"
VERB = """
import json, signal, sys, time
from pathlib import Path
def tell(**event): print(json.dumps(event), file=sys.stderr, flush=True)
verb, plan = sys.argv[1], json.loads(Path(__file__).with_name("plan.json").read_text())
Path(__file__).with_name("argv.json").write_text(json.dumps(sys.argv[1:]))
if verb == "build":
    tell(type="stages", names=["build"])
    tell(type="began", stage="build")
    tell(type="step", number=1, name="RUN go build [/]", state="running")
    tell(type="output", text="main.go compiled")
    child = __import__("subprocess").Popen(["sleep", "600"])
    Path(__file__).with_name("child.pid").write_text(str(child.pid))
    try:
        time.sleep(600)
    except KeyboardInterrupt:
        child.wait()
        sys.exit(130)
else:
    tell(type="stages", names=["push", "apply", "guard"])
    tell(type="began", stage="push")
    tell(type="step", number=1, name="COPY . .", state="cached")
    tell(type="said", text="pushed registry.shop/web@sha256:12")
    tell(type="began", stage="apply")
    tell(type="asked", question="deploy web?", answer=plan["answer"], plan=plan["plan"])
    if sys.stdin.readline().strip() != plan["answer"]:
        tell(type="said", text="nothing was done")
        sys.exit(1)
    tell(type="began", stage="guard")
    print("goweb: web has failed: it crashes\\n  look at it", file=sys.stderr)
    sys.exit(1)
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "goweb.yaml").write_text(FILE)
    (tmp_path / "verb.py").write_text(VERB)
    plan(tmp_path, "y")
    return Desk(tmp_path / "goweb.yaml", os.environ, (sys.executable, str(tmp_path / "verb.py")))


def plan(folder: Path, answer: str) -> None:
    told = document(some_plan(Scale(Ref("Deployment", "web", "shop"), 7)), "planned")
    from msgspec import to_builtins

    (folder / "plan.json").write_text(json.dumps({"answer": answer, "plan": to_builtins(told)}))


def is_asked(app: GowebApp) -> bool:
    return isinstance(app.screen, AnswerDialog)


def stand(desk: Desk) -> Stand | None:
    return desk.newest.picture().stand if desk.newest else None


async def test_build_goes_on_when_its_screen_is_left_and_ends_with_all_its_processes(
    desk: Desk, tmp_path: Path
) -> None:
    source = Given(snapshot())
    app = program(source, desk=desk)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await shown(pilot, source)
        await pilot.press("b")
        await until(pilot, lambda: isinstance(app.screen, JobScreen) and "RUN go build [/]" in screen_text(app))
        await until(pilot, lambda: "main.go compiled" in screen_text(app))
        assert "build" in screen_text(app).splitlines()[0]

        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, JobScreen))
        await pilot.press("d")  # one at a time
        await until(pilot, lambda: "is not over yet" in screen_text(app) and isinstance(app.screen, JobScreen))
        await pilot.press("q")
        await until(pilot, lambda: "it ends when you leave" in screen_text(app))
        assert stand(desk) is Stand.RUNNING

        await until(pilot, lambda: (tmp_path / "child.pid").exists())
        child = int((tmp_path / "child.pid").read_text())
        await pilot.press("ctrl+k")
        await until(pilot, lambda: stand(desk) is Stand.CANCELLED)
        await until(pilot, lambda: "cancelled after" in screen_text(app))
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)


async def test_deploy_shows_its_plan_waits_and_keeps_why_it_failed(desk: Desk, tmp_path: Path) -> None:
    source = Given(snapshot())
    app = program(source, desk=desk)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await shown(pilot, source)
        await pilot.press("d")
        await until(pilot, lambda: is_asked(app) and "danger" in screen_text(app))
        assert "+ spec.replicas: 7" in screen_text(app)
        assert json.loads((tmp_path / "argv.json").read_text())[-2:] == ["--context", "prod-eu"]

        await pilot.press("escape")  # later
        assert isinstance(app.screen, JobScreen)
        assert stand(desk) is Stand.ASKING
        await pilot.press("enter")
        await until(pilot, lambda: is_asked(app))
        await pilot.press("enter")  # the button that has the focus says Later
        assert stand(desk) is Stand.ASKING
        await pilot.press("escape", "B")  # whoever comes back is asked again
        await until(pilot, lambda: is_asked(app))
        await pilot.press("y")
        await until(pilot, lambda: "web has failed: it crashes" in screen_text(app))
        assert stand(desk) is Stand.FAILED
        await pilot.press("escape")
        await until(pilot, lambda: "failed" in screen_text(app).splitlines()[0])
        await pilot.press("B")
        await until(pilot, lambda: "pushed registry.shop/web@sha256:12" in screen_text(app))
        assert "apply ✔ passed" in " ".join(screen_text(app).split())


async def test_protected_context_wants_the_name_typed_and_no_ends_the_job(desk: Desk, tmp_path: Path) -> None:
    plan(tmp_path, "web")
    source = Given(snapshot())
    app = program(source, desk=desk)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("d")
        await until(pilot, lambda: is_asked(app))
        await pilot.press("y", "enter")
        await until(pilot, lambda: "that is not web: nothing was done" in screen_text(app))
        await pilot.click("#no")
        await until(pilot, lambda: stand(desk) is Stand.DECLINED)


def toasts(app: GowebApp) -> list[str]:
    """The texts of the notifications, as they are before they are wrapped."""
    return [str(toast.render()) for toast in app.screen.query(Toast)]


async def test_keys_say_why_no_job_can_be_begun(desk: Desk, tmp_path: Path) -> None:
    source = Given(snapshot())
    app = program(source, desk=desk, session=replace(SESSION, read_only="--read-only is given"))
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await shown(pilot, source)
        await pilot.press("d")
        await until(pilot, lambda: "read-only: --read-only is given" in screen_text(app))
        (tmp_path / "goweb.yaml").unlink()
        await pilot.press("b")
        await until(pilot, lambda: any("kubectl goweb init writes one" in said for said in toasts(app)))
        assert desk.newest is None


async def test_a_goweb_yaml_can_be_released_as_a_canary(desk: Desk, tmp_path: Path) -> None:
    source = Given(snapshot())
    app = program(source, desk=desk)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("colon", *"canary", "enter")
        await until(pilot, lambda: is_asked(app))
        words = json.loads((tmp_path / "argv.json").read_text())
        assert (words[:3], words[-3:]) == (["deploy", "--canary", "-f"], ["--events", "--context", "prod-eu"])


async def test_where_a_file_has_environments_one_is_chosen_before_a_deploy_begins(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "goweb.yaml").write_text(f"{FILE}environments: {{production: {{replicas: 5}}}}\n")
    source = Given(snapshot())
    app = program(source, desk=desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, source)
        await pilot.press("d")
        await until(pilot, lambda: "production: push to registry.shop/web" in screen_text(app))
        assert desk.newest is None

        await pilot.press(*"prod", "enter")
        await until(pilot, lambda: is_asked(app))

    told: list[str] = []
    desk.close(told.append)
    assert told == [f"deploy {tmp_path.name} is being ended, with everything that it has started"]
    words = json.loads((tmp_path / "argv.json").read_text())
    assert words[words.index("-e") + 1] == "production"


async def test_a_canary_is_begun_from_set_image_and_let_on_or_taken_back_where_it_is_followed(
    desk: Desk, tmp_path: Path
) -> None:
    (tmp_path / "goweb.yaml").unlink()
    source = Given(snapshot())
    app = program(source, desk=desk)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("slash", *"mail", "enter", "i")  # it is paused
        await until(pilot, lambda: "[at once]  canary 1, 50 %" in screen_text(app))
        await pilot.press(*"mail=m:2", "tab", "right", "enter")
        await until(pilot, lambda: is_asked(app) and "danger" in screen_text(app))
        what = ["canary", "deploy/mail", "mail=m:2", "--steps=1,50%", "--namespace=shop", "--events"]
        assert json.loads((tmp_path / "argv.json").read_text()) == [*what, "--context", "prod-eu"]

        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, JobScreen))
        await until(pilot, lambda: "canary deploy/mail" in screen_text(app))
        await until(pilot, lambda: {"p", "u"} <= set(app.screen.active_bindings))
        assert not {"s", "r", "i"} & set(app.screen.active_bindings)
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, PlanDialog))
        await until(pilot, lambda: "Resume deploy/mail in shop" in screen_text(app))


def test_what_is_done_with_a_stage_that_could_not_tell_is_not_told_as_good() -> None:
    passed, unknown = Stage("build", "passed"), Stage("scan", "unknown")
    done = Picture(Stand.DONE, (passed,), (), (), None, 1.0, "", 1.0)
    assert job_tone(done) is Tone.GOOD
    assert job_tone(structs.replace(done, stages=(passed, unknown))) is Tone.WARN
    assert job_tone(structs.replace(done, stand=Stand.FAILED)) is Tone.BAD
