"""The cockpit in a real terminal on a real cluster, with real keys."""

import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import Overrides, resolve
from kubectl_goweb.kube.live import Live
from kubectl_goweb.kube.reading import Ask
from kubectl_goweb.objects import FeedState, Kind, Snapshot

from .conftest import Audit, DeployWeb
from .harness.apiserver import ApiServer
from .harness.cluster import Cluster
from .harness.kubectl import Kubectl
from .harness.users import Rule, Users
from .harness.waiting import until
from .program import PROGRAM, Goweb
from .terminal import terminal

_LOAD = re.compile(r"^ +node-1 .* \d+% +\d+% ", re.MULTILINE)
OUTAGE = 10.0
"""Seconds for which the API server is away."""
_CONTROLLERS = 100
"""Seconds that the controllers may take, by their own back-off, to notice that it is there again."""


@pytest.fixture
def goweb(cluster: Cluster) -> Goweb:
    """kubectl-goweb as the administrator."""
    return Goweb(cluster.kubectl.kubeconfig)


def test_a_rollout_and_its_crash_are_followed_with_keys(
    deploy_web: DeployWeb, goweb: Goweb, namespace: str, audit: Audit
) -> None:
    web = deploy_web(replicas=5, surge=2, unavailable=1)
    with audit(agent="kubectl-goweb") as seen, terminal([*PROGRAM, "-n", namespace], goweb.environ) as screen:
        screen.shows("web", "✔ healthy", "5/5", "● live", "node-1")
        until(lambda: _LOAD.search(screen.screen()), what="the node's load, as its kubelet tells it", timeout=60)
        screen.press("Enter")
        screen.shows("deploy/web", "succeeded", "Revisions and Pods")

        web.update(env={"CRASH": "1"})

        screen.shows("failed", "rev 2", "CrashLoopBackOff", timeout=60)
        screen.press("m")
        screen.shows("What changed", "revision 2 changes env[CRASH]", "began")
        screen.press("Escape")
        screen.shows("Revisions and Pods")
        screen.press("f")
        screen.shows("Hops", f"web.{namespace}.svc is", "live Pods", "API proxy")
        screen.press("Escape")
        screen.shows("Revisions and Pods")
        screen.press("Escape")
        screen.shows("Problems", "Nodes", "✖ failing", "GW-POD-CRASHLOOP")
        screen.press("q")
        until(lambda: not screen.is_open(), what="the end of the program")
    assert [r for r in seen.writes if r.namespace == namespace] == []


def test_a_lost_api_server_is_told_as_stale_and_the_cockpit_recovers(
    deploy_web: DeployWeb, goweb: Goweb, kubectl: Kubectl, namespace: str, api_server: ApiServer
) -> None:
    web = deploy_web(replicas=2)
    with terminal([*PROGRAM, "-n", namespace], goweb.environ) as screen:
        screen.shows("✔ healthy", "2/2", "● live")

        api_server.kill()

        shown = screen.shows("stale since", timeout=15)
        assert "web" in shown, "what was known stays on the screen"
        time.sleep(OUTAGE)  # the outage itself: nothing can be awaited but its length
        assert "stale since" in screen.screen()
        api_server.start()

        screen.shows("● live", timeout=30)
        web.scale(3)
        screen.shows("3/3", "● live", timeout=_CONTROLLERS)


