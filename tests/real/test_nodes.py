"""Nodes out of service and back, and drained, beside what kubectl says of the same nodes."""

import json
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import Audit
from .harness.kubectl import Kubectl
from .harness.kwok import TOLERATION
from .harness.users import READ_ONLY, Rule, Users
from .harness.waiting import until
from .nodes_of_ours import Json, deployment, node, pod
from .program import PROGRAM, Goweb
from .terminal import terminal

MARK = "kubectl-goweb/isolated"
Group = Callable[..., list[str]]


@pytest.fixture
def admin(group: str) -> str:
    """The name of an administrator of the test's own, whose writes the audit log tells from those of others."""
    return f"admin-{group}"


@pytest.fixture
def goweb(user: Users, admin: str, tmp_path: Path) -> Goweb:
    """kubectl-goweb as that administrator, with a journal of its own."""
    return Goweb(user(admin, groups=["system:masters"]), {"XDG_STATE_HOME": str(tmp_path)})


@pytest.fixture
def group(namespace: str) -> str:
    """The label value by which this test's Pods find this test's nodes."""
    return f"n{namespace[-6:]}"


@pytest.fixture
def nodes(kubectl: Kubectl, namespace: str, group: str) -> Iterator[Group]:
    """nodes(2) makes two small fake nodes of the test's own."""
    made: list[str] = []

    def make(count: int, **more: Any) -> list[str]:
        names = [f"{group}-{len(made) + number}" for number in range(1, count + 1)]
        made.extend(names)
        kubectl.create(*(node(name, group, **more) for name in names))
        kubectl("wait", "--for=condition=Ready", "--timeout=60s", *(f"node/{name}" for name in names))
        return names

    yield make
    kubectl("-n", namespace, "delete", "deploy,ds,pods", "--all", "--wait=false", "--grace-period=0", "--force")
    if made:
        kubectl("delete", "nodes", "--wait=false", *made)


def as_it_is(kubectl: Kubectl, name: str) -> Any:
    """The node without what its kubelet and the server write by themselves."""
    one = kubectl.json("get", "node", name)
    for field in ("resourceVersion", "managedFields"):
        one["metadata"].pop(field, None)
    del one["status"]
    return one


def running_on(kubectl: Kubectl, namespace: str, name: str) -> set[str]:
    found = kubectl.json("-n", namespace, "get", "pods", f"--field-selector=spec.nodeName={name}")["items"]
    return {one["metadata"]["name"] for one in found}


def budget(namespace: str, name: str, **spec: Any) -> Json:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"matchLabels": {"app": name}}, **spec},
    }


def daemon_set(namespace: str, group: str) -> Json:
    one = deployment(namespace, "agent", group, 1)
    return {**one, "kind": "DaemonSet", "spec": {key: one["spec"][key] for key in ("selector", "template")}}


def settled(kubectl: Kubectl, namespace: str, budget_name: str, healthy: int) -> None:
    """Wait until the budget has counted so many healthy Pods."""
    kubectl(
        "-n", namespace, "wait", f"pdb/{budget_name}", f"--for=jsonpath={{.status.currentHealthy}}={healthy}",
        "--timeout=30s",
    )  # fmt: skip


APART: Json = {
    "podAntiAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "web"}}}
        ]
    }
}
"""At most one of the Deployment `web` on a node."""


@pytest.mark.parametrize("taint", ["none", "NoSchedule"])
def test_rejoining_brings_a_node_back_field_by_field(
    goweb: Goweb, kubectl: Kubectl, nodes: Group, admin: str, taint: str
) -> None:
    name, _ = nodes(2, taints=[{"key": "dedicated", "value": "web", "effect": "NoSchedule"}])
    before = as_it_is(kubectl, name)

    ran = goweb("isolate", name, "--reason", "disk is failing", "--taint", taint, "-y")
    assert (ran.code, ran.out) == (0, f"node/{name} isolated\n"), ran.err
    isolated = as_it_is(kubectl, name)
    assert isolated["spec"]["unschedulable"] is True
    mark = json.loads(isolated["metadata"]["annotations"][MARK])
    assert (mark["by"], mark["reason"]) == (admin, "disk is failing")

    ran = goweb("rejoin", name, "-y")
    assert (ran.code, ran.out) == (0, f"node/{name} rejoined\n"), ran.err
    until(lambda: as_it_is(kubectl, name) == before or None, what="as it was before", timeout=20)


