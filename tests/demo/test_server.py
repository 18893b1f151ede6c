"""What the demo's API server says over HTTP."""

from __future__ import annotations

import http.client
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from kubectl_goweb.demo.server import ApiServer

Ask = Callable[..., tuple[int, Any]]
Follow = Callable[[str], Iterator[dict[str, Any]]]

PODS = "/api/v1/namespaces/shop/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


def names(answer: dict[str, Any]) -> list[str]:
    return [each["metadata"]["name"] for each in answer["items"]]


# Reads


def test_a_request_without_the_token_is_unauthorized(ask: Ask) -> None:
    code, status = ask("/version", Authorization="Bearer wrong")

    assert (code, status["kind"], status["reason"]) == (401, "Status", "Unauthorized")


def test_the_token_may_stand_in_the_path_because_kubectl_sends_none_over_plain_http(
    server: ApiServer, ask: Ask
) -> None:
    code, version = ask(f"/{server.token}/version", Authorization="")

    assert (code, version["minor"]) == (200, "34")


@pytest.mark.parametrize("path", ["/readyz", "/livez", "/healthz", "/readyz/etcd"])
def test_health_is_plain_ok(ask: Ask, path: str) -> None:
    assert ask(path) == (200, "ok")


def test_discovery_leads_to_every_resource(ask: Ask) -> None:
    _, groups = ask("/apis")
    found = {each["name"] for each in ask("/api/v1")[1]["resources"]}
    for group in groups["groups"]:
        found |= {each["name"] for each in ask(f"/apis/{group['preferredVersion']['groupVersion']}")[1]["resources"]}

    assert {"pods", "pods/log", "nodes", "deployments", "deployments/scale", "endpointslices", "events"} <= found


def test_a_list_is_sorted_and_its_items_carry_no_kind(ask: Ask) -> None:
    code, answer = ask("/api/v1/pods")
    keys = [(each["metadata"]["namespace"], each["metadata"]["name"]) for each in answer["items"]]

    assert (code, answer["kind"], answer["apiVersion"]) == (200, "PodList", "v1")
    assert keys == sorted(keys)
    assert not any("kind" in each for each in answer["items"])


def test_pages_are_of_one_version_even_when_the_world_moves_on(server: ApiServer, ask: Ask) -> None:
    whole = ask(PODS)[1]
    first = ask(f"{PODS}?limit=10")[1]
    server.pass_time(120)
    second = ask(f"{PODS}?limit=10&continue={first['metadata']['continue']}")[1]
    third = ask(f"{PODS}?continue={second['metadata']['continue']}")[1]

    assert first["metadata"]["remainingItemCount"] == len(whole["items"]) - 10
    assert [*names(first), *names(second), *names(third)] == names(whole)
    assert {each["metadata"]["resourceVersion"] for each in (first, second, third)} == {
        whole["metadata"]["resourceVersion"]
    }
    assert "continue" not in third["metadata"]
    assert names(ask(PODS)[1]) != names(whole)


def test_a_continue_token_that_is_too_old_is_expired(server: ApiServer, ask: Ask) -> None:
    token = ask(f"{PODS}?limit=10")[1]["metadata"]["continue"]
    server.expire_watches()
    code, status = ask(f"{PODS}?limit=10&continue={token}")

    assert (code, status["reason"]) == (410, "Expired")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("labelSelector=app%3Dmail", {"mail"}),
        ("labelSelector=app+in+(mail,search)", {"mail", "search"}),
        ("labelSelector=app,app!%3Dapi,app+notin+(cart,web)", {"mail", "postgres", "search"}),
        ("labelSelector=!app", set()),
        ("fieldSelector=spec.nodeName%3Dworker-4", {"postgres"}),
        ("fieldSelector=metadata.name%3Dpostgres-1,status.phase!%3DPending", {"postgres"}),
    ],
)
def test_selectors_narrow_a_list(ask: Ask, query: str, expected: set[str]) -> None:
    assert {each["metadata"]["labels"]["app"] for each in ask(f"{PODS}?{query}")[1]["items"]} == expected


@pytest.mark.parametrize(
    "query",
    ["fieldSelector=spec.image%3Dx", "labelSelector=app+in", "labelSelector=a%3D%3D%3Db", "limit=many", "continue=x"],
)
def test_a_query_that_cannot_be_read_is_a_bad_request(ask: Ask, query: str) -> None:
    assert ask(f"{PODS}?{query}")[0] == 400


