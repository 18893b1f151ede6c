"""What changes the cluster does what kubectl does to a twin, loses no race, and writes nothing it must not."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kubectl_goweb.actions.apply import ConflictError, apply
from kubectl_goweb.actions.journal import Journal, Who
from kubectl_goweb.actions.plan import Plan
from kubectl_goweb.actions.prepare import prepare
from kubectl_goweb.actions.requests import Restart, Scale
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import Overrides, resolve
from kubectl_goweb.status.verdicts import Ref

from .conftest import Audit, DeployWeb
from .harness import kwok
from .harness.audit import Recording
from .harness.audit import Request as Audited
from .harness.cluster import Cluster
from .harness.kubectl import Kubectl
from .harness.users import READ_ONLY, Rule, Users
from .harness.waiting import until
from .program import PROGRAM, Goweb
from .terminal import terminal

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
CAUSE = "kubernetes.io/change-cause"
Json = dict[str, Any]
Twins = Callable[..., None]


@pytest.fixture
def goweb(kubectl: Kubectl, namespace: str, tmp_path: Path) -> Callable[..., Any]:
    """goweb("scale", ...) in the test's namespace, with a journal of its own."""
    program = Goweb(kubectl.kubeconfig, {"XDG_STATE_HOME": str(tmp_path / "state")})
    return lambda *arguments: program("-n", namespace, *arguments)


def _workload(kind: str, name: str, namespace: str, image: str) -> Json:
    """Without any Pod: its revisions are made at once."""
    labels = {"app": name}
    spec: Json = {
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "web", "image": image}, {"name": "log", "image": image}]},
        },
    }
    if kind == "DaemonSet":
        spec["template"]["spec"]["nodeSelector"] = {"no-such": "node"}
    else:
        spec["replicas"] = 0
    if kind == "StatefulSet":
        spec["serviceName"] = name
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec}


@pytest.fixture
def twins(kubectl: Kubectl, namespace: str) -> Twins:
    """twins("Deployment") makes `ours` and `theirs`, two workloads that differ in their names only, with three
    revisions: images 1, 2 and 3 and their causes; afterwards somebody adds an annotation.
    """

    def make(kind: str) -> None:
        word = kind.lower()
        kubectl.create(*(_workload(kind, name, namespace, "none.invalid/web:1") for name in ("ours", "theirs")))
        for number in (1, 2, 3):
            for name in ("ours", "theirs"):
                if number > 1:
                    patch = {
                        "metadata": {"annotations": {CAUSE: f"version {number}"}},
                        "spec": {
                            "template": {
                                "spec": {"containers": [{"name": "web", "image": f"none.invalid/web:{number}"}]}
                            }
                        },
                    }
                    kubectl("-n", namespace, "patch", word, name, "-p", json.dumps(patch))
                kubectl("-n", namespace, "rollout", "status", f"{word}/{name}", "--timeout=30s")
        kubectl("-n", namespace, "annotate", word, "ours", "theirs", "team=shop")

    return make


