"""Releases step by step on the real controller: on when new Pods are as good as old ones, back when they are worse,
held and left alone when somebody interrupts or interferes.
"""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .guard_play import Counting
from .harness.cluster import Cluster
from .harness.images import publish_variant, web_image
from .harness.kubectl import Kubectl
from .harness.web import manifests
from .program import Goweb, validate

PODS = 3
MIN_READY = 1
QUICK = ("--yes", "--soak", "500ms", "-o", "json", "--no-metrics")
Json = dict[str, Any]


@pytest.fixture
def goweb(kubectl: Kubectl, tmp_path: Path) -> Goweb:
    return Goweb(kubectl.kubeconfig, {"XDG_STATE_HOME": str(tmp_path / "state")})


@pytest.fixture
def web(cluster: Cluster, namespace: str) -> None:
    """Three Pods of version 1, replaced one by one, whose readiness does not look at their health. They count as
    available a second later: however busy the machine is, a pause comes before that.
    """
    image = web_image(cluster.layout, "1")
    deployment, service = manifests(namespace, "web", image=image, replicas=PODS, min_ready=MIN_READY)
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    container["readinessProbe"]["httpGet"]["path"] = "/version"
    cluster.kubectl.create(deployment, service)
    cluster.kubectl("-n", namespace, "rollout", "status", "deployment/web", "--timeout=60s")


