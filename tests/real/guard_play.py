"""Plays guarded rollouts on the real cluster, several at once, each in a namespace of its own.

What is counted here is counted by a watch of this module's own, and what kubectl says by kubectl itself: neither takes
the guard's word.
"""

import json
import os
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import Overrides, resolve
from kubectl_goweb.kube.line_stream import LineStream

from .guard_scenarios import Patch, Scenario
from .harness import web as webs
from .harness.cluster import Cluster
from .harness.errors import HarnessError
from .harness.images import web_image
from .harness.kubectl import Kubectl
from .harness.users import READ_ONLY, Rule, Users
from .harness.waiting import until
from .program import Goweb

AT_ONCE = 2 if os.environ.get("WRITE_GUARD_TABLE") else 4
"""Rollouts at the same time: more would only wait for the two cores, and times worth telling want a core each."""
DESIRED, SURGE, UNAVAILABLE = 5, 2, 1
PROMISED = DESIRED - UNAVAILABLE
LIMIT = 150
"""Seconds one guard may take."""


@dataclass(frozen=True)
class Played:
    """What came of one scenario."""

    scenario: Scenario
    namespace: str
    code: int
    events: list[dict[str, Any]]
    errors: str
    verdict_after: float
    """Seconds from the change to the line that tells the verdict."""
    ended_after: float
    lowest: int
    """Available Pods, counted here."""
    kubectl_said: str
    """The last line of `kubectl rollout status` in the moment of the verdict."""
    kubectl_was_waiting: bool
    kubectl_after: float | None
    """Seconds until it ended by itself, where that was waited for."""
    kubectl_code: int | None
    evidence: Path
    template_before: Any
    template_changed: Any
    deployment: Any
    """At the end."""

    @property
    def report(self) -> dict[str, Any]:
        """The guard's own."""
        reports = [event for event in self.events if event["kind"] == "GuardReport"]
        assert len(reports) == 1, self.errors or self.events[-3:]
        return reports[0]

    @property
    def template_after(self) -> Any:
        return self.deployment["spec"]["template"]


