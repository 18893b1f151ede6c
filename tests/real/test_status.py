"""The verdict, from a real API server about real containers."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import Audit, DeployWeb
from .harness.cluster import Cluster
from .harness.kubectl import Kubectl
from .harness.users import READ_ONLY, Rule, Users
from .harness.waiting import until
from .program import Goweb

AGENT = "kubectl-goweb/"


@pytest.fixture
def goweb(cluster: Cluster) -> Goweb:
    """kubectl-goweb as the administrator."""
    return Goweb(cluster.kubectl.kubeconfig)


def told(goweb: Goweb, namespace: str, name: str = "web") -> Any:
    (workload,) = goweb.document(name, "-n", namespace)["workloads"]
    return workload


def moments(goweb: Goweb, namespace: str, *, seconds: float) -> Iterator[Any]:
    """What is told of `web`, again and again."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield told(goweb, namespace)
    pytest.fail(f"still not there after {seconds:g} s")


def test_a_rollout_is_told_correctly_from_its_start_to_its_end(
    deploy_web: DeployWeb, goweb: Goweb, namespace: str
) -> None:
    web = deploy_web(replicas=5, surge=2, unavailable=1)
    before = told(goweb, namespace)
    assert (before["rollout"]["phase"], before["verdict"]) == ("succeeded", "healthy")

    web.update(version="2", env={"READY_AFTER": "3s"})

    seen = []
    for one in moments(goweb, namespace, seconds=90):
        counts, phase = one["counts"], one["rollout"]["phase"]
        seen.append(phase)
        assert phase in ("updating", "succeeded")
        assert one["verdict"] == ("progressing" if phase == "updating" else "healthy"), one["why"]
        assert counts["desired"] == 5
        assert counts["available"] >= 4, "at most one may be unavailable"
        assert counts["existing"] <= 7, "at most two may be surplus"
        if phase == "succeeded":
            break
    assert "updating" in seen
    assert one["rollout"]["revision"] == 2
    assert one["counts"] == {"desired": 5, "existing": 5, "updated": 5, "ready": 5, "available": 5}
    assert [r["number"] for r in one["revisions"] if r["existing"]] == [2]
    assert [(e["ready"], e["service"]) for e in one["endpoints"]] == [(5, "web")]


def test_a_crash_loop_is_told_with_its_panic_while_the_old_pods_serve(
    deploy_web: DeployWeb, goweb: Goweb, namespace: str
) -> None:
    web = deploy_web(replicas=5, surge=2, unavailable=1)

    web.update(env={"CRASH": "1"})

    failed_at: float | None = None
    for one in moments(goweb, namespace, seconds=60):
        phase = one["rollout"]["phase"]
        assert one["counts"]["available"] >= 4
        if phase == "failed":
            failed_at = failed_at or time.monotonic()
            assert one["verdict"] == "failing"
            if "main.go:" in one["why"] and time.monotonic() - failed_at > 10:
                break
        else:
            assert failed_at is None, f"{phase}: a crash loop once told must not flap"
            assert (phase, one["verdict"]) == ("updating", "progressing")

    assert "panic: assignment to entry in nil map" in one["why"]
    finding = one["findings"][0]
    assert finding["code"] == "GW-POD-CRASHLOOP"
    assert len(finding["affected"]) == 3
    assert any(e["source"] == "log" and e["text"].startswith("panic:") for e in finding["evidence"])
    ran = goweb("status", "web", "-n", namespace)
    assert ran.code == 1
    assert "3 of 3 new Pods abnormal" in ran.out


def test_the_next_command_of_a_crash_loop_shows_the_panic(
    deploy_web: DeployWeb, goweb: Goweb, kubectl: Kubectl, namespace: str
) -> None:
    deploy_web(env={"CRASH": "1"}, wait=False)
    finding = until(
        lambda: next((f for f in told(goweb, namespace)["findings"] if f["code"] == "GW-POD-CRASHLOOP"), None),
        what="a crash loop",
    )
    until(
        # Between two crashes the kubelet may have removed the container whose log is asked for.
        lambda: "panic: assignment to entry in nil map" in kubectl.run(*finding["next"].split()[1:]).stdout,
        what="the panic in the log of the previous run",
    )


