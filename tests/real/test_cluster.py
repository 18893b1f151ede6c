"""The ground itself: what is tested on this cluster happens on a real one."""

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Audit, DeployWeb
from .harness.apiserver import ApiServer
from .harness.cluster import Cluster
from .harness.kubectl import Kubectl
from .harness.layout import NODE
from .harness.users import Rule, Users
from .harness.waiting import until

WAITING = "{.status.containerStatuses[0].state.waiting.reason}"


def test_every_node_is_ready_and_one_is_real(kubectl: Kubectl) -> None:
    nodes = kubectl.json("get", "nodes")["items"]

    ready = {
        node["metadata"]["name"]: next(c["status"] for c in node["status"]["conditions"] if c["type"] == "Ready")
        for node in nodes
    }
    assert set(ready.values()) == {"True"}
    assert set(ready) >= {NODE, "fake-0", "fake-1", "fake-2"}
    real = next(node for node in nodes if node["metadata"]["name"] == NODE)
    assert real["status"]["nodeInfo"]["kubeletVersion"] == "v1.34.4"


def test_a_rollout_replaces_real_containers_within_surge_and_unavailable(
    deploy_web: DeployWeb, kubectl: Kubectl
) -> None:
    web = deploy_web(replicas=5, surge=2, unavailable=1)
    before = {pod["metadata"]["name"] for pod in web.pods()}

    web.update(version="2")
    web.wait()

    serving = [pod for pod in web.pods() if "deletionTimestamp" not in pod["metadata"]]
    assert len(serving) == 5
    assert before.isdisjoint(pod["metadata"]["name"] for pod in serving)
    assert _version(web.url()) == "2"


def test_a_panic_is_told_by_crash_loop_and_previous_log(
    deploy_web: DeployWeb, kubectl: Kubectl, namespace: str
) -> None:
    deploy_web(env={"CRASH": "1"}, wait=False)

    _wait_for(kubectl, namespace, f"{WAITING}=CrashLoopBackOff")

    log = kubectl("-n", namespace, "logs", "-l", "app=web", "--previous", "--tail=-1")
    assert "panic: assignment to entry in nil map" in log
    assert "main.warmUp" in log


def test_a_leak_is_ended_by_the_kernel(deploy_web: DeployWeb, kubectl: Kubectl, namespace: str) -> None:
    deploy_web(env={"LEAK": "1"}, memory="24Mi", wait=False)

    reason = "{.status.containerStatuses[0].lastState.terminated.reason}"
    _wait_for(kubectl, namespace, f"{reason}=OOMKilled")


def test_a_failing_health_check_keeps_a_pod_out_of_its_service(
    deploy_web: DeployWeb, kubectl: Kubectl, namespace: str
) -> None:
    web = deploy_web(env={"UNREADY": "1"}, wait=False)

    _wait_for(kubectl, namespace, "{.status.containerStatuses[0].started}=true")
    event = until(
        lambda: kubectl(
            "-n", namespace, "get", "events", "--field-selector=reason=Unhealthy", "-o", "jsonpath={.items[*].message}"
        ),
        what="an Unhealthy event",
    )

    assert "Readiness probe failed: HTTP probe failed with statuscode: 500" in event
    slices = kubectl.json("-n", namespace, "get", "endpointslices", "-l", f"kubernetes.io/service-name={web.name}")
    assert [e["conditions"]["ready"] for s in slices["items"] for e in s["endpoints"] or []] == [False]


def test_the_audit_log_tells_what_a_client_sent(audit: Audit, kubectl: Kubectl, namespace: str) -> None:
    with audit(agent="kubectl/") as seen:
        kubectl("-n", namespace, "get", "pods")
        kubectl("-n", namespace, "create", "configmap", "noted")
        kubectl.run("-n", namespace, "get", "secret", "missing")

    told = [(r.verb, r.resource, r.namespace, r.user, r.code) for r in seen.requests if r.namespace == namespace]
    # After the 404, kubectl looks whether the namespace is there at all.
    assert told[:3] == [
        ("list", "pods", namespace, "admin", 200),
        ("create", "configmaps", namespace, "admin", 201),
        ("get", "secrets", namespace, "admin", 404),
    ]
    assert [r.name for r in seen.writes if r.namespace == namespace] == ["noted"]