def test_a_store_misses_no_object_over_an_outage(
    kubectl: Kubectl, namespace: str, cluster: Cluster, api_server: ApiServer
) -> None:
    access = resolve(Overrides(kubeconfig=str(cluster.kubectl.kubeconfig)), {"NO_PROXY": "*"}, Path("/nonexistent"))
    # Nothing that a controller or a kubelet has to do: after an outage they take their time to come back.
    kubectl("-n", namespace, "create", "deployment", "before", "--image=none", "--replicas=0")
    kubectl("-n", namespace, "run", "before", "--image=none")

    def asks(where: str) -> list[Ask]:
        return [Ask(Kind.DEPLOYMENT, where), Ask(Kind.POD, where)]

    with Connection(access, read_only=True) as connection:
        live = Live(connection, asks, namespace)
        try:
            newest: list[Snapshot] = []

            def state(wanted: FeedState) -> bool:
                newest.extend(found for found in [live.next(0.1)] if found is not None)
                return bool(newest) and {feed.state for feed in newest[-1].feeds.values()} == {wanted}

            until(lambda: state(FeedState.LIVE), what="live")
            began = datetime.now(UTC)
            api_server.kill()
            until(lambda: state(FeedState.STALE), what="stale")
            assert all(feed.since >= began for feed in newest[-1].feeds.values())
            assert f"{namespace}/before" in newest[-1].deployments, "stale is not empty"
            api_server.start()
            kubectl("-n", namespace, "create", "deployment", "after", "--image=none", "--replicas=0")
            kubectl("-n", namespace, "run", "after", "--image=none")
            kubectl("-n", namespace, "delete", "deployment", "before")
            kubectl("-n", namespace, "delete", "pod", "before", "--force", "--grace-period=0")
            until(lambda: state(FeedState.LIVE), what="live again", timeout=30)

            def same() -> bool:
                state(FeedState.LIVE)
                return {*newest[-1].deployments} == {*newest[-1].pods} == {f"{namespace}/after"}

            until(same, what="the store equal to the server", timeout=30)
        finally:
            live.close()


def test_logs_are_read_across_restarts_without_a_lost_or_doubled_line(
    deploy_web: DeployWeb, goweb: Goweb, namespace: str, tmp_path: Path
) -> None:
    deploy_web(env={"CRASH_AFTER": "2s"}, wait=False)
    saved = tmp_path / "web.log"
    with terminal([*PROGRAM, "-n", namespace], goweb.environ, lines=60) as screen:
        screen.shows("web", "● live")
        screen.press("l")
        screen.shows("logs of deploy/web", "INFO  listening  address=")
        until(lambda: screen.screen().count("panic: ") >= 2, what="two crashes in the log", timeout=90)
        screen.press("C-s")
        screen.shows("Save the log")
        screen.press("C-u")
        until(lambda: "deploy-web-2" not in screen.screen(), what="an empty field")
        screen.press(str(saved), "Enter")
        screen.shows("saved to")
    lines = saved.read_text().splitlines()
    told = [next((word for word in ("starting", "listening", "panic: ") if word in line), "") for line in lines]
    words = [word for word in told if word]
    assert words[:6] == ["starting", "listening", "panic: "] * 2
    assert len(set(lines)) == len(lines), "no line comes twice"
    assert lines == sorted(lines, key=lambda line: line[:30])


def test_a_change_is_made_with_keys_after_its_plan_was_shown(
    deploy_web: DeployWeb, goweb: Goweb, namespace: str, audit: Audit
) -> None:
    deploy_web(replicas=1)
    with audit(agent="kubectl-goweb") as seen, terminal([*PROGRAM, "-n", namespace], goweb.environ) as screen:
        screen.shows("1/1", "● live", "s Scale")
        screen.press("s")
        screen.shows("how many Pods")
        screen.press("2")
        screen.press("Enter")
        screen.shows("Scale deploy/web in", "- spec.replicas: 1", "+ spec.replicas: 2", "kubectl scale deployment/web")
        assert [r for r in seen.writes if r.namespace == namespace] == []
        screen.press("y")
        screen.shows("scaled")  # a notice that goes again
        screen.shows("2/2", timeout=60)