def test_a_readiness_failure_is_told_with_the_probes_answer(
    deploy_web: DeployWeb, goweb: Goweb, namespace: str
) -> None:
    deploy_web(replicas=2, env={"UNREADY": "1"}, wait=False)
    one = until(
        lambda: next((w for w in [told(goweb, namespace)] if "statuscode: 500" in w["why"]), None),
        what="the probe's answer",
        timeout=90,
    )
    assert (one["rollout"]["phase"], one["verdict"]) == ("updating", "progressing")


def test_an_image_that_is_not_there_fails_the_rollout_with_the_registrys_words(
    deploy_web: DeployWeb, goweb: Goweb, namespace: str
) -> None:
    web = deploy_web(replicas=2)
    web.update(version="missing")
    one = until(
        lambda: next((w for w in [told(goweb, namespace)] if w["rollout"]["phase"] == "failed"), None),
        what="a failed rollout",
    )
    assert one["findings"][0]["code"] == "GW-POD-IMAGE"
    assert "web:missing" in one["findings"][0]["cause"]


def test_a_paused_change_is_paused_and_a_deadline_that_passed_is_failed(
    deploy_web: DeployWeb, goweb: Goweb, kubectl: Kubectl, namespace: str
) -> None:
    web = deploy_web(replicas=2, progress_deadline=10)
    kubectl("-n", namespace, "rollout", "pause", "deploy/web")
    web.update(env={"UNREADY": "1"})
    one = until(
        lambda: next((w for w in [told(goweb, namespace)] if w["rollout"]["phase"] == "paused"), None), what="paused"
    )
    assert (one["verdict"], one["paused"]) == ("paused", True)
    assert goweb("status", "web", "-n", namespace).code == 5

    kubectl("-n", namespace, "rollout", "resume", "deploy/web")
    one = until(
        lambda: next((w for w in [told(goweb, namespace)] if w["rollout"]["phase"] == "failed"), None), what="failed"
    )
    assert one["rollout"]["message"] == "exceeded its progress deadline"
    assert any(f["code"] == "GW-ROLLOUT-DEADLINE" for f in one["findings"])


def test_waiting_ends_with_the_rollout_and_fails_with_a_crash(
    deploy_web: DeployWeb, goweb: Goweb, namespace: str
) -> None:
    web = deploy_web(replicas=3)
    web.update(version="2", env={"READY_AFTER": "2s"})
    done = goweb("status", "web", "-n", namespace, "--wait", "--timeout", "90s", timeout=100)
    assert (done.code, "successfully rolled out" in done.out) == (0, True)

    web.update(env={"CRASH": "1"})
    failed = goweb("status", "web", "-n", namespace, "--wait", "--timeout", "90s", timeout=100)
    assert failed.code == 1
    assert "CrashLoopBackOff" in failed.out or "Error" in failed.out

    web.update(env={"CRASH": None, "READY_AFTER": "60s"})
    late = goweb("status", "web", "-n", namespace, "--wait", "--timeout", "2s", timeout=30)
    assert late.code == 6
    assert "not done after 2s: deploy/web" in late.err


def test_watching_tells_a_line_a_change(deploy_web: DeployWeb, goweb: Goweb, namespace: str) -> None:
    web = deploy_web(replicas=2)
    watching = goweb.start("status", "web", "-n", namespace, "-w", "--wait")
    first = watching.communicate(timeout=30)[0].splitlines()
    assert [line.split()[1:4] for line in first] == [["NAME", "VERDICT", "READY"], ["web", "✔", "healthy"]]

    web.update(version="2", env={"READY_AFTER": "2s"})
    lines = goweb("status", "-n", namespace, "-w", "--wait", "--no-headers").out.splitlines()
    assert "progressing" in lines[0]
    assert "healthy" in lines[-1]
    assert len(lines) == len(set(lines)), "a line a change, no line twice"