def test_what_somebody_else_did_to_the_node_outlives_its_isolation(
    goweb: Goweb, kubectl: Kubectl, nodes: Group
) -> None:
    name, _ = nodes(2)
    kubectl("cordon", name)
    assert goweb("isolate", name, "-y").code == 0
    kubectl("taint", "node", name, "team=a:NoSchedule")
    assert goweb("rejoin", name, "-y").code == 0
    spec = as_it_is(kubectl, name)["spec"]
    assert spec["unschedulable"] is True
    assert "team" in {one["key"] for one in spec["taints"]}
    refused = goweb("rejoin", name, "-y")
    assert (refused.code, "somebody else" in refused.err) == (4, True)


def test_no_execute_ends_the_pods_it_named_and_revert_takes_the_node_back(
    goweb: Goweb, kubectl: Kubectl, nodes: Group, namespace: str, group: str
) -> None:
    name, _ = nodes(2)
    kubectl.create(pod(namespace, "web", group, nodeSelector={"kubernetes.io/hostname": name}))
    kubectl("-n", namespace, "wait", "pod/web", "--for=condition=Ready", "--timeout=30s")
    ran = goweb("isolate", name, "--taint", "NoExecute", "-y")
    assert ran.code == 0, ran.err
    assert f"ends 1 Pods at once and asks no disruption budget: {namespace}/web" in ran.err
    kubectl("-n", namespace, "wait", "pod/web", "--for=delete", "--timeout=30s")
    entry = re.search(r"goweb revert (\d+)", ran.err)
    assert entry
    assert goweb("revert", entry[1], "-y").code == 0
    assert MARK not in as_it_is(kubectl, name)["metadata"].get("annotations", {})


def test_the_last_node_of_its_role_is_not_isolated_and_the_others_do_not_count(
    goweb: Goweb, nodes: Group, group: str, audit: Audit, admin: str
) -> None:
    (name,) = nodes(1, labels={f"node-role.kubernetes.io/{group}": ""})
    with audit(user=admin) as seen:
        refused = goweb("isolate", name, "-y")
    assert (refused.code, f"the last {group} node" in refused.err) == (4, True)
    assert [one for one in seen.writes if "review" not in one.resource] == []
    assert goweb("isolate", name, "-y", "--force").code == 0


def test_who_may_not_is_told_and_nothing_is_written(
    goweb: Goweb, kubectl: Kubectl, nodes: Group, user: Users, audit: Audit
) -> None:
    name, _ = nodes(2)
    reader = Goweb(user("nodes-reader", rules=READ_ONLY), goweb.environment)
    with audit(user="nodes-reader") as seen:
        for line in (("isolate", name, "-y"), ("drain", name, "-y"), ("isolate", name, "-y", "--read-only")):
            ran = reader(*line)
            assert ran.code == 4, (line, ran)
        simulated = reader("drain", name, "--simulate")
    assert (simulated.code, simulated.err) == (0, "")
    assert [one for one in seen.writes if "review" not in one.resource] == []
    theirs = kubectl.run("cordon", name, "--as=nodes-reader")
    assert theirs.returncode == 0, "kubectl does not say by its exit code that it was refused; has that changed?"


def test_a_drain_moves_every_pod_within_its_budget_and_leaves_daemon_sets(
    goweb: Goweb, kubectl: Kubectl, nodes: Group, namespace: str, group: str
) -> None:
    first, second = nodes(2)
    kubectl.create(
        budget(namespace, "web", maxUnavailable=1),
        daemon_set(namespace, group),
        deployment(namespace, "web", group, 6),
    )
    kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=60s")
    kubectl("-n", namespace, "rollout", "status", "ds/agent", "--timeout=60s")
    settled(kubectl, namespace, "web", 6)
    leaving = {one for one in running_on(kubectl, namespace, first) if one.startswith("web-")}
    assert leaving

    theirs = kubectl("drain", first, "--ignore-daemonsets", "--dry-run=client")
    told = json.loads(goweb("drain", first, "--ignore-daemonsets", "--simulate", "-o", "json").out)["simulation"]
    named = {f"{namespace}/{one}" for one in leaving}
    assert {one["pod"] for one in told["moves"]} == named == set(re.findall(r"evicting pod (\S+)", theirs))
    assert {one["to"] for one in told["moves"]} == {second}
    assert max(one["wave"] for one in told["moves"]) == len(leaving), "one at a time"
    assert [one["pod"].split("/")[1].startswith("agent-") for one in told["stays"]] == [True]

    ran = goweb("drain", first, "--ignore-daemonsets", "--timeout=60s", "-y")
    assert ran.code == 0, ran
    lines = ran.out.splitlines()
    assert (lines[0], lines[-1]) == (f"node/{first} cordoned", f"node/{first} drained")
    assert {line.removeprefix("evicting pod ") for line in lines if line.startswith("evicting")} == named
    assert all(one.startswith("agent-") for one in running_on(kubectl, namespace, first))
    assert len({one for one in running_on(kubectl, namespace, second) if one.startswith("web-")}) == 6

    assert goweb("rejoin", first, "-y").code == 0
    assert "unschedulable" not in as_it_is(kubectl, first)["spec"]


