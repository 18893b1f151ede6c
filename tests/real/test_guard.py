"""Guarded rollouts of the real service, each in its own trouble: verdict, time, way back, and the promise kept."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import DeployWeb
from .guard_play import DESIRED, PROMISED, Played, Stage, patch
from .guard_scenarios import SCENARIOS, Scenario
from .guard_table import write
from .harness.apiserver import ApiServer
from .harness.cluster import Cluster
from .harness.images import web_image
from .harness.kubectl import Kubectl
from .harness.users import READ_ONLY, Rule, Users
from .harness.waiting import until
from .harness.web import manifests
from .program import Goweb

# Four guards at a time are load enough for times that are worth telling.
pytestmark = [pytest.mark.timeout(400), pytest.mark.alone]


@pytest.fixture(scope="module")
def stage(
    cluster: Cluster, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """Begins to play every scenario that a selected test asks about."""
    stage = Stage(cluster, tmp_path_factory.mktemp("guard"))
    asked = [item.callspec.params.get("scenario") for item in request.session.items if hasattr(item, "callspec")]
    for scenario in SCENARIOS:
        if scenario in asked:
            stage.play(scenario)
    yield stage
    stage.close()
    if os.environ.get("WRITE_GUARD_TABLE"):
        write(stage.outcomes())


@pytest.fixture
def played(stage: Stage, scenario: Scenario) -> Played:
    return stage.outcome(scenario)


def by_name(scenarios: tuple[Scenario, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("scenario", scenarios, ids=[one.name.replace(" ", "-") for one in scenarios])


@by_name(SCENARIOS)
def test_a_guarded_rollout_ends_as_it_must(played: Played, scenario: Scenario) -> None:
    report = played.report
    assert (report["outcome"], played.code, report["action"]) == (scenario.outcome, scenario.exit, scenario.action), (
        json.dumps(report, indent=1) + played.errors
    )
    assert report["code"] in scenario.code.split("|")
    assert report["exitCode"] == played.code
    if scenario.within is not None:
        assert report["verdictAfter"] < scenario.within
    if scenario.promise_holds:
        assert played.lowest >= PROMISED, "counted by the test's own watch"
        assert report["available"]["missing"] == 0
        assert report["available"]["lowest"] >= PROMISED
    assert report["available"]["promised"] == PROMISED
    _check_what_is_left(played)
    _check_evidence(played)


def _check_what_is_left(played: Played) -> None:
    """The old template is back and serves, or the change stands as whoever made it left it."""
    status, spec = played.deployment["status"], played.deployment["spec"]
    match played.scenario.action:
        case "rolled-back":
            assert played.template_after == played.template_before
            assert status["availableReplicas"] == status["updatedReplicas"] == status["replicas"] == DESIRED
        case "paused":
            assert spec["paused"] is True
            assert played.template_after == played.template_changed
        case _ if played.scenario.meanwhile == "second change":
            assert played.template_after["metadata"]["labels"]["by"] == "other", "never overwritten"
        case _:
            assert played.template_after == played.template_changed
            assert spec.get("paused", False) is (played.scenario.meanwhile == "pause")


def _check_evidence(played: Played) -> None:
    report = played.report
    if played.scenario.outcome not in ("failed", "going"):
        assert report["evidence"] is None
        assert not played.evidence.exists()
        return
    assert played.evidence.stat().st_mode & 0o777 == 0o700
    names = {str(path.relative_to(played.evidence)) for path in played.evidence.rglob("*") if path.is_file()}
    assert names == set(report["evidence"]["files"])
    assert {"timeline.md", "findings.json", "verdict.json", "events.json", "objects/deployment-web.json"} <= names
    pods = [pod for pod in report["pods"] if f"objects/pod-{pod}.json" in names]
    assert len(pods) == min(len(report["pods"]), 4), "the failing Pods' objects"
    for pod in pods:
        (status,) = json.loads((played.evidence / f"objects/pod-{pod}.json").read_text())["status"].get(
            "containerStatuses", [None]
        )
        has_run = status is not None and (status["restartCount"] or set(status["state"]) & {"running", "terminated"})
        told = [name for name in names if name.startswith(f"logs/{pod}.web")]
        missing = [one for one in report["evidence"]["missing"] if pod in one]
        assert bool(told or missing) is bool(has_run), f"the log of {pod} is there, or it is said why not"
    events = json.loads((played.evidence / "events.json").read_text())
    assert events, "the events of the tree"
    timeline = (played.evidence / "timeline.md").read_text()
    for event in played.events:
        if event["kind"] == "GuardEvent":
            assert f" {event['step']}: " in timeline
    text = "".join(path.read_text() for path in (played.evidence / "objects").iterdir())
    for variable in played.template_changed["spec"]["containers"][0].get("env", ()):
        if "value" in variable:
            assert f'"value": "{variable["value"]}"' not in text, "values of the environment are hidden"


PANIC = next(one for one in SCENARIOS if one.name == "panic at start")
SECRET = next(one for one in SCENARIOS if one.name == "secret missing")


@by_name((PANIC,))
def test_the_evidence_of_a_panic_has_the_panic(played: Played, scenario: Scenario) -> None:
    assert "panic: assignment to entry in nil map" in played.report["sentence"]
    logs = [path.read_text() for path in (played.evidence / "logs").iterdir()]
    assert all("panic: assignment to entry in nil map" in log for log in logs)
    assert logs
    findings = json.loads((played.evidence / "findings.json").read_text())
    assert findings[0]["code"] == "GW-POD-CRASHLOOP"


CERTAIN = tuple(one for one in SCENARIOS if one.outcome == "failed" and one.kubectl_ends is None)


@by_name(CERTAIN)
def test_kubectl_rollout_status_still_waits_when_the_verdict_falls(played: Played, scenario: Scenario) -> None:
    assert played.kubectl_was_waiting, played.kubectl_said
    assert "Waiting for deployment" in played.kubectl_said


@pytest.fixture
def goweb(cluster: Cluster) -> Goweb:
    """kubectl-goweb as the administrator."""
    return Goweb(cluster.kubectl.kubeconfig)


def test_a_quota_that_leaves_no_room_for_surplus_pods_is_no_failure(
    deploy_web: DeployWeb, goweb: Goweb, namespace: str, kubectl: Kubectl
) -> None:
    web = deploy_web(replicas=3, surge=1, unavailable=1)
    kubectl("-n", namespace, "create", "quota", "small", "--hard=pods=3")
    until(lambda: kubectl("-n", namespace, "get", "quota", "small", "-o", "jsonpath={.status.used}"), what="a count")
    web.update(version="2")
    # The controller may wait for minutes before it tries again; the guard waits with it.
    ran = goweb("guard", "web", "-n", namespace, "--timeout=20s", "--on-failure=none", "-o", "json")
    report = json.loads(ran.out.splitlines()[-1])
    assert (report["outcome"], ran.code) in (("going", 6), ("done", 0)), report
    assert any("exceeded quota" in line for line in ran.out.splitlines()), "it was refused for a while"


def test_a_scale_that_a_quota_refuses_is_taken_back(
    deploy_web: DeployWeb, goweb: Goweb, namespace: str, kubectl: Kubectl, tmp_path: Path
) -> None:
    deploy_web(replicas=2)
    kubectl("-n", namespace, "create", "quota", "small", "--hard=pods=3")
    until(lambda: kubectl("-n", namespace, "get", "quota", "small", "-o", "jsonpath={.status.used}"), what="a count")
    flags = ("--yes", "--guard", "--evidence", str(tmp_path / "evidence"))
    ran = goweb("scale", "web", "--replicas=5", "-n", namespace, *flags)
    assert ran.code == 1, ran
    assert "failed GW-ROLLOUT-REFUSED" in ran.out
    assert kubectl.json("-n", namespace, "get", "deployment", "web")["spec"]["replicas"] == 2
    assert (tmp_path / "evidence" / "objects" / "resourcequotas.json").exists()


def _stateful(kubectl: Kubectl, cluster: Cluster, namespace: str) -> str:
    """A StatefulSet of two that serves; the argument of set-image that breaks it."""
    deployment, service = manifests(namespace, "web", image=web_image(cluster.layout, "1"), replicas=2)
    for field in ("strategy", "progressDeadlineSeconds", "minReadySeconds"):
        del deployment["spec"][field]
    kubectl.create({**deployment, "kind": "StatefulSet", "spec": {**deployment["spec"], "serviceName": "web"}}, service)
    kubectl("-n", namespace, "rollout", "status", "statefulset/web", "--timeout=60s")
    return f"web={cluster.layout.registry}/web:missing"


def test_a_stateful_set_that_its_broken_pod_holds_up_is_brought_back(
    goweb: Goweb, namespace: str, kubectl: Kubectl, cluster: Cluster, tmp_path: Path
) -> None:
    """Its controller replaces a Pod only once it is ready, so the guard deletes the broken one, as it was seen."""
    image = _stateful(kubectl, cluster, namespace)
    flags = ("--yes", "--guard", "--evidence", str(tmp_path / "evidence"))
    ran = goweb("set-image", "sts/web", image, "-n", namespace, *flags)
    assert ran.code == 1, ran
    for words in (
        "failed GW-POD-IMAGE",
        "delete Pod web-1, which is not ready and of an older revision: sts/web makes it anew",
        "deleted Pod web-1",
        "is fully available again",
    ):
        assert words in ran.out
    status = kubectl.json("-n", namespace, "get", "statefulset", "web")["status"]
    assert (status["readyReplicas"], status["updatedReplicas"]) == (2, 2)


def test_who_may_not_delete_the_broken_pod_of_a_stateful_set_is_told_the_line_that_does(
    namespace: str, kubectl: Kubectl, cluster: Cluster, user: Users, tmp_path: Path
) -> None:
    image = _stateful(kubectl, cluster, namespace)
    rules = (*READ_ONLY, Rule(("get",), ("pods/log",)), Rule(("patch",), ("statefulsets",), ("apps",)))
    limited = Goweb(user("limited", rules=rules, namespace=namespace))
    flags = ("--yes", "--guard", "--evidence", str(tmp_path / "evidence"))
    ran = limited("set-image", "sts/web", image, "-n", namespace, *flags)
    assert ran.code == 1, ran
    assert f"to do it by hand: kubectl delete pod web-1 -n {namespace}" in ran.out
    assert "the way back did not get there" in ran.out
    # Somebody who may does what an undo under guard does: it finds the template back already, and the Pod in the way.
    kept = tmp_path / "kept"
    mended = Goweb(kubectl.kubeconfig)("guard", "sts/web", "-n", namespace, "--soak=1s", "--evidence", str(kept))
    assert mended.code == 0, mended
    assert (kept / "objects" / "pod-web-1.json").exists(), "what was deleted is kept"
    assert "deleted Pod web-1" in mended.out
    assert kubectl.json("-n", namespace, "get", "statefulset", "web")["status"]["readyReplicas"] == 2


@pytest.mark.parametrize(
    ("deadly", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=str
)
def test_an_interrupted_guard_leaves_the_rollout_as_it_is(
    deploy_web: DeployWeb, goweb: Goweb, namespace: str, kubectl: Kubectl, deadly: signal.Signals, code: int
) -> None:
    web = deploy_web(replicas=2)
    web.update(env={"UNREADY": "1"})
    with goweb.start("guard", "web", "-n", namespace) as guard:
        assert guard.stdout is not None
        next(line for line in guard.stdout if "updated" in line)
        guard.send_signal(deadly)
        rest = guard.stdout.read()
        assert guard.wait(20) == code
    assert "interrupted: the rollout goes on as it is" in rest
    now = kubectl.json("-n", namespace, "get", "deployment", "web")
    assert {"name": "UNREADY", "value": "1"} in now["spec"]["template"]["spec"]["containers"][0]["env"]


def test_a_guard_outlives_the_api_server_and_goes_back_when_it_is_there_again(
    stage: Stage, deploy_web: DeployWeb, goweb: Goweb, namespace: str, kubectl: Kubectl, api_server: ApiServer,
    tmp_path: Path,
) -> None:  # fmt: skip
    for scenario in SCENARIOS:
        if stage.plays(scenario):
            stage.outcome(scenario)  # nobody else may be on the cluster while it is down
    deploy_web(replicas=DESIRED, surge=2, unavailable=1)
    before = kubectl.json("-n", namespace, "get", "deployment", "web")["spec"]["template"]
    patch(kubectl, namespace, SECRET.change)
    arguments = ("guard", "web", "-n", namespace, "-o", "json", "--evidence", str(tmp_path / "evidence"))
    with goweb.start(*arguments) as guard:
        assert guard.stdout is not None
        events = []
        for line in guard.stdout:
            events.append(json.loads(line))
            if len(events) == 2:
                api_server.kill()
            if events[-1].get("step") == "blind":
                api_server.start()
        assert guard.wait(30) == 1
    steps = [event["step"] for event in events if event["kind"] == "GuardEvent"]
    assert steps.index("blind") < steps.index("back") < steps.index("verdict") < steps.index("recovered")
    report = events[-1]
    assert (report["outcome"], report["action"]) == ("failed", "rolled-back")
    assert report["available"]["missing"] == 0
    after = until(lambda: kubectl.json("-n", namespace, "get", "deployment", "web"), what="the Deployment")
    assert after["spec"]["template"] == before
