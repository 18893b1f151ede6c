from __future__ import annotations

from msgspec import structs

from kubectl_goweb.errors import Exit
from kubectl_goweb.objects import Feed, FeedState, Kind, LogTail, Malformed, Meta, Namespace, Service
from kubectl_goweb.objects.core import ServiceSpec
from kubectl_goweb.status.overview import overview
from kubectl_goweb.status.verdicts import Verdict
from tests.status.objects import NOW, Json, ago, crashing_pod, deployment, ready_pod, replica_set, snapshot

DENIED = Feed(FeedState.DENIED, NOW, "ana may not list it")
SETS = (replica_set("rs2", 2, replicas=5, ready=5),)
READY = tuple(ready_pod(f"new-{n}", "rs2", "rs2") for n in range(5))


def test_nothing_at_all_is_healthy_when_all_could_be_seen() -> None:
    assert overview(snapshot(), NOW).exit_code is Exit.OK


def test_workloads_that_may_not_be_seen_make_the_verdict_unknown() -> None:
    told = overview(snapshot((deployment(),), SETS, READY, feeds={Kind.STATEFUL_SET: DENIED}), NOW)
    assert (told.verdict, told.exit_code) == (Verdict.UNKNOWN, Exit.UNKNOWN)
    assert told.gaps[0].part == "statefulsets.apps"
    assert told.gaps[0].why == "ana may not list it"


def test_what_is_known_to_fail_outweighs_what_is_not_known() -> None:
    failing = deployment(ready=0)
    told = overview(snapshot((failing,), SETS, feeds={Kind.STATEFUL_SET: DENIED}), NOW)
    assert told.exit_code is Exit.FAILING


def test_forbidden_pods_leave_the_verdict_to_the_controllers_counts_and_the_restarts_unknown() -> None:
    told = overview(snapshot((deployment(),), SETS, feeds={Kind.POD: DENIED}), NOW)
    assert told.workloads[0].verdict is Verdict.HEALTHY
    assert told.workloads[0].restarts is None


def test_forbidden_replica_sets_leave_a_deployments_restarts_unknown() -> None:
    told = overview(snapshot((deployment(),), pods=READY, feeds={Kind.REPLICA_SET: DENIED}), NOW)
    assert told.workloads[0].restarts is None


def test_a_malformed_workload_is_named_and_makes_the_verdict_unknown() -> None:
    feed = Feed(FeedState.LIVE, NOW, malformed=(Malformed("shop/odd", "replicas is a word"),))
    told = overview(snapshot((deployment(),), SETS, READY, feeds={Kind.DEPLOYMENT: feed}), NOW)
    assert told.verdict is Verdict.UNKNOWN
    assert [gap.part for gap in told.gaps] == ["deployments.apps shop/odd"]


def node(name: str, **conditions: str) -> Json:
    return {
        "metadata": {"name": name, "labels": {"node-role.kubernetes.io/worker": ""}},
        "status": {"conditions": [{"type": kind, "status": value} for kind, value in conditions.items()]},
    }


def test_nodes_are_told_as_kubectl_does_and_with_their_pressures() -> None:
    cordoned = node("d", Ready="True") | {"spec": {"unschedulable": True}}
    nodes = (
        node("a", Ready="True"),
        node("b", Ready="Unknown"),
        node("c", Ready="True", MemoryPressure="True"),
        cordoned,
    )
    told = overview(snapshot(nodes=(*nodes, node("e"))), NOW).nodes
    assert [one.status for one in told] == ["Ready", "NotReady", "Ready", "Ready,SchedulingDisabled", "Unknown"]
    assert [one.verdict for one in told] == [
        Verdict.HEALTHY,
        Verdict.FAILING,
        Verdict.DEGRADED,
        Verdict.PAUSED,
        Verdict.UNKNOWN,
    ]
    assert told[2].why == "MemoryPressure"


def test_pods_on_a_node_are_unknown_unless_all_namespaces_were_looked_at() -> None:
    assert overview(snapshot(nodes=(node("n1", Ready="True"),), pods=READY), NOW).nodes[0].pods is None


def test_a_panic_in_the_log_becomes_the_reason() -> None:
    log = (
        '{"msg":"starting"}',
        "panic: assignment to entry in nil map",
        "",
        "goroutine 1 [running]:",
        "main.main()",
        "\t/src/shop/store.go:14 +0x1d",
    )
    pods = (crashing_pod("new-0", "rs2", "rs2"), *READY[1:])
    found = snapshot((deployment(ready=4),), SETS, pods, logs=(LogTail("shop/new-0", "web", log),))
    finding = overview(found, NOW).findings[0]
    assert finding.title == "1 Pod of revision 2 crashes: panic: assignment to entry in nil map (store.go:14)"
    assert finding.next == "kubectl logs new-0 -n shop -c web --previous"