@pytest.fixture
def blocked(kubectl: Kubectl, nodes: Group, namespace: str, group: str) -> tuple[str, str]:
    """A node that cannot be drained: two of three Pods run, the third finds no node, and the budget needs two. Answers
    the node and the name of the Pod that is to blame.
    """
    first, _ = nodes(2)
    kubectl.create(budget(namespace, "web", minAvailable=2), deployment(namespace, "web", group, 3, affinity=APART))
    settled(kubectl, namespace, "web", 2)
    pods = kubectl.json("-n", namespace, "get", "pods", "-l", "app=web")["items"]
    (pending,) = [one["metadata"]["name"] for one in pods if not one["spec"].get("nodeName")]
    return first, pending


def test_a_budget_that_blocks_is_named_with_the_pod_to_blame_and_the_node_is_taken_back(
    goweb: Goweb, kubectl: Kubectl, blocked: tuple[str, str], namespace: str
) -> None:
    name, guilty = blocked
    before = as_it_is(kubectl, name)
    simulated = goweb("drain", name, "--simulate")
    sentence = f"budget web needs 2 healthy Pods and has 2; not healthy: {guilty} (not scheduled)"
    assert simulated.code == 1
    assert sentence in simulated.out

    ran = goweb("drain", name, "--timeout=4s", "--uncordon-on-failure", "-y")
    assert ran.code == 6, ran
    assert sentence in ran.out
    assert f"node {name} is not drained: 1 Pod is left after" in ran.err
    assert "is back in service" in ran.err
    until(lambda: as_it_is(kubectl, name) == before or None, what="as it was before", timeout=20)
    assert len(running_on(kubectl, namespace, name)) == 1


def test_the_drain_goes_on_by_itself_once_the_budget_allows_it(
    goweb: Goweb, kubectl: Kubectl, blocked: tuple[str, str], nodes: Group, namespace: str
) -> None:
    name, _ = blocked
    running = goweb.start("drain", name, "--timeout=60s", "-y")
    try:
        assert running.stdout
        for line in running.stdout:
            if "waits: budget web" in line:
                break
        nodes(2)  # room for the Pod that is to blame, and for the one that is evicted
        out, err = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 0, err
    assert f"node/{name} drained" in out
    assert running_on(kubectl, namespace, name) == set()


def test_an_interrupted_drain_leaves_things_as_they_are_and_says_so(
    goweb: Goweb, kubectl: Kubectl, blocked: tuple[str, str], namespace: str
) -> None:
    name, _ = blocked
    running = goweb.start("drain", name, "-y")
    try:
        assert running.stdout
        for line in running.stdout:
            if "waits: budget web" in line:
                break
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=20)
    finally:
        running.kill()
    assert running.returncode == 130, err
    assert "left as it is: 0 of 1 Pods are gone" in err
    assert f"kubectl goweb rejoin {name}" in err
    assert as_it_is(kubectl, name)["spec"]["unschedulable"] is True
    assert len(running_on(kubectl, namespace, name)) == 1