class Stage:
    """Plays what is asked for in the background, and gives the outcome when it is there."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self._cluster = cluster
        self._folder = folder
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="guard-scenario")
        self._futures: dict[str, Future[Played]] = {}

    def play(self, scenario: Scenario) -> None:
        self._futures[scenario.name] = self._pool.submit(self._played, scenario)

    def plays(self, scenario: Scenario) -> bool:
        return scenario.name in self._futures

    def outcome(self, scenario: Scenario) -> Played:
        return self._futures[scenario.name].result(timeout=LIMIT * 2)

    def outcomes(self) -> list[Played]:
        """Of all that have ended without an error, in the order they were asked for."""
        done = [future for future in self._futures.values() if future.done() and future.exception() is None]
        return [future.result() for future in done]

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _played(self, scenario: Scenario) -> Played:
        namespace = f"guard-{uuid.uuid4().hex[:8]}"
        try:
            return play(scenario, self._cluster, namespace, self._folder / namespace)
        finally:
            # At once: a node takes only so many Pods.
            self._cluster.kubectl("delete", "namespace", "--ignore-not-found", "--wait=false", namespace)


def play(scenario: Scenario, cluster: Cluster, namespace: str, folder: Path) -> Played:
    """Deploy, guard, change, count, and wait for the end."""
    kubectl = cluster.kubectl
    web = deploy(scenario, cluster, namespace)
    before = kubectl.json("-n", namespace, "get", "deployment", "web")
    if scenario.quota:
        kubectl("-n", namespace, "create", "quota", "small", f"--hard={_pairs(scenario.quota)}")
        _await_quota(kubectl, namespace)
    users = Users(cluster, folder / "users")
    kubeconfig = _guards_login(scenario, cluster, users, namespace)
    evidence = folder / "evidence"
    with Counting(cluster, namespace, int(scenario.before.get("min_ready", 0))) as counting:
        began = time.monotonic()
        patch(kubectl, namespace, filled(scenario.change, web.registry))
        changed = kubectl.json("-n", namespace, "get", "deployment", "web")
        status = RolloutStatus(kubectl, namespace)
        arguments = ("guard", "web", "-n", namespace, "-o", "json", "--evidence", str(evidence), *scenario.flags)
        with Goweb(kubeconfig).start(*arguments) as guard:
            reader = Reader(guard, began, Meanwhile(scenario, kubectl, namespace), status)
            events = reader.read()
            errors = guard.stderr.read() if guard.stderr else ""
            code = guard.wait(30)
        ended = time.monotonic() - began
        status.finish(scenario.kubectl_ends - ended if scenario.kubectl_ends else 0.0)
        lowest = counting.lowest
    return Played(
        scenario=scenario,
        namespace=namespace,
        code=code,
        events=events,
        errors=errors,
        verdict_after=reader.verdict_after,
        ended_after=ended,
        lowest=lowest,
        kubectl_said=reader.kubectl_said,
        kubectl_was_waiting=reader.kubectl_was_waiting,
        kubectl_after=status.ended_at - began if status.ended_at else None,
        kubectl_code=status.code,
        evidence=evidence,
        template_before=before["spec"]["template"],
        template_changed=changed["spec"]["template"],
        deployment=kubectl.json("-n", namespace, "get", "deployment", "web"),
    )


def deploy(scenario: Scenario, cluster: Cluster, namespace: str) -> webs.Web:
    """The service as it is before the change, in a namespace that is made for it."""
    kubectl = cluster.kubectl
    kubectl("create", "namespace", namespace)
    kubectl("-n", namespace, "wait", "--for=create", "serviceaccount/default", "--timeout=30s")
    image = web_image(cluster.layout, "1")
    kubectl.create(
        *webs.manifests(
            namespace, "web", image=image, replicas=DESIRED, surge=SURGE, unavailable=UNAVAILABLE, **scenario.before
        )
    )
    web = webs.Web(kubectl, namespace, "web", cluster.layout.registry)
    web.wait(120)
    return web


def patch(kubectl: Kubectl, namespace: str, change: Patch) -> None:
    """Change the Deployment `web`."""
    kubectl("-n", namespace, "patch", "deployment", "web", "--type=strategic", "-p", json.dumps(change))


def filled(change: Patch, registry: str) -> Patch:
    """With the registry's address, and times from now on."""
    soon = (datetime.now(UTC) + timedelta(seconds=4)).isoformat(timespec="seconds").replace("+00:00", "Z")
    text = json.dumps(change).replace("REGISTRY", registry).replace("+4s", soon)
    found: Patch = json.loads(text)
    return found


def _pairs(values: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in values.items())


def _await_quota(kubectl: Kubectl, namespace: str) -> None:
    """Before the controller has counted what is there, it refuses nothing rightly."""
    query = "jsonpath={.status.used}"
    until(lambda: kubectl("-n", namespace, "get", "quota", "small", "-o", query), what="a counted quota")


def _guards_login(scenario: Scenario, cluster: Cluster, users: Users, namespace: str) -> Path:
    """The administrator's, or one whose right to write can be taken away."""
    if scenario.meanwhile != "take permission":
        return cluster.kubectl.kubeconfig
    rules = (*READ_ONLY, Rule(("get",), ("pods/log",)), Rule(("patch",), ("deployments",), ("apps",)))
    return users(f"guard-{namespace}", rules=rules, namespace=namespace)


