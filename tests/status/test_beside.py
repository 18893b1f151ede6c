"""What stands beside services and ails them, each with a near miss of which nothing is said."""

from __future__ import annotations

import pytest
from msgspec import structs

from kubectl_goweb.objects import Kind, LogTail
from kubectl_goweb.objects.facts import Throttling
from kubectl_goweb.objects.wants import Ask, Want
from kubectl_goweb.status.diagnosis.relevance import relevant
from kubectl_goweb.status.diagnosis.triage import Impact, problems
from kubectl_goweb.status.diagnosis.wants import wants
from kubectl_goweb.status.overview import overview
from kubectl_goweb.status.verdicts import Finding, Ref, Severity
from tests.status.objects import NOW, Json, ago
from tests.status.worlds import (
    PORT,
    autoscaler,
    crashing,
    deployment,
    event,
    made,
    pod_of_web,
    revisions,
    roots,
    said,
    selected,
    world,
)

UNSERVED = "unable to fetch metrics from resource metrics API: the server could not find the requested resource"
DOWN = "unable to fetch metrics from resource metrics API: the server is currently unable to handle the request"


def blind(name: str, message: str) -> Json:
    active = {"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric", "message": message}
    return autoscaler("web", name) | {"status": {"conditions": [active]}}


def test_an_api_that_is_not_served_is_one_root_however_many_ask_it() -> None:
    message = f"{UNSERVED} (get pods.metrics.k8s.io)"
    found = problems(overview(world(blind("a", message), blind("b", message)), NOW))
    assert [(one.finding.code, one.finding.object.name) for one in found] == [("GW-API-DOWN", "metrics.k8s.io")]
    assert found[0].finding.reason == "not-served"
    assert [one.object.name for one in found[0].below] == ["a", "b"]


def test_a_server_that_does_not_answer_is_told_with_its_service() -> None:
    unavailable = {"type": "Available", "status": "False", "reason": "MissingEndpoints", "message": "no addresses"}
    spec = {"group": "metrics.k8s.io", "version": "v1beta1",
            "service": {"name": "metrics-server", "namespace": "kube-system"}}  # fmt: skip
    service = made("APIService", "v1beta1.metrics.k8s.io", spec, "", status={"conditions": [unavailable]})
    (found,) = roots(blind("a", f"{DOWN} (get pods.metrics.k8s.io)"), service)
    assert (found.code, found.reason) == ("GW-API-DOWN", "not-available")
    assert found.related == (Ref("Service", "metrics-server", "kube-system"),)
    assert "no addresses" in found.cause


def test_metrics_that_only_some_pods_lack_are_no_fault_of_the_api() -> None:
    assert said(blind("a", "did not receive metrics for targeted pods")) == {"GW-HPA-BLIND no-metrics hpa/a"}


def test_two_autoscalers_of_one_workload_are_told_once() -> None:
    message = "pods by selector app=web are controlled by multiple HPAs: [shop/a shop/b]"
    active = {"type": "ScalingActive", "status": "False", "reason": "AmbiguousSelector", "message": message}
    both = [autoscaler("web", name) | {"status": {"conditions": [active]}} for name in ("a", "b")]
    assert said(*both) == {"GW-HPA-BLIND two-autoscalers hpa/a"}


def going(seconds: float, **conditions: str) -> Json:
    told = [{"type": kind, "status": "True", "message": message} for kind, message in conditions.items()]
    meta = {"deletionTimestamp": ago(seconds=seconds)}
    return made("Namespace", "shop", namespace="", metadata=meta, status={"conditions": told})


