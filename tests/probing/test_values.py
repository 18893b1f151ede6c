"""Histories, declared probes, what the kubelet says, and when turns come."""

from __future__ import annotations

import pytest
from msgspec import structs

from kubectl_goweb.errors import Exit
from kubectl_goweb.objects import Service
from kubectl_goweb.objects.core import ServicePort, ServiceSpec
from kubectl_goweb.objects.meta import Meta
from kubectl_goweb.probing.scheduling import first_due, next_due, offset
from kubectl_goweb.probing.selecting import Wish, pod_targets, service_targets
from kubectl_goweb.probing.ways import reaches_pods, way_to, ways
from kubectl_goweb.status.probes.declared import declared, replays
from kubectl_goweb.status.probes.history import KEPT, History
from kubectl_goweb.status.probes.kubelet import disagreement, kubelet_views
from kubectl_goweb.status.probes.report import exit_code
from kubectl_goweb.status.probes.results import ProbeKind, ProbeResult, Reason, Way
from kubectl_goweb.status.probes.targets import KUBELET, Rules, Target, url_target
from tests.probing.results import NOW, pod, result, target, unhealthy

WEB = {
    "ports": [{"name": "http", "containerPort": 8080}, {"containerPort": 9999}],
    "readinessProbe": {
        "httpGet": {"path": "api/health", "port": "http", "httpHeaders": [{"name": "host", "value": "web.test"}]},
        "periodSeconds": 10,
        "initialDelaySeconds": 5,
    },
    "livenessProbe": {"tcpSocket": {"port": 8080}},
}
FAILED = result(success=False, reason=Reason.REFUSED)


def history(*results: ProbeResult) -> History:
    kept = History()
    for one in results:
        kept = kept.with_result(one)
    return kept


def test_a_history_keeps_the_newest_sixty() -> None:
    kept = history(*(result(total=float(number)) for number in range(100)))

    assert len(kept.results) == KEPT
    assert kept.results[0].durations.total == 40


def test_a_history_counts_only_what_can_be_told() -> None:
    unknown = result(success=None, reason=Reason.NOT_ALLOWED)
    kept = history(result(), FAILED, unknown, FAILED, unknown)

    assert kept.success_ratio == pytest.approx(1 / 3)
    assert kept.failures_in_a_row == 2
    assert history(unknown).success_ratio is None


def test_percentiles_are_durations_that_were_measured() -> None:
    kept = history(*(result(total=number / 1000) for number in range(1, 21)), FAILED)

    assert (kept.percentile(0.5), kept.percentile(0.95)) == (0.010, 0.019)
    assert history(FAILED).percentile(0.5) is None


def test_the_line_of_bars_tells_failures_and_the_unknown_from_durations() -> None:
    kept = history(result(total=0.1), FAILED, result(success=None, reason=Reason.NOT_SEEN), result(total=0.8))

    assert kept.sparkline() == "▂╳?█"
    assert kept.sparkline(2, signs=False) == "?@"


def test_declared_probes_tell_their_budget_in_seconds() -> None:
    readiness, liveness = declared(pod(WEB))

    assert (readiness.role, readiness.says, readiness.budget) == ("readiness", "GET :8080/api/health", 35)
    assert (liveness.role, liveness.says, liveness.reaction) == ("liveness", "TCP :8080", 21)


def test_a_replay_is_the_kubelets_own_request() -> None:
    first, second = replays(pod(WEB), version="v1.34.4")

    assert first.request.host == "web.test"
    assert dict(first.request.headers) == {"User-Agent": "kube-probe/1.34", "Accept": "*/*"}
    assert (first.rules, first.timeout, first.roles, first.other_ports) == (KUBELET, 1, ("readiness",), (9999,))
    assert second.request.kind is ProbeKind.TCP


def test_roles_that_send_the_same_request_share_one_target() -> None:
    same = {**WEB, "livenessProbe": WEB["readinessProbe"]}

    (only,) = replays(pod(same))
    assert only.roles == ("readiness", "liveness")


@pytest.mark.parametrize(
    ("container", "wish", "told"),
    [
        (WEB, Wish(path="/x"), ("GET :8080/x", "http_2xx", "")),
        (WEB, Wish(port="9999", kind=ProbeKind.TCP), ("TCP :9999", "http_2xx", "")),
        (WEB, Wish(port="nope"), ("TCP :0", "http_2xx", "container web has no port 'nope'")),
        ({"ports": [{"containerPort": 80}]}, Wish(), ("TCP :80", "kubelet", "")),
        ({}, Wish(), ("TCP :0", "http_2xx", "declares no probe and no port")),
        (
            {"readinessProbe": {"exec": {"command": ["/ok"]}}},
            Wish(),
            ("EXEC :0", "http_2xx", "a command can only be run by the kubelet"),
        ),
    ],
)
def test_what_is_asked_of_a_pod(container: dict[str, object], wish: Wish, told: tuple[str, str, str]) -> None:
    (one,) = pod_targets(pod(container), wish)

    assert (one.request.says, one.rules.name, one.unready) == told