def test_warnings_about_one_object_can_be_asked_for(ask: Ask) -> None:
    query = "fieldSelector=involvedObject.kind%3DPod,type!%3DNormal"
    answer = ask(f"/api/v1/namespaces/shop/events?{query}")[1]

    assert {each["reason"] for each in answer["items"]} == {"BackOff", "Unhealthy"}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (f"{DEPLOYMENTS}/nope", 'deployments.apps "nope" not found'),
        (f"{PODS}/nope", 'pods "nope" not found'),
        ("/apis/nope/v1/things", "the server could not find the requested resource"),
    ],
)
def test_what_is_not_there_is_told_in_a_status(ask: Ask, path: str, message: str) -> None:
    code, status = ask(path)

    assert (code, status["reason"], status["code"], status["message"]) == (404, "NotFound", 404, message)


def test_a_table_has_the_columns_of_kubectl(ask: Ask) -> None:
    answer = ask(f"{PODS}?labelSelector=app%3Dweb", Accept=TABLE)[1]
    wide = [each["name"] for each in answer["columnDefinitions"] if each["priority"] == 0]
    cells = [row["cells"][:4] for row in answer["rows"]]

    assert wide == ["Name", "Ready", "Status", "Restarts", "Age"]
    assert [each[1:3] for each in cells].count(["0/1", "CrashLoopBackOff"]) == 3
    assert {row["object"]["kind"] for row in answer["rows"]} == {"PartialObjectMetadata"}
    assert ask(f"{PODS}?includeObject=Object", Accept=TABLE)[1]["rows"][0]["object"]["kind"] == "Pod"


@pytest.mark.parametrize(
    "path", ["/api/v1/nodes", "/api/v1/events", "/api/v1/services", "/api/v1/namespaces", "/api/v1/secrets"]
)
def test_every_table_has_as_many_cells_as_columns(ask: Ask, path: str) -> None:
    answer = ask(path, Accept=TABLE)[1]

    assert {len(row["cells"]) for row in answer["rows"]} <= {len(answer["columnDefinitions"])}


# Watches


def test_a_watch_tells_what_happens_after_its_version(server: ApiServer, ask: Ask, follow: Follow) -> None:
    version = ask(DEPLOYMENTS)[1]["metadata"]["resourceVersion"]
    events = follow(f"{DEPLOYMENTS}?watch=1&resourceVersion={version}&fieldSelector=metadata.name%3Dmail")
    ask(f"{DEPLOYMENTS}/mail/scale", "PATCH", {"spec": {"replicas": 3}}, MERGE)

    first = next(events)
    assert (first["type"], first["object"]["spec"]["replicas"]) == ("MODIFIED", 3)
    server.pass_time(30)
    assert next(event for event in events if event["object"]["status"].get("readyReplicas") == 3)


def test_a_watch_without_version_begins_with_the_state(follow: Follow) -> None:
    events = list(itertools.islice(follow(f"{DEPLOYMENTS}?watch=1"), 6))

    assert {event["type"] for event in events} == {"ADDED"}
    assert [event["object"]["metadata"]["name"] for event in events] == [
        "api",
        "batch",
        "cart",
        "mail",
        "search",
        "web",
    ]


def test_an_object_that_stops_to_match_is_deleted_for_that_watch(ask: Ask, follow: Follow) -> None:
    version = ask(DEPLOYMENTS)[1]["metadata"]["resourceVersion"]
    leaving = follow(f"{DEPLOYMENTS}?watch=1&resourceVersion={version}&labelSelector=!moved")
    arriving = follow(f"{DEPLOYMENTS}?watch=1&resourceVersion={version}&labelSelector=moved")
    ask(f"{DEPLOYMENTS}/mail", "PATCH", {"metadata": {"labels": {"moved": "yes"}}}, MERGE)

    gone, come = next(leaving), next(arriving)
    assert (gone["type"], "moved" in gone["object"]["metadata"]["labels"]) == ("DELETED", False)
    assert (come["type"], come["object"]["metadata"]["labels"]["moved"]) == ("ADDED", "yes")
    assert gone["object"]["metadata"]["resourceVersion"] == come["object"]["metadata"]["resourceVersion"]