HELD = {
    "NamespaceFinalizersRemaining": "Some content has finalizers remaining: goweb.test/held in 1 resource instances"
}
PROTECTED = {"NamespaceFinalizersRemaining": "remaining: kubernetes.io/pvc-protection in 2 resource instances"}
CONTENT = {"NamespaceContentRemaining": "Some resources are remaining: pods. has 1 resource instances"}
UNKNOWN = {"NamespaceDeletionDiscoveryFailure": (
    "Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: "
    "metrics.k8s.io/v1beta1: stale GroupVersion discovery: metrics.k8s.io/v1beta1")}  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "conditions", "reason"),
    [(90, HELD, "finalizer"), (30, HELD, ""), (90, PROTECTED, ""), (900, PROTECTED, "finalizer"), (90, CONTENT, ""),
     (900, CONTENT, "content")],
    ids=["a finalizer", "just now", "a claim in use", "a claim for long", "a Pod that ends", "content for long"],
)  # fmt: skip
def test_a_namespace_that_does_not_go_is_told(seconds: float, conditions: dict[str, str], reason: str) -> None:
    expected = {f"GW-NAMESPACE-STUCK {reason} namespace/shop"} if reason else set()
    assert said(going(seconds, **conditions)) == expected


def test_a_namespace_that_waits_for_an_api_follows_from_it() -> None:
    (one,) = problems(overview(world(going(90, **UNKNOWN)), NOW))
    assert (one.finding.code, one.finding.object.name) == ("GW-API-DOWN", "metrics.k8s.io")
    assert [below.code for below in one.below] == ["GW-NAMESPACE-STUCK"]
    assert said(made("Namespace", "shop", namespace="", status={"conditions": []})) == set()


def test_a_namespace_without_workloads_is_itself_looked_at() -> None:
    wanted = Want(Ask.WHOLE, Kind.NAMESPACE, "shop")
    for snapshot, is_asked in ((world(), True), (world(deployment("web", {"app": "web"})), False)):
        assert (wanted in wants(snapshot, overview(snapshot, NOW))) == is_asked


def test_what_is_left_in_a_namespace_that_is_being_deleted_is_no_fault() -> None:
    service = made("Service", "web", {"selector": {"app": "gone"}, "ports": [{"port": 80}]})
    stays = made("Namespace", "shop", namespace="", status={"conditions": []})

    assert said(service, stays) == {"GW-SERVICE-SELECTOR selects-nothing svc/web"}
    assert said(service, going(5)) == set()


def hooked(seconds: int, grace: int) -> Json:
    web = deployment("web", {"app": "web"}, lifecycle={"preStop": {"exec": {"command": ["sleep", str(seconds)]}}})
    web["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = grace
    return web


def test_a_hook_that_takes_all_of_the_grace_period_is_told() -> None:
    assert said(hooked(45, 30)) == {"GW-POD-CUT-OFF prestop-too-long deploy/web"}
    assert said(hooked(5, 30)) == set()
    idle = hooked(45, 30)
    idle["spec"]["replicas"] = 0
    assert said(idle | {"status": {}}) == set()


def stateful(partition: int, current: str = "a") -> Json:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}
    counts = dict.fromkeys(("replicas", "readyReplicas", "availableReplicas"), 3) | {"updatedReplicas": 3 - partition}
    status = {**counts, "currentRevision": current, "updateRevision": "b"}
    return made("StatefulSet", "db", {"replicas": 3, "updateStrategy": strategy}, status=status)


def test_a_change_that_a_partition_holds_back_is_told_as_one_that_is_paused() -> None:
    assert said(stateful(2)) == {"GW-ROLLOUT-PAUSED partition sts/db"}
    assert said(stateful(2, current="b")) == set()
    (found,) = roots(stateful(3))
    assert found.title == "no Pod gets the change: all of sts/db stay at the older revision: partition 3"