def _both(kubectl: Kubectl, namespace: str, kind: str) -> tuple[Json, Json]:
    """The twins with their names made equal."""
    found = []
    for name in ("ours", "theirs"):
        one = kubectl.json("-n", namespace, "get", kind, name)
        text = json.dumps({"spec": one["spec"], "annotations": one["metadata"].get("annotations", {})})
        found.append(json.loads(text.replace(f'"{name}"', '"twin"').replace(f"/{name} ", "/twin ")))
    return found[0], found[1]


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_every_verb_leaves_what_kubectls_leaves(
    goweb: Callable[..., Any], twins: Twins, kubectl: Kubectl, namespace: str, kind: str
) -> None:
    twins(kind)
    word = kind.lower()
    steps: list[tuple[list[str], list[str]]] = [
        (["restart", f"{word}/ours", "-y"], ["rollout", "restart", f"{word}/theirs"]),
        (
            ["set-image", f"{word}/ours", "log=none.invalid/log:9", "-y", "--cause=nine"],
            ["set", "image", f"{word}/theirs", "log=none.invalid/log:9"],
        ),
        (["undo", f"{word}/ours", "--to-revision=2", "-y"], ["rollout", "undo", f"{word}/theirs", "--to-revision=2"]),
    ]
    if kind == "Deployment":
        steps += [
            (["pause", "ours", "-y"], ["rollout", "pause", "deployment/theirs"]),
            (["resume", "ours", "-y"], ["rollout", "resume", "deployment/theirs"]),
        ]
    if kind != "DaemonSet":
        steps.append((["scale", f"{word}/ours", "--replicas=0", "-y"], ["scale", f"{word}/theirs", "--replicas=0"]))
    for mine, theirs in steps:
        done = goweb(*mine)
        assert done.code == 0, done.err
        said = kubectl("-n", namespace, *theirs)
        if mine[0] != "scale":
            assert done.out == said.replace("theirs", "ours")
        ours, twin = _both(kubectl, namespace, word)
        for one in (ours, twin):
            annotations = one["spec"]["template"]["metadata"].get("annotations", {})
            assert datetime.fromisoformat(annotations.pop(RESTARTED_AT, "2026-01-01T00:00:00Z")).tzinfo is not None
        assert ours["spec"] == twin["spec"], mine
        if mine[0] == "set-image":
            assert ours["annotations"][CAUSE] == "nine"  # where kubectl leaves the cause of the revision before
    if kind == "Deployment":
        # kubectl drops what was added after the revision; the rest of the annotations is the same
        assert ours["annotations"] == {**twin["annotations"], "team": "shop"}


def test_undo_without_a_number_agrees_with_kubectl_where_kubectl_is_right(
    goweb: Callable[..., Any], twins: Twins, kubectl: Kubectl, namespace: str
) -> None:
    twins("Deployment")
    assert goweb("undo", "ours", "-y").out == "deployment.apps/ours rolled back\n"
    kubectl("-n", namespace, "rollout", "undo", "deployment/theirs")
    ours, theirs = _both(kubectl, namespace, "deployment")
    assert ours["spec"] == theirs["spec"]
    assert ours["annotations"] == {**theirs["annotations"], "team": "shop"}
    kubectl("-n", namespace, "rollout", "status", "deployment/ours")
    numbers = [
        line.split()[0]
        for line in kubectl("-n", namespace, "rollout", "history", "deployment/ours").split("\n")[2:]
        if line
    ]
    told = json.loads(goweb("history", "ours", "-o", "json").out)
    assert [str(one["revision"]) for one in reversed(told["revisions"])] == numbers == ["1", "3", "4"]
    assert [one["changeCause"] for one in told["revisions"] if one["isCurrent"]] == ["version 2"]
    again = goweb("undo", "ours", "--to-revision=4", "-y")
    theirs_again = kubectl("-n", namespace, "rollout", "undo", "deployment/ours", "--to-revision=4")
    assert (
        again.out
        == theirs_again
        == ("deployment.apps/ours skipped rollback (current template already matches revision 4)\n")
    )
    # 3 was given up: kubectl would go back to it
    plan = goweb("undo", "ours", "--dry-run=client")
    assert "to revision 1" in plan.out
    assert "revision 3 was given up once and is passed over" in plan.out


def test_abort_mid_rollout_goes_to_the_revision_that_serves_where_kubectl_takes_a_broken_one(
    goweb: Callable[..., Any], deploy_web: DeployWeb, kubectl: Kubectl, namespace: str
) -> None:
    web = deploy_web(replicas=3, surge=1, unavailable=1)
    web.update(env={"CRASH": "1"})
    _wait_for_pods(kubectl, namespace, "CRASH")
    web.update(env={"CRASH": None, "UNREADY": "1"})
    _wait_for_pods(kubectl, namespace, "UNREADY")
    plan = json.loads(goweb("abort", "web", "--dry-run=client", "-o", "json").out)
    assert plan["sentence"].startswith("abort the rollout of deploy/web: from revision 3 back to revision 1")
    assert any("Pods are available now" in note for note in plan["notes"])
    theirs = kubectl("-n", namespace, "rollout", "undo", "deployment/web", "--dry-run=client")
    assert "CRASH" in theirs  # the number before, which never worked
    done = goweb("abort", "web", "-y")
    assert (done.code, done.out) == (0, "deployment.apps/web rolled back\n")
    web.wait()
    assert goweb("status", "web").code == 0
    refused = goweb("abort", "web", "-y")
    assert refused.code == 4
    assert "no rollout is under way" in refused.err