def test_what_a_test_does_to_the_world_is_told_at_once(server: ApiServer, ask: Ask, follow: Follow) -> None:
    version = ask("/api/v1/nodes")[1]["metadata"]["resourceVersion"]
    events = follow(f"/api/v1/nodes?watch=1&resourceVersion={version}")
    with server.edit("nodes", "", "worker-2") as node:
        node["status"]["conditions"][-1].update({"status": "Unknown", "reason": "NodeStatusUnknown"})
    server.create(
        "nodes", {"kind": "Node", "apiVersion": "v1", "metadata": {"name": "[/]\u202e"}, "spec": {}, "status": {}}
    )
    server.remove("nodes", "", "worker-4")

    told = [(event["type"], event["object"]["metadata"]["name"]) for event in itertools.islice(events, 3)]
    assert told == [("MODIFIED", "worker-2"), ("ADDED", "[/]\u202e"), ("DELETED", "worker-4")]


def test_a_watch_ends_after_its_timeout(follow: Follow) -> None:
    assert list(follow(f"{DEPLOYMENTS}?watch=1&resourceVersion=999999999&timeoutSeconds=1")) == []


def test_a_watch_that_nobody_reads_any_more_ends_though_there_is_nothing_to_tell(server: ApiServer) -> None:
    before = threading.active_count()
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    connection.request("GET", "/api/v1/namespaces?watch=1", headers={"Authorization": f"Bearer {server.token}"})
    response = connection.getresponse()
    assert response.status == 200
    assert threading.active_count() == before + 1

    response.close()
    connection.close()
    server.pass_time(60)

    deadline = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before


def test_bookmarks_come_in_quiet_times_to_those_who_allow_them(server: ApiServer, ask: Ask, follow: Follow) -> None:
    server.bookmark_seconds = 0.05
    version = ask(DEPLOYMENTS)[1]["metadata"]["resourceVersion"]
    bookmark = next(follow(f"{DEPLOYMENTS}?watch=1&resourceVersion={version}&allowWatchBookmarks=true"))

    assert bookmark == {
        "type": "BOOKMARK",
        "object": {
            "kind": "Deployment",
            "apiVersion": "apps/v1",
            "metadata": {"resourceVersion": version, "creationTimestamp": None},
        },
    }


def test_a_watch_from_a_forgotten_version_ends_with_a_410_event(server: ApiServer, ask: Ask, follow: Follow) -> None:
    version = ask(DEPLOYMENTS)[1]["metadata"]["resourceVersion"]
    server.expire_watches()
    [event] = list(follow(f"{DEPLOYMENTS}?watch=1&resourceVersion={version}"))

    assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")


def test_a_watch_can_stream_tables(ask: Ask, server: ApiServer, follow: Follow) -> None:
    events = follow(f"{DEPLOYMENTS}?watch=1&fieldSelector=metadata.name%3Dapi")

    assert next(events)["object"]["kind"] == "Deployment"


# Writes


def test_a_write_on_top_of_an_older_state_is_a_conflict(ask: Ask) -> None:
    body = ask(f"{DEPLOYMENTS}/api")[1]
    body["spec"]["replicas"] = 9
    assert ask(f"{DEPLOYMENTS}/api", "PUT", body)[0] == 200
    code, status = ask(f"{DEPLOYMENTS}/api", "PUT", {**body, "metadata": {**body["metadata"], "labels": {"x": "y"}}})

    assert (code, status["reason"]) == (409, "Conflict")
    assert status["message"].startswith(
        'Operation cannot be fulfilled on deployments.apps "api": the object has been modified'
    )


def test_the_main_endpoint_ignores_the_status_and_the_status_endpoint_all_else(ask: Ask) -> None:
    patch = {"spec": {"replicas": 4}, "status": {"replicas": 77}}
    main = ask(f"{DEPLOYMENTS}/api", "PATCH", patch, MERGE)[1]
    status = ask(f"{DEPLOYMENTS}/mail/status", "PATCH", patch, MERGE)[1]

    assert (main["spec"]["replicas"], main["status"]["replicas"]) == (4, 8)
    assert (status["spec"]["replicas"], status["status"]["replicas"]) == (2, 77)