def test_pods_of_a_job_behind_a_service_are_strangers_there() -> None:
    web = deployment("web", {"app": "web"}, ports=PORT)
    front = made("Service", "web", {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]})
    ready = made("EndpointSlice", "web", metadata={"labels": {"kubernetes.io/service-name": "web"}}) | {
        "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}]}  # fmt: skip
    server = selected("web-1", "ReplicaSet", PORT)
    (one,) = problems(overview(world(web, front, ready, server, selected("migrate", "Job", [])), NOW))
    assert (one.finding.code, one.finding.reason, one.impact) == ("GW-SERVICE-PORT", "strangers", Impact.DEGRADING)
    assert "job/migrate" in one.finding.title
    assert said(web, front, ready, server, selected("serve", "Job", PORT)) == set()


def test_a_job_whose_pod_crashes_again_and_again_is_told_before_it_has_failed() -> None:
    pod = crashing("retry-1")
    pod["metadata"]["ownerReferences"] = [{"kind": "Job", "name": "retry", "uid": "x", "controller": True}]
    assert said(pod) == {"GW-POD-CRASHLOOP  job/retry"}
    pod["status"]["containerStatuses"][0]["restartCount"] = 1
    assert said(pod) == set()


def test_a_sidecar_that_is_not_ready_is_told_by_its_own_probe() -> None:
    pod = made("Pod", "web-1", {"containers": [{"name": "web"}], "nodeName": "n1", "initContainers": [
        {"name": "proxy", "restartPolicy": "Always", "ports": [{"containerPort": 15001}],
         "readinessProbe": {"httpGet": {"port": 15021}}}]})  # fmt: skip
    started = {"running": {"startedAt": ago(minutes=9)}}
    unready = {"type": "Ready", "status": "False", "lastTransitionTime": ago(minutes=9)}
    pod["status"] = {"phase": "Running", "containerStatuses": [{"name": "web", "ready": True, "state": started}],
                     "initContainerStatuses": [{"name": "proxy", "ready": False, "started": True, "state": started}],
                     "conditions": [{"type": "Initialized", "status": "True"}, unready]}  # fmt: skip
    failed = event("Pod web-1", "Unhealthy", "Readiness probe failed: dial tcp 10.0.0.9:15021: connection refused",
                   type="Warning")  # fmt: skip
    (found,) = roots(pod, failed)
    assert (found.code, found.reason) == ("GW-POD-NOT-READY", "probe-port")
    assert found.next.endswith("-c proxy")


@pytest.mark.parametrize(
    ("periods", "throttled", "reason"),
    [(400, 380, "cpu-throttled"), (400, 20, "liveness-probe"), (10, 10, "liveness-probe")],
    ids=["nearly always", "seldom", "too few to tell"],
)
def test_a_kill_is_laid_on_the_limit_by_the_kernel_s_count(periods: int, throttled: int, reason: str) -> None:
    pod = crashing("web")
    pod["spec"]["containers"] = [{"name": "web", "resources": {"limits": {"cpu": "20m"}},
                                  "livenessProbe": {"httpGet": {"port": 8080}, "periodSeconds": 1}}]  # fmt: skip
    run = {"exitCode": 137, "startedAt": ago(seconds=30), "finishedAt": ago(seconds=20)}
    pod["status"]["containerStatuses"][0]["lastState"] = {"terminated": run}
    kill = event("Pod web", "Killing", "Container web failed liveness probe, will be restarted", seconds=20)
    late = event("Pod web", "Unhealthy", "Liveness probe failed: context deadline exceeded", type="Warning", seconds=20)
    snapshot = world(pod, kill, late)
    counted = {"throttling shop/web/web": Throttling(periods, throttled, NOW)}
    unseen = {"cpu shop/web/web": "the kubelet tells nothing of container web"}
    snapshot = structs.replace(snapshot, facts=structs.replace(snapshot.facts, throttling=counted, unseen=unseen))
    (found,) = overview(snapshot, NOW).findings
    assert (found.code, found.reason) == ("GW-POD-KILLED", reason)
    assert bool(found.unseen) == (reason != "cpu-throttled")


def test_what_is_asked_about_is_told_with_the_whole_chain_of_its_causes() -> None:
    """A client crashes for want of a database, which finds no node for want of a claim's volume."""
    causes = [
        ("GW-CLAIM-PENDING", Ref("PersistentVolumeClaim", "data", "shop"), ""),
        ("GW-POD-UNSCHEDULABLE", Ref("StatefulSet", "db", "shop"), "GW-CLAIM-PENDING shop/pvc/data"),
        ("GW-POD-CRASHLOOP", Ref("Deployment", "api", "shop"), "GW-POD-UNSCHEDULABLE shop/sts/db"),
    ]
    chain = tuple(Finding(code, Severity.WARNING, ref, "", "", "", explained_by=by) for code, ref, by in causes)
    snapshot = world(deployment("api", {"app": "api"}))
    told = structs.replace(overview(snapshot, NOW), findings=chain)
    found = relevant(Ref("Deployment", "api", "shop"), told, snapshot)
    assert found == chain


def routed(*objects: Json) -> set[str]:
    """What is said of a Service without a selector behind an Ingress, and these."""
    backend = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "db", "port": {"number": 80}}}}
    route = made("Ingress", "db", {"rules": [{"host": "db.example", "http": {"paths": [backend]}}]})
    return said(made("Service", "db", {"ports": [{"port": 80}]}), route, *objects)