def test_an_unmanaged_pod_is_refused_as_kubectl_refuses_it_and_goes_by_force(
    goweb: Goweb, kubectl: Kubectl, nodes: Group, namespace: str, group: str, audit: Audit, admin: str
) -> None:
    name, _ = nodes(2)
    local = {"volumes": [{"name": "tmp", "emptyDir": {}}]}
    kubectl.create(pod(namespace, "alone", group, nodeSelector={"kubernetes.io/hostname": name}, **local))
    kubectl("-n", namespace, "wait", "pod/alone", "--for=condition=Ready", "--timeout=30s")
    with audit(user=admin) as seen:
        for flags in ([], ["--force"], ["--delete-emptydir-data"]):
            theirs = kubectl.run("drain", name, "--dry-run=client", *flags)
            ran = goweb("drain", name, "-y", *flags)
            assert (theirs.returncode, ran.code) == (1, 4), (flags, theirs.stderr, ran)
            assert f"{namespace}/alone" in ran.err
    assert [one for one in seen.writes if "review" not in one.resource] == []
    assert "unschedulable" not in as_it_is(kubectl, name)["spec"]

    both = ["--force", "--delete-emptydir-data"]
    dry = goweb("drain", name, "--dry-run=server", "-y", *both)
    assert dry.out.splitlines() == [
        f"node/{name} cordoned (server dry run)",
        f"evicting pod {namespace}/alone (server dry run)",
        f"node/{name} drained (server dry run)",
    ], dry
    assert running_on(kubectl, namespace, name) == {"alone"}
    ran = goweb("drain", name, "-y", *both)
    assert ran.code == 0, ran
    assert running_on(kubectl, namespace, name) == set()


def test_a_drain_that_may_cordon_and_not_evict_is_refused_and_says_what_is_left(
    goweb: Goweb, kubectl: Kubectl, nodes: Group, namespace: str, group: str, user: Users
) -> None:
    name, _ = nodes(2)
    kubectl.create(deployment(namespace, "web", group, 1, nodeSelector={"kubernetes.io/hostname": name}))
    kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=60s")
    rules = (*READ_ONLY, Rule(("patch",), ("nodes",)))
    helper = Goweb(user("nodes-cordoner", rules=rules), goweb.environment)
    ran = helper("drain", name, "-y", "--uncordon-on-failure")
    assert ran.code == 4, ran
    assert "may not create pods/eviction" in ran.err
    assert "is back in service" in ran.err
    assert "unschedulable" not in as_it_is(kubectl, name)["spec"]
    assert TOLERATION["key"] in {one["key"] for one in as_it_is(kubectl, name)["spec"]["taints"]}


def test_a_pod_that_comes_between_plan_and_yes_is_evicted_too(
    goweb: Goweb, kubectl: Kubectl, nodes: Group, namespace: str, group: str
) -> None:
    name, _ = nodes(2)
    pinned = {"nodeSelector": {"kubernetes.io/hostname": name}}
    kubectl.create(deployment(namespace, "first", group, 1, **pinned))
    kubectl("-n", namespace, "rollout", "status", "deploy/first", "--timeout=60s")
    with terminal([*PROGRAM, "drain", name, "--timeout=60s"], goweb.environ) as screen:
        screen.shows("of 1 Pod to evict", "do it? [y/N]")
        kubectl.create(deployment(namespace, "late", group, 1, **pinned))
        kubectl("-n", namespace, "rollout", "status", "deploy/late", "--timeout=60s")
        screen.press("y", "Enter")
        until(lambda: not running_on(kubectl, namespace, name) or None, what="empty", timeout=60)


def test_a_node_is_drained_and_taken_back_with_keys(
    goweb: Goweb, kubectl: Kubectl, nodes: Group, namespace: str, group: str, admin: str
) -> None:
    first, second = nodes(2)
    kubectl.create(deployment(namespace, "web", group, 2))
    kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=60s")
    with terminal([*PROGRAM, "-n", namespace], goweb.environ, columns=140, lines=60) as screen:
        screen.shows("● live", first)
        screen.press("N")
        shown = screen.shows("Nodes", f"  {first}", "▸ ").splitlines()
        rows = [row.strip("▸ ").split()[0] for row in shown[3:] if "Ready" in row]
        screen.press("Home", *["Down"] * rows.index(first))
        screen.shows(f"▸ {first}")
        screen.press("D")
        screen.shows(f"Drain node/{first}")
        screen.press("Enter")
        screen.shows("danger", f"kubectl drain {first}")
        screen.press("y")
        screen.shows("drained: it stays out of service")
        assert not running_on(kubectl, namespace, first)
        screen.press("Escape")
        until(lambda: "drained:" not in screen.screen() or None, what="without the dialog")
        screen.shows(f"isolated by {admin}")
        screen.press("i")
        screen.shows(f"Rejoin node/{first}", "kubectl uncordon")
        screen.press("y")
        until(lambda: MARK not in as_it_is(kubectl, first)["metadata"].get("annotations", {}) or None, what="back")
    assert len(running_on(kubectl, namespace, second)) == 2