def test_a_dry_run_answers_and_writes_nothing(server: ApiServer, ask: Ask) -> None:
    before = server.world.sim.version
    code, answer = ask(f"{DEPLOYMENTS}/api?dryRun=All", "PATCH", {"spec": {"replicas": 3}}, MERGE)
    scaled = ask(f"{DEPLOYMENTS}/api/scale?dryRun=All", "PATCH", {"spec": {"replicas": 2}}, MERGE)[1]
    deleted = ask(f"{DEPLOYMENTS}/api?dryRun=All", "DELETE")[0]

    assert (code, answer["spec"]["replicas"], scaled["spec"]["replicas"], deleted) == (200, 3, 2, 200)
    assert server.world.sim.version == before


def test_an_undo_as_kubectl_sends_it_brings_the_old_template_back(server: ApiServer, ask: Ask) -> None:
    sets = ask("/apis/apps/v1/namespaces/shop/replicasets?labelSelector=app%3Dweb")[1]["items"]
    old = next(each for each in sets if each["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "7")
    template = old["spec"]["template"]
    del template["metadata"]["labels"]["pod-template-hash"]
    patch = [
        {"op": "replace", "path": "/spec/template", "value": template},
        {"op": "replace", "path": "/metadata/annotations", "value": {"kubernetes.io/change-cause": "undo"}},
    ]
    assert ask(f"{DEPLOYMENTS}/web", "PATCH", patch, "application/json-patch+json")[0] == 200
    server.pass_time(60)

    web = ask(f"{DEPLOYMENTS}/web")[1]
    renumbered = ask(f"/apis/apps/v1/namespaces/shop/replicasets/{old['metadata']['name']}")[1]["metadata"][
        "annotations"
    ]
    assert web["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "9"
    assert (web["status"]["availableReplicas"], web["status"]["updatedReplicas"]) == (5, 5)
    assert renumbered["deployment.kubernetes.io/revision-history"] == "7"


def test_resuming_the_paused_deployment_rolls_its_change_out(server: ApiServer, ask: Ask) -> None:
    ask(f"{DEPLOYMENTS}/mail", "PATCH", {"spec": {"paused": None}}, STRATEGIC)
    server.pass_time(60)
    mail = ask(f"{DEPLOYMENTS}/mail")[1]

    assert mail["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "6"
    assert mail["status"]["updatedReplicas"] == 2
    assert mail["status"]["conditions"][-1]["reason"] == "NewReplicaSetAvailable"


def test_a_json_patch_whose_test_fails_changes_nothing(ask: Ask) -> None:
    patch = [
        {"op": "test", "path": "/spec/replicas", "value": 99},
        {"op": "replace", "path": "/spec/replicas", "value": 1},
    ]
    code, status = ask(f"{DEPLOYMENTS}/api", "PATCH", patch, "application/json-patch+json")

    assert (code, status["reason"]) == (422, "Invalid")
    assert ask(f"{DEPLOYMENTS}/api")[1]["spec"]["replicas"] == 8


@pytest.mark.parametrize(
    ("patch", "code", "part"),
    [
        ({"spec": {"replicas": -1}}, 422, "must be greater than or equal to 0"),
        ({"spec": {"selector": {"matchLabels": {"app": "x"}}}}, 422, "field is immutable"),
        ({"spec": {"replicas": "many"}}, 400, "cannot be handled"),
        ({"metadata": {"resourceVersion": "1"}}, 409, "has been modified"),
    ],
)
def test_a_write_that_cannot_be_is_refused(ask: Ask, patch: dict[str, Any], code: int, part: str) -> None:
    answered, status = ask(f"{DEPLOYMENTS}/api", "PATCH", patch, MERGE)

    assert (answered, part in status["message"]) == (code, True)


def test_an_unknown_patch_type_is_unsupported(ask: Ask) -> None:
    assert ask(f"{DEPLOYMENTS}/api", "PATCH", {}, "application/apply-patch+yaml")[0] == 415


def test_a_deleted_pod_terminates_and_is_replaced(server: ApiServer, ask: Ask) -> None:
    victim = names(ask(f"{PODS}?labelSelector=app%3Dapi")[1])[0]
    code, dying = ask(f"{PODS}/{victim}", "DELETE")
    again = ask(f"{PODS}/{victim}", Accept=TABLE)[1]
    server.pass_time(30)

    assert (code, dying["metadata"]["deletionGracePeriodSeconds"]) == (200, 30)
    assert again["rows"][0]["cells"][2] == "Terminating"
    assert ask(f"{PODS}/{victim}")[0] == 404
    assert len(ask(f"{PODS}?labelSelector=app%3Dapi")[1]["items"]) == 8


def test_a_cordoned_node_gets_its_taint_and_loses_it_again(server: ApiServer, ask: Ask) -> None:
    def taints() -> list[str]:
        server.pass_time(1)
        return [each["key"] for each in ask("/api/v1/nodes/worker-1")[1]["spec"].get("taints", [])]

    ask("/api/v1/nodes/worker-1", "PATCH", {"spec": {"unschedulable": True}}, STRATEGIC)
    assert taints() == ["node.kubernetes.io/unschedulable"]
    ask("/api/v1/nodes/worker-1", "PATCH", {"spec": {"unschedulable": None}}, STRATEGIC)
    assert taints() == []


def test_an_eviction_deletes_the_pod(server: ApiServer, ask: Ask) -> None:
    body = {"kind": "Eviction", "apiVersion": "policy/v1", "metadata": {"name": "postgres-2", "namespace": "shop"}}
    assert ask(f"{PODS}/postgres-2/eviction", "POST", body)[0] == 201
    server.pass_time(30)

    assert ask(f"{PODS}/postgres-2")[1]["spec"]["nodeName"] != "worker-4"


# Logs, proxies, reviews


def test_the_log_of_the_crashed_container_ends_in_a_go_panic(ask: Ask) -> None:
    broken = [
        each
        for each in ask(f"{PODS}?labelSelector=app%3Dweb")[1]["items"]
        if each["status"]["containerStatuses"][0]["restartCount"]
    ]
    path = f"{PODS}/{broken[0]['metadata']['name']}/log"
    code, log = ask(f"{path}?previous=true&tailLines=7")

    assert code == 200
    assert log.startswith("panic: assignment to entry in nil map\n")
    assert "store.go:14" in log


@pytest.mark.parametrize(
    ("query", "part"),
    [("previous=true", "previous terminated container"), ("container=nope", "container nope is not valid")],
)
def test_a_log_that_is_not_there_is_refused(ask: Ask, query: str, part: str) -> None:
    code, status = ask(f"{PODS}/postgres-0/log?{query}")

    assert (code, part in status["message"]) == (400, True)


def test_a_followed_log_goes_on(server: ApiServer, ask: Ask) -> None:
    path = f"{PODS}/postgres-0/log?tailLines=3&timestamps=true"
    before = ask(path)[1].splitlines()
    server.pass_time(4)
    after = ask(path)[1].splitlines()

    assert len(before) == len(after) == 3
    assert before[-1] in after[:-1]


def test_health_through_the_proxy_is_the_services_own_answer(ask: Ask) -> None:
    pods = ask(f"{PODS}?labelSelector=app%3Dsearch")[1]["items"]
    codes = sorted(ask(f"{PODS}/{each['metadata']['name']}:8080/proxy/api/health")[0] for each in pods)
    broken = ask(f"{PODS}?labelSelector=app%3Dweb")[1]["items"][0]

    assert codes == [200, 500, 500]
    assert ask("/api/v1/namespaces/shop/services/http:web:80/proxy/api/health")[0] == 200
    code, status = ask("/api/v1/namespaces/shop/services/batch:80/proxy/api/health")
    assert (code, status["message"]) == (503, 'no endpoints available for service "batch:80"')
    assert broken["status"]["containerStatuses"][0]["state"].get("waiting")
    code, status = ask(f"{PODS}/{broken['metadata']['name']}:8080/proxy/api/health")
    assert (code, "connection refused" in status["message"]) == (503, True)


def test_a_review_of_access_says_what_is_forbidden(server: ApiServer, ask: Ask) -> None:
    server.faults.forbid("deployments", "patch")

    def allowed(verb: str) -> bool:
        asked = {"verb": verb, "group": "apps", "resource": "deployments", "namespace": "shop"}
        review = {
            "kind": "SelfSubjectAccessReview",
            "apiVersion": "authorization.k8s.io/v1",
            "spec": {"resourceAttributes": asked},
        }
        answer = ask("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "POST", review)
        return bool(answer[1]["status"]["allowed"])

    assert (allowed("get"), allowed("patch")) == (True, False)


def test_requests_are_counted_by_verb_and_resource(server: ApiServer, ask: Ask) -> None:
    ask(PODS)
    ask(f"{PODS}/postgres-0")
    ask(f"{DEPLOYMENTS}/api/scale")

    assert dict(server.requests) == {("list", "pods"): 1, ("get", "pods"): 1, ("get", "deployments/scale"): 1}
