"""The way of a request and what changed, on screens that ask again while they are looked at."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

from kubectl_goweb.objects import Kind
from kubectl_goweb.status.changes.model import Onset, PastChange, Topic, WorkloadChanges
from kubectl_goweb.status.live_paths import Checked, Place, Traced
from kubectl_goweb.status.paths import Hop, HopState
from kubectl_goweb.status.routes import Route
from kubectl_goweb.status.verdicts import Ref, Verdict
from kubectl_goweb.tui.screens.changes import ChangesScreen
from kubectl_goweb.tui.screens.document import DocumentScreen
from kubectl_goweb.tui.screens.path import PathScreen
from kubectl_goweb.tui.screens.pod import PodScreen
from tests.tui.shop import NOW, snapshot
from tests.tui.sources import Given, program, screen_text, shown, until

WEB = Ref("Deployment", "web", "shop")
SERVICE = Ref("Service", "web", "shop")
OK, BROKEN, UNKNOWN = HopState.OK, HopState.BROKEN, HopState.UNKNOWN


def traced(pod: str, *, broken: bool) -> Traced:
    policy = Ref("NetworkPolicy", "gate[/]", "shop")
    last = Hop("NetworkPolicy", policy, BROKEN, "ingress is cut by shop/gate[/]") if broken else None
    hops = (
        Hop("Service", SERVICE, OK, "web.shop.svc is 10.96.0.9"),
        Hop("endpoints", SERVICE, OK, "4 of 5 ready (4 of 5 Pods)"),
        *((last,) if last else ()),
    )
    live = (
        Checked(Place.DNS, SERVICE, UNKNOWN, "not checked: eve may not list pods"),
        Checked(Place.PODS, Ref("Pod", pod, "shop"), OK, "all 4: answers 200 in 4 ms", "API proxy"),
    )
    return Traced(Route("shop", "web"), hops, live)


async def test_the_way_of_a_request_marks_what_is_broken_and_leads_to_its_objects() -> None:
    found = snapshot()
    pod = next(name.partition("/")[2] for name in found.pods if name.startswith("shop/web-"))
    source = Given(found)
    source.ways_in = (traced(pod, broken=True),)
    about = quote("involvedObject.kind=NetworkPolicy,involvedObject.name=gate[/]", safe="/")
    source.bodies[Kind.NETWORK_POLICY.resource.path("shop", "gate[/]")] = b'{"metadata": {"name": "gate[/]"}}'
    source.bodies[f"{Kind.EVENT.resource.path()}?fieldSelector={about}"] = b'{"items": []}'
    app = program(source)
    async with app.run_test(size=(160, 40)) as pilot:
        await shown(pilot, source)
        await pilot.press("end", "f")
        await until(pilot, lambda: "ingress is cut by shop/gate[/]" in screen_text(app))
        text = screen_text(app)
        assert source.traced[0].name
        assert "by the objects broken: NetworkPolicy   live right: Pods" in text
        assert "they disagree: by the objects NetworkPolicy is broken" in text
        assert "▸ ✖  NetworkPolicy" in text, "the broken one is selected"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DocumentScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, PathScreen))
        await pilot.press("up", "enter")
        await until(pilot, lambda: isinstance(app.screen, PodScreen))
        await pilot.press("escape")

        screen = app.screen
        assert isinstance(screen, PathScreen)
        screen.every = 0.0
        source.ways_in = (traced(pod, broken=False),)
        source.give(snapshot())
        await until(pilot, lambda: "by the objects every hop is right" in screen_text(app))
        source.ways_in = ()
        source.give(snapshot())
        await until(pilot, lambda: "no Service and no Ingress leads to" in screen_text(app))


async def test_what_changed_is_told_with_the_suspect_first_and_leads_to_what_was_changed() -> None:
    onset = NOW - timedelta(minutes=4)
    changes = (
        PastChange(
            Topic.CONFIG, Ref("ConfigMap", "web-env", "shop"), onset, "ConfigMap web-env written: LEVEL[/]",
            "managedFields", "kubectl-edit", ("read by envFrom of container web",), 12.0,
        ),
        PastChange(Topic.NODE, Ref("Node", "worker-3"), NOW, "node worker-3 cordoned", "taint", "", (), -60.0),
    )  # fmt: skip
    source = Given(snapshot())
    began = Onset(onset, "condition Ready=False of pod/web-1")
    unseen = ("Secret x: no",)
    source.changed = WorkloadChanges(WEB, Verdict.FAILING, "4 of 5", began, onset, changes, unseen)
    app = program(source)
    async with app.run_test(size=(160, 40)) as pilot:
        await shown(pilot, source)
        await pilot.press(":", *"changes web", "enter")
        await until(pilot, lambda: "12s before" in screen_text(app))
        assert isinstance(app.screen, ChangesScreen)
        text = screen_text(app)
        for said in ("began 4m ago", "LEVEL[/]", "read by envFrom of", "not seen: Secret x: no", "60s after"):
            assert said in text
        await pilot.press("down")
        await until(pilot, lambda: "nobody that is known" in screen_text(app))
        source.changed = None
        app.screen.every = 0.0
        source.give(snapshot())
        await until(pilot, lambda: "deploy/web is not there" in screen_text(app))
