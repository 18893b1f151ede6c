"""A Service that sends to a port that its Pods do not declare: what is concluded only once it was asked."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from kubectl_goweb.objects import Kind
from kubectl_goweb.objects.facts import Facts, named
from kubectl_goweb.objects.wants import Ask
from kubectl_goweb.status.diagnosis.triage import problems
from kubectl_goweb.status.diagnosis.wants import wants
from kubectl_goweb.status.overview import overview
from kubectl_goweb.status.verdicts import Confidence, Finding, Severity
from tests.status.objects import NOW
from tests.status.worlds import deployment, made, world

ADMIN: dict[str, Any] = {"ports": [{"containerPort": 9090}], "readinessProbe": {"httpGet": {"path": "/", "port": 9090}}}
POD = made(
    "Pod", "web-1", {"containers": [{"name": "web", "image": "web:1", **ADMIN}]}, metadata={"labels": {"app": "web"}},
    status={"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
)  # fmt: skip
SERVICE = made("Service", "web", {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]})
WORLD = world(deployment("web", {"app": "web"}, **ADMIN), POD, SERVICE)
PORT = named("port", "shop/web-1:8080")


def told(facts: Facts) -> list[Finding]:
    found = problems(overview(structs.replace(WORLD, facts=facts), NOW))
    return [one.finding for one in found if one.finding.code == "GW-SERVICE-PORT"]


def test_it_is_a_doubt_until_it_was_asked_and_only_a_ready_pod_is() -> None:
    (doubt,) = told(Facts())
    assert (doubt.severity, doubt.confidence) == (Severity.WARNING, Confidence.POSSIBLE)
    asked = [(one.key, one.port) for one in wants(WORLD, overview(WORLD, NOW)) if one.ask is Ask.LISTENS]
    assert asked == [("shop/web-1", 8080)]


def test_where_nothing_listens_it_is_certain_and_where_something_does_nothing_is_said() -> None:
    (fault,) = told(Facts(listening={PORT: False}))
    assert (fault.severity, fault.confidence) == (Severity.CRITICAL, Confidence.CERTAIN)
    assert fault.title == "Service web sends to port 8080, where nothing listens"
    assert told(Facts(listening={PORT: True})) == []


def test_what_silenced_the_doubt_is_asked_again_or_it_would_be_forgotten() -> None:
    known = structs.replace(WORLD, facts=Facts(listening={PORT: True}))
    assert [one.subject for one in wants(known, overview(known, NOW)) if one.ask is Ask.LISTENS] == [PORT]


def test_who_may_not_ask_is_told_so() -> None:
    (doubt,) = told(Facts(unseen={PORT: "forbidden: you may not get pods/proxy"}))
    assert doubt.unseen == (f"{PORT}: forbidden: you may not get pods/proxy",)


UNPROBED = world(
    deployment("web", {"app": "web"}),
    POD | {"spec": {"containers": [{"name": "web", "image": "web:1"}]}},
    SERVICE,
)


def test_a_service_that_is_asked_about_is_tried_where_no_probe_looks() -> None:
    def asked(*fronts: tuple[Kind, str]) -> list[int]:
        found = wants(UNPROBED, overview(UNPROBED, NOW), fronts=fronts)
        return [one.port for one in found if one.ask is Ask.LISTENS]

    assert asked((Kind.SERVICE, "web")) == [8080]
    assert asked() == asked((Kind.SERVICE, "api")) == asked((Kind.INGRESS, "web")) == []
    probed = structs.replace(WORLD, services={})  # its probe looks at 9090, and no Service sends there
    assert not [one for one in wants(probed, overview(probed, NOW), fronts={(Kind.SERVICE, "web")}) if one.port]


def test_where_no_probe_looks_and_nothing_listens_requests_fail() -> None:
    for listens, expected in ((False, ["GW-SERVICE-PORT"]), (True, [])):
        facts = Facts(listening={PORT: listens})
        found = problems(overview(structs.replace(UNPROBED, facts=facts), NOW))
        assert [one.finding.code for one in found if one.finding.code == "GW-SERVICE-PORT"] == expected