def test_a_watch_that_goes_on_is_in_the_audit_log(audit: Audit, cluster: Cluster, namespace: str) -> None:
    with audit() as seen:
        cluster.kubectl("-n", namespace, "get", "pods", "--watch", "--request-timeout=1s")

    watches = [r for r in seen.requests if r.namespace == namespace and r.verb == "watch"]
    assert [(r.resource, r.user_agent.startswith("kubectl/")) for r in watches] == [("pods", True)]


def test_a_user_may_do_what_its_rules_say_and_no_more(cluster: Cluster, user: Users, namespace: str) -> None:
    ann = cluster.kubectl_as(user("ann", groups=["ops"], rules=[Rule(("get", "list"), ("pods",))], namespace=namespace))

    assert ann("get", "pods", "-o", "name") == ""
    refused = ann.run("get", "deployments")
    assert refused.returncode == 1
    assert 'User "ann" cannot list resource "deployments" in API group "apps"' in refused.stderr
    assert json.loads(ann("auth", "whoami", "-o", "json"))["status"]["userInfo"]["groups"] == [
        "ops",
        "system:authenticated",
    ]


@pytest.mark.parametrize("kind", ["token", "token file", "exec plugin"])
def test_a_service_account_logs_in_by(kind: str, cluster: Cluster, user: Users, namespace: str, tmp_path: Path) -> None:
    token = user.token("robot", namespace, rules=[Rule(("list",), ("pods",))])
    match kind:
        case "token":
            kubeconfig = user.with_token(token, namespace=namespace)
        case "token file":
            file = tmp_path / "token"
            file.write_text(token)
            kubeconfig = user.with_token_file(file, namespace=namespace)
        case _:
            kubeconfig = user.with_exec_plugin(token=token, namespace=namespace).kubeconfig

    name = cluster.kubectl_as(kubeconfig)("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}")

    assert name == f"system:serviceaccount:{namespace}:robot"


def test_fake_nodes_run_pods_by_the_hundred(kwok_pods: Callable[[int], None], kubectl: Kubectl, namespace: str) -> None:
    kwok_pods(200)

    pods = kubectl.json("-n", namespace, "get", "pods")["items"]
    assert len(pods) == 200
    assert {pod["status"]["phase"] for pod in pods} == {"Running"}
    assert NODE not in {pod["spec"]["nodeName"] for pod in pods}


def test_the_api_server_comes_back_with_its_data(api_server: ApiServer, kubectl: Kubectl, namespace: str) -> None:
    kubectl("-n", namespace, "create", "configmap", "kept")

    api_server.kill()

    assert not api_server.is_ready()
    assert "refused" in kubectl.run("get", "nodes").stderr
    api_server.start()
    assert kubectl("-n", namespace, "get", "configmap", "kept", "-o", "name") == "configmap/kept\n"


def test_a_hanging_api_server_answers_nobody(api_server: ApiServer, kubectl: Kubectl) -> None:
    with api_server.hanging():
        told = kubectl.run("get", "nodes", "--request-timeout=1s").stderr
        assert "deadline exceeded" in told or "Client.Timeout" in told

    assert api_server.is_ready()


def _wait_for(kubectl: Kubectl, namespace: str, path: str) -> None:
    """Until the Pod of `web` shows that; kubectl wait itself does not wait for a Pod that is not made yet."""
    kubectl("-n", namespace, "wait", "--for=create", "pod", "-l", "app=web", "--timeout=60s")
    kubectl("-n", namespace, "wait", "pods", "-l", "app=web", f"--for=jsonpath={path}", "--timeout=60s")


def _version(url: str) -> str:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(f"{url}/version", timeout=5) as answer:
        version: str = json.load(answer)["version"]
        return version