def _wait_for_pods(kubectl: Kubectl, namespace: str, variable: str) -> None:
    """Until a Pod exists that was made from the template with this variable."""

    def made() -> bool:
        pods = kubectl.json("-n", namespace, "get", "pods")["items"]
        return any(one["name"] == variable for pod in pods for one in pod["spec"]["containers"][0].get("env", []))

    until(made, what=f"a Pod with {variable}")


def _connection(kubectl: Kubectl, **more: Any) -> Connection:
    access = resolve(Overrides(kubeconfig=str(kubectl.kubeconfig)), {"NO_PROXY": "*"}, Path("/nonexistent"))
    return Connection(access, **more)


def _now() -> datetime:
    return datetime.now(UTC)


def _one(kubectl: Kubectl, cluster: Cluster, namespace: str, name: str = "web") -> None:
    kubectl.create(_workload("Deployment", name, namespace, f"{cluster.layout.registry}/web:1"))
    kubectl("-n", namespace, "rollout", "status", f"deployment/{name}", "--timeout=30s")


def test_who_comes_second_is_told_what_changed_and_writes_nothing(
    kubectl: Kubectl, cluster: Cluster, namespace: str, tmp_path: Path, audit: Audit
) -> None:
    _one(kubectl, cluster, namespace)
    target = Ref("Deployment", "web", namespace)
    journal = Journal(tmp_path / "journal.jsonl", Who("ann", "ann@here", "x"))
    with _connection(kubectl) as connection:
        for request, somebody, words in (
            (Scale(target, 2), ["scale", "deployment/web", "--replicas=1"], r"spec is another one"),
            (Restart(target), ["annotate", "deployment/web", "a=b"], r"metadata\.generation is \d+ and was \d+"),
        ):
            planned = prepare(connection, request, _now)
            assert isinstance(planned, Plan)
            kubectl("-n", namespace, *somebody)
            before = kubectl.json("-n", namespace, "get", "deployment", "web")["spec"]
            with audit(agent="kubectl-goweb") as seen, pytest.raises(ConflictError, match=words):
                apply(planned, connection, journal=journal, now=_now)
            assert [(one.verb, one.code) for one in _changes(seen, namespace)] == [("patch", 422)], (
                "once, never again by itself"
            )
            assert kubectl.json("-n", namespace, "get", "deployment", "web")["spec"] == before
    assert journal.entries() == ((), 0)