def test_a_service_without_selector_that_nobody_gives_endpoints_is_told_where_a_route_leads_to_it() -> None:
    piece = made("EndpointSlice", "db", metadata={"labels": {"kubernetes.io/service-name": "db"}})
    assert routed() == {"GW-SERVICE-NO-ENDPOINTS no-selector svc/db"}
    assert routed(piece | {"endpoints": [{"addresses": ["192.0.2.1"]}]}) == set()
    assert said(made("Service", "db", {"ports": [{"port": 80}]})) == set()


def warned(message: str, hours: float = 0.1) -> set[str]:
    return said(*pod_of_web(), event("Pod web-1", "ProbeWarning", message, type="Warning", hours=hours))


def test_a_probe_that_is_sent_elsewhere_is_told() -> None:
    redirected = "Readiness probe warning: Probe terminated redirects, Response body: <a href=https://login.example/>"
    assert warned(redirected) == {"GW-PROBE-REDIRECTED elsewhere deploy/web"}
    assert warned(redirected, hours=1) == set()
    assert warned("Readiness probe warning: response body is too large") == set()


def failed_hook(hook: Json | None, pod: str = "web-0-x7k2p", hours: float = 0.1) -> set[str]:
    """What is said when a hook of a Pod that is gone failed, of a Deployment that has this hook now."""
    web = deployment("web", {"app": "web"}, lifecycle={"preStop": hook} if hook else None)
    said_so = event(f"Pod {pod}", "FailedPreStopHook", "PreStopHook failed", type="Warning", hours=hours)
    return said(web, *revisions("1"), said_so)


SHELL = {"exec": {"command": ["sh", "-c", "sleep 5"]}}


def test_a_hook_that_failed_in_pods_that_are_gone_is_told_of_their_workload() -> None:
    assert failed_hook(SHELL) == {"GW-POD-HOOK pre-stop deploy/web"}
    assert failed_hook(SHELL, hours=1) == set()
    assert failed_hook(None) == set(), "it has been taken out since"
    assert failed_hook(SHELL, pod="other-0-x7k2p") == set()


def test_a_workload_beside_which_others_answer_hurts_less() -> None:
    pod = crashing("web-1")
    pod["metadata"] |= {"labels": {"app": "web"}, "ownerReferences": [
        {"kind": "ReplicaSet", "name": "web-0", "uid": "ReplicaSet-web-0", "controller": True}]}  # fmt: skip
    web = deployment("web", {"app": "web"})
    web["status"] |= {"readyReplicas": 0, "availableReplicas": 0}
    front = made("Service", "web", {"selector": {"app": "web"}, "ports": [{"port": 80}]})
    for is_ready, impact in ((True, Impact.DEGRADING), (False, Impact.UNAVAILABLE)):
        piece = made("EndpointSlice", "web", metadata={"labels": {"kubernetes.io/service-name": "web"}}) | {
            "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": is_ready}}]}  # fmt: skip
        (one,) = problems(overview(world(web, pod, *revisions("1"), front, piece), NOW))
        assert (one.finding.code, one.impact) == ("GW-POD-CRASHLOOP", impact)


