"""Problems, events, one node, YAML: what each tells, and where it leads."""

from __future__ import annotations

import json
import re

import pytest
from msgspec import structs

from kubectl_goweb.objects import Feed, FeedState, Kind
from kubectl_goweb.tui.document import document
from kubectl_goweb.tui.live_table import LiveTable
from kubectl_goweb.tui.log_view import LogView
from kubectl_goweb.tui.screens import make
from kubectl_goweb.tui.screens.document import DocumentScreen
from kubectl_goweb.tui.screens.pod import PodScreen
from kubectl_goweb.tui.screens.workload import WorkloadScreen
from kubectl_goweb.tui.viewing import ViewScreen
from tests.tui.shop import JSON, NOW, items, snapshot
from tests.tui.sources import Given, program, screen_text, shown, until

WIDE = (160, 40)


def secret() -> JSON:
    applied = {"kubectl.kubernetes.io/last-applied-configuration": '{"data":{"password":"aHVudGVyMg=="}}'}
    meta = {"name": "db", "annotations": applied, "managedFields": [{"manager": "kubectl"}, {"manager": "helm"}]}
    return {"metadata": meta, "data": {"password": "aHVudGVyMg=="}, "stringData": {"note": "hunter2"}, "type": "Opaque"}


async def test_problems_tell_their_evidence_and_lead_to_the_object() -> None:
    found = snapshot()
    denied = Feed(FeedState.DENIED, NOW, "ana may not list ingresses")
    source = Given(structs.replace(found, feeds={**found.feeds, Kind.INGRESS: denied}))
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("X")
        await until(pilot, lambda: "GW-POD-CRASHLOOP (go-panic)  critical" in screen_text(app))
        assert "kubectl logs" in screen_text(app)
        assert "ana may not list ingresses" in screen_text(app)
        await pilot.press("down")
        await until(pilot, lambda: "GW-NODE-PRESSURE  warning" in screen_text(app))
        await pilot.press("up", "enter")
        await until(pilot, lambda: isinstance(app.screen, WorkloadScreen))


async def test_warnings_are_told_newest_first_and_lead_to_the_pod() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("E")
        await until(pilot, lambda: "BackOff" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PodScreen))


@pytest.mark.parametrize(
    ("namespace", "sentence"),
    [
        ("", " 0 %  0 asked for of 4 allocatable"),
        ("shop", "0 of 4 allocatable asked for by Pods of namespace shop alone"),
    ],
)
async def test_node_tells_a_share_only_when_all_pods_are_seen(namespace: str, sentence: str) -> None:
    nodes = [
        {**one, "status": {**one["status"], "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}}}
        for one in items()[Kind.NODE]
    ]
    source = Given(snapshot({Kind.NODE: nodes}, namespace=namespace))
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("N", "end", "enter")
        await until(pilot, lambda: sentence in screen_text(app))
        assert "Conditions" in screen_text(app)


async def test_pod_tells_its_probes_and_resources_as_declared() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("P", "enter")
        await until(pilot, lambda: "Probes" in screen_text(app))
        assert "none declared" in screen_text(app)
        assert "requests none" in screen_text(app)


async def test_yaml_is_read_searched_and_read_again_when_the_object_changes() -> None:
    source = Given(snapshot())
    path = Kind.DEPLOYMENT.resource.path("shop", "web")
    deployment = next(one for one in items()[Kind.DEPLOYMENT] if one["metadata"]["name"] == "web")
    source.bodies[path] = json.dumps(deployment).encode()
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("end", "y")
        await until(pilot, lambda: isinstance(app.screen, DocumentScreen) and "name: web" in screen_text(app))
        await pilot.press("slash", *"replicas", "enter", "n")
        assert app.screen.query_one(LogView).filter.typed == "replicas"
        await pilot.press("escape")

        changed = json.loads(json.dumps(deployment))
        changed["metadata"]["resourceVersion"] = "999"
        changed["spec"]["replicas"] = 77
        source.bodies[path] = json.dumps(changed).encode()
        others = [one for one in items()[Kind.DEPLOYMENT] if one["metadata"]["name"] != "web"]
        source.give(snapshot({Kind.DEPLOYMENT: [*others, changed]}))
        await until(pilot, lambda: "resourceVersion 999" in screen_text(app))
        await until(pilot, lambda: any("replicas: 77" in line.text for line in app.screen.query_one(LogView).lines))


def test_secret_values_are_never_shown() -> None:
    text = "\n".join(document(secret(), "Secret"))

    assert "hunter2" not in text
    assert "aHVudGVyMg" not in text
    assert "password: (hidden)" in text
    assert "managedFields: '(folded: kubectl, helm)'" in text


def test_values_that_look_secret_are_hidden_everywhere_and_nothing_steers_the_terminal() -> None:
    env = [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "PLAIN", "value": "\x1b[2J\u202ex"}]
    text = "\n".join(document({"metadata": {"name": "x"}, "spec": {"env": env}}, "Pod"))

    assert "hunter2" not in text
    assert all(line.isprintable() for line in text.splitlines())


async def test_table_of_another_screen_keeps_its_own_selection() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("end", "X", "escape")
        assert app.screen.query_one("#workloads LiveTable", LiveTable).selected == "Deployment/shop/web"


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("pods", "PodsScreen"),
        ("nodes", "NodesScreen"),
        ("control-plane", "ControlPlaneScreen"),
        ("problems", "ProblemsScreen"),
        ("events", "EventsScreen"),
        ("probes", "ProbesScreen"),
        ("journal", "JournalScreen"),
        ("jobs", "JobScreen"),
        ("Deployment/shop/web", "WorkloadScreen"),
        ("Pod/shop/web-1#GW-POD-CRASHLOOP", "PodScreen"),
        ("Container/shop/web-1/web", "LogScreen"),
        ("Node//worker-1", "NodeScreen"),
        ("Ingress/shop/web", "PathScreen"),
        ("ConfigMap/shop/web-env", "DocumentScreen"),
        ("logs Deployment/shop/web", "LogScreen"),
        ("yaml Deployment/shop/web", "DocumentScreen"),
        ("describe Deployment/shop/web", "DocumentScreen"),
        ("probes Deployment/shop/web", "ProbesScreen"),
        ("path Deployment/shop/web", "PathScreen"),
        ("changes Deployment/shop/web", "ChangesScreen"),
        ("guard Deployment/shop/web", "GuardScreen"),
        ("logs", "NoneType"),
        ("yaml Nonsense/shop/web", "NoneType"),
        ("pods Deployment/shop/web", "NoneType"),
        ("Pod", "NoneType"),
        ("Revision//web-1", "NoneType"),
        ("nonsense", "NoneType"),
    ],
)
async def test_every_place_has_its_screen_and_nonsense_has_none(place: str, name: str) -> None:
    app = program(Given(snapshot()))
    async with app.run_test():
        first = app.screen
        assert isinstance(first, ViewScreen)

        made = make(place, first.stage)

        assert type(made).__name__ == name
        if made is not None:
            assert (made.place, made.about) == (place, re.sub(r"^[a-z-]+ ?|#.*", "", place))
