"""The parts of the control plane, and nodes in full: what is told, and what must not be concluded."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import cast

import pytest

from kubectl_goweb.objects import EndpointSlice, Feed, FeedState, Kind, Node, Pod, Snapshot, decode_page
from kubectl_goweb.objects.facts import Checked, ServerFacts
from kubectl_goweb.objects.meta import Meta, WrittenMeta
from kubectl_goweb.objects.policy import (
    Lease,
    LeaseSpec,
    ValidatingWebhookConfiguration,
    Webhook,
    WebhookClient,
    WebhookService,
)
from kubectl_goweb.status.controlplane import PARTS, Part, control_plane
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.node_report import NodeReport, node_report, version_skew, with_busy_nodes
from kubectl_goweb.status.nodes import node_health
from kubectl_goweb.status.usage import NodeUsage, Thresholds
from kubectl_goweb.status.verdicts import Ref, Severity, Verdict
from tests.status.objects import NOW, Json, ago

READY = Checked(200, "[+]ping ok\n[+]etcd ok\n[+]etcd-readiness ok\nreadyz check passed\n", 0.002)
NO_ETCD = Checked(500, "[+]ping ok\n[-]etcd failed: reason withheld\n[+]log ok\nreadyz check failed\n", 0.1)


def snapshot(*, denied: tuple[Kind, ...] = (), **objects: object) -> Snapshot:
    feeds = {kind: Feed(FeedState.DENIED if kind in denied else FeedState.LIVE, NOW) for kind in PARTS}
    return Snapshot(feeds=feeds, **objects)  # type: ignore[arg-type]  # fields by name


def part(
    name: str, seen: Snapshot, readyz: Checked = READY, livez: Checked = READY, server: ServerFacts | None = None
) -> Part:
    return next(one for one in control_plane(livez, readyz, seen, NOW, server) if one.name == name)


def lease(name: str, seconds: float, namespace: str = "kube-system") -> dict[str, Lease]:
    spec = LeaseSpec("me", 15, NOW - timedelta(seconds=seconds))
    return {f"{namespace}/{name}": Lease(WrittenMeta(name, namespace), spec)}


def waiting_pod(seconds: float, **spec: str) -> dict[str, Pod]:
    item: Json = {
        "metadata": {"name": "a", "namespace": "shop", "creationTimestamp": ago(seconds=seconds)},
        "spec": {"containers": [], **spec},
        "status": {"phase": "Pending"},
    }
    page = decode_page(Kind.POD, json.dumps({"items": [item]}).encode())
    return {"shop/a": cast("Pod", page.items[0])}  # what was decoded as Pods


@pytest.mark.parametrize(
    ("readyz", "server", "etcd"),
    [
        (READY, Verdict.HEALTHY, Verdict.HEALTHY),
        (NO_ETCD, Verdict.FAILING, Verdict.FAILING),
        (Checked(200, READY.text, 3.0), Verdict.DEGRADED, Verdict.HEALTHY),
        (Checked(403, '{"kind":"Status"}', 0.01), Verdict.UNKNOWN, Verdict.UNKNOWN),
        (Checked(0, "connection refused", 0.01), Verdict.FAILING, Verdict.UNKNOWN),
        (Checked(200, "ok", 0.01), Verdict.HEALTHY, Verdict.UNKNOWN),
        (Checked(429, "too many requests", 0.01), Verdict.DEGRADED, Verdict.UNKNOWN),
    ],
)
def test_the_api_server_and_etcd_are_told_from_the_checks(readyz: Checked, server: Verdict, etcd: Verdict) -> None:
    seen = snapshot()

    assert part("API server", seen, readyz).verdict is server
    assert part("etcd", seen, readyz).verdict is etcd


def test_the_failed_check_is_named() -> None:
    assert (NO_ETCD.is_etcd_down, READY.is_etcd_down) == (True, False)
    assert part("API server", snapshot(), NO_ETCD).why == "not ready: etcd: reason withheld"


@pytest.mark.parametrize(
    ("seen", "verdict", "source"),
    [
        (snapshot(), Verdict.UNKNOWN, ""),
        (snapshot(leases=lease("kube-scheduler", 3)), Verdict.HEALTHY, "lease"),
        (snapshot(leases=lease("kube-scheduler", 60)), Verdict.FAILING, "lease"),
        (snapshot(pods=waiting_pod(60)), Verdict.FAILING, "its work"),
        (snapshot(pods=waiting_pod(5)), Verdict.UNKNOWN, ""),
        (snapshot(pods=waiting_pod(60, schedulerName="mine")), Verdict.UNKNOWN, ""),
        (snapshot(leases=lease("kube-scheduler", 3), pods=waiting_pod(60)), Verdict.FAILING, "its work"),
        (snapshot(denied=(Kind.LEASE,), leases=lease("kube-scheduler", 60)), Verdict.UNKNOWN, ""),
    ],
)
def test_the_scheduler_is_told_by_its_lease_and_its_work(seen: Snapshot, verdict: Verdict, source: str) -> None:
    scheduler = part("kube-scheduler", seen)

    assert (scheduler.verdict, scheduler.source) == (verdict, source)


@pytest.mark.parametrize(
    ("days", "verdict", "why"),
    [
        (300, Verdict.HEALTHY, "holds until 2"),
        (20, Verdict.DEGRADED, "ends in 20 days"),
        (-2, Verdict.FAILING, "ended 2 days ago"),
    ],
)
def test_the_end_of_the_servers_certificate_is_told_in_time(days: int, verdict: Verdict, why: str) -> None:
    told = part("API server certificate", snapshot(), server=ServerFacts(NOW + timedelta(days=days, minutes=5)))

    assert told.verdict is verdict
    assert why in told.why
    assert not [one for one in control_plane(READY, READY, snapshot(), NOW) if "certificate" in one.name]


def scheduler_pods(*names: str) -> dict[str, Pod]:
    labels = {"component": "kube-scheduler", "tier": "control-plane"}
    items: list[Json] = [
        {
            "metadata": {"name": name, "namespace": "kube-system", "labels": labels},
            "spec": {"containers": [], "nodeName": "n1"},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
        }
        for name in names
    ]
    page = decode_page(Kind.POD, json.dumps({"items": items}).encode())
    return {one.key: cast("Pod", one) for one in page.items}  # what was decoded as Pods


WELL = Checked(200, "[+]ping ok\n[+]leaderElection ok\nhealthz check passed\n", 0.01)
UNWELL = Checked(500, "[+]ping ok\n[-]leaderElection failed: reason withheld\nhealthz check failed\n", 0.01)
HIDDEN = (Checked(403, "forbidden", 0.01), Checked(503, '{"kind":"Status"}', 0.01), Checked(0, "no answer", 3.0))


@pytest.mark.parametrize(
    ("healths", "verdict", "source", "why"),
    [
        ((WELL, WELL), Verdict.HEALTHY, "lease", "renewed its lease 2 s ago; its /healthz is ok"),
        ((WELL, UNWELL), Verdict.DEGRADED, "/healthz", "b: its /healthz fails: leaderElection: reason withheld"),
        ((UNWELL, HIDDEN[0]), Verdict.FAILING, "/healthz", "a: its /healthz fails: leaderElection: reason withheld"),
        *(((one, one), Verdict.HEALTHY, "lease", "renewed its lease 2 s ago") for one in HIDDEN),
    ],
)
def test_what_a_scheduler_says_of_its_health_counts_where_it_can_be_heard(
    healths: tuple[Checked, ...], verdict: Verdict, source: str, why: str
) -> None:
    pods = scheduler_pods("a", "b")
    server = ServerFacts(healths=dict(zip(pods, healths, strict=True)))

    told = part("kube-scheduler", snapshot(leases=lease("kube-scheduler", 2), pods=pods), server=server)
    assert (told.verdict, told.source, told.why) == (verdict, source, why)

    late = part("kube-scheduler", snapshot(leases=lease("kube-scheduler", 99), pods=pods), server=server)
    assert (late.verdict, late.source) == (Verdict.FAILING, "lease"), "whatever it says of itself, it does not work"


def test_a_server_that_puts_us_off_is_degraded_and_one_that_refused_others_says_so() -> None:
    busy = part("API server", snapshot(), server=ServerFacts(throttled=3))
    assert (busy.verdict, busy.why) == (
        Verdict.DEGRADED,
        "ready, but put off 3 requests of ours within a minute: too many at once (429)",
    )
    told = part("API server", snapshot(), server=ServerFacts(refused=7))
    assert told.why.endswith("refused 7 requests since its start (429)")


def test_etcd_is_full_when_nobody_can_renew_a_lease_whatever_its_check_says() -> None:
    nodes, mine = lease("node-1", 100, "kube-node-lease"), lease("apiserver-abc", 90)
    full = part("etcd", snapshot(leases={**nodes, **mine}))
    assert full.verdict is Verdict.FAILING
    assert "nothing is written: no lease was renewed for 90s" in full.why

    assert part("etcd", snapshot(leases={**nodes, **lease("apiserver-abc", 9)})).verdict is Verdict.HEALTHY
    others = lease("my-operator", 9000)
    assert part("etcd", snapshot(leases=others)).verdict is Verdict.HEALTHY, "others renew as they like"
    theirs = Checked(200, READY.text, 0.01, NOW - timedelta(seconds=85))
    assert part("etcd", snapshot(leases=mine), theirs).verdict is Verdict.HEALTHY, "by the server's clock, not ours"


def test_etcds_size_is_told_and_near_its_quota_it_is_degraded() -> None:
    assert part("etcd", snapshot(), server=ServerFacts(storage=37e6)).why == "etcd, etcd-readiness ok, 37 MB"
    near = part("etcd", snapshot(), server=ServerFacts(storage=1.9e9))
    assert (near.verdict, near.source) == (Verdict.DEGRADED, "/metrics")
    assert near.why.endswith(", 1900 MB; by default its quota is 2147 MB")
    large = ServerFacts(storage=1.9e9, quota_used=0.23, has_leader=True)
    assert part("etcd", snapshot(), server=large).why.endswith("ok, 1900 MB, 23 % of its quota")
    full = part("etcd", snapshot(), server=ServerFacts(quota_used=0.9))
    assert (full.verdict, full.source) == (Verdict.DEGRADED, "Prometheus")
    assert part("etcd", snapshot(), server=ServerFacts(has_leader=False)).verdict is Verdict.FAILING


def static(component: str, name: str, *, ready: bool) -> dict[str, Pod]:
    item: Json = {
        "metadata": {
            "name": name,
            "namespace": "kube-system",
            "labels": {"component": component, "tier": "control-plane"},
        },
        "spec": {"containers": [], "nodeName": name},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": [] if ready else [{"name": "x", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}],
        },
    }
    page = decode_page(Kind.POD, json.dumps({"items": [item]}).encode())
    assert not page.malformed, page.malformed
    return {f"kube-system/{name}": cast("Pod", page.items[0])}  # what was decoded as Pods


def test_static_pods_tell_of_parts_without_a_lease() -> None:
    well, sick = static("kube-scheduler", "s-1", ready=True), static("kube-scheduler", "s-2", ready=False)

    for pods, verdict in ((well, Verdict.HEALTHY), ({**well, **sick}, Verdict.DEGRADED), (sick, Verdict.FAILING)):
        assert part("kube-scheduler", snapshot(pods=pods)).verdict is verdict
    told = part("kube-scheduler", snapshot(pods={**well, **sick}))
    assert (told.why, told.source) == ("1 of 2 Pods ready; s-2: CrashLoopBackOff", "its Pods")
    one_of_two = {**static("etcd", "e-1", ready=True), **static("etcd", "e-2", ready=False)}
    assert part("etcd", snapshot(pods=one_of_two)).why == "1 of 2 ready: e-2: CrashLoopBackOff"


def behind_dns(*, ready: bool) -> dict[str, EndpointSlice]:
    item: Json = {
        "metadata": {
            "name": "kube-dns-1",
            "namespace": "kube-system",
            "labels": {"kubernetes.io/service-name": "kube-dns"},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": ready}}],
    }
    page = decode_page(Kind.ENDPOINT_SLICE, json.dumps({"items": [item]}).encode())
    return {"kube-system/kube-dns-1": cast("EndpointSlice", page.items[0])}  # what was decoded as slices


def test_dns_is_told_by_what_stands_behind_its_service() -> None:
    assert part("DNS", snapshot(endpoint_slices=behind_dns(ready=True))).why == "1 ready behind Service kube-dns"
    down = part("DNS", snapshot(endpoint_slices=behind_dns(ready=False)))
    assert (down.verdict, down.source) == (Verdict.FAILING, "endpoints")


def test_what_is_not_there_is_not_visible_and_never_failing() -> None:
    for name in ("kube-controller-manager", "kube-scheduler", "kube-proxy", "DNS"):
        assert part(name, snapshot()).verdict is Verdict.UNKNOWN
        assert part(name, snapshot()).why.startswith("not visible: ")


def test_what_could_not_be_listed_is_told_so() -> None:
    blind = snapshot(denied=(Kind.DAEMON_SET, Kind.DEPLOYMENT))

    assert part("kube-proxy", blind).why == "not visible: DaemonSets could not be seen"
    assert part("DNS", blind).why == "not visible: Deployments could not be seen"


def test_a_webhook_without_endpoints_is_told_by_name() -> None:
    client = WebhookClient(service=WebhookService("gone", "shop"))
    configuration = ValidatingWebhookConfiguration(Meta("policy"), (Webhook("check.shop.test", client),))
    seen = snapshot(validating_webhooks={"policy": configuration})

    told = part("validating webhook check.shop.test", seen)
    assert told.verdict is Verdict.FAILING
    assert "Service shop/gone has no ready endpoint" in told.why
    slow = ServerFacts(webhooks={"check.shop.test": 2.5, "another": 9.0})
    blind = snapshot(denied=(Kind.ENDPOINT_SLICE,), validating_webhooks={"policy": configuration})
    late = part("validating webhook check.shop.test", blind, server=slow)
    assert (late.verdict, late.source, late.latency) == (Verdict.DEGRADED, "/metrics", 2.5)
    assert late.why.startswith("takes 2.5 s on average")
    assert not [one for one in control_plane(READY, READY, blind, NOW) if "webhook" in one.name]


def node(*, ready: str = "True", version: str = "v1.34.4", **conditions: str) -> Node:
    said = [{"type": "Ready", "status": ready, "reason": "R", "message": ""}]
    said += [{"type": kind, "status": status} for kind, status in conditions.items()]
    item = {
        "metadata": {"name": "n1"},
        "status": {"conditions": said, "nodeInfo": {"kubeletVersion": version}},
    }
    page = decode_page(Kind.NODE, json.dumps({"items": [item]}).encode())
    return cast("Node", page.items[0])  # what was decoded as Nodes


def judged(one: Node, *, heartbeat: float | None = 5, usage: NodeUsage | None = None) -> NodeReport:
    leases = {} if heartbeat is None else lease("n1", heartbeat, "kube-node-lease")
    return node_report(one, node_health(one, None), leases, usage, Thresholds(), NOW, server_version="v1.34.4")


@pytest.mark.parametrize(
    ("report", "verdict", "reason"),
    [
        (judged(node()), Verdict.HEALTHY, ""),
        (judged(node(), heartbeat=None), Verdict.HEALTHY, ""),
        (judged(node(), heartbeat=60), Verdict.UNKNOWN, "last heard of 60s ago"),
        (judged(node(ready="False")), Verdict.FAILING, "R"),
        (judged(node(ready="Unknown"), heartbeat=300), Verdict.UNKNOWN, "R"),
        (judged(node(MemoryPressure="True")), Verdict.DEGRADED, "MemoryPressure"),
        (judged(node(version="v1.30.1")), Verdict.DEGRADED, "more than 3 minor versions older"),
        (judged(node(), usage=NodeUsage("Prometheus", cpu=0.97)), Verdict.DEGRADED, "CPU 97 %, above 95 %"),
        (
            judged(node(), usage=NodeUsage("Prometheus", network_latency=0.65)),
            Verdict.DEGRADED,
            "network latency 650 ms, above 500 ms",
        ),
        (judged(node(), usage=NodeUsage("Prometheus", network_latency=0.01)), Verdict.HEALTHY, ""),
        (judged(node(), usage=NodeUsage("Prometheus")), Verdict.HEALTHY, ""),
        (judged(node(ready="False", MemoryPressure="True"), heartbeat=60), Verdict.FAILING, "R"),
    ],
)
def test_a_node_is_judged_by_all_that_tells(report: NodeReport, verdict: Verdict, reason: str) -> None:
    assert report.verdict is verdict
    assert reason in (report.reasons[0] if report.reasons else "")


@pytest.mark.parametrize(
    ("kubelet", "server", "is_wrong"),
    [
        ("v1.34.4", "v1.34.0", False),
        ("v1.35.0", "v1.34.0", True),
        ("v1.31.0", "v1.34.0", False),
        ("kwok", "v1.34", False),
    ],
)
def test_versions_may_differ_within_the_policy(kubelet: str, server: str, *, is_wrong: bool) -> None:
    assert bool(version_skew(kubelet, server)) is is_wrong


def test_a_node_over_a_threshold_is_a_warning_of_its_own_unless_pressure_explains_it() -> None:
    used = {"a": NodeUsage("metrics.k8s.io", cpu=0.96, memory=0.97), "b": NodeUsage("kubelet", cpu=0.95)}
    (busy,) = with_busy_nodes((), used, Thresholds())
    assert (busy.object.name, busy.title) == ("a", "node a is too busy: CPU 96 %, above 95 %; memory 97 %, above 95 %")

    pressure = finding(
        Code.NODE_PRESSURE, Severity.WARNING, Ref("Node", "a"), "node a has MemoryPressure", cause="", next=""
    )
    root, below = with_busy_nodes((pressure,), used, Thresholds())
    assert (root, below.explained_by) == (pressure, pressure.id)
