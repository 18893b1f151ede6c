"""What changed before it broke, on a real cluster: the guilty change stands first, with who made it."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from .conftest import Audit, DeployWeb
from .harness.cluster import Cluster
from .harness.images import docker, web_image
from .harness.kubectl import Kubectl
from .harness.users import Rule, Users
from .harness.waiting import until
from .nodes_of_ours import deployment, node
from .program import ROOT, Goweb

SCHEMA = json.loads((ROOT / "docs" / "schema" / "goweb-v1-changes.json").read_text())
Json = dict[str, Any]


@pytest.fixture
def goweb(cluster: Cluster, tmp_path: Path) -> Goweb:
    return Goweb(cluster.kubectl.kubeconfig, {"XDG_STATE_HOME": str(tmp_path), "LOGNAME": "ana"})


def changes(goweb: Goweb, namespace: str, name: str = "web") -> Json:
    """What is told of one workload, its document checked against the published schema."""
    ran = goweb("changes", name, "-n", namespace, "-o", "json")
    document = json.loads(ran.out)
    jsonschema.validate(document, SCHEMA)
    assert document["exitCode"] == ran.code
    (one,) = document["workloads"]
    found: Json = one
    return found


def broken(goweb: Goweb, namespace: str, name: str = "web") -> Json:
    """The same, as soon as it is seen to fail and since when."""

    def look() -> Json | None:
        found = changes(goweb, namespace, name)
        return found if found["verdict"] in ("failing", "degraded") and found["onset"] else None

    return until(look, what=f"{name} is told to be broken, with its onset", timeout=90, every=1)


def test_a_write_to_its_configmap_is_the_culprit_and_the_restart_that_brought_it_stands_behind(
    deploy_web: DeployWeb, kubectl: Kubectl, goweb: Goweb, namespace: str
) -> None:
    kubectl("-n", namespace, "create", "configmap", "web-env", "--from-literal=LEVEL=info")
    web = deploy_web(replicas=2)
    kubectl("-n", namespace, "patch", "deployment", "web", "--type=json", "-p", json.dumps(env_from("web-env")))
    web.wait()
    kubectl("-n", namespace, "patch", "configmap", "web-env", "--type=merge", "-p", '{"data":{"CRASH":"1"}}')
    assert goweb("restart", "web", "-n", namespace, "--yes").code == 0
    first, second = broken(goweb, namespace)["changes"][:2]
    assert (first["topic"], first["object"]["name"], first["who"]) == ("config", "web-env", "kubectl-patch")
    assert first["text"] == "ConfigMap web-env written: CRASH"
    assert first["beforeOnset"] >= -2
    assert second["topic"] == "restart"
    assert second["who"].startswith("ana@"), "the journal names the person"
    assert any(line.startswith("journal entry 1: ") for line in second["details"])


def env_from(name: str) -> list[Json]:
    value = [{"configMapRef": {"name": name}}]
    return [{"op": "add", "path": "/spec/template/spec/containers/0/envFrom", "value": value}]


def test_a_new_image_is_the_culprit_with_what_it_changed_and_its_author(
    deploy_web: DeployWeb, kubectl: Kubectl, goweb: Goweb, namespace: str
) -> None:
    kubectl("-n", namespace, "create", "configmap", "unrelated", "--from-literal=LEVEL=info")
    web = deploy_web(replicas=2)
    web.update(version="2", env={"CRASH": "1"})
    found = broken(goweb, namespace)
    first = found["changes"][0]
    assert (first["topic"], first["object"]["name"], first["who"]) == ("template", "web", "kubectl-patch")
    assert first["text"] == "revision 2 changes env[CRASH], image"
    assert f"containers[web].image: {web.registry}/web:1 -> {web.registry}/web:2" in first["details"]
    assert "unrelated" not in json.dumps(found)
    text = goweb("changes", "deploy/web", "-n", namespace).out.splitlines()
    assert text[2].split("  ")[-2:] == [first["text"], f"({first['who']})"]


def test_a_cordoned_node_is_the_culprit_when_a_pod_finds_no_other(
    kubectl: Kubectl, goweb: Goweb, namespace: str, fake: Callable[[], tuple[str, str]]
) -> None:
    name, group = fake()
    kubectl.create(deployment(namespace, "web", group, 1))
    kubectl("-n", namespace, "rollout", "status", "deployment/web", "--timeout=60s")
    kubectl("cordon", name)
    kubectl("-n", namespace, "delete", "pods", "--all", "--grace-period=0", "--force")
    first = broken(goweb, namespace)["changes"][0]
    assert (first["topic"], first["object"]["name"]) == ("node", name)
    assert first["text"] == f"node {name} cordoned: no Pod may be placed there; a Pod of it has no node"
    assert first["who"].startswith("kubectl")


@pytest.fixture
def fake(kubectl: Kubectl, namespace: str) -> Any:
    """A fake node of the test's own, and the group by which its Pods find it."""
    group = f"c{uuid.uuid4().hex[:6]}"

    def make() -> tuple[str, str]:
        kubectl.create(node(group, group))
        kubectl("wait", "--for=condition=Ready", "--timeout=60s", f"node/{group}")
        return group, group

    yield make
    kubectl("-n", namespace, "delete", "deploy,pods", "--all", "--wait=false", "--grace-period=0", "--force")
    kubectl("delete", "node", "--wait=false", "--ignore-not-found", group)