def test_a_release_is_guarded_with_keys_and_taken_back(
    deploy_web: DeployWeb, goweb: Goweb, kubectl: Kubectl, namespace: str, cluster: Cluster, tmp_path: Path
) -> None:
    deploy_web(replicas=5, surge=2, unavailable=1)
    template = kubectl.json("-n", namespace, "get", "deployment", "web")["spec"]["template"]
    environ = {**goweb.environ, "XDG_STATE_HOME": str(tmp_path)}
    command = f"{' '.join(PROGRAM)} -n {namespace}; echo code $?; cat"
    with terminal(["sh", "-c", command], environ) as screen:
        screen.shows("web", "✔ healthy", "● live")
        screen.press("i")
        screen.shows("Set image deploy/web")
        screen.press(f"{cluster.layout.registry}/web:missing", "Enter")
        screen.shows("+ containers[web].image", "guard it (g)  [no]")
        screen.press("g")
        screen.shows("[roll back]")
        screen.press("y")
        screen.shows("if it fails: roll back", "guarding deploy/web")
        screen.press("Escape")
        screen.shows("Workloads")
        screen.press("w")
        screen.shows("failed GW-POD-IMAGE", "done: roll deploy/web back", "evidence:", "never below 4", timeout=60)
        screen.press("J")
        screen.shows("roll deploy/web back from revision 2 to revision 1", "roll out web=")
        screen.press("q")
        screen.shows("code 0")
    now = kubectl.json("-n", namespace, "get", "deployment", "web")
    assert now["spec"]["template"] == template
    (folder,) = (tmp_path / "kubectl-goweb" / "evidence").iterdir()
    assert (folder / "timeline.md").exists()


def test_leaving_the_cockpit_leaves_a_guarded_rollout_as_it_is_and_says_so(
    deploy_web: DeployWeb, goweb: Goweb, kubectl: Kubectl, namespace: str, tmp_path: Path
) -> None:
    web = deploy_web(replicas=2)
    web.update(env={"UNREADY": "1"})
    environ = {**goweb.environ, "XDG_STATE_HOME": str(tmp_path)}
    with terminal(["sh", "-c", f"{' '.join(PROGRAM)} -n {namespace}; echo code $?; cat"], environ) as screen:
        screen.shows("progressing", "● live")
        screen.press("w")
        screen.shows("when it fails  [roll back]  pause   only tell")
        screen.press("Enter")
        screen.shows("guard going on", "waits for")
        screen.press("q")
        screen.shows("still guarded")
        screen.press("q")
        screen.shows("its rollout goes on as it is", f"kubectl goweb guard deploy/web -n {namespace}", "code 0")
    now = kubectl.json("-n", namespace, "get", "deployment", "web")
    assert {"name": "UNREADY", "value": "1"} in now["spec"]["template"]["spec"]["containers"][0]["env"]


def test_what_is_forbidden_is_told_on_the_screen(deploy_web: DeployWeb, user: Users, namespace: str) -> None:
    deploy_web(replicas=1)
    kubeconfig = user("eve", rules=[Rule(("get", "list", "watch"), ("pods", "nodes"))])
    with terminal([*PROGRAM, "-n", namespace], Goweb(kubeconfig).environ) as screen:
        told = screen.shows("✖ forbidden: ", "eve", "node-1", "CPU and memory: forbidden", timeout=60)
        assert not re.search(r"node-1 .*%", told), "what may not be asked is not 0"
        screen.press("N")
        screen.shows('User "eve" cannot get resource "nodes/proxy"')
        screen.press("P")
        screen.shows("web-", "Running", "1/1")


def test_the_cockpit_opens_on_a_dead_server_and_says_so(goweb: Goweb, tmp_path: Path) -> None:
    config = tmp_path / "kubeconfig"
    config.write_text(
        json.dumps(
            {
                "clusters": [{"name": "gone", "cluster": {"server": "https://127.0.0.1:9"}}],
                "users": [{"name": "gone", "user": {}}],
                "contexts": [{"name": "gone", "context": {"cluster": "gone", "user": "gone"}}],
                "current-context": "gone",
            }
        )
    )
    with terminal([*PROGRAM], Goweb(config).environ, columns=80, lines=24) as screen:
        screen.shows("gone", "refused")
        screen.press("q")
        until(lambda: not screen.is_open(), what="the end of the program")
