"""The hops as they answered, beside what the objects say: which one decides, and where the two disagree."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kubectl_goweb.objects import Kind, Pod, Service
from kubectl_goweb.status.live_paths import (
    Checked,
    Place,
    Traced,
    answered,
    certificate_check,
    disagreements,
    dns_check,
    front_check,
    live_answer,
    pods_check,
    service_check,
    verdict,
)
from kubectl_goweb.status.paths import Hop, HopState
from kubectl_goweb.status.probes.results import Durations, ProbeKind, ProbeResult, Reason, Source, TlsFacts, Way
from kubectl_goweb.status.routes import Route, Trail
from kubectl_goweb.status.verdicts import Ref
from tests.status.objects import decoded, pod

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OK, BROKEN, UNKNOWN = HopState.OK, HopState.BROKEN, HopState.UNKNOWN
SERVICE = Ref("Service", "web", "shop")


def result(code: int | None = 200, reason: Reason = Reason.OK, detail: str = "", **more: Any) -> ProbeResult:
    given = {"kind": ProbeKind.HTTP, "way": Way.API_PROXY, **more}
    return ProbeResult(
        target="t",
        success=reason is Reason.OK,
        reason=reason,
        detail=detail,
        code=code,
        durations=Durations(0.004),
        at=NOW,
        source=Source.US,
        **given,
    )


def refused(**more: Any) -> ProbeResult:
    return result(None, Reason.REFUSED, "connection refused: nothing listens there", **more)


@pytest.mark.parametrize(
    ("one", "state", "text"),
    [
        (result(200), OK, "answers 200 in 4 ms"),
        (result(404, Reason.STATUS), OK, "answers 404 in 4 ms"),
        (result(503, Reason.STATUS), BROKEN, "answers 503 in 4 ms"),
        (refused(), BROKEN, "connection refused: nothing listens there"),
        (result(None, Reason.NO_ENDPOINTS, "no endpoint is ready behind the Service"), BROKEN, "no endpoint is ready"),
        (result(None, Reason.NOT_ALLOWED, "eve may not get services/proxy"), UNKNOWN, "not checked: eve may not"),
    ],
)
def test_what_answers_at_all_is_no_broken_hop(one: ProbeResult, state: HopState, text: str) -> None:
    told = service_check(SERVICE, one)
    assert told.state is state
    assert told.text.startswith(text)
    assert told.way == ("" if state is UNKNOWN else "API proxy")


def test_a_tcp_port_answers_when_it_takes_the_connection() -> None:
    open_port = result(None, kind=ProbeKind.TCP, way=Way.PORT_FORWARD)
    assert answered(open_port)
    assert pods_check(SERVICE, [(web("a"), open_port)], 1).text == "a: takes connections"
    assert not answered(refused(kind=ProbeKind.TCP))


def web(name: str, ip: str = "10.0.0.1") -> Pod:
    return pod(name=name, podIP=ip)


def test_of_many_pods_one_that_fails_is_named_with_how_many_do() -> None:
    told = pods_check(SERVICE, [(web("a"), result()), (web("b"), refused()), (web("c"), refused())], 9)
    assert (told.state, told.object) == (BROKEN, Ref("Pod", "b", "shop"))
    assert told.text == "2 of 3 fail, such as b: connection refused: nothing listens there"
    assert pods_check(SERVICE, [(web("a"), result()), (web("b"), result())], 9).text == "2 of 9: answers 200 in 4 ms"
    denied = result(None, Reason.NOT_ALLOWED, "eve may not")
    assert pods_check(SERVICE, [(web("a"), denied)], 1).text == "not checked: eve may not"


def test_what_cannot_be_reached_from_here_is_not_called_broken() -> None:
    ref = Ref("Ingress", "web", "shop")
    far = result(None, Reason.RESOLVE_FAILED, "its name cannot be resolved", way=Way.DIRECT)
    assert front_check(ref, "shop.example", far).state is UNKNOWN
    assert front_check(ref, "shop.example", refused(way=Way.DIRECT)).state is BROKEN
    assert certificate_check(ref, "shop.example", far, NOW).state is UNKNOWN


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (Reason.TLS_NAME, BROKEN),
        (Reason.TLS_EXPIRED, BROKEN),
        (Reason.TLS_TO_PLAIN_PORT, BROKEN),
        (Reason.TLS_UNKNOWN_CA, UNKNOWN),
    ],
)
def test_a_certificate_that_is_not_accepted_is_broken_unless_only_its_authority_is_unknown_here(
    reason: Reason, state: HopState
) -> None:
    told = certificate_check(SERVICE, "shop.example", result(None, reason, "is not accepted", way=Way.DIRECT), NOW)
    assert told.state is state


def test_an_accepted_certificate_tells_until_when() -> None:
    tls = TlsFacts("TLSv1.3", "x", NOW + timedelta(days=30), verified=True)
    told = certificate_check(SERVICE, "shop.example", result(200, tls=tls, way=Way.DIRECT), NOW)
    assert (told.state, told.text) == (OK, "accepted, TLSv1.3, until 2026-03-31 12:00 UTC (30 days)")


def service(ip: str) -> Trail:
    (one,) = decoded(Kind.SERVICE, {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"clusterIP": ip}})
    assert isinstance(one, Service)
    return Trail(Route("shop", "web"), service_name="web", service=one, pods=(web("a", "10.0.0.1"),))


@pytest.mark.parametrize(
    ("ip", "addresses", "state", "text"),
    [
        ("10.9.0.1", ["10.9.0.1"], OK, "web.shop.svc.cluster.local is 10.9.0.1"),
        ("10.9.0.1", ["10.9.0.2"], BROKEN, "is 10.9.0.2, and the Service is 10.9.0.1"),
        ("10.9.0.1", [], BROKEN, "is not known"),
        ("None", ["10.0.0.1"], OK, "is 10.0.0.1"),
        ("None", ["10.0.0.1", "10.0.0.7"], BROKEN, "10.0.0.7 is no Pod of it"),
    ],
)
def test_the_name_must_lead_to_the_service_or_its_pods(
    ip: str, addresses: list[str], state: HopState, text: str
) -> None:
    told = dns_check(service(ip), "web.shop.svc.cluster.local", addresses, "pod/dns")
    assert (told.state, told.way) == (state, "port-forward to pod/dns")
    assert text in told.text


def checked(what: Place, state: HopState, text: str = "answers") -> Checked:
    return Checked(what, None, state, text)


def hop(what: str, state: HopState) -> Hop:
    return Hop(what, None, state, "text")


def test_the_innermost_broken_check_decides_for_it_breaks_what_lies_before_it() -> None:
    found = [checked(Place.INGRESS, BROKEN), checked(Place.SERVICE, BROKEN), checked(Place.PODS, BROKEN, "refused")]
    decides = live_answer(found)
    assert decides is not None
    assert decides.what is Place.PODS
    assert live_answer([checked(Place.DNS, UNKNOWN)]) is None
    only_outside = live_answer([checked(Place.PODS, OK), checked(Place.INGRESS, BROKEN)])
    assert only_outside is not None
    assert only_outside.what is Place.INGRESS


@pytest.mark.parametrize(
    ("static", "live", "says"),
    [
        ([hop("Service", OK)], [checked(Place.PODS, OK)], ""),
        ([hop("Service", OK)], [checked(Place.PODS, BROKEN, "refused")], "nothing is broken, yet Pods: refused"),
        ([hop("container port", UNKNOWN)], [checked(Place.PODS, BROKEN)], ""),
        ([hop("endpoints", BROKEN)], [checked(Place.SERVICE, BROKEN)], ""),
        (
            [hop("endpoints", BROKEN)],
            [checked(Place.SERVICE, OK)],
            "endpoints is broken, yet Service: answers; the obj",
        ),
        ([hop("NetworkPolicy", BROKEN)], [checked(Place.PODS, OK)], "is not what the policy cuts, or nothing enforces"),
        ([hop("certificate", BROKEN)], [checked(Place.SERVICE, OK)], ""),
        ([hop("certificate", BROKEN)], [checked(Place.CERTIFICATE, OK)], "certificate is broken, yet certificate"),
    ],
)
def test_objects_and_answers_that_contradict_each_other_are_told(
    static: list[Hop], live: list[Checked], says: str
) -> None:
    told = disagreements(Traced(Route("shop", "web"), tuple(static), tuple(live)))
    assert (says in told[0]) if says else not told


@pytest.mark.parametrize("what", ["NetworkPolicy", "DNS"])
def test_what_is_asked_from_here_does_not_contradict_what_a_policy_does_to_somebody_else(what: str) -> None:
    hops, live = (hop(what, BROKEN),), (checked(Place.SERVICE, OK),)
    assert disagreements(Traced(Route("shop", "web"), hops, live))
    assert not disagreements(Traced(Route("shop", "web"), hops, live, is_for_one=True))


@pytest.mark.parametrize(
    ("static", "live", "state"),
    [
        ([hop("Service", OK)], [], OK),
        ([hop("Service", OK)], [checked(Place.PODS, BROKEN)], BROKEN),
        ([hop("Pods", BROKEN)], [checked(Place.SERVICE, OK)], BROKEN),
        ([hop("container port", UNKNOWN)], [checked(Place.PODS, OK)], OK),
        ([hop("container port", UNKNOWN)], [checked(Place.PODS, UNKNOWN)], UNKNOWN),
        ([hop("NetworkPolicy", UNKNOWN)], [checked(Place.PODS, OK)], UNKNOWN),
    ],
)
def test_an_answer_settles_what_the_containers_do_not_declare_and_not_who_may_ask(
    static: list[Hop], live: list[Checked], state: HopState
) -> None:
    assert verdict(static, live) is state