def test_a_stateful_set_tells_its_change_and_the_undo_that_left_no_trace_but_pods(
    cluster: Cluster, kubectl: Kubectl, goweb: Goweb, namespace: str
) -> None:
    labels = {"app": "db"}
    template = {
        "metadata": {"labels": labels},
        "spec": {
            "terminationGracePeriodSeconds": 1,
            "containers": [{"name": "web", "image": web_image(cluster.layout, "1")}],
        },
    }
    spec = {"serviceName": "db", "replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    meta = {"name": "db", "namespace": namespace}
    kubectl.create({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": meta, "spec": spec})
    kubectl("-n", namespace, "rollout", "status", "statefulset/db", "--timeout=60s")
    kubectl("-n", namespace, "set", "env", "statefulset/db", "CRASH=1")
    first = broken(goweb, namespace, "sts/db")["changes"][0]
    assert (first["text"], first["who"]) == ("revision 2 changes env[CRASH]", "kubectl-set")
    kubectl("-n", namespace, "rollout", "undo", "statefulset/db")
    # The controller waits for the broken Pod to become ready before it replaces it: a known issue of Kubernetes.
    kubectl("-n", namespace, "delete", "pod", "db-0")
    kubectl("-n", namespace, "rollout", "status", "statefulset/db", "--timeout=60s")
    told = [(one["text"], one["who"]) for one in changes(goweb, namespace, "sts/db")["changes"][:2]]
    assert told == [("revision 3 changes env[CRASH]", ""), ("revision 2 changes env[CRASH]", "")]


def test_a_tag_that_was_pushed_anew_is_told_though_nothing_fails(
    cluster: Cluster, deploy_web: DeployWeb, kubectl: Kubectl, goweb: Goweb, namespace: str
) -> None:
    image = f"{cluster.layout.registry}/moved-{namespace[-6:]}:1"
    push(cluster, "1", image)
    web = deploy_web(replicas=2, image=image)
    always = [{"op": "add", "path": "/spec/template/spec/containers/0/imagePullPolicy", "value": "Always"}]
    kubectl("-n", namespace, "patch", "deployment", "web", "--type=json", "-p", json.dumps(always))
    web.wait()
    until(lambda: len(web.pods()) == 2 or None, what="the old Pods are gone", timeout=60)
    push(cluster, "2", image)
    victim = web.pods()[0]["metadata"]["name"]
    kubectl("-n", namespace, "delete", "pod", victim)
    web.wait()
    found = changes(goweb, namespace)
    assert (found["verdict"], found["onset"]) == ("healthy", None)
    first = found["changes"][0]
    assert first["topic"] == "image"
    assert first["text"].startswith(f"{image} is another image since pod/web-")


def push(cluster: Cluster, version: str, image: str) -> None:
    docker(cluster.layout, "tag", web_image(cluster.layout, version), image)
    docker(cluster.layout, "push", "--quiet", image)


def test_who_may_read_no_secrets_is_told_so_and_nothing_is_written(
    deploy_web: DeployWeb, kubectl: Kubectl, goweb: Goweb, user: Users, namespace: str, audit: Audit
) -> None:
    kubectl("-n", namespace, "create", "secret", "generic", "web-secret", "--from-literal=TOKEN=correct-horse")
    web = deploy_web(replicas=1)
    kubectl("-n", namespace, "set", "env", "deployment/web", "--from=secret/web-secret")
    web.wait()
    core = ("pods", "services", "configmaps", "events")
    rules = [Rule(("get", "list"), core), Rule(("get", "list"), ("*",), ("apps",))]
    reader = Goweb(user("rita", rules=rules, namespace=namespace))
    with audit(user="rita") as seen:
        ran = reader("changes", "web", "-n", namespace)
    assert "Secret " + namespace + "/web-secret: forbidden: " in ran.out
    assert "not seen: networkpolicies.networking.k8s.io: denied" in ran.err
    assert "revision 2 changes env[TOKEN]" in ran.out
    assert "correct-horse" not in ran.out + ran.err
    assert not seen.writes
    whole = goweb("changes", "web", "-n", namespace, "-o", "yaml")
    assert "Secret web-secret created: TOKEN" in whole.out
    assert "correct-horse" not in whole.out