def test_the_way_back_is_told_while_an_older_revision_alone_serves() -> None:
    pods = (crashing_pod("new-0", "rs2", "rs2"), *(ready_pod(f"old-{n}", "rs1", "rs1") for n in range(4)))
    newest, older = replica_set("rs2", 2, replicas=1, ready=0), replica_set("rs1", 1, replicas=4, ready=4)
    rollout = deployment(existing=5, updated=1, ready=4)

    finding = overview(snapshot((rollout,), (newest, older), pods), NOW).findings[0]
    assert finding.back == "kubectl goweb undo deploy/web -n shop --to-revision=1"
    assert (finding.evidence[-1].source, finding.evidence[-1].text) == ("revision 1", "still serves: 4 of 5 available")

    both = replica_set("rs2", 2, replicas=2, ready=1)
    assert overview(snapshot((rollout,), (both, older), pods), NOW).findings[0].back == ""
    gone = replica_set("rs1", 1, replicas=0, ready=0)
    assert overview(snapshot((rollout,), (newest, gone), pods[:1]), NOW).findings[0].back == ""


def test_nothing_is_blamed_on_a_workload_whose_namespace_is_being_deleted() -> None:
    pods = tuple(crashing_pod(f"new-{n}", "rs2", "rs2") for n in range(5))
    going = Namespace(metadata=Meta(name="shop", deletion_timestamp=NOW))
    found = snapshot((deployment(ready=0),), SETS, pods, namespaces={"shop": going})
    told = overview(found, NOW)
    assert [(one.why, one.findings) for one in told.workloads] == [("its namespace is being deleted", ())]
    staying = structs.replace(
        found, namespaces={"other": Namespace(metadata=Meta(name="other", deletion_timestamp=NOW))}
    )
    assert overview(staying, NOW).findings


def test_what_fails_in_the_older_revision_is_not_mended_by_going_back_to_it() -> None:
    pods = (crashing_pod("old-0", "rs1", "rs1"), *(ready_pod(f"old-{n}", "rs1", "rs1") for n in range(1, 4)))
    sets = (replica_set("rs2", 2, replicas=1, ready=0), replica_set("rs1", 1, replicas=4, ready=3))
    found = overview(snapshot((deployment(existing=5, updated=1, ready=3),), sets, pods), NOW).findings
    assert {one.back for one in found if one.code == "GW-POD-CRASHLOOP"} == {""}


def test_pods_that_ail_alike_are_one_finding() -> None:
    pods = tuple(crashing_pod(f"new-{n}", "rs2", "rs2") for n in range(5))
    told = overview(snapshot((deployment(ready=0),), SETS, pods), NOW)
    crashes = [one for one in told.findings if one.code == "GW-POD-CRASHLOOP"]
    assert [len(one.affected) for one in crashes] == [5]


def test_the_finding_tells_only_the_events_that_explain_it() -> None:
    def event(reason: str) -> Json:
        return {
            "metadata": {"name": reason, "namespace": "shop"},
            "involvedObject": {"kind": "Pod", "name": "new-0", "uid": "uid-new-0"},
            "type": "Warning",
            "reason": reason,
            "message": f"{reason} said",
            "lastTimestamp": ago(seconds=9),
        }

    pods = (crashing_pod("new-0", "rs2", "rs2"), *READY[1:])
    events = (event("BackOff"), event("MissingClusterDNS"))
    told = overview(snapshot((deployment(ready=4),), SETS, pods, events=events), NOW)
    assert [one.source for one in told.findings[0].evidence if one.source.startswith("event")] == ["event BackOff"]
    assert [one.source for one in told.workloads[0].events] == ["BackOff pod/new-0", "MissingClusterDNS pod/new-0"]


def test_a_service_without_endpoints_is_told_after_what_causes_it() -> None:
    pods = tuple(crashing_pod(f"new-{n}", "rs2", "rs2") for n in range(5))
    service = Service(metadata=Meta(name="web", namespace="shop"), spec=ServiceSpec(selector={"app": "web"}))
    found = snapshot((deployment(ready=0),), SETS, pods, services={service.key: service})
    (one,) = overview(found, NOW).workloads
    assert [finding.code for finding in one.findings] == ["GW-POD-CRASHLOOP", "GW-SERVICE-NO-ENDPOINTS"]
    assert one.why == "5 Pods of revision 2 crash: exit code 2"

    for state in (FeedState.LISTING, FeedState.DENIED, FeedState.FAILED):
        unseen = structs.replace(found, feeds={**found.feeds, Kind.ENDPOINT_SLICE: Feed(state, NOW)})
        (one,) = overview(unseen, NOW).workloads
        assert (one.endpoints, [each.code for each in one.findings]) == ((), ["GW-POD-CRASHLOOP"]), state