def test_in_a_terminal_the_new_state_is_shown_and_asked_about_again(
    kubectl: Kubectl, cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    _one(kubectl, cluster, namespace)
    environ = Goweb(kubectl.kubeconfig, {"XDG_STATE_HOME": str(tmp_path)}).environ
    with terminal(["sh", "-c", f"{' '.join(PROGRAM)} -n {namespace} scale web --replicas=3; cat"], environ) as screen:
        screen.shows("scale deploy/web from 0 to 3 replicas", "do it? [y/N]")
        kubectl("-n", namespace, "scale", "deployment/web", "--replicas=1")
        screen.press("y", "Enter")
        screen.shows("it has changed since it was looked at", "scale deploy/web from 1 to 3 replicas")
        screen.press("y", "Enter")
        screen.shows("deployment.apps/web scaled")
    assert kubectl.json("-n", namespace, "get", "deployment", "web")["spec"]["replicas"] == 3


def _changes(seen: Recording, namespace: str) -> list[Audited]:
    """The writes in a namespace; questions about one's own permissions are in none."""
    return [one for one in seen.writes if one.namespace == namespace]


def test_without_permission_nothing_is_sent_and_the_missing_one_is_named(
    kubectl: Kubectl, cluster: Cluster, namespace: str, user: Users, audit: Audit, tmp_path: Path
) -> None:
    _one(kubectl, cluster, namespace)
    rules = (*READ_ONLY, Rule(("patch",), ("deployments/scale",), ("apps",)))
    ann = Goweb(user("ann", rules=rules, namespace=namespace), {"XDG_STATE_HOME": str(tmp_path)})
    with audit(user="ann") as seen:
        refused = ann("restart", "web", "-y")
        allowed = ann("scale", "web", "--replicas=1", "-y")
    assert refused.code == 4
    assert f"may not patch deployments.apps web in namespace {namespace}" in refused.err
    assert allowed.code == 0, allowed.err
    assert [(one.resource, one.code) for one in _changes(seen, namespace)] == [("deployments/scale", 200)]


def test_dry_runs_and_read_only_write_nothing(
    goweb: Callable[..., Any], kubectl: Kubectl, cluster: Cluster, namespace: str, audit: Audit
) -> None:
    _one(kubectl, cluster, namespace)
    before = kubectl.json("-n", namespace, "get", "deployment", "web")
    with audit(agent="kubectl-goweb") as seen:
        for verb in (
            ["scale", "web", "--replicas=3"],
            ["pause", "web"],
            ["restart", "web"],
            ["set-image", "web", "web=none.invalid/web:2"],
        ):
            assert goweb(*verb, "--dry-run=client").code == 0
            assert goweb(*verb, "-y", "--read-only").code == 4
            assert goweb(*verb).code == 2
    assert _changes(seen, namespace) == []
    with audit(agent="kubectl-goweb") as seen:
        assert goweb("scale", "web", "--replicas=3", "--dry-run=server", "-y").out.endswith("(server dry run)\n")
    (dry,) = _changes(seen, namespace)
    assert "dryRun=All" in dry.uri
    assert kubectl.json("-n", namespace, "get", "deployment", "web") == before
    assert goweb("journal").out == ""


def test_what_was_done_is_taken_back_unless_somebody_changed_it_since(
    goweb: Callable[..., Any], twins: Twins, kubectl: Kubectl, namespace: str, tmp_path: Path
) -> None:
    twins("Deployment")

    def spec() -> Json:
        found: Json = kubectl.json("-n", namespace, "get", "deployment", "ours")["spec"]
        return found

    first = spec()
    assert goweb("scale", "ours", "--replicas=1", "-y").code == 0
    assert goweb("undo", "ours", "--to-revision=1", "-y").code == 0
    kubectl("-n", namespace, "rollout", "status", "deployment/ours", "--watch=false")
    assert goweb("revert", "2", "-y").code == 0
    assert goweb("revert", "1", "-y").code == 0
    assert spec() == first
    assert goweb("pause", "ours", "-y").code == 0
    kubectl("-n", namespace, "rollout", "resume", "deployment/ours")
    nothing = goweb("revert", "-y")
    assert (nothing.code, nothing.out) == (0, "deployment.apps/ours resumed (it is not paused)\n")
    assert goweb("scale", "ours", "--replicas=1", "-y").code == 0
    kubectl("-n", namespace, "scale", "deployment/ours", "--replicas=2")
    refused = goweb("revert", "-y")
    assert refused.code == 4
    assert "spec.replicas is 2 and was left as 1; last written by kubectl" in refused.err
    text = (tmp_path / "state" / "kubectl-goweb" / "journal.jsonl").read_text()
    assert [json.loads(line)["verb"] for line in text.splitlines()] == [
        "scale",
        "undo",
        "undo",
        "scale",
        "pause",
        "scale",
    ]


def test_several_workloads_are_changed_as_kubectl_changes_them(
    goweb: Callable[..., Any], kubectl: Kubectl, cluster: Cluster, namespace: str
) -> None:
    for name in ("api", "mail", "web"):
        _one(kubectl, cluster, namespace, name)
    kubectl("-n", namespace, "label", "deployment", "--all", "team=shop")
    kubectl("-n", namespace, "rollout", "pause", "deployment/mail")
    theirs = kubectl.run("-n", namespace, "rollout", "restart", "deployment", "-l", "team=shop")
    assert (theirs.returncode, theirs.stdout) == (1, "deployment.apps/api restarted\ndeployment.apps/web restarted\n")

    def restarted() -> list[str | None]:
        found = kubectl.json("-n", namespace, "get", "deployments")["items"]
        return [one["spec"]["template"]["metadata"].get("annotations", {}).get(RESTARTED_AT) for one in found]

    before = until(lambda: restarted() if (_now().microsecond > 900_000) else None, what="a second's end")
    until(lambda: _now().microsecond < 500_000, what="another second: twice in one is refused")
    ours = goweb("restart", "-l", "team=shop", "-y")
    assert (ours.code, ours.out) == (4, theirs.stdout), "what the server would refuse has a code of its own"
    assert "cannot restart deploy/mail: it is paused" in ours.err
    assert [old == new for old, new in zip(before, restarted(), strict=True)] == [False, True, False]
    scaled = goweb("scale", "deployment", "api", "web", "--replicas=0", "-y")
    assert (scaled.code, scaled.out.count("it has 0 replicas already")) == (0, 2)


def test_what_speaks_against_it_is_told_before_and_comes_true_after(
    goweb: Callable[..., Any], kubectl: Kubectl, namespace: str
) -> None:
    """Pods on fake nodes, which are ready at once; the API server, its admission and controllers are the real ones."""
    web = _workload("Deployment", "web", namespace, "none.invalid/web:1")
    pod = web["spec"]["template"]["spec"]
    pod |= {"nodeSelector": kwok.LABELS, "tolerations": [kwok.TOLERATION]}
    pod["containers"][0] |= {
        "envFrom": [{"configMapRef": {"name": "settings"}}],
        "env": [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}],
        "resources": {"requests": {"cpu": "100m"}},
    }
    web["spec"]["replicas"] = 2
    web["spec"]["strategy"] = {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}}
    web["metadata"]["labels"] = {"kustomize.toolkit.fluxcd.io/name": "shop"}
    kubectl.create(web)
    kubectl("-n", namespace, "create", "secret", "generic", "db", "--from-literal=password=hunter2")
    kubectl("-n", namespace, "rollout", "status", "deployment/web", "--timeout=60s")
    assert goweb("set-image", "web", "web=none.invalid/web:2", "-y").code == 0
    kubectl("-n", namespace, "rollout", "status", "deployment/web", "--timeout=60s")
    kubectl("-n", namespace, "create", "quota", "team", "--hard=pods=2")
    kubectl("-n", namespace, "create", "poddisruptionbudget", "careful", "--selector=app=web", "--min-available=2")
    kubectl("-n", namespace, "autoscale", "deployment", "web", "--min=1", "--max=4", "--cpu-percent=50")
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": namespace}}

    def counted() -> bool:
        """The quota and the budget count the Pods; and the Secret is changed in a later second than the Pods' own."""
        kubectl.apply({**secret, "stringData": {"at": _now().isoformat()}})
        sets = kubectl.json("-n", namespace, "get", "replicasets")["items"]
        made = max(datetime.fromisoformat(one["metadata"]["creationTimestamp"]) for one in sets)
        quota = kubectl.json("-n", namespace, "get", "quota", "team")["status"]
        budget = kubectl.json("-n", namespace, "get", "pdb", "careful").get("status", {})
        counts = (quota.get("used", {}).get("pods"), budget.get("desiredHealthy"))
        return counts == ("2", 2) and (_now() - made).total_seconds() > 2

    until(counted, what="a quota and a budget that count the Pods")
    undo = json.loads(goweb("undo", "web", "--dry-run=client", "-o", "json").out)
    told = {one["code"]: one["text"] for one in undo["cautions"]}
    assert told.keys() == {
        "GW-ACT-REFERENCE-GONE",
        "GW-ACT-REFERENCE-CHANGED",
        "GW-ACT-OWNER",
        "GW-ACT-QUOTA",
        "GW-ACT-BUDGET",
        "GW-ACT-UNPROVEN",
    }, told
    assert told["GW-ACT-QUOTA"] == "quota team has no room for 1 more Pods (pods: 1 more wanted, 0 of 2 left)"
    assert "ConfigMap settings (envFrom) does not exist" in told["GW-ACT-REFERENCE-GONE"]
    assert "Secret db was changed at" in told["GW-ACT-REFERENCE-CHANGED"]
    scale = json.loads(goweb("scale", "web", "--replicas=6", "--dry-run=client", "-o", "json").out)
    codes = {one["code"] for one in scale["cautions"]}
    assert codes == {"GW-ACT-REFERENCE-GONE", "GW-ACT-OWNER", "GW-ACT-QUOTA", "GW-ACT-AUTOSCALER"}
    kubectl("-n", namespace, "delete", "hpa", "web")
    huge = json.dumps(
        {"spec": {"template": {"spec": {"containers": [{"name": "log", "resources": {"requests": {"cpu": "9000"}}}]}}}}
    )
    kubectl("-n", namespace, "patch", "deployment", "web", "-p", '{"spec":{"paused":true}}')
    kubectl("-n", namespace, "patch", "deployment", "web", "-p", huge)
    resume = json.loads(goweb("resume", "web", "--dry-run=client", "-o", "json").out)
    (no_room,) = [one["text"] for one in resume["cautions"] if one["code"] == "GW-ACT-NO-ROOM"]
    assert no_room.startswith("none of 1 more Pods finds a node now: 0/")
    assert goweb("scale", "web", "--replicas=3", "-y").code == 0

    def refused() -> bool:
        events = kubectl.json("-n", namespace, "get", "events", "--field-selector=reason=FailedCreate")["items"]
        return any("exceeded quota: team" in one["message"] for one in events)

    until(refused, what="a Pod that the quota refuses, as was told")