def test_a_job_that_failed_is_told_by_the_last_words_of_its_pod() -> None:
    failed = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "reached its limit",
              "lastTransitionTime": ago(minutes=5)}  # fmt: skip
    job = made("Job", "report", status={"failed": 1, "conditions": [failed]})
    pod = made("Pod", "report-1", {"containers": [{"name": "work"}]})
    pod["metadata"]["ownerReferences"] = [{"kind": "Job", "name": "report", "uid": "Job-report", "controller": True}]
    pod["status"] = {"phase": "Failed", "containerStatuses": [
        {"name": "work", "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}]}  # fmt: skip
    snapshot = world(job, pod)
    told = overview(snapshot, NOW)
    (unheard,) = told.findings
    assert unheard.title == "Job report failed after 1 try: its backoffLimit of 6 is reached"
    assert Want(Ask.LOG, Kind.POD, "shop/report-1", "work") in wants(snapshot, told)
    (found,) = roots(job, pod, logs=(LogTail("shop/report-1", "work", ('pq: relation "orders" does not exist',)),))
    assert found.title == 'Job report failed after 1 try: pq: relation "orders" does not exist'
    assert "a migration was not run" in found.cause


def test_a_pull_secret_that_is_not_there_is_named() -> None:
    web, pod, *rest = pod_of_web()
    web["status"] |= {"readyReplicas": 0, "availableReplicas": 0}
    waiting = {"reason": "ErrImagePull", "message": "failed with status code: 401 Unauthorized"}
    pod["status"] = {"phase": "Pending", "containerStatuses": [{"name": "c", "state": {"waiting": waiting}}]}
    message = "Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed."
    said_so = event("Pod web-1", "FailedToRetrieveImagePullSecret", message, type="Warning")
    for events, words in (((said_so,), "the pull secret regcred cannot be read"), ((), "there is none")):
        (found,) = roots(web, pod, *rest, *events)
        assert (found.code, found.reason) == ("GW-POD-IMAGE", "image-unauthorised")
        assert words in found.title


def crashing_pod(owner: str, name: str) -> Json:
    kind, _, of = owner.partition(" ")
    above = {"kind": kind, "name": of, "uid": f"{kind}-{of}", "controller": True}
    spec = {"containers": [{"name": "web", "image": "web:1"}], "nodeName": "n1"}
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}
    last = {"terminated": {"exitCode": 2, "reason": "Error", "finishedAt": ago(minutes=1)}}
    web = {"name": "web", "ready": False, "restartCount": 5, "state": waiting, "lastState": last}
    unready = {"type": "Ready", "status": "False", "lastTransitionTime": ago(minutes=9)}
    status = {"phase": "Running", "conditions": [unready], "containerStatuses": [web]}
    return made("Pod", name, spec, metadata={"ownerReferences": [above]}, status=status)


@pytest.mark.parametrize("owner", ["ReplicaSet web-1", "StatefulSet db", "DaemonSet agent"])
def test_pods_of_an_owner_that_may_not_be_seen_are_told_by_themselves_once(owner: str) -> None:
    pods = [crashing_pod(owner, f"p-{number}") for number in range(3)]
    hidden = (Kind.REPLICA_SET, Kind.DEPLOYMENT, Kind.STATEFUL_SET, Kind.DAEMON_SET)
    assert said(*pods, unseen=hidden) == {"GW-POD-CRASHLOOP  pod/p-0"}
    assert said(*pods) == set(), "what can be seen and is not there is about to be deleted with its Pods"


def test_pods_of_a_deployment_that_may_not_be_seen_are_told_by_themselves() -> None:
    owner = {"kind": "Deployment", "name": "web", "uid": "Deployment-web", "controller": True}
    replica_set = made("ReplicaSet", "web-1", {"replicas": 1}, metadata={"ownerReferences": [owner]})
    pod = crashing_pod("ReplicaSet web-1", "web-1-a")
    assert said(replica_set, pod, unseen=(Kind.DEPLOYMENT,)) == {"GW-POD-CRASHLOOP  pod/web-1-a"}