def test_a_service_is_asked_what_its_pods_are_asked() -> None:
    spec = ServiceSpec(selector={"app": "web"}, ports=(ServicePort(80, target_port="http"),), cluster_ip="10.1.1.1")
    service = Service(Meta("web", "shop"), spec)

    (one,) = service_targets(service, [pod(WEB, labels={"app": "web"})], Wish())
    assert (one.request.says, one.host, one.rules) == ("GET :80/api/health", "10.1.1.1", Rules())


def test_the_kubelets_last_complaint_is_told_with_its_state() -> None:
    event = unhealthy("Readiness probe failed: HTTP probe failed with statuscode: 500", count=4)

    readiness, liveness = kubelet_views(pod(WEB, ready=False), [event], NOW)

    assert readiness.says(NOW) == "failing since 40s"
    assert (readiness.complaint, readiness.complaints) == ("HTTP probe failed with statuscode: 500", 4)
    assert liveness.says(NOW) == "not told"


@pytest.mark.parametrize(
    ("ours", "ready", "said"),
    [
        (result(), True, ""),
        (result(success=None, reason=Reason.NOT_ALLOWED), True, ""),
        (result(), False, "it has just recovered"),
        (result(total=1.5), False, "the kubelet waits 1 s"),
        (FAILED, True, "acts after 3 failures in a row, here within 31s"),
        (result(success=False, reason=Reason.CONNECT_TIMEOUT), True, "NetworkPolicy"),
        (result(success=False, reason=Reason.PROCESSING_TIMEOUT, way=Way.API_PROXY), True, "--via direct"),
    ],
)
def test_a_disagreement_says_what_it_means(ours: ProbeResult, *, ready: bool, said: str) -> None:
    view = kubelet_views(pod(WEB, ready=ready), [], NOW)[0]

    told = disagreement(ours, view, NOW)
    assert said in told
    assert bool(told) is bool(said)


def test_starts_are_spread_evenly_over_the_interval() -> None:
    seconds = [int(offset(f"pod/web-{number}", 5.0)) for number in range(1000)]

    assert all(150 < seconds.count(second) < 250 for second in range(5))


def test_turns_keep_their_place_and_missed_ones_are_counted() -> None:
    due = first_due("a", 100.0, 5.0)

    assert next_due(due, due + 0.1, 5.0) == (due + 5, 0)
    assert next_due(due, due + 12.0, 5.0) == (due + 15, 2)


def test_the_way_is_the_one_that_works() -> None:
    assert way_to(target(), asked=None, is_direct=True) is Way.DIRECT
    assert way_to(target(), asked=None, is_direct=False) is Way.API_PROXY
    assert way_to(target(tls=True), asked=None, is_direct=False) is Way.PORT_FORWARD, "the API server verifies nothing"
    assert way_to(target(tls=True, rules=KUBELET), asked=None, is_direct=False) is Way.API_PROXY
    assert way_to(url_target("http://x/", Rules(), 1.0), asked=Way.API_PROXY, is_direct=False) is Way.DIRECT
    assert way_to(target(kind="Ingress"), asked=None, is_direct=False) is Way.DIRECT


def test_pods_are_reached_directly_only_when_one_is_known_by_its_answer() -> None:
    class Network:
        """Here only the Pod at this address is itself."""

        def __init__(self, known: str) -> None:
            self.known = known
            self.compared: list[str] = []

        def answers_alike(self, target: Target) -> bool | None:
            self.compared.append(target.key)
            return target.key == self.known

    tcp = structs.replace(target(), request=structs.replace(target().request, kind=ProbeKind.TCP))
    pods = [tcp, *(structs.replace(target(), key=key) for key in "abcd")]
    nobody, third = Network(""), Network("c")
    assert set(ways(pods, None, nobody).values()) == {Way.API_PROXY, Way.PORT_FORWARD}
    assert nobody.compared == ["a", "b", "c"], "a few are enough, and a connection alone says nothing"
    assert set(ways(pods, None, third).values()) == {Way.DIRECT}
    assert reaches_pods(pods, nobody) is False
    assert reaches_pods([tcp], third) is None, "nobody has told"
    assert set(ways(pods, Way.DIRECT, nobody).values()) == {Way.DIRECT}, "as asked"


def test_exit_codes_tell_failing_from_unknown() -> None:
    unknown = result(success=None, reason=Reason.NOT_SEEN)

    assert exit_code([result(), FAILED, unknown]) is Exit.FAILING
    assert exit_code([result(), unknown]) is Exit.UNKNOWN
    assert exit_code([result()]) is Exit.OK