def test_a_stateful_set_goes_back_to_the_revision_that_every_pod_was_of(
    goweb: Callable[..., Any], kubectl: Kubectl, namespace: str
) -> None:
    one = _workload("StatefulSet", "db", namespace, "none.invalid/db:1")
    one["spec"]["template"]["spec"] |= {"nodeSelector": kwok.LABELS, "tolerations": [kwok.TOLERATION]}
    one["spec"] |= {"replicas": 2, "updateStrategy": {"rollingUpdate": {"partition": 1}}}
    kubectl.create(one)
    kubectl("-n", namespace, "rollout", "status", "statefulset/db", "--timeout=60s")
    for number in (2, 3):
        assert goweb("set-image", "sts/db", f"web=none.invalid/db:{number}", "-y").code == 0
        kubectl("-n", namespace, "rollout", "status", "statefulset/db", "--timeout=60s")
    told = json.loads(goweb("undo", "sts/db", "-y", "-o", "json").out)
    assert "to revision 1" in told["sentence"]
    assert "status.currentRevision names it" in told["notes"][0]
    images = kubectl("-n", namespace, "get", "sts", "db", "-o", "jsonpath={.spec.template.spec.containers[0].image}")
    assert images == "none.invalid/db:1"


def test_a_daemon_set_goes_back_to_the_revision_whose_pods_serve_and_never_to_one_that_was_given_up(
    goweb: Callable[..., Any], kubectl: Kubectl, namespace: str
) -> None:
    one = _workload("DaemonSet", "agent", namespace, "none.invalid/agent:1")
    one["spec"]["template"]["spec"] |= {"nodeSelector": kwok.LABELS, "tolerations": [kwok.TOLERATION]}
    kubectl.create(one)
    kubectl("-n", namespace, "rollout", "status", "daemonset/agent", "--timeout=60s")

    def patched(image: str, cpu: str) -> None:
        container = {"name": "web", "image": f"none.invalid/agent:{image}", "resources": {"requests": {"cpu": cpu}}}
        patch = {"spec": {"template": {"spec": {"containers": [container]}}}}
        kubectl("-n", namespace, "patch", "daemonset", "agent", "-p", json.dumps(patch))

    def is_stuck() -> bool:
        pods = kubectl.json("-n", namespace, "get", "pods")["items"]
        return any(pod["status"]["phase"] == "Pending" and not pod["spec"].get("nodeName") for pod in pods)

    def is_a_second_old() -> bool:
        found = kubectl.json("-n", namespace, "get", "controllerrevisions")["items"]
        made = max(datetime.fromisoformat(one["metadata"]["creationTimestamp"]) for one in found)
        return (_now() - made).total_seconds() > 1

    patched("2", "10m")
    kubectl("-n", namespace, "rollout", "status", "daemonset/agent", "--timeout=60s")
    until(is_a_second_old, what="a revision that the next one is younger than")
    patched("3", "9000")
    until(is_stuck, what="a Pod that finds no node")
    told = json.loads(goweb("undo", "ds/agent", "-y", "-o", "json").out)
    assert "back from revision 3 to revision 2" in told["sentence"]
    assert "Pods are available now, the service has its minimum" in told["notes"][0]
    kubectl("-n", namespace, "rollout", "status", "daemonset/agent", "--timeout=60s")
    again = goweb("undo", "ds/agent", "--dry-run=client")
    assert "to revision 1" in again.out
    assert "revision 3 was given up once and is passed over" in " ".join(again.out.split())