def documents(out: str) -> list[Json]:
    """What follows the plan, each checked against its schema."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(out.rstrip()):
        one, at = decoder.raw_decode(out, at)
        at += 1
        name = {"Plan": "plan", "GuardEvent": "guard-event", "GuardProgress": "guard-progress"}.get(one["kind"])
        validate(one, name or "canary-report")
        found.append(one)
    return found


def deployment(kubectl: Kubectl, namespace: str) -> Json:
    found: Json = kubectl.json("-n", namespace, "get", "deployment", "web")
    return found


def image(found: Json) -> str:
    name: str = found["spec"]["template"]["spec"]["containers"][0]["image"]
    return name


def baking(canary: "subprocess.Popen[str]") -> Iterator[str]:
    """Its lines, from the one on that says that new Pods are compared."""
    assert canary.stdout is not None
    next(line for line in canary.stdout if "compared for" in line)
    return canary.stdout


def test_a_good_release_goes_through_step_by_step_and_never_below_the_promise(
    web: None, goweb: Goweb, cluster: Cluster, namespace: str, kubectl: Kubectl, tmp_path: Path
) -> None:
    with Counting(cluster, namespace, MIN_READY) as counting:
        wanted = f"web={web_image(cluster.layout, '2')}"
        ran = goweb("canary", "web", wanted, "-n", namespace, "--steps=1,50%", "--bake=2s", *QUICK)
    plan, *told, report = documents(ran.out)
    assert ran.code == 0, ran
    assert (plan["outcome"], report["end"], report["exitCode"]) == ("applied", "promoted", 0)
    held = [one["sentence"] for one in told if one["kind"] == "GuardEvent" and one["step"] == "held"]
    assert [one for one in held if "paused" in one] == [
        "step 1 of 2 (1): paused with 1 new and 3 old Pods",
        "step 2 of 2 (50%): paused with 2 new and 2 old Pods",
    ]
    first, second = report["steps"]
    assert (first["numbers"], first["weight"]) == ({"new": 1, "old": 3}, {"new": 1, "total": 4})
    assert (second["numbers"], second["weight"]) == ({"new": 2, "old": 2}, {"new": 2, "total": 4})
    assert {one["comparison"]["standing"] for one in report["steps"]} == {"fine"}
    assert counting.lowest >= PODS, "counted by the test's own watch"
    now = deployment(kubectl, namespace)
    assert (image(now), now["spec"].get("paused"), now["status"]["updatedReplicas"]) == (
        web_image(cluster.layout, "2"), None, PODS,
    )  # fmt: skip
    journal = (tmp_path / "state" / "kubectl-goweb" / "journal.jsonl").read_text().splitlines()
    assert [json.loads(line)["verb"] for line in journal] == ["set-image", "pause", "resume", "pause", "resume"]


def test_a_release_that_answers_500_or_has_no_image_is_taken_back_at_the_first_step(
    web: None, goweb: Goweb, cluster: Cluster, namespace: str, kubectl: Kubectl, tmp_path: Path
) -> None:
    before = deployment(kubectl, namespace)["spec"]
    sick = publish_variant(cluster.layout, "2", UNREADY="1")
    evidence = tmp_path / "evidence"
    flags = ("--bake=2s", "--probe-path=/api/health", *QUICK, "--evidence", str(evidence))
    with Counting(cluster, namespace, MIN_READY) as counting:
        ran = goweb("canary", "web", f"web={sick}", "-n", namespace, *flags)
        report = documents(ran.out)[-1]
        assert (ran.code, report["end"], report["action"]) == (1, "failed", "rolled-back"), ran
        assert "answered 500" in report["sentence"]
        (step,) = report["steps"]
        assert (step["comparison"]["standing"], step["numbers"]) == ("worse", {"new": 1, "old": 3})
        assert deployment(kubectl, namespace)["spec"] == before, "template back, and not paused"
        assert list((evidence / "logs").iterdir())
        assert json.loads((evidence / "canary.json").read_text())[0]["step"] == "1"

        missing = f"web={cluster.layout.registry}/web:missing"
        ran = goweb("canary", "web", missing, "-n", namespace, *QUICK)
        report = documents(ran.out)[-1]
        assert (ran.code, report["end"], report["code"], report["steps"]) == (1, "failed", "GW-POD-IMAGE", []), ran
        assert deployment(kubectl, namespace)["spec"] == before
    assert counting.lowest >= PODS, "old Pods served all the time"


def test_interrupted_it_stays_paused_and_says_what_leads_on_and_back(
    web: None, goweb: Goweb, cluster: Cluster, namespace: str, kubectl: Kubectl
) -> None:
    before = deployment(kubectl, namespace)["spec"]
    wanted = f"web={web_image(cluster.layout, '2')}"
    with goweb.start("canary", "web", wanted, "-n", namespace, "--yes", "--no-metrics") as canary:
        lines = baking(canary)
        canary.send_signal(signal.SIGINT)
        said = "".join(lines)
        assert canary.wait(20) == 130
    back = f"kubectl goweb abort deploy/web -n {namespace} --guard"
    assert "interrupted: it stays paused" in said
    assert f"kubectl goweb resume deploy/web -n {namespace} --guard; back: {back}" in said
    held = deployment(kubectl, namespace)
    assert (held["spec"]["paused"], held["status"]["updatedReplicas"], held["status"]["replicas"]) == (True, 1, 4)
    assert "paused" in goweb("canary", "web", wanted, "-n", namespace, "--yes").err, "no second one beside it"
    assert goweb(*back.split()[2:], "--yes", "--soak=500ms").code == 0
    assert deployment(kubectl, namespace)["spec"] == before


def test_somebody_elses_change_is_left_alone(
    web: None, goweb: Goweb, cluster: Cluster, namespace: str, kubectl: Kubectl
) -> None:
    wanted = f"web={web_image(cluster.layout, '2')}"
    with goweb.start("canary", "web", wanted, "-n", namespace, "--yes", "--no-metrics") as canary:
        lines = baking(canary)
        kubectl("-n", namespace, "scale", "deployment/web", "--replicas=4")
        assert next(line for line in lines if "somebody else changed it, but not its Pod template" in line)
        theirs = {"spec": {"template": {"metadata": {"annotations": {"by": "other"}}}}}
        kubectl("-n", namespace, "patch", "deployment", "web", "-p", json.dumps(theirs))
        said = "".join(lines)
        assert canary.wait(20) == 1
    assert "superseded" in said
    assert "somebody else has changed its Pod template (last written by kubectl-patch" in said
    now = deployment(kubectl, namespace)
    assert now["spec"]["template"]["metadata"]["annotations"] == {"by": "other"}
    assert (now["spec"]["paused"], now["spec"]["replicas"]) == (True, 4)


def test_a_deploy_can_be_released_so_too(
    goweb: Goweb, cluster: Cluster, namespace: str, kubectl: Kubectl, tmp_path: Path
) -> None:
    good, sick = web_image(cluster.layout, "1"), publish_variant(cluster.layout, "1", UNREADY="1")
    file = tmp_path / "goweb.yaml"
    file.write_text(
        f"""\
name: web
image: {good.rpartition(":")[0]}
replicas: {PODS}
rollout: {{maxSurge: 1, maxUnavailable: 0}}
healthCheck: {{endpoint: /version, interval: 1s, timeout: 1s}}
"""
    )
    flags = ("deploy", "-f", str(tmp_path), "-n", namespace, "--yes", "--soak=500ms", "--no-metrics", "--canary")
    first = goweb(*flags, "--image", good)
    assert (first.code, "guarding deploy/web" in first.out) == (0, True), first
    before = deployment(kubectl, namespace)["spec"]["template"]["spec"]
    more = ("--bake=2s", "--probe-path=/api/health", "--evidence", str(tmp_path / "evidence"))
    worse = goweb(*flags, *more, "--image", sick)
    assert worse.code == 1, worse
    for words in (
        "paused with 1 new and 3 old Pods",
        "answered 500",
        "failed after 1 step",
        "is fully available again",
    ):
        assert words in worse.out
    now = deployment(kubectl, namespace)["spec"]
    assert (now["template"]["spec"], now.get("paused")) == (before, None)
    again = goweb(*flags, *more, "--image", good)
    assert (again.code, "releasing" in again.out) == (0, False), "nothing rolls out: there is nothing to compare"
