"""Guards from the cockpit: begun with a change or by their own key, left and found again, told when they end; and the
journal, whose entries can be taken back and guarded as well.
"""

from __future__ import annotations

from datetime import timedelta

from textual.pilot import Pilot

from kubectl_goweb.actions.entries import Entry
from kubectl_goweb.actions.guard.evidence import Captured
from kubectl_goweb.actions.guard.judging import Judgement, Outcome
from kubectl_goweb.actions.guard.sight import sight
from kubectl_goweb.actions.guard.telling import Action, Availability, Happening, Progress, Report, Step
from kubectl_goweb.actions.guard.terms import OnFailure
from kubectl_goweb.actions.requests import Abort, Scale, SetImage
from kubectl_goweb.errors import Exit
from kubectl_goweb.status.overview import overview
from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.tui.app import GowebApp
from kubectl_goweb.tui.screens.guard import GuardScreen
from kubectl_goweb.tui.screens.overview import OverviewScreen
from kubectl_goweb.tui.screens.plan import PlanDialog
from tests.tui.shop import NOW, snapshot
from tests.tui.sources import Given, program, screen_text, shown, some_plan, until

WIDE = (120, 40)
WEB = Ref("Deployment", "web", "shop")


def going() -> Progress:
    found = snapshot()
    judged = Judgement(Outcome.GOING, "3 out of 5 [/] updated", watched=("web-7965-a has ended once",))
    return Progress(sight(found, overview(found, NOW), WEB), judged, Availability(4, 4), NOW + timedelta(minutes=5))


REPORT = Report(
    target=WEB,
    outcome=Outcome.FAILED,
    sentence="3 Pods of revision 8 crash: panic",
    code="GW-POD-CRASHLOOP",
    pods=("web-7965-a",),
    exit_code=Exit.FAILING,
    timed_out=False,
    revision=8,
    action=Action.DONE,
    acted="went back to revision 7",
    available=Availability(4, 4),
    evidence=Captured("/evidence/web", ("timeline.md",)),
    verdict_after=7.3,
    capture_took=0.4,
    way_back_took=2.0,
)


async def confirmed(pilot: Pilot[None], app: GowebApp, *keys: str) -> None:
    """Press the keys, and y once the Plan is there."""
    await pilot.press(*keys)
    await until(pilot, lambda: isinstance(app.screen, PlanDialog) and "danger" in screen_text(app))
    await pilot.press("y")


async def test_a_change_is_guarded_left_found_again_and_its_end_told_elsewhere() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await shown(pilot, source)
        await pilot.press("end", "u")
        await until(pilot, lambda: "guard it (g)  [no]" in screen_text(app))
        await confirmed(pilot, app, "g")
        await until(pilot, lambda: isinstance(app.screen, GuardScreen))
        assert source.requests == [Abort(WEB)]
        await until(pilot, lambda: source.guarded == [WEB])
        assert (source.guarding.policy, source.guarding.way_back) == (OnFailure.ROLLBACK, None)

        source.guarding.teller.happened(Happening(NOW, Step.BEGAN, "guarding deploy/web [/]"))
        source.guarding.teller.progress(going())
        await until(pilot, lambda: "waits for 3 out of 5 [/] updated" in screen_text(app))
        for words in (
            "if it fails: roll back",
            "deadline in",
            "lowest    4 available, 4 promised",
            "watched   web-7965-a has ended once",
            "began        guarding deploy/web [/]",
            "x Leave guard",
        ):
            assert words in screen_text(app)

        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, OverviewScreen))
        assert "guards deploy/web" in screen_text(app).splitlines()[0]
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, GuardScreen))
        await pilot.press("escape")
        source.guarding.end(REPORT)
        await until(pilot, lambda: "deploy/web revision 8: failed GW-POD-CRASHLOOP" in screen_text(app))
        await pilot.press("w")
        await until(pilot, lambda: "evidence: /evidence/web" in screen_text(app))
        assert "done: went back to revision 7" in screen_text(app)
        assert "x Leave guard" not in screen_text(app)


async def test_a_rollout_under_way_is_guarded_by_its_key_and_leaving_says_what_becomes_of_it() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await shown(pilot, source)
        await pilot.press("home", "w")
        await until(pilot, lambda: "no rollout is under way" in screen_text(app))
        await pilot.press("end", "w")
        await until(pilot, lambda: "when it fails  [roll back]  pause   only tell" in screen_text(app))
        await pilot.press("right", "enter")
        await until(pilot, lambda: source.guarded == [WEB])
        assert source.guarding.policy is OnFailure.PAUSE

        await pilot.press("q")
        await until(pilot, lambda: "still guarded" in screen_text(app))
        assert app.is_running
        await pilot.press("q")
    (told,) = app.leave_guards()
    assert "the guard of deploy/web was left, its rollout goes on as it is" in told
    assert told.endswith("to guard it again: kubectl goweb guard deploy/web -n shop")


async def test_a_scale_is_taken_back_by_the_number_and_another_image_asked_for_by_key() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await shown(pilot, source)
        source.planned = lambda request: some_plan(request, inverse=Scale(WEB, 5))
        await pilot.press("end", "s", "7", "enter")
        await confirmed(pilot, app, "g")
        await until(pilot, lambda: source.guarded == [WEB])
        assert source.guarding.way_back == Scale(WEB, 5)
        await pilot.press("x")
        await until(pilot, lambda: "left: the rollout goes on as it is" in screen_text(app))

        await pilot.press("i", *"web=shop/web:9", "enter")
        await until(pilot, lambda: "guard it (g)   no  [roll back]" in screen_text(app))  # as the last time
        assert source.requests[-1] == SetImage(WEB, {"web": "shop/web:9"})


def entry(id: int, *, inverse: Scale | None, one_way: str = "") -> Entry:
    return Entry(
        id=id,
        at=NOW - timedelta(minutes=5),
        user="ana",
        login="ana@laptop",
        context="prod-eu",
        server="https://prod:6443",
        verb="scale",
        target=WEB,
        uid="1",
        sentence=f"change number {id} [/]",
        kubectl="kubectl scale deployment/web",
        outcome="done",
        changes=(),
        before={},
        after={},
        inverse=inverse,
        one_way=one_way,
    )


async def test_the_journal_is_listed_newest_first_and_an_entry_taken_back() -> None:
    source = Given(snapshot())
    source.entries = (entry(1, inverse=Scale(WEB, 3)), entry(2, inverse=None, one_way="evicted Pods are not brought"))
    app = program(source)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await shown(pilot, source)
        await pilot.press("J")
        await until(pilot, lambda: "none: evicted Pods are not brought" in screen_text(app))
        text = screen_text(app)
        assert text.index("change number 2 [/]") < text.index("change number 1 [/]")
        await pilot.press("u")
        await until(pilot, lambda: screen_text(app).count("evicted Pods are not brought") == 2)  # greyed, and why
        await confirmed(pilot, app, "down", "u")
        await until(pilot, lambda: len(source.applied) == 1)
        assert source.requests == [Scale(WEB, 3)]