class RolloutStatus:
    """`kubectl rollout status`, running beside the guard."""

    def __init__(self, kubectl: Kubectl, namespace: str) -> None:
        command = [str(kubectl.program), f"--kubeconfig={kubectl.kubeconfig}", "-n", namespace]
        self._process = subprocess.Popen(
            [*command, "rollout", "status", "deployment/web"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: list[str] = []
        self.ended_at: float | None = None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process:
            for line in self._process.stdout:
                self._lines.append(line.strip())
        self.ended_at = time.monotonic()

    @property
    def last_line(self) -> str:
        return self._lines[-1] if self._lines else ""

    @property
    def is_waiting(self) -> bool:
        return self.ended_at is None

    @property
    def code(self) -> int | None:
        return self._process.returncode if self.ended_at else None

    def finish(self, seconds: float) -> None:
        """Give it so long to end by itself, then end it."""
        self._thread.join(max(0.0, seconds))
        if self._thread.is_alive():
            self._process.kill()
            self._thread.join()
            self.ended_at = None


class Meanwhile:
    """What somebody does once the first new Pod is there."""

    def __init__(self, scenario: Scenario, kubectl: Kubectl, namespace: str) -> None:
        self._what = scenario.meanwhile
        self._kubectl = kubectl
        self._namespace = namespace

    def seen(self, event: Mapping[str, Any]) -> None:
        """Act once, on the first event that shows the guard at work."""
        is_begun = event["kind"] == "GuardProgress" and (event["counts"] or {}).get("updated", 0) > 0
        if not self._what or not is_begun:
            return
        what, self._what = self._what, ""
        match what:
            case "second change":
                patch(self._kubectl, self._namespace, {"spec": {"template": {"metadata": {"labels": {"by": "other"}}}}})
            case "pause":
                self._kubectl("-n", self._namespace, "rollout", "pause", "deployment/web")
            case "take permission":
                self._kubectl("-n", self._namespace, "delete", "rolebinding", "--all")
                self._grant_reading()
            case _:
                raise HarnessError(f"nobody knows how to {what}")

    def _grant_reading(self) -> None:
        """What is left of the rights: to look."""
        create = ("-n", self._namespace, "create")
        self._kubectl(*create, "rolebinding", "look", "--clusterrole=view", f"--user=guard-{self._namespace}")


@dataclass
class Reader:
    """The guard's events as they come, and what was so in the moment of the verdict."""

    guard: "subprocess.Popen[str]"
    began: float
    meanwhile: Meanwhile
    status: RolloutStatus
    verdict_after: float = 0.0
    kubectl_said: str = ""
    kubectl_was_waiting: bool = False
    events: list[dict[str, Any]] = field(default_factory=list)

    def read(self) -> list[dict[str, Any]]:
        """All of them, until the guard ends."""
        for event in self._lines():
            self.events.append(event)
            if event["kind"] == "GuardEvent" and event["step"] == "verdict":
                self.verdict_after = time.monotonic() - self.began
                self.kubectl_said = self.status.last_line
                self.kubectl_was_waiting = self.status.is_waiting
            self.meanwhile.seen(event)
        return self.events

    def _lines(self) -> Iterator[dict[str, Any]]:
        assert self.guard.stdout is not None
        killer = threading.Timer(LIMIT, self.guard.kill)
        killer.start()
        try:
            for line in self.guard.stdout:
                yield json.loads(line)
        finally:
            killer.cancel()


class Counting:
    """A watch of the Pods, which counts those that are available: Ready for minReadySeconds and not going away."""

    def __init__(self, cluster: Cluster, namespace: str, min_ready: int) -> None:
        access = resolve(Overrides(kubeconfig=str(cluster.kubectl.kubeconfig)), {"NO_PROXY": "*"}, Path("/nonexistent"))
        self._connection = Connection(access, read_only=True)
        self._path = f"/api/v1/namespaces/{namespace}/pods"
        self._min_ready = min_ready
        self._pods: dict[str, Any] = {}
        self._stream: LineStream | None = None
        self.lowest = DESIRED

    def __enter__(self) -> "Counting":
        listed = json.loads(self._connection.get(self._path))
        self._pods = {pod["metadata"]["name"]: pod for pod in listed["items"]}
        version = listed["metadata"]["resourceVersion"]
        self._stream = self._connection.watch(self._path, {"resourceVersion": version})
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._stream is not None
        self._stream.close()
        self._thread.join()
        self._connection.close()

    def _count(self) -> None:
        assert self._stream is not None
        for line in self._stream:
            event = json.loads(line)
            pod = event["object"]
            if event["type"] == "DELETED":
                self._pods.pop(pod["metadata"]["name"], None)
            elif event["type"] in ("ADDED", "MODIFIED"):
                self._pods[pod["metadata"]["name"]] = pod
            self.lowest = min(self.lowest, sum(self._is_available(pod) for pod in self._pods.values()))

    def _is_available(self, pod: Any) -> bool:
        if "deletionTimestamp" in pod["metadata"]:
            return False
        ready = next((c for c in pod["status"].get("conditions", ()) if c["type"] == "Ready"), None)
        if ready is None or ready["status"] != "True":
            return False
        since = datetime.fromisoformat(ready["lastTransitionTime"])
        return datetime.now(UTC) - since >= timedelta(seconds=self._min_ready)
