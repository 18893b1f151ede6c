"""Sick Pods are healed on the real cluster: within limits, told to others, written down; and never without --yes."""

import contextlib
import json
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from .conftest import Audit, DeployWeb
from .harness import monitoring
from .harness.cluster import Cluster
from .harness.images import publish_current_web
from .harness.kubectl import Kubectl
from .harness.waiting import until
from .harness.web import Web
from .program import Goweb, validate

QUICK = ("--interval=1s", "--retries=2", "--timeout=1s", "-o", "json")


@pytest.fixture(scope="module")
def image(cluster: Cluster) -> str:
    """The web service as it is in this checkout."""
    return publish_current_web(cluster.layout)


@pytest.fixture
def goweb(cluster: Cluster, tmp_path: Path) -> Goweb:
    return Goweb(cluster.kubectl.kubeconfig, {"XDG_STATE_HOME": str(tmp_path)})


class Receiver:
    """A small HTTP server that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.told.append((self.path, json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def events(self, path: str = "/hook") -> list[str]:
        return [body["event"] for where, body in list(self.told) if where == path]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@contextlib.contextmanager
def healing(goweb: Goweb, namespace: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    process = goweb.start("heal", "web", "-n", namespace, *QUICK, *arguments)
    try:
        assert process.stderr is not None
        assert "watching deploy/web" in process.stderr.readline()
        assert "Pods answer, asked " in process.stderr.readline(), "what changes from now on is a change"
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=10)


def notices(process: "subprocess.Popen[str]", until_event: str) -> list[Any]:
    """What it prints up to the first such event."""
    assert process.stdout is not None
    found = []
    for line in process.stdout:
        found.append(json.loads(line))
        validate(found[-1], "heal-notice")
        if found[-1]["event"] == until_event:
            return found
    raise AssertionError(f"ended before {until_event}: {found}")


def switch(web: Web, pod: dict[str, Any], *, unready: bool) -> None:
    url = f"http://{pod['status']['podIP']}:8080/switch?unready={str(unready).lower()}"
    with urllib.request.urlopen(urllib.request.Request(url, method="POST")):
        pass


def budget(kubectl: Kubectl, namespace: str, least: int) -> None:
    kubectl.create(
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": "web", "namespace": namespace},
            "spec": {"minAvailable": least, "selector": {"matchLabels": {"app": "web"}}},
        }
    )
    until(
        lambda: kubectl.json("-n", namespace, "get", "pdb", "web").get("status", {}).get("desiredHealthy") == least,
        what="a disruption budget that counts",
    )


def ready_addresses(kubectl: Kubectl, namespace: str) -> int:
    slices = kubectl.json("-n", namespace, "get", "endpointslices", "-l", "kubernetes.io/service-name=web")["items"]
    return sum(bool(one["conditions"]["ready"]) for piece in slices for one in piece["endpoints"] or ())


def test_a_sick_pod_is_replaced_and_everybody_told(
    deploy_web: DeployWeb, goweb: Goweb, kubectl: Kubectl, namespace: str, image: str, receiver: Receiver
) -> None:
    web = deploy_web(replicas=3, image=image)
    budget(kubectl, namespace, 2)
    sick = web.pods()[0]
    fewest = [3]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.2):
            fewest.append(ready_addresses(kubectl, namespace))

    watcher = threading.Thread(target=watch)
    told = ("--notify-webhook", f"{receiver.url}/hook", "--alertmanager", receiver.url)
    with healing(goweb, namespace, "--action=restart-pod", "--yes", *told) as process:
        watcher.start()
        switch(web, sick, unready=True)
        found = notices(process, "recovered")
        done.set()
        until(lambda: len(receiver.told) == 6, what="every notice at both receivers")
    watcher.join()

    name = sick["metadata"]["name"]
    events = [one["event"] for one in found]
    assert events == ["failing", "abnormal", "acted", "recovered"]
    assert {one["pod"] for one in found} == {name}
    assert "status: answered 500" in found[1]["text"]
    assert name not in [pod["metadata"]["name"] for pod in web.pods() if "deletionTimestamp" not in pod["metadata"]]
    assert min(fewest) >= 2, "the service never fell below its disruption budget"
    assert receiver.events() == events[1:]
    alerts = [body[0] for path, body in receiver.told if path == "/api/v2/alerts"]
    assert alerts[0]["labels"] == alerts[-1]["labels"]
    assert "endsAt" in alerts[-1]
    journal = json.loads(goweb("journal", "-o", "json").out)
    assert "restart-pod" in json.dumps(journal)


def test_nothing_is_done_without_yes(
    deploy_web: DeployWeb, goweb: Goweb, namespace: str, image: str, audit: Audit
) -> None:
    web = deploy_web(replicas=2, image=image)
    sick = web.pods()[0]

    with audit(agent="kubectl-goweb") as seen, healing(goweb, namespace, "--action=restart-pod") as process:
        switch(web, sick, unready=True)
        (*_, proposed) = notices(process, "would-act")
        assert "kubectl -n" in proposed["text"]
        assert proposed["dryRun"] is True
        switch(web, sick, unready=False)
        assert notices(process, "recovered")[-1]["text"].startswith("answers again by itself")

    mine = [one for one in seen.writes if namespace in str(one)]
    assert mine == []


def test_no_more_is_taken_than_a_flag_or_a_budget_allows_when_every_pod_is_sick_but_ready(
    deploy_web: DeployWeb, goweb: Goweb, kubectl: Kubectl, namespace: str, image: str
) -> None:
    web = deploy_web(replicas=2, image=image)
    before = {pod["metadata"]["uid"] for pod in web.pods()}
    sick = ("--action=restart-pod", "--yes", "--endpoint=/nowhere")

    with healing(goweb, namespace, *sick, "--min-available=2") as process:
        by_flag = notices(process, "held")
    budget(kubectl, namespace, 2)
    with healing(goweb, namespace, *sick) as process:
        by_budget = notices(process, "held")
        until(lambda: ready_addresses(kubectl, namespace) == 2, what="both Pods serving")

    assert "at least 2 must remain" in by_flag[-1]["text"]
    assert "at least 2 must remain" in by_budget[-1]["text"]
    assert {pod["metadata"]["uid"] for pod in web.pods()} == before


def test_a_pod_is_set_aside_alive(
    deploy_web: DeployWeb, goweb: Goweb, kubectl: Kubectl, namespace: str, image: str
) -> None:
    web = deploy_web(replicas=2, image=image)
    sick = web.pods()[0]

    with healing(goweb, namespace, "--action=shift", "--yes") as process:
        switch(web, sick, unready=True)
        notices(process, "recovered")

    aside = kubectl.json("-n", namespace, "get", "pod", sick["metadata"]["name"])
    assert aside["metadata"]["labels"]["app"] == "web-set-aside"
    assert "ownerReferences" not in aside["metadata"]
    assert len([pod for pod in web.pods() if "deletionTimestamp" not in pod["metadata"]]) == 2
    assert ready_addresses(kubectl, namespace) == 2


def test_a_young_rollout_that_makes_pods_sick_is_undone(
    deploy_web: DeployWeb, goweb: Goweb, kubectl: Kubectl, namespace: str, image: str
) -> None:
    web = deploy_web(replicas=2, image=image)
    web.update(env={"UNREADY": "1"})

    with healing(goweb, namespace, "--action=undo", "--yes", "--grace=2s") as process:
        found = notices(process, "recovered")

    assert [one["event"] for one in found][-2:] == ["acted", "recovered"]
    env = kubectl.json("-n", namespace, "get", "deploy", "web")["spec"]["template"]["spec"]["containers"][0].get("env")
    assert not env


def test_actions_pause_and_end_where_they_were_told_to(
    deploy_web: DeployWeb, goweb: Goweb, namespace: str, image: str
) -> None:
    """Three sick Pods, two actions allowed, ten seconds after the first."""
    web = deploy_web(replicas=4, image=image)
    limits = ("--max-actions=2", "--within=10m", "--back-off=10s")

    with healing(goweb, namespace, "--action=restart-pod", "--yes", *limits) as process:
        for pod in web.pods()[:3]:
            switch(web, pod, unready=True)
        told: list[Any] = []
        while not any("which is the most allowed" in one["text"] for one in told):
            told += notices(process, "held")

    acted = [one for one in told if one["event"] == "acted"]
    assert len(acted) == 2
    assert any("pausing 10 s after the last action" in one["text"] for one in told)
    assert "2 actions in the last 10 min" in told[-1]["text"]
    begun = [datetime.fromisoformat(one["at"]) for one in acted]
    assert (begun[1] - begun[0]).total_seconds() >= 10
    assert told[-1]["pod"] not in {one["pod"] for one in acted}


def test_a_real_alertmanager_has_the_alert_until_it_is_over_and_a_command_is_told(
    deploy_web: DeployWeb, goweb: Goweb, namespace: str, image: str, tmp_path: Path
) -> None:
    web = deploy_web(replicas=1, image=image)
    (sick,) = web.pods()
    kept = tmp_path / "told.jsonl"

    with monitoring.alertmanager(tmp_path) as server:

        def active() -> list[Any]:
            alerts = json.loads(server.get("/api/v2/alerts", active="true"))
            return [one for one in alerts if one["labels"]["namespace"] == namespace]

        told = ("--alertmanager", f"http://{server.address}", "--notify-command", f"cat >> {kept}; echo >> {kept}")
        with healing(goweb, namespace, *told) as process:
            switch(web, sick, unready=True)
            notices(process, "abnormal")
            (alert,) = until(active, what="the alert")
            switch(web, sick, unready=False)
            notices(process, "recovered")
            until(lambda: not active(), what="the end of the alert")

    assert alert["labels"]["alertname"] == "GowebHeal"
    assert alert["labels"]["pod"] == sick["metadata"]["name"]
    assert "answered 500" in alert["annotations"]["summary"]
    documents = [json.loads(line) for line in kept.read_text().split("\n") if line]
    assert [one["event"] for one in documents] == ["abnormal", "recovered"]


def test_an_old_rollout_is_not_undone(
    deploy_web: DeployWeb, goweb: Goweb, kubectl: Kubectl, namespace: str, image: str
) -> None:
    web = deploy_web(replicas=1, image=image)
    web.update(env={"SOMETHING": "1"})
    web.wait()
    before = kubectl.json("-n", namespace, "get", "deploy", "web")["metadata"]["generation"]

    with healing(goweb, namespace, "--action=undo", "--yes", "--recent=1s") as process:
        switch(web, web.pods()[-1], unready=True)
        held = notices(process, "held")[-1]

    assert "it is not the likely cause" in held["text"]
    assert kubectl.json("-n", namespace, "get", "deploy", "web")["metadata"]["generation"] == before