def test_one_status_is_one_list_a_kind(deploy_web: DeployWeb, goweb: Goweb, namespace: str, audit: Audit) -> None:
    deploy_web(replicas=2)
    with audit(agent=AGENT) as seen:
        goweb("status", "-n", namespace)
    asked = [request.resource for request in seen.requests if request.namespace == namespace]
    assert sorted(asked) == [
        "controllerrevisions",
        "daemonsets",
        "deployments",
        "pods",
        "replicasets",
        "statefulsets",
    ]
    assert {request.verb for request in seen.requests if request.namespace == namespace} == {"list"}
    assert [request for request in seen.writes if request.namespace == namespace] == []


def test_warnings_are_listed_only_where_something_ails(
    deploy_web: DeployWeb, goweb: Goweb, namespace: str, audit: Audit
) -> None:
    deploy_web(env={"CRASH": "1"}, wait=False)
    with audit(agent=AGENT) as seen:
        until(lambda: "crash" in goweb("status", "-n", namespace).out, what="a crash that is told")
    events = next(request for request in seen.requests if request.resource == "events")
    assert events.namespace == namespace
    assert "type%21%3DNormal" in events.uri or "type!=Normal" in events.uri


@pytest.mark.parametrize("kind", ["token", "token file", "exec plugin", "certificate"])
def test_the_verdict_is_the_same_by_every_login(
    kind: str, deploy_web: DeployWeb, user: Users, namespace: str, tmp_path: Path, audit: Audit
) -> None:
    deploy_web(replicas=1)
    if kind == "certificate":
        kubeconfig, name = user("ann", rules=READ_ONLY, namespace=namespace), "ann"
    else:
        token, name = user.token("robot", namespace, rules=READ_ONLY), f"system:serviceaccount:{namespace}:robot"
        if kind == "token":
            kubeconfig = user.with_token(token, namespace=namespace)
        elif kind == "token file":
            (tmp_path / "token").write_text(token)
            kubeconfig = user.with_token_file(tmp_path / "token", namespace=namespace)
        else:
            kubeconfig = user.with_exec_plugin(token=token, namespace=namespace).kubeconfig
    with audit(agent=AGENT) as seen:
        ran = Goweb(kubeconfig)("status", "-n", namespace, "--no-headers")
    assert ran.code == 0, ran.err
    assert ran.out.split()[1:4] == ["web", "✔", "healthy"]
    assert {request.user for request in seen.requests if request.namespace == namespace} == {name}


def test_a_user_who_may_see_only_pods_is_told_what_is_forbidden(
    deploy_web: DeployWeb, user: Users, namespace: str
) -> None:
    deploy_web(replicas=1)
    kubeconfig = user("eve", rules=[Rule(("get", "list", "watch"), ("pods",))], namespace=namespace)
    ran = Goweb(kubeconfig)("status", "-n", namespace)
    assert (ran.code, ran.out) == (3, "")
    for resource in ("deployments.apps", "statefulsets.apps", "replicasets.apps"):
        assert f"not seen: {resource}: denied: eve may not list {resource}" in ran.err


def test_a_user_without_pods_still_gets_the_controllers_word(
    deploy_web: DeployWeb, user: Users, namespace: str
) -> None:
    deploy_web(replicas=1)
    rules = [Rule(("list",), ("*",), ("apps",))]
    ran = Goweb(user("joe", rules=rules, namespace=namespace))("status", "-n", namespace, "--no-headers")
    assert ran.code == 0
    assert ran.out.split()[1:9] == ["web", "✔", "healthy", "1/1", "1", "1", "1", "web:1"]
    assert ran.out.split()[9] == "?", "restarts are unknown, not 0"


def test_a_server_with_another_authority_is_not_trusted(goweb: Goweb, namespace: str, tmp_path: Path) -> None:
    other = tmp_path / "other-ca.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", str(tmp_path / "key.pem"), "-out", str(other), "-subj", "/CN=other", "-days", "1"],
        check=True,
        capture_output=True,
    )  # fmt: skip
    ran = goweb("status", "-n", namespace, "--certificate-authority", str(other))
    assert (ran.code, ran.out) == (3, "")
    assert "certificate" in ran.err
    assert len(ran.err.splitlines()) == 2
